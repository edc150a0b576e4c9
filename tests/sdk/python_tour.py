"""A program that uses the Python SDK as somebody would who installed it: every call, both clients.

It runs in an environment of its own, against the server that its arguments name, and prints what it asked.
"""

import asyncio
import hmac
import inspect
import json
import sys
import typing
import uuid
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import httpx
from agenticrag_client import (
    AgenticRAGClient,
    APIConfig,
    AsyncAgenticRAGClient,
    Conflict,
    Content,
    NotAuthenticated,
    NotFound,
    StatusError,
    async_resources,
    models,
    resources,
)

GRAPH = {
    "nodes": [
        {"id": "start", "type": "start"},
        {"id": "ask", "type": "human_approval", "data": {"message": "May it?"}},
        {"id": "end", "type": "end"},
    ],
    "edges": [
        {"id": "a", "source": "start", "target": "ask"},
        {"id": "b", "source": "ask", "sourceHandle": "approved", "target": "end"},
    ],
}
UNDERSTOOD = (400, 401, 403, 404, 409, 422)
ASKING = {
    "nodes": [
        {"id": "start", "type": "start"},
        {
            "id": "ask",
            "type": "human_approval",
            "data": {"message": "May it go out?", "audience": "visitor"},
        },
        {"id": "say", "type": "llm", "data": {"provider": "demo", "model": "demo", "prompt": "Go"}},
        {"id": "end", "type": "end"},
    ],
    "edges": [
        {"id": "a", "source": "start", "target": "ask"},
        {"id": "b", "source": "ask", "sourceHandle": "approved", "target": "say"},
        {"id": "c", "source": "say", "target": "end"},
    ],
}
ECHO = {
    "nodes": [
        {"id": "start", "type": "start"},
        {"id": "hello", "type": "template", "data": {"template": "Hello, {{ input.name }}"}},
        {"id": "end", "type": "end"},
    ],
    "edges": [
        {"id": "a", "source": "start", "target": "hello"},
        {"id": "b", "source": "hello", "target": "end"},
    ],
}
SITE = "https://shop.example"
DEMO = models.ChatOptions(provider="demo", model="demo")


def chats(client: AgenticRAGClient) -> None:
    """Chat, stream, and look at what is kept of it."""
    answer = client.chatflows.chat("Hello!", session_id="tour", config=DEMO)
    assert answer.success
    assert answer.usage.total_tokens > 0
    said = ""
    with client.chatflows.chat_stream(
        "Hello again!", session_id="tour", config={"provider": "demo"}
    ) as stream:
        for event in stream:
            if event.type == "content":
                said += event.content
            elif event.type == "done":
                assert event.response == said
    assert client.executions.wait(stream.execution_id, timeout=10).status == "completed"
    history = client.sessions.get_history("tour")
    assert [message.role for message in history.messages] == ["user", "assistant"] * 2
    exported = client.sessions.download("tour", format="json")
    assert isinstance(exported, Content)
    assert client.sessions.import_file(exported.body).session_id != "tour"
    assert client.sessions.set_memory("tour", "buffer", memory_config={"max_messages": 4}).success
    assert client.sessions.clear("tour").cleared
    flow = client.chatflows.create(
        "Support", chat_config=models.ChatSettings(llm_provider="demo", llm_model="demo")
    )
    assert client.chatflows.chat_with_flow(flow.id, "Hi").success
    assert client.workflows.execute(flow.id, {"message": "Hi"}).success
    assert client.chatflows.update(flow.id, description="For everybody").version == 2
    assert client.flows.draw(flow.id, format="svg").media_type == "image/svg+xml"
    assert client.flows.import_file(client.flows.export(flow.id).body, dry_run=True).errors == []
    assert client.chatflows.delete(flow.id).id == flow.id


def runs(client: AgenticRAGClient) -> None:
    """Run what asks a person, answer it, and cancel another."""
    flow = client.agentflows.create("Ask first", graph_definition=GRAPH)
    answer = client.agentflows.execute(flow.id, {"letter": "Dear Ada"})
    assert answer.status == "waiting_approval"
    (question,) = answer.inputs
    taken = client.executions.respond(answer.execution_id, "approve", comment="Well said.")
    assert taken.input.id == question.input_id
    done = client.executions.wait(answer.execution_id, timeout=10)
    assert done.status == "completed"
    assert [event.type for event in client.executions.follow(done.id)][-1] == "run.completed"
    started = client.flows.execute(flow.id, {"letter": "Dear Bob"})
    assert client.executions.wait(started.id, timeout=10).status == "waiting_approval"
    assert client.executions.cancel(started.id).status == "cancelled"
    with client.agentflows.execute_stream(flow.id) as stream:
        kinds: list[str] = []
        for event in stream:
            kinds.append(event.type)
            if event.type == "status" and event.status == "waiting_approval":
                client.executions.respond(stream.execution_id, "approve")
        assert (kinds[0], kinds[-1], stream.reconnects) == ("start", "complete", 0)


