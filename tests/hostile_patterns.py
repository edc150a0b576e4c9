"""Every regular expression of the product, with how it is used, and texts that are hard for it."""

import ast
import importlib
import re
import sys
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

__all__ = ["Used", "hostile_texts", "patterns"]

ROOT = Path(__file__).parent.parent
PACKAGES = ("graphs", "persistence", "server", "sdk_templates")
METHODS = ("match", "fullmatch", "search", "sub", "subn", "split", "findall", "finditer")
CLASSES = {
    "CATEGORY_DIGIT": "1",
    "CATEGORY_WORD": "a",
    "CATEGORY_SPACE": " ",
    "CATEGORY_NOT_DIGIT": "x",
    "CATEGORY_NOT_WORD": "-",
    "CATEGORY_NOT_SPACE": "a",
}
"""A character of each class."""


class Used(NamedTuple):
    """A pattern as the product uses it."""

    where: str
    pattern: re.Pattern[Any]
    method: str


def patterns() -> list[Used]:
    """Return every pattern of the product, once for each way in which it is used."""
    sources = {path: path.read_text() for name in PACKAGES for path in sorted((ROOT / name).rglob("*.py"))}
    everything = "\n".join(sources.values())
    found: list[Used] = []
    for path, source in sources.items():
        if re.search(r"\bre\.\w|pattern=", source):
            found += _of_module(path, source, everything)
    return found


def _of_module(path: Path, source: str, everything: str) -> Iterator[Used]:
    name = path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".").removesuffix(".__init__")
    if path.name in ("__main__.py", "env.py"):
        return
    module = importlib.import_module(name)
    tree = ast.parse(source)
    named = {
        node.targets[0].id: node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    compiled = {key for key in named if isinstance(getattr(module, key, None), re.Pattern)}
    for key in compiled:
        within = source if key.startswith("_") else everything
        used = set(re.findall(rf"\b{re.escape(key)}\.({'|'.join(METHODS)})\(", within))
        yield from (Used(f"{name}.{key}", getattr(module, key), method) for method in used or {"search"})
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        where = f"{name}:{node.lineno}"
        for keyword in node.keywords:
            if keyword.arg == "pattern" and (text := _text(keyword.value, module)) is not None:
                yield Used(where, re.compile(text), "search")
        function = node.func
        if (
            isinstance(function, ast.Attribute)
            and isinstance(function.value, ast.Name)
            and function.value.id == "re"
            and function.attr in METHODS
            and (text := _text(node.args[0], module)) is not None
        ):
            flags = next((_flags(k.value) for k in node.keywords if k.arg == "flags"), 0)
            flags |= next((_flags(one) for one in node.args[2:] if isinstance(one, ast.Attribute)), 0)
            yield Used(where, re.compile(text, flags), function.attr)


def _text(node: ast.expr, module: Any) -> str | bytes | None:
    """Return a pattern that is written down, alone or with constants of its module."""
    match node:
        case ast.Constant(value=str() | bytes() as text):
            return text
        case ast.Name(id=id):
            return getattr(module, id, None)
        case ast.JoinedStr(values=values):
            parts: list[str] = []
            for part in values:
                inner = part.value if isinstance(part, ast.FormattedValue) else part
                found = _text(inner, module)
                parts.append(found if isinstance(found, str) else "a")  # a word that comes from elsewhere
            return "".join(parts)
        case _:
            return None


def _flags(node: ast.expr) -> int:
    return int(getattr(re, node.attr, 0)) if isinstance(node, ast.Attribute) else 0


def hostile_texts(pattern: re.Pattern[Any], length: int) -> Iterator[Any]:
    """Yield texts of a length that repeat what a pattern looks for, and then do not fit it."""
    parser: Any = (
        sys.modules["re._parser"] if "re._parser" in sys.modules else importlib.import_module("re._parser")
    )
    text = pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")
    atoms: dict[str, None] = {}
    _collect(
        parser.parse(text, pattern.flags & ~re.UNICODE if isinstance(pattern.pattern, bytes) else 0), atoms
    )
    known = [*atoms][:14]
    units = [
        *known,
        *("".join(pair) for pair in product(known[:9], repeat=2)),
        "a.",
        "1+ ",
        "a:",
        "\\\\",
        '\\"',
    ]
    for unit in dict.fromkeys(units):
        body = unit * (length // len(unit))
        for begin, end in (("", "\x01"), ("", "!"), (known[0] if known else "", "\x01")):
            whole = begin + body + end
            yield whole if isinstance(pattern.pattern, str) else whole.encode("latin-1", "replace")


def _collect(parsed: Any, atoms: dict[str, None]) -> None:
    """Gather the characters, classes and words of a parsed pattern."""
    word = ""
    for op, argument in parsed:
        kind = str(op)
        if kind == "LITERAL":
            word += chr(argument)
            atoms.setdefault(chr(argument))
            continue
        if len(word) > 1:
            atoms.setdefault(word)
        word = ""
        if kind == "IN":
            for inner, value in argument:
                if str(inner) == "LITERAL":
                    atoms.setdefault(chr(value))
                elif str(inner) == "RANGE":
                    atoms.setdefault(chr(value[0]))
                elif str(inner) == "CATEGORY":
                    atoms.setdefault(CLASSES[str(value)])
                elif str(inner) == "NEGATE":
                    atoms.setdefault("a")
        elif kind in ("ANY", "NOT_LITERAL"):
            atoms.setdefault("a")
        elif kind == "BRANCH":
            for branch in argument[1]:
                _collect(branch, atoms)
        elif isinstance(argument, tuple):
            for inner in argument:
                if hasattr(inner, "data"):
                    _collect(inner, atoms)
        elif hasattr(argument, "data"):
            _collect(argument, atoms)
    if len(word) > 1:
        atoms.setdefault(word)
