"""Files shipped with the code: in the root of a checkout, beside this file in an installed package."""

from pathlib import Path

__all__ = ["shipped"]

CHECKOUT = Path(__file__).parent.parent.parent
PACKAGE = Path(__file__).parent.parent / "files"


def shipped(name: str) -> Path:
    """Return the path of a file or folder such as ``examples``; pyproject.toml says what is packed."""
    packed = PACKAGE / name
    return packed if packed.exists() else CHECKOUT / name
