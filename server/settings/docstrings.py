"""Docstrings of fields: the sentences below the fields of a Struct, for documentation and OpenAPI."""

import ast
import inspect
import re
import textwrap
from functools import cache

from msgspec import Struct

__all__ = ["field_docstrings", "unwrapped"]


@cache
def field_docstrings(kind: type[Struct]) -> dict[str, str]:
    """Return the docstrings that stand below the fields of a Struct, those of its bases too."""
    found: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        if issubclass(base, Struct) and base is not Struct:
            found |= _of(base)
    return {name: words for name, words in found.items() if name in kind.__struct_fields__}


def unwrapped(text: str) -> str:
    """Return text whose paragraphs are one line each, with Markdown's code marks."""
    paragraphs = re.split(r"\n\s*\n", text.strip())
    return "\n\n".join(" ".join(part.split()) for part in paragraphs).replace("``", "`")


def _of(kind: type[Struct]) -> dict[str, str]:
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(kind))).body[0]
    except (OSError, TypeError):  # made at run time: it has no source
        return {}
    assert isinstance(tree, ast.ClassDef)
    found: dict[str, str] = {}
    for field, text in zip(tree.body, tree.body[1:], strict=False):
        match field, text:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str() as words)):
                found[name] = unwrapped(inspect.cleandoc(words))
            case _:
                pass
    return found
