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
    """Print the versions of AgenticRAG, Python and important libraries.

    Parameters
    ----------
    json
        Print an object with name and version. Null: not installed.
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
