"""From the OpenAPI document to the intermediate representation."""

import json
from typing import Any

import pytest

from sdk_templates.document import read_api
from sdk_templates.model import Api, Content, Free, ListOf, MapOf, Nullable, OneOf, Ref, Stream, Value, Words
from sdk_templates.names import camel, method_name, pascal, snake
from sdk_templates.schemas import Inexpressible, kind_of


@pytest.fixture(scope="module")
def described(openapi: str) -> dict[str, Any]:
    return json.loads(openapi)


@pytest.fixture(scope="module")
def api(described: dict[str, Any]) -> Api:
    return read_api(described)


def small(operation: dict[str, Any], url: str = "/things", verb: str = "get") -> dict[str, Any]:
    """Return a document of one operation."""
    whole = {"operationId": "listThings", "tags": ["Things"], "responses": {"200": {"description": "Yes."}}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Small", "version": "1"},
        "paths": {url: {verb: {**whole, **operation}}},
        "components": {"schemas": {}},
    }


def test_every_operation_of_the_document_is_one_of_a_resource(described: dict[str, Any], api: Api) -> None:
    written = {each["operationId"] for item in described["paths"].values() for each in item.values()}
    assert {operation.id for operation in api.operations} == written
    assert len({(operation.resource, operation.method) for operation in api.operations}) == len(written)


def test_the_names_are_those_that_clients_know(api: Api) -> None:
    names = {f"{operation.resource}.{operation.method}" for operation in api.operations}
    assert names >= {
        "workflows.list", "workflows.execute", "workflows.execute_stream", "chatflows.chat",
        "chatflows.chat_stream", "chatflows.create", "agentflows.execute", "agents.create",
        "executions.get", "executions.cancel", "executions.respond", "executions.follow",
        "cost_tracking.dashboard", "metrics.summary", "sessions.get_history", "flows.draw",
        "keys.create", "embeds.get", "embeds.visitor_chat", "users.list", "credentials.create",
        "account.who_am_i", "audit.list",
    }  # fmt: skip


def test_streams_pages_waits_and_repetitions_are_told(api: Api) -> None:
    named = {f"{operation.resource}.{operation.method}": operation for operation in api.operations}
    stream = named["chatflows.chat_stream"].answer
    assert isinstance(stream, Stream)
    assert isinstance(stream.kind, OneOf)
    assert (stream.kind.name, stream.kind.discriminator, stream.last) == (
        "ChatEvent",
        "type",
        ("done", "error"),
    )
    assert [union.name for union in api.unions] == sorted(union.name for union in api.unions)
    pages = named["workflows.list"].pages
    assert pages is not None
    assert (pages.start, pages.size, pages.items, pages.by_page) == ("skip", "limit", "workflows", False)
    agents = named["agents.list"].pages
    assert agents is not None
    assert (agents.start, agents.item, agents.by_page) == ("page", Ref("AgentView"), True)
    until = named["executions.get"].until
    assert until is not None
    assert {"completed", "waiting_approval"} <= set(until.values)
    assert {name for name, operation in named.items() if operation.idempotent} >= {
        "chatflows.chat", "workflows.execute", "executions.respond",
    }  # fmt: skip
    assert [each.name for each in named["executions.follow"].query] == ["after"]


def test_bodies_leave_out_what_the_path_says_and_lead_with_free_json(api: Api) -> None:
    named = {f"{operation.resource}.{operation.method}": operation for operation in api.operations}
    chat = named["chatflows.chat_with_flow"].body
    assert chat is not None
    assert [field.name for field in chat.fields] == [
        "message", "session_id", "config", "limits", "files", "inputs", "variables", "edits",
    ]  # fmt: skip
    execute = named["workflows.execute"].body
    assert execute is not None
    assert (execute.leading, execute.fields[0].kind) == ("input_data", MapOf(Free()))
    form = named["flows.import_file"].body
    assert form is not None
    assert (form.media, form.leading) == ("multipart/form-data", "")
    document = named["knowledge_bases.add_document"].body  # a form or JSON, of which the form says more
    assert document is not None
    assert (document.media, document.model) == ("multipart/form-data", "")
    assert [field.name for field in document.fields if field.is_file] == ["file"]
    assert isinstance(named["flows.draw"].answer, Content)
    assert named["workflows.get"].answer == Value(
        OneOf((Ref("ChatflowView"), Ref("AgentflowView")), discriminator="flow_type")
    )


