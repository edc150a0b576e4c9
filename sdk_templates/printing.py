"""Printing: from the intermediate representation to a tree of files, by the templates of a language.

What lies in the folder of a language is its tree: `name.j2` is rendered as `name`, `name.part.j2` is for
other templates to include, and everything else is copied. `both` holds what every tree has.
"""

from collections.abc import Iterator
from pathlib import Path

from sdk_templates import python_words, typescript_words
from sdk_templates.flows import FlowMethod, called
from sdk_templates.model import Api

__all__ = ["LANGUAGES", "Occupied", "print_sdk", "stale", "write_tree"]

LANGUAGES = {"python": python_words.filters, "typescript": typescript_words.filters}
MARK = ".agenticrag-sdk"
"""A file that every tree has: only a folder with it is cleared."""
_TEMPLATES = Path(__file__).parent
_BUILT = frozenset({"node_modules", "dist", "build", "__pycache__", ".pytest_cache", ".mypy_cache"})
"""Folders that a build leaves in a tree; they are no part of it."""


class Occupied(Exception):
    """A tree was to be printed over somebody's own files."""


def print_sdk(api: Api, language: str, flows: tuple[FlowMethod, ...] = ()) -> dict[str, str]:
    """Return the files of an SDK by their paths.

    Args:
        api: The API.
        language: One of `LANGUAGES`.
        flows: Flows that get a typed method each.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader([_TEMPLATES / language, _TEMPLATES / "both"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - what is printed is code, not HTML
    )
    environment.filters.update(LANGUAGES[language](api))
    models = (*api.models, *(model for flow in flows for model in flow.models))
    calls = called(api, flows) if flows else {}
    files: dict[str, str] = {}
    for root in (_TEMPLATES / "both", _TEMPLATES / language):
        for path in _files(root):
            if path.endswith(".part.j2"):
                continue
            if path.endswith(".j2"):
                text = environment.get_template(path).render(api=api, flows=flows, calls=calls, models=models)
                files[path.removesuffix(".j2")] = _tidy(text)
            else:
                files[path] = (root / path).read_text("utf-8")
    return dict(sorted(files.items()))


def write_tree(files: dict[str, str], folder: Path) -> None:
    """Make a folder hold these files; files there that are no part of the tree are removed.

    Raises:
        Occupied: the folder holds something that was not printed.
        OSError: it cannot be written.
    """
    if folder.is_dir() and not (folder / MARK).exists() and any(folder.iterdir()):
        raise Occupied(f"'{folder}' holds something else than an SDK: name another folder, or empty it.")
    for path in _strangers(files, folder):
        (folder / path).unlink()
    for path, text in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists() or target.read_text("utf-8") != text:
            target.write_text(text, encoding="utf-8")


def stale(files: dict[str, str], folder: Path) -> list[str]:
    """Return the paths that differ in a folder, are missing there, or should not be there."""
    differing = [
        path
        for path, text in files.items()
        if not (folder / path).is_file() or (folder / path).read_text("utf-8") != text
    ]
    return sorted({*differing, *_strangers(files, folder)})


def _files(folder: Path) -> Iterator[str]:
    for path in sorted(folder.rglob("*")):
        within = path.relative_to(folder)
        if path.is_file() and not _BUILT & set(within.parts) and path.suffix != ".pyc":
            yield within.as_posix()


def _strangers(files: dict[str, str], folder: Path) -> list[str]:
    if not folder.is_dir():
        return []
    return [path for path in _files(folder) if path not in files and ".egg-info/" not in path]


def _tidy(text: str) -> str:
    """Return a text without blanks at the ends of lines, and with exactly one line end at its own."""
    return "\n".join(line.rstrip(" \t") for line in text.split("\n")).strip("\n") + "\n"
