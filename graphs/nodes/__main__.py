"""Write the page about node types: ``python -m graphs.nodes [FILE]``, by default ``docs/nodes.md``."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from graphs.expressions.calls import SPECIAL
from graphs.expressions.functions import GROUPS
from graphs.node.node import Example, Node
from graphs.nodes import NodeTypeInfo, describe

__all__ = ["main", "page"]

_HEAD = """# Node types

<!-- Written by `python -m graphs.nodes` from the files in graphs/nodes/. Do not edit. -->

A flow is a document of `nodes` and `edges`. A node is `{"id": …, "type": …, "data": {…}}`: this page says
what `data` may hold for each `type`. An edge leaves by an outlet, which `sourceHandle` names where a node has
several. All nodes may have a `label` and a `description` for people.
"""

_POLICIES = """
## When a node fails

Every node can be told what to do when it fails, is slow, or has done the same before:

{rows}
A retried node asks its models and uses its tools anew, each tool with the same idempotency key as before.
Errors that another try would only repeat (no access, a limit of the run, a refusal) are not tried again. The
edge that leaves by the outlet `error` names it as `sourceHandle`; where a node has one other outlet, edges
without a `sourceHandle` leave by that.

```json
{example}
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
"""Fields that every type has, told once."""

_LANGUAGE = """
## Expressions and templates

An expression or template looks into:

| name | is |
|---|---|
| `input` | the run's input |
| `message` | the text of the user's message; empty where there is none |
| `variables` | what `variable` nodes have set, and what the run was given |
| `nodes` | the outputs of the nodes that ran, by node id |
| `arrived` | the output of the node before; an object by node id where several came in |
| `loop` | in a loop's body: `index`, `item` and `count` |
| `session` | of a chat's session: `id` and `turn` (1, 2, …) |
| `user` | who the run is for: `id`, empty where that is not known |
| `run` | of this run: `id` and `started_at` |

**Templates** are text with look-ups: `Dear {{{{ variables.name }}}}, {{{{ nodes["llm-1"].items[0] }}}}`. A
value goes in as it is and is never read as a template again; objects and lists become JSON, null becomes
nothing. An expression may stand there too: `{{{{ default(input.name, "you") }}}}`.
Parts are repeated and chosen:

```text
{{% for i, city in enumerate(input.cities) %}}{{{{ i + 1 }}}}. {{{{ city.name }}}}
{{% endfor %}}{{% if input.cities %}}Which?{{% else %}}Where?{{% endif %}}
```

A `-` beside the `%`, as in `{{%- if … -%}}`, takes away the white space on that side. Braces that hold no
look-up are text, such as those of JSON; `{{{{ "{{{{" }}}}` and `{{{{ "{{%" }}}}` write them where
they would be read.

**Expressions** compute: `nodes.score.value >= 0.5 and "refund" in lower(message)`.

- values: `12`, `1.5`, `20%`, `"text"`, `'text'`, `true`, `false`, `null`, `[a, b]`,
  `{{key: a, "other key": b, [computed]: c}}`
- look-ups: `a.key`, `a["any key"]`, `a[0]`, `a[-1]` for the last, `a[1:3]` for a part; what is missing is an
  error that says what there is
- `+ - * / % **` on numbers, `+` on texts and lists, `== != < <= > >=`, `in`, `not in`, `and`, `or`, `not`,
  `a if condition else b`; null, false, 0 and what is empty count as false
- lists and objects made of others: `[p.name for p in input.people if p.age > 30]`,
  `{{k: v * 2 for k, v in items(nodes.prices)}}`, `sum(p.price for p in nodes.cart)`
- a quotient that is whole is an integer: `6 / 3` is `2`; a number that is whole is taken where an integer is
  expected

There is no access to anything but these values, and work and results are bounded: 4,000 characters of source,
50 nested parts, results of 1,000,000 characters, where an item of a list or object counts as its text and 2.

{functions}
"""


def page() -> str:
    """Return the page in Markdown."""
    types = describe()
    listed = "\n".join(f"- [`{info.type}`](#{info.type}): {_sentence(info)}" for info in types)
    functions = "\n".join(_functions())
    sections = _policies(types[0].schema) + "".join(line for info in types for line in _section(info))
    return f"{_HEAD}\n{listed}\n{_LANGUAGE.format(functions=functions)}{sections}"


def _functions() -> Iterator[str]:
    """Yield a table of functions for each group of them."""
    tables = {"Whether something is there": SPECIAL} | {
        name: {row.usage: row.gives for row in rows} for name, rows in GROUPS.items()
    }
    for name, rows in tables.items():
        yield f"| {name} | gives |\n|---|---|"
        yield from (f"| `{usage}` | {gives} |" for usage, gives in rows.items())
        yield ""


def main() -> None:
    """Write the page to the file that the command line names, or to ``docs/nodes.md``."""
    file = Path(sys.argv[1]) if len(sys.argv) > 1 else Path("docs/nodes.md")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(page(), encoding="utf-8")
    print(f"Wrote {file}.")


def _sentence(info: NodeTypeInfo) -> str:
    return info.description.partition("\n\n")[0].replace("\n", " ")


def _policies(schema: dict[str, Any]) -> str:
    common = {name: schema["properties"][name] for name in _COMMON}
    rows = "".join(_table({**schema, "properties": common}, told=False))
    retry = "".join(_table(schema["$defs"]["Retry"]))
    return _POLICIES.format(rows=f"{rows}\n**Retry**:\n\n{retry}", example=_json(_RETRIED, indent=True))


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


def _table(schema: dict[str, Any], *, own: bool = True, told: bool = True) -> Iterator[str]:
    """Yield the table of an object's fields, if it has any.

    Args:
        schema: The object's JSON Schema.
        own: Whether it is a node type, whose label and description are not told.
        told: Whether what every node type has is told elsewhere.
    """
    hidden = {"label", "description"} if own else set[str]()
    hidden |= set(_COMMON) if own and told else set()
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
        "its record": example.loop,
        "the model answers": example.answers,
        "people answer": example.inputs,
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
