"""How kinds and names of the intermediate representation are spelled in TypeScript."""

import json
import re

from msgspec import UNSET

from sdk_templates.model import (
    Binary,
    Field,
    Free,
    Kind,
    ListOf,
    MapOf,
    Nullable,
    OneOf,
    Parameter,
    Plain,
    Ref,
    Words,
)

__all__ = ["about", "comment", "key", "kind_text", "literal"]

_PLAIN = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean"}
_IDENTIFIER = re.compile(r"[A-Za-z_$][\w$]*", re.ASCII)


def literal(value: object) -> str:
    """Return a JSON value as TypeScript: single quotes, plain keys."""
    match value:
        case str():
            quoted = json.dumps(value, ensure_ascii=False)[1:-1].replace('\\"', '"').replace("'", "\\'")
            return f"'{quoted}'"
        case dict():
            return "{ " + ", ".join(f"{key(name)}: {literal(each)}" for name, each in value.items()) + " }"
        case list() | tuple():
            return "[" + ", ".join(literal(each) for each in value) + "]"
        case _:
            return json.dumps(value)


def key(name: str) -> str:
    """Return the name of a property, in quotes where it needs them."""
    return name if _IDENTIFIER.fullmatch(name) else literal(name)


def comment(text: str, indent: int = 0) -> str:
    """Return text as a JSDoc comment of lines that are not too long."""
    words = text.replace("*/", "*\\/").split()
    margin = " " * indent
    single = f"{margin}/** {' '.join(words)} */"
    if len(single) <= 120:
        return single
    lines, line = [f"{margin}/**"], ""
    for word in words:
        if line and len(margin) + 3 + len(line) + 1 + len(word) > 120:
            lines.append(f"{margin} * {line}")
            line = word
        else:
            line = f"{line} {word}".strip()
    return "\n".join([*lines, f"{margin} * {line}", f"{margin} */"])


def kind_text(kind: Kind) -> str:
    """Return the type of a kind."""
    match kind:
        case Plain(name=name):
            return _PLAIN[name]
        case Free():
            return "unknown"
        case Binary():
            return "Upload"
        case Words(values=values):
            return " | ".join(literal(value) for value in values)
        case ListOf(items=items):
            inner = kind_text(items)
            return f"({inner})[]" if " | " in inner else f"{inner}[]"
        case MapOf(values=values):
            return f"Record<string, {kind_text(values)}>"
        case Ref(name=name):
            return name
        case Nullable(inner=inner):
            return f"{kind_text(inner)} | null"
        case OneOf(members=members, name=name):
            return name or " | ".join(kind_text(member) for member in members)


def about(described: Field | Parameter) -> str:
    """Return what a comment says of a field or a parameter: its description and its default."""
    default = described.default
    if default in ("", [], {}, None) or default is UNSET:
        return described.description
    return f"{described.description} Default: {literal(default)}.".strip()
