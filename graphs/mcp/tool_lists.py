"""Tool lists: what an MCP server says of its tools, cleaned for models, each with a hash of what was said.

A server may change a description after somebody approved it, to give models instructions. So a tool has a
hash over all that a model or a caller could rely on, and what models read is cleaned: no control characters,
nothing invisible, and no more than so long.
"""

import hashlib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from graphs.parsing.text import TextError, clean

__all__ = ["MAX_DESCRIPTION", "MAX_NAME", "MAX_SCHEMA", "MAX_TOOLS", "ListedTool", "read_tools", "tool_name"]

MAX_NAME, MAX_DESCRIPTION, MAX_SCHEMA, MAX_TOOLS = 128, 1_024, 65_536, 500
"""Characters of a tool's name and of its description, bytes of its schema, and tools of one server."""
LOOKED_AT = 4 * MAX_DESCRIPTION
"""Characters of a description that are looked at: of more nobody reads anything."""
_TEXT_KEYS = frozenset({"description", "title", "$comment"})


class ListedTool(Struct, frozen=True, kw_only=True):
    """A tool of a server, as it is stored."""

    name: str
    """What the server calls it."""
    description: str
    """What models read of it."""
    input_schema: dict[str, Any]
    repeatable: bool
    """Whether the server says that a second call does no harm: it only reads, or is idempotent."""
    hash: str
    """SHA-256 of all that the server says of it, hexadecimal."""
    problem: str = ""
    """Why it cannot be used, a sentence; empty where it can."""


def read_tools(said: Sequence[Mapping[str, Any]]) -> list[ListedTool]:
    """Return the tools of a list as a server sends them (``Tool`` of the protocol's schema), by name.

    One that comes twice is there once, the first. Of more than `MAX_TOOLS` the rest is left out.
    """
    found: dict[str, ListedTool] = {}
    for one in said:
        name = one.get("name")
        if isinstance(name, str) and name and name not in found and len(found) < MAX_TOOLS:
            found[name] = _read(name, one)
    return [found[name] for name in sorted(found)]


def tool_name(server: str, tool: str, taken: set[str]) -> str:
    """Return a name of at most 64 characters that models take, that names the server and that is not taken.

    Args:
        server: The server's name.
        tool: The tool's name there.
        taken: The names of other tools.
    """
    plain = re.sub(r"[^A-Za-z0-9_-]+", "_", f"{server}_{tool}").strip("_") or "tool"
    if len(plain) > 64:
        plain = f"{plain[:55]}_{hashlib.sha256(f'{server}/{tool}'.encode()).hexdigest()[:8]}"
    number, name = 2, plain
    while name in taken:
        number, name = number + 1, f"{plain[:60]}_{number}"
    return name


def visible(text: str) -> str:
    """Return a text without control, format, private and unassigned characters; line ends and tabs stay."""
    kept = (
        letter
        for letter in unicodedata.normalize("NFC", text)
        if letter in "\n\t" or unicodedata.category(letter) not in ("Cc", "Cf", "Co", "Cn", "Cs")
    )
    return "".join(kept).strip()


def _read(name: str, said: Mapping[str, Any]) -> ListedTool:
    annotations = said.get("annotations") or {}
    facts = {
        "name": name,
        "title": said.get("title"),
        "description": said.get("description"),
        "inputSchema": said.get("inputSchema"),
        "annotations": annotations,
    }
    canonical = msgspec.json.encode(facts, order="sorted")
    schema, problem = _schema(said.get("inputSchema"))
    shown = visible(name[:MAX_NAME])
    if name != shown:
        problem = f"Its name has more than {MAX_NAME} characters, or some that cannot be seen."
    description = said.get("description") or said.get("title") or ""
    return ListedTool(
        name=shown,
        description=visible(str(description)[:LOOKED_AT])[:MAX_DESCRIPTION],
        input_schema=schema,
        repeatable=annotations.get("readOnlyHint") is True or annotations.get("idempotentHint") is True,
        hash=hashlib.sha256(canonical).hexdigest(),
        problem=problem,
    )


def _schema(said: Any) -> tuple[dict[str, Any], str]:
    """Return the schema of a tool's arguments, its texts cleaned, and what is wrong with it."""
    from graphs.parsing.schemas import SchemaError, check_schema

    empty: dict[str, Any] = {"type": "object", "properties": {}}
    if not isinstance(said, dict):
        return empty, "Its input schema is no object."
    if len(msgspec.json.encode(said)) > MAX_SCHEMA:
        return empty, f"Its input schema has more than {MAX_SCHEMA:,} bytes."
    try:
        schema = _cleaned(clean(said))
        check_schema(schema)
    except (SchemaError, TextError, RecursionError) as error:
        return empty, f"Its input schema cannot be used. {error}"
    return {"type": "object", **schema}, ""


def _cleaned(value: Any, *, property_names: bool = False) -> Any:
    """Return a schema whose texts for models are cleaned."""
    match value:
        case dict():
            return {
                name: visible(each[:LOOKED_AT])[:MAX_DESCRIPTION]
                if name in _TEXT_KEYS and isinstance(each, str) and not property_names
                else _cleaned(each, property_names=name == "properties" and not property_names)
                for name, each in value.items()
            }
        case list():
            return [_cleaned(each) for each in value]
        case _:
            return value