def visits(client: AgenticRAGClient) -> None:
    """Chat as a visitor of a site does: with the origin of its page, without the key."""
    flow = client.chatflows.create("Shop", graph_definition=ASKING)
    token = client.embeds.put(flow.id, allowed_domains=[SITE]).embed_token
    visitor = client.with_options(api_key="not sent").embeds
    assert visitor.visitor_config(token, locale="de", origin=SITE).texts["lang"] == "de"
    for elsewhere in (None, "https://other.example"):
        refused = refusal(lambda origin=elsewhere: visitor.begin_visitor_session(token, origin=origin))
        assert (refused.status, refused.code) == (403, "forbidden_origin")
    session = visitor.begin_visitor_session(token, origin=SITE).session_id
    with visitor.visitor_chat_stream(token, "Hello!", visitor_session=session, origin=SITE) as stream:
        kinds: list[str] = []
        for event in stream:
            kinds.append(event.type)
            if event.type == "input":
                visitor.visitor_respond(
                    token,
                    stream.execution_id,
                    event.input.input_id,
                    "approve",
                    visitor_session=session,
                    origin=SITE,
                )
        assert (kinds[0], kinds[-1], stream.reconnects) == ("start", "done", 0)
    again = visitor.visitor_chat_resume(token, stream.execution_id, visitor_session=session, origin=SITE)
    assert next(again).type == "start"
    assert [each.type for each in again][-1] == "done"
    waits = visitor.visitor_chat(token, "And now?", visitor_session=session, origin=SITE)
    assert (waits.status, len(waits.inputs)) == ("waiting", 1)
    ended = visitor.visitor_cancel(token, waits.execution_id, visitor_session=session, origin=SITE)
    assert ended.status == "failed"
    opinion = visitor.visitor_feedback(token, stream.execution_id, "up", visitor_session=session, origin=SITE)
    assert opinion.rating == "up"
    turns = visitor.visitor_history(token, visitor_session=session, origin=SITE).turns
    assert [(turn.status, turn.rating) for turn in turns] == [("completed", "up"), ("failed", None)]
    assert "data-token" in visitor.get_page(token)
    assert "dataset" in visitor.get_widget_script()
    assert "export" in visitor.get_widget_module("client.js")


def documents(client: AgenticRAGClient) -> None:
    """Fill a knowledge base from a file and from a text, and search it."""
    base = client.knowledge_bases.create(f"Manuals {uuid.uuid4().hex}", embedding={"provider": "demo"}).id
    pump = client.knowledge_bases.add_document(
        base, file=("pump.md", b"# Pump\n\nPump P-100 leaks when it is cold."), metadata={"year": 2026}
    )
    valve = client.knowledge_bases.add_document(base, name="Valve", text="# Valve\n\nIt opens at 3 bar.")
    assert (pump.name, valve.name) == ("pump.md", "Valve")
    for added in (pump, valve):
        assert client.executions.wait(added.execution_id, timeout=30).status == "completed"
    assert client.knowledge_bases.get_document(base, pump.id).metadata == {"year": 2026}
    found = client.knowledge_bases.search(base, "At how many bar does the valve open?").results
    assert "3 bar" in found[0].text
    refused = refusal(lambda: client.knowledge_bases.add_document(base))
    assert (refused.status, refused.code) == (422, "invalid")


def webhooks(client: AgenticRAGClient) -> None:
    """Call webhooks as other services do: with any JSON, a signed text, a form, and nothing."""
    flow = client.agentflows.create("Echo", graph_definition=ECHO)
    hook = client.webhooks.create(flow.id, style="token", answer="sync")
    token = hook.url.rpartition("/")[2]
    proof = {"X-Webhook-Token": hook.secret}
    stranger = client.with_options(api_key="not sent").webhooks
    for body in ({"name": "Ada", "some_Key": [1, None]}, '{"name":"Ada"}', b'{"name": "Ada"}'):
        answer = stranger.call(token, body, extra_headers=proof)
        assert isinstance(answer, models.ExecutionAnswer)
        assert answer.output == "Hello, Ada"
    typed = {**proof, "Content-Type": "application/x-www-form-urlencoded"}
    answer = stranger.call(token, "name=Grace+Hopper", extra_headers=typed)
    assert isinstance(answer, models.ExecutionAnswer)
    assert answer.output == "Hello, Grace Hopper"
    client.webhooks.update(hook.id, answer="stream")
    raw = stranger.with_raw_response.call(token, {"name": "Bob"}, extra_headers=proof)
    assert "Hello, Bob" in raw.text
    signed = client.webhooks.create(flow.id, style="hmac", answer="async")
    body = json.dumps({"name": "Eve"})
    digest = hmac.new(signed.secret.encode(), body.encode(), "sha256").hexdigest()
    receipt = stranger.call(
        signed.url.rpartition("/")[2], body, extra_headers={"X-Signature": f"sha256={digest}"}
    )
    assert isinstance(receipt, models.WebhookReceipt)
    assert receipt.execution_id is not None
    assert "Hello, Eve" in str(client.executions.wait(receipt.execution_id, timeout=10).output_data)
    refused = refusal(lambda: stranger.call(token, {"name": "Bob"}))
    assert (refused.status, refused.code) == (401, "bad_signature")


