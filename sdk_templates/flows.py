"""Flows of one's own: each becomes a method with the types of its input, its output and its questions.

A flow is read as `GET /flows/{id}` shows it, or as a file that was exported. What it takes is what its start
node declares; what it asks is what its `human_approval` nodes ask.
"""

import re
from keyword import iskeyword
from typing import Any

from msgspec import UNSET, Struct

from sdk_templates.model import (
    Api,
    Field,
    Free,
    Kind,
    ListOf,
    MapOf,
    Model,
    Operation,
    Plain,
    Ref,
    Resource,
    Words,
)
from sdk_templates.names import pascal, snake
from sdk_templates.schemas import Inexpressible, fields_of, kind_of

__all__ = ["FlowMethod", "Question", "called", "flow_documents", "names_of_api", "read_flows"]

_KINDS: dict[str, Kind] = {
    "string": Plain("string"),
    "number": Plain("number"),
    "integer": Plain("integer"),
    "boolean": Plain("boolean"),
    "object": MapOf(Free()),
    "array": ListOf(Free()),
    "text": Plain("string"),
    "paragraph": Plain("string"),
    "date": Plain("string"),
    "file": MapOf(Free()),
    "files": ListOf(MapOf(Free())),
}
"""Kinds of the types of inputs. Any other is any JSON."""
_MESSAGE = Field("message", Plain("string"), True, "The user's message.")
_SESSION = Field("session_id", Plain("string"), False, "The session to go on with, or a name for a new one.")


class Question(Struct, frozen=True):
    """What a node of a flow asks people."""

    node: str
    """The node's id."""
    name: str
    """`refund` of the node `refund-1`, as a method may have it."""
    message: str
    actions: tuple[str, ...]
    """What may be answered."""
    value: Kind
    """What an edited or submitted answer carries."""


class FlowMethod(Struct, frozen=True):
    """A method that runs one flow."""

    name: str
    """`support_triage`."""
    id: str
    """The flow's id; empty for a flow that is only compared."""
    title: str
    description: str
    input: tuple[Field, ...]
    """What it takes, the required first."""
    output: Kind
    questions: tuple[Question, ...] = ()
    models: tuple[Model, ...] = ()
    """Models that its kinds name."""


_RESERVED = frozenset(
    {"constructor", "has_own_property", "then", "to_json", "to_locale_string", "to_string", "value_of"}
)
"""What TypeScript calls on objects by itself: `await`, `JSON.stringify` and texts would run the flow."""


def read_flows(
    documents: list[dict[str, Any]], *, named: bool = True, taken: frozenset[str] = frozenset()
) -> tuple[FlowMethod, ...]:
    """Return the methods of flows. Of several with one name the oldest has it; the others add their ids.

    Args:
        documents: Flows as the API shows them, or as exported.
        named: Whether each must have an id, so that it can be run.
        taken: Names that no method may have: a flow named like one ends in `_flow`.

    Raises:
        Inexpressible: a flow has no id.
    """
    found: dict[str, FlowMethod] = {}
    made = set(taken)
    known = [document.get("flow", document) for document in documents]
    for flow in sorted(
        known, key=lambda flow: (str(flow.get("created_at") or ""), str(flow.get("id") or ""))
    ):
        method = _method(flow)
        if named and not method.id:
            raise Inexpressible(f"flow '{method.title}': it has no id; ask a server for it, or export it.")
        if taken & _made(method):
            method = _method(flow, "_flow")
        twins = 1
        while made & _made(method):
            twins += 1
            # The shortest end of the id that tells it apart: ids of one moment begin alike.
            word = re.sub(r"\W|_", "", method.id)
            method = _method(flow, f"_{word[-6 * (twins - 1) :] or twins}")
        made |= _made(method)
        found[method.name] = method
    return tuple(found[name] for name in sorted(found))


def names_of_api(api: Api) -> frozenset[str]:
    """Return the names that the API's own calls have where flows get theirs."""
    (resource,) = [each for each in api.resources if each.name == "flows"] or [Resource("flows", ())]
    methods = {each.method for each in resource.operations}
    return frozenset(
        {*methods, *(each.replace("list", "iterate", 1) for each in methods), "with_raw_response"}
    )


def flow_documents(document: Any) -> list[dict[str, Any]]:
    """Return the flows that a JSON document holds: one, a list, or a page of a list."""
    if isinstance(document, dict) and not ("flow" in document or "name" in document):
        document = document.get("flows", document.get("workflows"))
    documents = document if isinstance(document, list) else [document]
    if not all(isinstance(each, dict) for each in documents):
        raise Inexpressible("flows: expected a flow as the API shows it, or a list of them.")
    return documents