def test_headers_are_arguments_and_open_calls_are_told(api: Api) -> None:
    named = {f"{operation.resource}.{operation.method}": operation for operation in api.operations}
    visits = {name: each for name, each in named.items() if "/embed/public/" in each.url}
    assert len(visits) == 10
    for operation in visits.values():
        assert operation.open
        assert {(each.name, each.header) for each in operation.headers} == {
            ("visitor_session", "X-Visitor-Session"), ("origin", "Origin"),
        }  # fmt: skip
    needed = {name for name, each in visits.items() if each.headers[0].required}
    assert set(visits) - needed == {"embeds.begin_visitor_session", "embeds.visitor_config"}
    assert named["embeds.get_widget_script"].answer == Content(("text/javascript",))
    assert not named["embeds.put"].open


def test_models_say_whether_they_are_sent_or_received(api: Api) -> None:
    models = {model.name: model for model in api.models}
    assert (models["ChatOptions"].sent, models["ChatOptions"].received) == (True, False)
    assert (models["ChatAnswer"].sent, models["ChatAnswer"].received) == (False, True)
    assert (api.problem, models["ProblemDocument"].received) == ("ProblemDocument", True)


@pytest.mark.parametrize(
    ("schema", "kind"),
    [
        ({"enum": ["a", "b"]}, Words(("a", "b"))),
        ({"const": "a"}, Words(("a",))),
        ({"anyOf": [{"type": "object"}, {"type": "null"}]}, Nullable(MapOf(Free()))),
        ({"type": ["string", "null"]}, kind_of({"anyOf": [{"type": "string"}, {"type": "null"}]}, "")),
        ({"type": "array"}, ListOf(Free())),
        ({"description": "Whatever."}, Free()),
    ],
)
def test_schemas_have_kinds(schema: dict[str, Any], kind: object) -> None:
    assert kind_of(schema, "here") == kind


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"openapi": "3.0.0"}, "Expected an OpenAPI 3.1 document"),
        (small({"operationId": ""}), "operation GET /things: expected an operationId"),
        (small({"responses": {}}), "operation listThings: expected one kind of good answer"),
        (
            small({"parameters": [{"name": "x", "in": "cookie", "schema": {"type": "string"}}]}),
            "operation listThings: no SDK has a place for a parameter in cookie",
        ),
        (
            small({"parameters": [{"name": "X-Mood", "in": "header", "schema": {"type": "integer"}}]}),
            "operation listThings: the header X-Mood is something else than a text",
        ),
        (
            small(
                {
                    "parameters": [
                        {"name": "mood", "in": "query", "schema": {"type": "string"}},
                        {"name": "X-Mood", "in": "header", "schema": {"type": "string"}},
                    ]
                }
            ),
            "operation listThings: mood is in several places of a request",
        ),
        (
            small({"parameters": [{"name": "q", "in": "query", "schema": {"allOf": []}}]}),
            "operation listThings, parameter q: no kind expresses a schema with allOf",
        ),
        (small({}, url="/things/{id}"), "the parameters of /things/{id} are not those that it declares"),
        (
            small({"requestBody": {"required": True, "content": {"text/csv": {"schema": {}}}}}, verb="post"),
            "operation listThings: its body is neither",
        ),
        (
            small(
                {"responses": {"200": {"content": {"text/event-stream": {"schema": {"type": "object"}}}}}},
            ),
            "operation listThings: a stream without Last-Event-ID cannot be resumed",
        ),
        (small({"x-sdk": {"name": "nothing"}}), "operation listThings: x-sdk names it 'nothing'"),
    ],
)
def test_what_no_sdk_can_say_is_refused_with_its_place(document: dict[str, Any], message: str) -> None:
    with pytest.raises(Inexpressible) as refused:
        read_api(document)
    assert message in str(refused.value)


def test_two_operations_of_one_name_are_refused() -> None:
    twins = small({})
    twins["paths"]["/others"] = {"get": {**twins["paths"]["/things"]["get"], "operationId": "list_things"}}
    with pytest.raises(Inexpressible, match=r"operation list_things: it would be things\.list"):
        read_api(twins)


def test_names_go_from_one_spelling_to_another() -> None:
    assert snake("Node types") == "node_types"
    assert camel("cost_tracking") == "costTracking"
    assert pascal("support-triage 2") == "SupportTriage2"
    assert method_name("listAgentflowExecutions", "agentflows") == "list_executions"
    assert method_name("health", "health") == "health"
