"""Code checks: what is wrong with a program before it runs. The text is parsed, never compiled or run."""

import ast
import keyword
import warnings
from collections.abc import Iterator
from functools import lru_cache

__all__ = ["LONGEST", "MODULES", "code_problem", "name_problem", "with_output"]

LONGEST = 50_000
"""Characters of a program."""
_OUTPUT = """
def __plain__(value):
    kind = type(value).__name__
    if kind == "dict":
        return {key: __plain__(inner) for key, inner in value.items()}
    if kind in ("list", "tuple", "set", "frozenset", "deque"):
        return [__plain__(inner) for inner in value]
    if kind in ("str", "int", "float", "bool", "NoneType"):
        return value
    if kind in ("date", "datetime", "time"):
        return value.isoformat()
    if kind == "Decimal":
        return f"{value}"
    raise TypeError(f"the output has a value of type {kind}, which JSON does not have")
import json as __json__
try:
    __text__ = __json__.dumps(__output__)
except TypeError:
    __text__ = __json__.dumps(__plain__(__output__))
f"{__text__}"
"""
"""Comes after a program: gives its output as JSON, a text whatever the program has made of the names."""
MODULES = frozenset(
    [
        "asyncio",
        "base64",
        "binascii",
        "bisect",
        "collections",
        "copy",
        "csv",
        "dataclasses",
        "datetime",
        "decimal",
        "functools",
        "hashlib",
        "itertools",
        "json",
        "math",
        "os",
        "os.path",
        "pathlib",
        "random",
        "re",
        "sys",
        "time",
        "tomllib",
        "typing",
        "unicodedata",
    ]
)
"""What a program may import, of pydantic-monty 1.4. `os`, `sys` and `pathlib` reach no file there."""

_LACKS: tuple[tuple[type[ast.AST], str], ...] = (
    (ast.Yield, "generators ('yield'): build a list in their place"),
    (ast.YieldFrom, "generators ('yield from'): build a list in their place"),
    (ast.AsyncFor, "'async for': use 'for'"),
    (ast.AsyncWith, "'async with': use 'with'"),
    (ast.Delete, "'del': use pop, or assign something else"),
    (ast.TryStar, "'except*': use 'except'"),
)
"""Parts of Python that the sandbox lacks, and what to write in their place."""


@lru_cache(maxsize=512)
def code_problem(source: str) -> str:
    """Return why a program cannot run, a sentence with its line; empty where nothing of it can be seen."""
    if len(source) > LONGEST:
        return f"It has {len(source):,} characters; at most {LONGEST:,} are allowed."
    try:
        tree = _parsed(source)
    except SyntaxError as error:
        return f"Line {error.lineno or 1}: {error.msg}."
    except (ValueError, MemoryError, RecursionError):
        return "It is nested too deeply, or has characters that programs cannot have."
    if not tree.body:
        return "It has no statement. Its last expression is its output."
    return next(_problems(tree), "")


def with_output(source: str) -> str:
    """Return a program whose value is that of its last expression, as JSON; its lines stay the same.

    Args:
        source: A program without a `code_problem`.
    """
    last = _parsed(source).body[-1]
    if not isinstance(last, ast.Expr):
        return f"{source}\n__output__ = None\n{_OUTPUT}"
    lines = source.replace("\r\n", "\n").replace("\r", "\n").split("\n")  # lines as the parser counts them
    end_line, end = (last.end_lineno or 1) - 1, last.end_col_offset or 0
    lines[end_line] = _inserted(lines[end_line], end, ")")
    lines[last.lineno - 1] = _inserted(lines[last.lineno - 1], last.col_offset, "__output__ = (")
    return "\n".join(lines) + "\n" + _OUTPUT


def name_problem(name: str) -> str:
    """Return why a name can be no variable of a program; empty where it can."""
    if name.isidentifier() and not keyword.iskeyword(name) and not name.startswith("__"):
        return ""
    return f"'{name[:80]}' is no name of a variable. Use letters, digits and underscores, a letter first."


def _parsed(source: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of escapes such as "\d", which mean what they say
        return ast.parse(source)


def _inserted(line: str, at: int, text: str) -> str:
    """Return a line with something put in; positions of `ast` count bytes."""
    written = line.encode()
    return (written[:at] + text.encode() + written[at:]).decode()


def _problems(tree: ast.Module) -> Iterator[str]:
    functions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
    within = {id(inner) for node in ast.walk(tree) if isinstance(node, functions) for inner in ast.walk(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Return) and id(node) not in within:
            yield f"Line {node.lineno}: 'return' outside a function. The last expression is the output."
        if lack := _lack(node):
            yield f"Line {getattr(node, 'lineno', 1)}: the sandbox does not have {lack}."


def _lack(node: ast.AST) -> str:
    for kind, lack in _LACKS:
        if isinstance(node, kind):
            return lack
    match node:
        case ast.ClassDef(bases=[_, *_]) | ast.ClassDef(keywords=[_, *_]):
            return "classes with base classes: use functions, or a class of its own"
        case ast.comprehension(is_async=1):
            return "asynchronous comprehensions: use 'for'"
        case ast.Import(names=names):
            return next((_no_module(each.name) for each in names if each.name not in MODULES), "")
        case ast.ImportFrom(module=module, level=level, names=names):
            if level or module is None:
                return "modules beside the program: it is alone"
            if module not in MODULES:
                return _no_module(module)
            return "'import *': name what is used" if any(each.name == "*" for each in names) else ""
        case _:
            name = type(node).__name__
            if name == "TypeAlias":
                return "'type' statements: leave them out"
            return "template strings: use f-strings" if name == "TemplateStr" else ""


def _no_module(name: str) -> str:
    return f"the module '{name[:80]}'. There are {', '.join(sorted(MODULES))}"