def called(api: Api, flows: tuple[FlowMethod, ...]) -> dict[str, Operation]:
    """Return the operations that methods of flows are made of: `execute`, `execute_stream` and `respond`.

    Raises:
        Inexpressible: the API lacks one, or has a call that a flow would be named like.
    """
    named = {f"{each.resource}.{each.method}": each for each in api.operations}
    wanted = ("workflows.execute", "workflows.execute_stream", "executions.respond")
    if missing := [name for name in wanted if name not in named]:
        raise Inexpressible(f"flows: the document has no {', '.join(missing)} to run them by.")
    for name in sorted({name for flow in flows for name in _made(flow)}):
        if f"flows.{name}" in named:
            raise Inexpressible(f"flow '{name}': flows.{name} is a call of the API; rename the flow.")
    return {name.partition(".")[2]: named[name] for name in wanted}


def _made(flow: FlowMethod) -> set[str]:
    """Return the names of all methods that a flow becomes."""
    asked = [question.name for question in flow.questions]
    return {flow.name, *(f"{flow.name}_{each}" for each in ("stream", *asked))}


def _method(flow: dict[str, Any], suffix: str = "") -> FlowMethod:
    title = str(flow.get("name", ""))
    name = snake(title) or f"flow_{str(flow.get('id', ''))[:8]}"
    reserved = iskeyword(name) or name in _RESERVED
    name = f"flow_{name}" if name[0].isdigit() else f"{name}_flow" if reserved else name
    name += suffix
    nodes: list[dict[str, Any]] = (flow.get("graph_definition") or {}).get("nodes", [])
    models: dict[str, Model] = {}
    chats = flow.get("flow_type") == "chatflow"
    given = [
        field for node in nodes if node.get("type") == "start" for field in _inputs(node.get("data", {}))
    ]
    return FlowMethod(
        name=name,
        id=str(flow.get("id") or ""),
        title=title,
        description=str(flow.get("description") or ""),
        input=tuple(sorted([*([_MESSAGE, _SESSION] if chats else ()), *given], key=lambda f: not f.required)),
        output=Plain("string") if chats else _output(nodes),
        questions=tuple(_questions(name, nodes, models)),
        models=tuple(models.values()),
    )


def _inputs(data: dict[str, Any]) -> list[Field]:
    """Return what a start node declares, without a chat's message, which needs no declaration."""
    return [
        Field(
            each["name"],
            _input_kind(each),
            required=bool(each.get("required")) and each.get("default") is None,
            description=each.get("description", ""),
            default=each.get("default", UNSET),
        )
        for each in data.get("inputs", [])
        if each["name"] not in ("message", "session_id")
    ]


def _input_kind(declared: dict[str, Any]) -> Kind:
    choices: list[Any] = declared.get("choices") or []
    if choices and all(isinstance(choice, str | int) for choice in choices):
        return Words(tuple(choices))
    return _KINDS.get(declared.get("type", "string"), Free())


def _output(nodes: list[dict[str, Any]]) -> Kind:
    """Return the kind of a flow's output: a text where its ends say so, else any JSON."""
    ends = [node.get("data", {}) for node in nodes if node.get("type") == "end"]
    return Plain("string") if ends and all(end.get("output") for end in ends) else Free()


def _questions(flow: str, nodes: list[dict[str, Any]], models: dict[str, Model]) -> list[Question]:
    found: list[Question] = []
    for node in nodes:
        if node.get("type") == "human_approval":
            data = node.get("data", {})
            name = snake(str(node["id"]))
            value = _shape(data.get("schema") or {}, pascal(f"{flow}_{name}_value"), models)
            if data.get("mode") == "input":
                actions: tuple[str, ...] = ("submit",)
            else:
                actions = (
                    ("approve", "reject", "edit") if data.get("editable", True) else ("approve", "reject")
                )
            found.append(Question(str(node["id"]), name, str(data.get("message", "")), actions, value))
    return found


def _shape(schema: dict[str, Any], name: str, models: dict[str, Model]) -> Kind:
    """Return the kind of a JSON Schema that somebody wrote; what no kind expresses is any JSON."""
    if schema.get("type") == "object" and schema.get("properties"):
        inner: dict[str, Any] = {}
        for field, each in schema["properties"].items():
            kind = _shape(each, pascal(f"{name}_{field}"), models)
            inner[field] = {"$ref": f"#/components/schemas/{kind.name}"} if isinstance(kind, Ref) else each
        try:
            fields = fields_of({**schema, "properties": inner}, name)
        except Inexpressible:
            return MapOf(Free())
        models[name] = Model(name, fields, str(schema.get("description", "")), sent=True)
        return Ref(name)
    try:
        return kind_of(schema, name)
    except Inexpressible:
        return Free()
