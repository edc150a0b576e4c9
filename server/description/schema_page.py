"""The page of the API: the OpenAPI document as plain HTML, without scripts or other servers."""

from html import escape
from typing import Any

import msgspec

__all__ = ["render_page"]

STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8882; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
code, pre { font: 13px/1.45 ui-monospace, monospace; } pre { background: var(--soft); padding: .7rem;
overflow: auto; }
details { border: 1px solid var(--line); border-radius: 6px; margin: .4rem 0; padding: .4rem .7rem; }
summary { cursor: pointer; } summary b { display: inline-block; min-width: 4.2rem; }
table { border-collapse: collapse; width: 100%; } td, th { border-top: 1px solid var(--line);
padding: .3rem .5rem; text-align: left; vertical-align: top; }
nav a { margin-right: .8rem; } h2 { margin-top: 2rem; }
"""


def render_page(document: dict[str, Any]) -> str:
    """Return the HTML of an OpenAPI document."""
    info = document["info"]
    tags = [tag["name"] for tag in document["tags"]]
    parts = [
        "<!doctype html><html lang=en><meta charset=utf-8>",
        '<meta name=viewport content="width=device-width, initial-scale=1">',
        f"<title>{escape(info['title'])} API</title><style>{STYLE}</style>",
        f"<h1>{escape(info['title'])} API <small>{escape(info['version'])}</small></h1>",
        f"<p>{_text(info['description'])}</p>",
        '<p>For machines: <a href="/schema/openapi.json">openapi.json</a>. '
        "Send <code>Authorization: Bearer &lt;key&gt;</code> or <code>X-API-Key: &lt;key&gt;</code>.</p>",
        "<nav>",
        *(f'<a href="#{_anchor(tag)}">{escape(tag)}</a>' for tag in tags),
        '<a href="#schemas">Schemas</a></nav>',
    ]
    for tag in tags:
        parts.append(f'<h2 id="{_anchor(tag)}">{escape(tag)}</h2>')
        for path, item in document["paths"].items():
            for method, operation in item.items():
                if tag in operation["tags"]:
                    parts.append(_operation(method, path, operation))
    parts.append('<h2 id="schemas">Schemas</h2>')
    for name, schema in document["components"]["schemas"].items():
        shown = escape(msgspec.json.format(msgspec.json.encode(schema), indent=2).decode())
        words = _text(schema.get("description", ""))
        parts.append(
            f'<details id="schema-{escape(name)}"><summary><code>{escape(name)}</code> {words}</summary>'
            f"<pre>{shown}</pre></details>"
        )
    return "\n".join(parts)


def _operation(method: str, path: str, operation: dict[str, Any]) -> str:
    parts = [
        f'<details id="{escape(operation["operationId"])}"><summary><b>{method.upper()}</b> '
        f"<code>{escape(path)}</code> {_text(operation['summary'])}</summary>"
    ]
    if "description" in operation:
        parts.append(f"<p>{_text(operation['description'])}</p>")
    if parameters := operation.get("parameters"):
        rows = "".join(
            f"<tr><td><code>{escape(each['name'])}</code><td>{escape(each['in'])}"
            f"{' (required)' if each.get('required') else ''}<td>{_schema(each['schema'])}"
            f"<td>{_text(each.get('description', ''))}"
            for each in parameters
        )
        parts.append(f"<table><tr><th>Parameter<th>In<th>Takes<th>Meaning{rows}</table>")
    if body := operation.get("requestBody"):
        for media, content in body["content"].items():
            parts.append(f"<p>Body (<code>{escape(media)}</code>): {_schema(content['schema'])}</p>")
    rows = "".join(
        f"<tr><td>{status}<td>{_text(answer['description'])}<td>"
        + ", ".join(
            f"<code>{escape(media)}</code> {_schema(content['schema'])}"
            for media, content in answer.get("content", {}).items()
        )
        for status, answer in operation["responses"].items()
    )
    parts.append(f"<table><tr><th>Status<th>Meaning<th>Answer{rows}</table></details>")
    return "".join(parts)


def _schema(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        name = escape(schema["$ref"].rpartition("/")[2])
        return f'<a href="#schema-{name}"><code>{name}</code></a>'
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return " | ".join(_schema(each) for each in schema[several])
    if "allOf" in schema:
        rest = {name: value for name, value in schema.items() if name != "allOf"}
        return " ".join([*(_schema(each) for each in schema["allOf"]), *_facts(rest)])
    if "enum" in schema:
        return " | ".join(f"<code>{escape(str(each))}</code>" for each in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {_schema(schema.get('items', {}))}"
    kind = schema.get("type", "anything")
    facts = {
        name: value for name, value in schema.items() if name not in ("type", "properties", "description")
    }
    return " ".join([escape(str(kind)), *_facts(facts)])


def _facts(facts: dict[str, Any]) -> list[str]:
    plain = {name: value for name, value in facts.items() if isinstance(value, str | int | float | bool)}
    return [f"<small>{escape(name)} {escape(str(value))}</small>" for name, value in plain.items()]


def _text(text: str) -> str:
    """Return a text with its code marks as code."""
    pieces = escape(text).split("`")
    marked = [f"<code>{piece}</code>" if index % 2 else piece for index, piece in enumerate(pieces)]
    return "".join(marked).replace("\n\n", "<p>")


def _anchor(tag: str) -> str:
    return escape(tag.lower().replace(" ", "-"))
