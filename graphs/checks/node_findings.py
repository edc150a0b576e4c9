"""Node findings: what is wrong with one node's configuration, or odd, before its flow runs."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from collections.abc import Set as AbstractSet
from functools import partial
from typing import Any

import msgspec

from graphs.checks.field_lookups import meant
from graphs.document.flow import NodeDocument
from graphs.expressions import UPDATE_NAMES, Expression
from graphs.expressions import parse as parse_expression
from graphs.expressions.templates import Template
from graphs.expressions.templates import parse as parse_template
from graphs.node.error_policies import policy_problems
from graphs.node.node import Node
from graphs.nodes import NodeTypeError, decode_node, node_types
from graphs.parsing.decode_errors import in_words
from graphs.parsing.numbers import converted
from graphs.parsing.schema_mismatches import misfits
from graphs.parsing.text import TextError, clean
from graphs.tools import ToolEntryError, ToolKinds, read_tool
from graphs.values.findings import Finding, Severity, shown
from graphs.values.node_error import NodeError

__all__ = ["Decode", "lone_node_findings", "read_node"]

_FOREIGN = re.compile(
    r"(?<![{$])\{(?P<one>(?:input|nodes|variables|loop)\.[\w.]{1,80})\}(?!\})"
    r"|\$\{(?P<two>(?:input|nodes|variables|loop)\.[\w.]{1,80})\}"
    r"|\{%-?\s{0,9}(?P<tag>set|macro|include|import|extends|block|raw|assign|unless|with|case)\b"
    r"|\{\{#[\w.-]{1,80}#\}\}|\{\{ ?\$(?:json|node|input|vars)\b",
)
"""Look-ups as other tools write them: one brace, a dollar sign, Dify's and n8n's."""
MAX_LABEL, MAX_DESCRIPTION = 255, 4_000
"""In characters."""

Decode = Callable[[str, dict[str, Any]], Node]
"""From a type and its data to a node; raises `NodeTypeError` and `msgspec.ValidationError`."""


def lone_node_findings(
    written: Any, *, tools: ToolKinds | None, credentials: Collection[str] | None
) -> list[Finding]:
    """Return the errors of each node of a definition that does not decode as a whole.

    Args:
        written: The definition as it was sent; what is no list of nodes there is left out.
        tools: The tools that there are; None for the built-in ones.
        credentials: Names of the credentials that there are; None where that is not known.
    """
    nodes: Any = written.get("nodes") if isinstance(written, dict) else None
    findings: list[Finding] = []
    for index, node in enumerate(nodes if isinstance(nodes, list) else []):
        try:
            document = msgspec.convert(node, NodeDocument)
        except msgspec.ValidationError:
            continue
        found = read_node(document, f"/nodes/{index}", decode_node, frozenset(), tools, credentials)[1]
        findings += [finding for finding in found if finding.severity == "error"]
    return findings


def read_node(
    document: NodeDocument,
    pointer: str,
    decode: Decode,
    ids: AbstractSet[str],
    tools: ToolKinds | None,
    credentials: Collection[str] | None,
) -> tuple[Node | None, list[Finding]]:
    """Return the node of a document, and everything that is wrong with its configuration; never raises.

    Args:
        document: The node as it is written.
        pointer: JSON Pointer of the document.
        decode: From a type and its data to a node.
        ids: The ids of all nodes of the flow.
        tools: The tools that there are; None for the built-in ones.
        credentials: Names of the credentials that there are; None where that is not known.
    """
    named = f"Node {shown(document.id)}"

    def finding(
        code: str, message: str, place: str, severity: Severity = "error", about: str | None = None
    ) -> Finding:
        return Finding(
            code=code,
            message=f"{named}{_field(place if about is None else about)}: {message}",
            node=document.id,
            pointer=f"{pointer}/data{place}",
            severity=severity,
        )

    def elsewhere(code: str, message: str) -> Finding:
        return Finding(code=code, message=f"{named}: {message}", node=document.id, pointer=f"{pointer}/type")

    try:
        node = decode(document.type, clean(document.data))
        findings = [finding(*told) for told in _told(node, ids, tools, credentials)]
        _ = node.outlets(), node.turns(), node.touches(), node.reads_arrived(), node.agreed()
    except NodeTypeError as error:
        return None, [elsewhere("unknown_type", str(error))]
    except TextError as error:
        return None, [finding("bad_data", f"{error}.", error.pointer)]
    except msgspec.ValidationError as error:
        if (kind := node_types().get(document.type)) is None:  # a type from elsewhere
            return None, [finding("bad_data", in_words(str(error).partition(" - at ")[0]), "")]
        told = misfits(document.data, kind, convert=converted)
        return None, [finding("bad_data", one.bare, one.pointer, about=one.about) for one in told]
    except (Exception, SystemExit) as error:  # a node type from elsewhere may raise what it likes
        return None, [
            elsewhere("broken_type", f"its type failed with {type(error).__name__}. Mend the type.")
        ]
    return node, findings


def _told(
    node: Node, ids: AbstractSet[str], tools: ToolKinds | None, credentials: Collection[str] | None
) -> Iterator[tuple[str, str, str, Severity]]:
    """Tell what is wrong with a configuration: a code, a sentence, a pointer into it, and how bad it is."""
    for field, text, most in (
        ("label", node.label, MAX_LABEL),
        ("description", node.description, MAX_DESCRIPTION),
    ):
        if len(text) > most:
            message = f"it has {len(text):,} characters; at most {most:,} are allowed. Shorten it."
            yield "too_long", message, f"/{field}", "error"
    updates = {} if node.sets_itself else {f"set.{name}": source for name, source in node.set.items()}
    parsers: list[tuple[str, Mapping[str, str], Callable[[str], Template | Expression]]] = [
        ("bad_template", node.templates(), parse_template),
        ("bad_expression", node.expressions(), parse_expression),
        ("bad_expression", updates, partial(parse_expression, names=UPDATE_NAMES)),
    ]
    for code, sources, parse in parsers:
        for field, source in sources.items():
            place = _pointer(f".{field}")
            try:
                paths = parse(source).paths
            except NodeError as error:
                yield code, str(error), place, "error"
                continue
            for path in paths:
                if path[0] == "nodes" and len(path) > 1 and path[1] not in ids:
                    message = f"it looks up the output of node {shown(path[1])}, but there is no such node."
                    advice = meant(path[1], ids) or "Name an existing one."
                    yield "unknown_reference", f"{message} {advice}", place, "warning"
            if code == "bad_template" and (foreign := _FOREIGN.search(source)) is not None:
                name = foreign["one"] or foreign["two"] or "input.name"
                message = f"'{foreign[0][:60]}' is text here, and no look-up."
                advice = f"Write {{{{ {name[:60]} }}}}."
                if foreign["tag"]:
                    advice = "Templates have {% for %} and {% if %} only; a variable node keeps values."
                yield "not_looked_up", f"{message} {advice}", place, "warning"
    advised, named = node.advice(), node.credentials()
    for field, entry in node.tool_entries().items():
        try:
            tool = read_tool(entry, tools)
        except ToolEntryError as error:
            yield "bad_tool", str(error), _pointer(f".{field}{error.path}"), "error"
            continue
        advised |= {f"{field}.{inner}": said for inner, said in tool.advice().items()}
        named |= {f"{field}.{inner}": name for inner, name in tool.credentials().items()}
    for field, said in advised.items():
        yield "literal_secret", said, _pointer(f".{field}"), "warning"
    for field, name in named.items():
        if credentials is not None and name not in credentials:
            message = f"there is no credential {shown(name)} here. Store one of this name before it runs."
            yield "unknown_credential", message, _pointer(f".{field}"), "warning"
    for field, problem in (*node.problems().items(), *policy_problems(node)):
        yield "not_possible", problem, _pointer(f".{field}"), "error"


def _pointer(path: str) -> str:
    """Return a path such as ``.cases[0].outlet`` as a JSON Pointer."""
    parts = path.replace("[", ".").replace("]", "").split(".")
    return "".join(f"/{part.replace('~', '~0').replace('/', '~1')}" for part in parts if part)


def _field(pointer: str) -> str:
    return f", field '{pointer[1:]}'" if pointer else ""