def lists(client: AgenticRAGClient) -> None:
    """Go through lists page by page."""
    tour = uuid.uuid4().hex
    names = [f"Agent {number} of {tour}" for number in range(5)]
    for name in names:
        client.agents.create(name)
    found = [agent.name for agent in client.agents.iterate(page_size=2, sort_by="name", sort_order="asc")]
    assert [name for name in found if name.endswith(tour)] == names
    assert len(list(client.executions.iterate(limit=2))) == client.executions.list().total


def errors(client: AgenticRAGClient) -> None:
    """Be refused, in several ways."""
    done = client.executions.list(status="completed").executions[0].id
    for error, kind in (
        (refusal(lambda: client.workflows.get("nope")), NotFound),
        (refusal(lambda: client.with_options(api_key="wrong").workflows.list()), NotAuthenticated),
        (refusal(lambda: client.executions.respond(done, "approve")), Conflict),
    ):
        assert type(error) is kind
        assert error.problem.type.endswith(f":problem:{error.code.replace('_', '-')}")
        assert error.detail.endswith(".")


def refusal(call: Callable[[], object]) -> StatusError:
    """Return the error that a call ends with."""
    try:
        call()
    except StatusError as error:
        return error
    raise AssertionError("The call was expected to be refused.")


def calls(client: object, module: Any) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Yield every call of a client, its arguments of the right kinds that name nothing there is."""
    for name, resource in vars(client).items():
        if type(resource).__name__ not in module.__all__:
            continue
        for method, function in inspect.getmembers(type(resource), inspect.isfunction):
            if method.startswith(("_", "iterate", "wait")):
                continue
            hints = typing.get_type_hints(function, vars(module))
            parameters = list(inspect.signature(function).parameters.values())[1:]
            required = {
                each.name: made_up(hints[each.name]) for each in parameters if each.default is each.empty
            }
            yield f"{name}.{method}", partial(getattr(resource, method), **required)


def made_up(hint: Any) -> Any:
    """Return a value of a kind."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint in (int, float, bool):
        return 1
    if hint is str:
        return "00000000-0000-0000-0000-000000000000"
    if origin is typing.Literal:
        return arguments[0]
    if origin is typing.Union:
        return b"{}" if bytes in arguments else made_up(arguments[-1])
    return [] if origin is not None and issubclass(origin, typing.Sequence) else {}


def every_call(client: AgenticRAGClient) -> None:
    """Make each call once; that nothing is there to be found is an answer too."""
    refused: dict[str, StatusError] = {}
    for name, call in calls(client, resources):
        try:
            answer = call()
            if hasattr(answer, "last_event_id"):
                list(answer)
        except StatusError as error:
            refused[name] = error
    assert_understood(refused)


def assert_understood(refused: dict[str, StatusError]) -> None:
    """Look that every refusal is about what was asked for, not about how."""
    odd = {
        name: str(error)
        for name, error in refused.items()
        if error.status not in UNDERSTOOD
        or "unknown field" in error.detail
        or error.code in ("", "no_such_address", "malformed", "media_type")
    }
    assert odd == {}, odd


async def every_asynchronous_call(config: APIConfig) -> None:
    """Do the same with the other client, and chat, stream and page with it."""
    async with AsyncAgenticRAGClient(config) as client:
        assert (await client.chatflows.chat("Hello!", config=DEMO)).success
        async with client.chatflows.chat_stream("Hello!", config=DEMO) as stream:
            kinds = [event.type async for event in stream]
        assert (kinds[0], kinds[-1]) == ("start", "done")
        assert (await client.executions.wait(stream.execution_id, timeout=10)).status == "completed"
        total = (await client.agents.list()).total
        assert len([each async for each in client.agents.iterate(page_size=2)]) == total
        refused: dict[str, StatusError] = {}
        for name, call in calls(client, async_resources):
            try:
                answer = call()
                if inspect.isawaitable(answer):
                    await answer
                else:
                    _ = [event async for event in answer]
            except StatusError as error:
                refused[name] = error
        assert_understood(refused)


def main(url: str, key: str) -> None:
    """Go through all of it and print each request as its verb and path."""
    asked: set[tuple[str, str]] = set()

    def remember(request: httpx.Request) -> None:
        asked.add((request.method, request.url.path))

    config = APIConfig(base_url=url, api_key=key, max_retries=0)
    with httpx.Client(event_hooks={"request": [remember]}) as http:
        client = AgenticRAGClient(config, http_client=http)
        for part in (chats, runs, visits, documents, webhooks, lists, errors, every_call):
            part(client)
    asyncio.run(every_asynchronous_call(config))
    print(json.dumps(sorted(asked)))


if __name__ == "__main__":
    main(*sys.argv[1:])
