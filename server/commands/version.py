"""`agenticrag version`: which versions run here."""

import platform
from importlib.metadata import PackageNotFoundError

from server.terminal import print_json, print_table

__all__ = ["version"]

PARTS = (
    "agenticrag",
    "langgraph",
    "langchain-core",
    "litestar",
    "uvicorn",
    "sqlalchemy",
    "msgspec",
    "xllamacpp",
)


def version(*, json: bool = False) -> None:
    """Print the versions of AgenticRAG, of Python and of the libraries that matter when something goes wrong.

    Parameters
    ----------
    json
        Print an object from name to version; null where a part is not installed.
    """
    from importlib.metadata import version as installed

    versions: dict[str, str | None] = {}
    for part in PARTS:
        try:
            versions[part] = installed(part)
        except PackageNotFoundError:
            versions[part] = None
    versions["python"] = f"{platform.python_version()} ({platform.system()} {platform.machine()})"
    if json:
        print_json(versions)
    else:
        print_table(
            ("PART", "VERSION"), [(part, found or "not installed") for part, found in versions.items()]
        )
