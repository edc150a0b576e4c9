"""Write the pages about node types into ``docs/``: ``python -m graphs.nodes``."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from graphs.node.node import Example, Node
from graphs.nodes import NodeTypeInfo, describe

__all__ = ["PAGES", "error_handling_page", "main", "nodes_page"]

_NODES = """# Node types

<!-- Written by `python -m graphs.nodes` from the files in graphs/nodes/. Do not edit. -->

This page lists every node type and its fields. [Flows](flows.md) explains how nodes work together.

A node is `{"id": …, "type": …, "data": {…}}`. `data` contains the fields of its type. Every node also has
these fields:

- `label` and `description`: texts for people.
- `set`: variables to update after the node ran, for example `{"last": "output.title"}`.
- `retry`, `timeout_seconds`, `idle_timeout_seconds`, `on_error`, `default` and `cache_seconds`: see
  [error handling](error-handling.md).

An edge leaves a node by an outlet. If the node has several outlets, the edge names one in `sourceHandle`.
Many fields are [expressions or templates](expressions.md).
"""

_ERRORS = """# Error handling

<!-- Written by `python -m graphs.nodes` from the files in graphs/nodes/. Do not edit. -->

What happens when a node fails, and how to change it. If nothing is configured, the run fails with the error
of the node.

| you want to | use |
|---|---|
| run the node again | `retry` |
| limit its time | `timeout_seconds`, `idle_timeout_seconds` |
| continue with a fixed value | `"on_error": "continue"` and `default` |
| continue on another branch | `"on_error": "outlet"` and an edge from the outlet `error` |
| catch errors of several nodes | a [`try_catch`](nodes.md#try_catch) node |
| use another model | `fallbacks` of the node |
| reuse a result | `cache_seconds` |

[Flows](flows.md#errors) has complete examples.

## Fields of every node

@rows@
## Rules

- A retried node calls its models and tools again. Each tool gets the same idempotency key as before.
- Some errors are not retried, because a retry cannot help: missing access, a limit of the run, a refusal.
- The output at the outlet `error` is `{code, message, node}`. The edge names the outlet in
  `sourceHandle`. If the node has one other outlet, edges without `sourceHandle` use that one.

```json
@example@
```
"""

_RETRIED = {
    "id": "fetch",
    "type": "http_request",
    "data": {
        "url": "https://example.com/prices",
        "retry": {"max_attempts": 4, "delay_seconds": 1},
        "timeout_seconds": 30,
        "on_error": "outlet",
    },
}

_COMMON = [name for name in Node.__struct_fields__ if name not in ("label", "description")]
"""Fields that every type has, listed once."""


def nodes_page() -> str:
    """Return the page about the node types in Markdown."""
    types = describe()
    listed = "\n".join(f"- [`{info.type}`](#{info.type}): {_sentence(info)}" for info in types)
    return _NODES + f"\n{listed}\n" + "".join(line for info in types for line in _section(info))


def error_handling_page() -> str:
    """Return the page about nodes that fail in Markdown."""
    schema = describe()[0].schema
    common = {name: schema["properties"][name] for name in _COMMON}
    rows = "".join(_table({**schema, "properties": common}, listed=False))
    retry = "".join(_table(schema["$defs"]["Retry"]))
    rows = f"{rows}\n**Retry**:\n\n{retry}"
    return _ERRORS.replace("@rows@", rows).replace("@example@", _json(_RETRIED, indent=True))


PAGES = {
    "nodes.md": nodes_page,
    "error-handling.md": error_handling_page,
}
"""What `main` writes: the file in ``docs/`` and what returns its text."""


def main() -> None:
    """Write the pages into ``docs/`` of the working directory."""
    for name, page in PAGES.items():
        file = Path("docs", name)
        file.write_text(page(), encoding="utf-8")
        print(f"Wrote {file}.")


def _sentence(info: NodeTypeInfo) -> str:
    return info.description.partition("\n\n")[0].replace("\n", " ")


def _section(info: NodeTypeInfo) -> Iterator[str]:
    yield f"\n## {info.type}\n\n{info.description}\n\n"
    outlets = ", ".join(f"`{outlet}`" for outlet in info.outlets) or "none"
    yield f"Outlets{' of the first example' if info.type == 'switch' else ''}: {outlets}.\n\n"
    yield from _table(info.schema)
    for name, schema in info.schema.get("$defs", {}).items():
        if name == "Retry":
            continue
        yield f"\n**{name}**: {schema.get('description', '').partition(chr(10))[0]}\n\n"
        yield from _table(schema, own=False)
    for example in info.examples:
        yield from _example(example)


def _table(schema: dict[str, Any], *, own: bool = True, listed: bool = True) -> Iterator[str]:
    """Yield the table of an object's fields, if it has any.

    Args:
        schema: The object's JSON Schema.
        own: Whether it is a node type, whose label and description are not listed.
        listed: Whether another page lists what every node type has.
    """
    hidden = {"label", "description"} if own else set[str]()
    hidden |= set(_COMMON) if own and listed else set()
    rows = "".join(_rows(schema, hidden))
    if rows:
        yield f"| field | kind | default | |\n|---|---|---|---|\n{rows}"


def _rows(schema: dict[str, Any], hidden: set[str]) -> Iterator[str]:
    required = schema.get("required", [])
    for name, field in schema["properties"].items():
        if name in hidden:
            continue
        default = (
            "**required**"
            if name in required
            else f"`{_json(field['default'])}`"
            if "default" in field
            else ""
        )
        yield f"| `{name}` | {_kind(field)} | {default} | {field.get('description', '')} |\n"


def _kind(schema: dict[str, Any]) -> str:
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_kind(option) for option in schema["anyOf"]))
    if "$ref" in schema:
        return schema["$ref"].rpartition("/")[2]
    if "enum" in schema:
        return " or ".join(f"`{_json(value)}`" for value in schema["enum"])
    match schema.get("type"):
        case "array":
            return f"list of {_kind(schema.get('items', {}))}"
        case "object" if isinstance(schema.get("additionalProperties"), dict):
            return f"object of {_kind(schema['additionalProperties'])}"
        case "string":
            return "text"
        case None:
            return "any JSON"
        case kind:
            bounds = [f"{sign} {schema[key]}" for key, sign in _BOUNDS.items() if key in schema]
            return f"{kind} {', '.join(bounds)}".strip()


_BOUNDS = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤"}


def _example(example: Example) -> Iterator[str]:
    yield f"\n*{example.title}*\n\n```json\n{_json(example.data, indent=True)}\n```\n"
    seen = {
        "input": example.input,
        "variables": example.variables,
        "nodes": example.outputs,
        "loop record": example.loop,
        "model answers": example.answers,
        "reviewer answers": example.inputs,
    }
    given = "; ".join(f"{name} `{_json(value)}`" for name, value in seen.items() if value)
    gives = [f"output `{_json(example.output)}`"] if example.output is not None else []
    gives += [f"outlet `{example.outlet}`"] if example.outlet != "out" else []
    gives += [f"variables `{_json(example.sets)}`"] if example.sets else []
    if given or gives:
        yield f"\n{f'With {given}: ' if given else ''}{', '.join(gives)}.\n"


def _json(value: Any, *, indent: bool = False) -> str:
    encoded = msgspec.json.encode(value)
    return msgspec.json.format(encoded, indent=2 if indent else 0).decode()


if __name__ == "__main__":
    main()
