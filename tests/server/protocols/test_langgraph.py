"""LangGraph's server API: its own Python clients, unmodified, talk with flows."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from langgraph_sdk import get_client
from langgraph_sdk.client import LangGraphClient
from langgraph_sdk.errors import ConflictError, NotFoundError, UnprocessableEntityError

from server.settings.sources import Settings
from tests.runtimes.fake_openai import FakeOpenAI, Reply, ScriptedCall
from tests.server.conftest import Running, make_key, quick
from tests.server.protocols.npm_clients import NpmClients, run_page
from tests.server.protocols.test_openai import drawn, runs, store, until
from tests.server.protocols.test_vercel import speaking

HELLO = "Hello there, friend."
SLOW = "One two three four five six."
HI: dict[str, Any] = {"messages": [{"role": "user", "content": "Hi", "id": "m1"}]}
ASK: list[dict[str, Any]] = [
    {"id": "start", "type": "start"},
    {"id": "ask", "type": "human_approval", "data": {"message": "May I?"}},
    {"id": "end", "type": "end", "data": {"output": "Done."}},
]


@pytest.fixture
async def fake() -> AsyncIterator[FakeOpenAI]:
    async with FakeOpenAI(Reply(text=HELLO)) as server:
        yield server


@pytest.fixture
def settings(database_url: str, tmp_path: Path, fake: FakeOpenAI) -> Settings:
    base = quick(database_url, tmp_path)
    return msgspec.structs.replace(base, openai_base_url=fake.url, openai_api_key="sk-test")


@pytest.fixture
async def sdk(server: Running, key: str) -> AsyncIterator[LangGraphClient]:
    """LangGraph's own client, as its users make it."""
    async with get_client(url=f"{server.url}/langgraph", api_key=key) as client:
        yield client


def texts(values: Any) -> list[tuple[str, str]]:
    return [(one["type"], one["content"]) for one in values["messages"]]


async def test_flows_are_assistants(client: httpx.AsyncClient, sdk: LangGraphClient) -> None:
    flow = await store(client, "Kind", description="Is kind.")
    await store(client, "Off", is_active=False)
    await client.post("/agentflows", json={"name": "Team"})
    found: Any = await sdk.assistants.search()
    assert {one["graph_id"] for one in found} == {"kind", "team"}
    listed: Any = await sdk.assistants.search(graph_id="kind")
    [kind] = listed
    assert kind["metadata"]["created_by"] == "system"
    assert (await sdk.assistants.get(kind["assistant_id"]))["name"] == "Kind"
    assert (await sdk.assistants.get(flow["id"]))["graph_id"] == "kind"
    drawing: Any = await sdk.assistants.get_graph(kind["assistant_id"])
    assert {"__start__", "__end__"} < {node["id"] for node in drawing["nodes"]}
    assert all({"source", "target"} <= edge.keys() for edge in drawing["edges"])
    schemas: Any = await sdk.assistants.get_schemas("kind")
    assert "messages" in schemas["input_schema"]["properties"]
    assert await sdk.assistants.count() == 2
    with pytest.raises(NotFoundError):
        await sdk.assistants.get("00000000-0000-0000-0000-000000000000")
    with pytest.raises(UnprocessableEntityError):
        await sdk.assistants.create("kind")
    info: Any = await sdk.http.get("/info")
    assert info["flags"] == {
        "assistants": True,
        "crons": True,
        "langsmith": False,
        "langsmith_tracing_replicas": False,
    }


async def test_threads_are_made_found_changed_copied_and_deleted(
    client: httpx.AsyncClient, sdk: LangGraphClient
) -> None:
    await store(client, "Kind")
    thread = await sdk.threads.create(metadata={"team": "a", "facts": {"x": [1, 2]}})
    id = thread["thread_id"]
    assert (thread["status"], thread["values"]) == ("idle", {})
    with pytest.raises(ConflictError):
        await sdk.threads.create(thread_id=id)
    assert (await sdk.threads.create(thread_id=id, if_exists="do_nothing"))["thread_id"] == id
    other = await sdk.threads.create(metadata={"team": "b"})
    assert [one["thread_id"] for one in await sdk.threads.search(metadata={"team": "a"})] == [id]
    assert [one["thread_id"] for one in await sdk.threads.search(metadata={"facts": {"x": [1, 2]}})] == [id]
    assert await sdk.threads.search(metadata={"team": "c"}) == []
    changed = await sdk.threads.update(id, metadata={"more": True})
    assert changed["metadata"] == {"team": "a", "facts": {"x": [1, 2]}, "more": True}
    empty = await sdk.threads.get_state(id)
    assert (empty["values"], empty["next"], empty["tasks"]) == ({}, [], [])
    await sdk.runs.wait(id, "kind", input=HI)
    found = await sdk.threads.search(metadata={"graph_id": "kind"}, status="idle")
    assert [one["thread_id"] for one in found] == [id]
    copied: Any = await sdk.threads.copy(id)
    assert texts(copied["values"]) == [("human", "Hi"), ("ai", HELLO)]
    assert await sdk.threads.count() == 3
    for gone in (id, other["thread_id"]):
        await sdk.threads.delete(gone)
    with pytest.raises(NotFoundError):
        await sdk.threads.get(id)
    with pytest.raises(UnprocessableEntityError):
        await sdk.threads.get("no-uuid")


async def test_a_run_streams_in_every_mode_and_keeps_the_ids_of_messages(
    client: httpx.AsyncClient, sdk: LangGraphClient
) -> None:
    await store(client, "Kind")
    id = (await sdk.threads.create())["thread_id"]
    modes: Any = ["values", "messages-tuple", "updates", "messages", "custom", "tasks", "debug", "events"]
    parts = [part async for part in sdk.runs.stream(id, "kind", input=HI, stream_mode=modes)]
    assert parts[0].event == "metadata"
    states = [part.data for part in parts if part.event == "values"]
    assert texts(states[0]) == [("human", "Hi")]
    assert texts(states[-1]) == [("human", "Hi"), ("ai", HELLO)]
    assert states[-1]["messages"][0]["id"] == "m1"
    answer = states[-1]["messages"][-1]["id"]
    chunks = [part.data[0] for part in parts if part.event == "messages"]
    assert "".join(one["content"] for one in chunks) == HELLO
    assert {one["id"] for one in chunks} == {answer}
    assert chunks[-1]["chunk_position"] == "last"
    partial = [part.data[0] for part in parts if part.event == "messages/partial"]
    assert partial[-1]["content"] == HELLO
    assert parts[-1].event == "values"
    assert {part.event for part in parts} >= {"updates", "tasks", "debug", "events", "messages/complete"}
    [run] = await sdk.runs.list(id)
    assert (run["status"], run["run_id"]) == ("success", parts[0].data["run_id"])
    again = [part async for part in sdk.runs.join_stream(id, run["run_id"], last_event_id="-1")]
    assert [part.event for part in again] == [part.event for part in parts]
    assert [part.id for part in again] == [part.id for part in parts]
    rest = sdk.runs.join_stream(id, run["run_id"], last_event_id=parts[4].id)
    assert [part.id async for part in rest] == [part.id for part in parts[5:]]
    alone = [part async for part in sdk.runs.stream(None, "kind", input=HI)]
    assert texts(alone[-1].data) == [("human", "Hi"), ("ai", HELLO)]


async def test_a_question_is_an_interrupt_and_its_answer_a_run_of_its_own(
    client: httpx.AsyncClient, sdk: LangGraphClient
) -> None:
    await store(client, "Asks", graph_definition=drawn(ASK))
    id = (await sdk.threads.create())["thread_id"]
    asked: Any = await sdk.runs.wait(id, "asks", input=HI)
    [interrupt] = asked["__interrupt__"]
    assert interrupt["value"]["question"] == "May I?"
    assert "approve" in interrupt["value"]["actions"]
    thread = await sdk.threads.get(id)
    assert thread["status"] == "interrupted"
    state = await sdk.threads.get_state(id)
    assert state["next"] == ["ask"]
    assert state["tasks"][0]["interrupts"][0]["id"] == interrupt["id"]
    [found] = await sdk.threads.search(status="interrupted")
    assert found["thread_id"] == id
    with pytest.raises(httpx.HTTPStatusError, match="422"):
        await sdk.runs.wait(id, "asks", command={"resume": {"action": "dance"}})
    stream = sdk.runs.stream(
        id, "asks", command={"resume": {interrupt["id"]: "approve"}}, stream_mode=["values", "updates"]
    )
    parts = [part async for part in stream]
    assert texts(parts[-1].data)[-1] == ("ai", "Done.")
    listed = await sdk.runs.list(id)
    assert [one["status"] for one in listed] == ["success", "success"]
    assert listed[0]["run_id"] == parts[0].data["run_id"] != listed[1]["run_id"]
    assert len(await runs(client)) == 1
    assert (await sdk.threads.get(id))["status"] == "idle"
    with pytest.raises(httpx.HTTPStatusError, match="409"):
        await sdk.runs.wait(id, "asks", command={"resume": "approve"})


async def test_runs_begin_from_checkpoints_and_states_are_written(
    client: httpx.AsyncClient, sdk: LangGraphClient, fake: FakeOpenAI
) -> None:
    await store(client, "Kind")
    id = (await sdk.threads.create())["thread_id"]
    await sdk.runs.wait(id, "kind", input=HI)
    fake.default = Reply(text="Another one.")
    history = await sdk.threads.get_history(id)
    counts = [len(texts(one["values"])) if one["values"] else 0 for one in history]
    assert counts == [2, 1, 0]
    assert [one["parent_checkpoint"] for one in history][1:] == [history[2]["checkpoint"], None]
    said: Any = history[1]["checkpoint"]
    anew = await sdk.runs.wait(id, "kind", input=None, checkpoint=said)
    assert texts(anew) == [("human", "Hi"), ("ai", "Another one.")]
    first: Any = history[2]["checkpoint"]
    edited = await sdk.runs.wait(
        id, "kind", input={"messages": [{"type": "human", "content": "Ho"}]}, checkpoint=first
    )
    assert texts(edited) == [("human", "Ho"), ("ai", "Another one.")]
    assert len(await sdk.threads.get_history(id, limit=50)) == 6
    before = await sdk.threads.get_state(id, checkpoint_id=history[0]["checkpoint"]["checkpoint_id"] or "")
    assert texts(before["values"]) == [("human", "Hi"), ("ai", HELLO)]
    last: Any = (await sdk.threads.get_state(id))["values"]
    message = {**last["messages"][-1], "content": "Corrected."}
    written = await sdk.threads.update_state(id, {"messages": [message]})
    state: Any = await sdk.threads.get_state(id)
    assert state["checkpoint"]["checkpoint_id"] == written["checkpoint"]["checkpoint_id"]
    assert texts(state["values"]) == [("human", "Ho"), ("ai", "Corrected.")]
    with pytest.raises(UnprocessableEntityError):
        await sdk.threads.update_state(id, {"tone": "formal"})
    gone = {"type": "remove", "id": message["id"]}
    await sdk.threads.update_state(id, {"messages": [gone]})
    assert texts((await sdk.threads.get_state(id))["values"]) == [("human", "Ho")]
    with pytest.raises(NotFoundError):
        await sdk.threads.get_state(id, checkpoint_id="00000000-0000-0000-0000-000000000000")


async def test_runs_are_joined_cancelled_and_kept_in_line(
    client: httpx.AsyncClient, sdk: LangGraphClient, fake: FakeOpenAI
) -> None:
    await store(client, "Slow", graph_definition=speaking("Slowly"))
    fake.default = Reply(text=SLOW, stall_at=2)
    id = (await sdk.threads.create())["thread_id"]
    run = await sdk.runs.create(id, "slow", input=HI)
    await fake.until(lambda: bool(fake.log) and fake.log[-1].deltas == 2)
    assert (await sdk.runs.get(id, run["run_id"]))["status"] == "running"
    assert (await sdk.threads.get(id))["status"] == "busy"
    with pytest.raises(ConflictError):
        await sdk.runs.create(id, "slow", input=HI, multitask_strategy="reject")
    second = await sdk.runs.create(id, "slow", input=HI)
    assert (await sdk.runs.get(id, second["run_id"]))["status"] == "pending"
    joining = asyncio.create_task(sdk.runs.join(id, run["run_id"]))
    await sdk.runs.cancel(id, second["run_id"], wait=True)
    assert (await sdk.runs.get(id, second["run_id"]))["status"] == "interrupted"
    with pytest.raises(NotFoundError):
        await sdk.runs.cancel(id, second["run_id"])
    fake.release()
    assert texts(await joining)[-1] == ("ai", SLOW)
    third = await sdk.runs.create(id, "slow", input=HI)
    await fake.until(lambda: len(fake.log) == 2 and fake.log[-1].deltas == 2)
    fourth = await sdk.runs.create(id, "slow", input=HI, multitask_strategy="interrupt")

    async def the_third_has_ended() -> bool:
        return (await sdk.runs.get(id, third["run_id"]))["status"] == "interrupted"

    await until(the_third_has_ended)
    await sdk.runs.cancel(id, fourth["run_id"], wait=True, action="rollback")
    await sdk.runs.delete(id, third["run_id"])
    with pytest.raises(NotFoundError):
        await sdk.runs.get(id, third["run_id"])


async def test_a_failed_run_says_so(
    client: httpx.AsyncClient, sdk: LangGraphClient, fake: FakeOpenAI
) -> None:
    await store(client, "Broken", graph_definition=speaking("Break"))
    fake.default = Reply(status=401)
    id = (await sdk.threads.create())["thread_id"]
    failed: Any = await sdk.runs.wait(id, "broken", input=HI, raise_error=False)
    assert failed["__error__"]["message"]
    parts = [part async for part in sdk.runs.stream(id, "broken", input=HI)]
    assert parts[-1].event == "error"
    thread: Any = await sdk.threads.get(id)
    assert thread["status"] == "error"
    assert thread["error"]["message"]
    assert [one["status"] for one in await sdk.runs.list(id)] == ["error", "error"]


async def test_items_are_kept_found_and_deleted(sdk: LangGraphClient) -> None:
    await sdk.store.put_item(["people", "ada"], key="tea", value={"likes": "green", "cups": 3})
    await sdk.store.put_item(["people", "bob"], key="tea", value={"likes": "black", "cups": 1}, ttl=5)
    item = await sdk.store.get_item(["people", "ada"], key="tea")
    assert item["namespace"] == ["people", "ada"]
    assert item["value"]["likes"] == "green"
    found = await sdk.store.search_items(["people"], query="black")
    assert [one["namespace"][-1] for one in found["items"]] == ["bob"]
    many = await sdk.store.search_items(["people"], filter={"cups": {"$gt": 2}})
    assert [one["namespace"][-1] for one in many["items"]] == ["ada"]
    spaces = await sdk.store.list_namespaces(prefix=["people"], max_depth=2)
    assert spaces["namespaces"] == [["people", "ada"], ["people", "bob"]]
    await sdk.store.delete_item(["people", "ada"], key="tea")
    with pytest.raises(NotFoundError):
        await sdk.store.get_item(["people", "ada"], key="tea")


async def test_expired_items_are_gone_from_every_read(sdk: LangGraphClient) -> None:
    items: Any = sdk.store  # a part of a minute is sent as it is
    for name, ttl in (("short", 0.5 / 60), ("long", 5), ("for-ever", None)):
        await items.put_item(["kept"], key=name, value={"word": "tea", "cups": 2}, ttl=ttl)
    assert (await items.get_item(["kept"], key="short"))["value"]["word"] == "tea"
    await items.put_item(["kept", "below"], key="short", value={"word": "tea"}, ttl=0.5 / 60)
    await asyncio.sleep(0.6)
    with pytest.raises(NotFoundError):
        await items.get_item(["kept"], key="short")
    for query in ({}, {"query": "tea"}, {"filter": {"cups": 2}}):
        found = await items.search_items(["kept"], **query)
        assert sorted(one["key"] for one in found["items"]) == ["for-ever", "long"]
    assert (await items.list_namespaces(prefix=["kept"]))["namespaces"] == [["kept"]]


async def test_crons_are_schedules(client: httpx.AsyncClient, sdk: LangGraphClient) -> None:
    flow = await store(client, "Kind")
    crons: Any = sdk.crons
    thread = (await sdk.threads.create())["thread_id"]
    cron: Any = await crons.create_for_thread(
        thread,
        "kind",
        schedule="0 9 * * MON-FRI",
        input=HI,
        timezone="Asia/Seoul",
        metadata={"name": "Daily"},
    )
    assert (cron["thread_id"], cron["enabled"], cron["timezone"]) == (thread, True, "Asia/Seoul")
    assert cron["next_run_date"][11:16] == "00:00"
    schedule = (await client.get(f"/schedules/{cron['cron_id']}")).json()
    assert (schedule["name"], schedule["flow_id"]) == ("Daily", flow["id"])
    assert schedule["input"] == {"message": "Hi", "session_id": thread}
    alone: Any = await crons.create("kind", schedule="0 0 1 * *", input="Hello", enabled=False)
    assert (alone["thread_id"], alone["next_run_date"]) == (None, None)
    assert {one["cron_id"] for one in await crons.search(assistant_id="kind")} == {
        cron["cron_id"],
        alone["cron_id"],
    }
    assert [one["cron_id"] for one in await crons.search(enabled=False)] == [alone["cron_id"]]
    assert await crons.count(thread_id=thread) == 1
    begun = (await client.post(f"/schedules/{cron['cron_id']}/run")).json()
    assert begun["status"] in ("running", "completed"), begun

    async def answered() -> bool:
        values: Any = (await sdk.threads.get_state(thread))["values"]
        return "messages" in values and texts(values) == [("human", "Hi"), ("ai", HELLO)]

    await until(answered)
    changed: Any = await crons.update(cron["cron_id"], schedule="0 10 * * *", enabled=False)
    assert (changed["schedule"], changed["next_run_date"]) == ("0 10 * * *", None)
    for wrong in ({"schedule": "nonsense"}, {"webhook": "https://example.com"}):
        with pytest.raises(UnprocessableEntityError):
            await crons.update(cron["cron_id"], **wrong)
    await crons.delete(cron["cron_id"])
    with pytest.raises(NotFoundError):
        await crons.delete(cron["cron_id"])
    assert await crons.count() == 1


async def test_the_event_stream_of_a_thread_spans_its_runs(
    client: httpx.AsyncClient, sdk: LangGraphClient
) -> None:
    await store(client, "Kind")
    await store(client, "Asks", graph_definition=drawn(ASK))
    async with sdk.threads.stream(assistant_id="kind") as thread:
        found: list[Any] = []

        async def collect() -> None:
            async for message in thread.messages:
                found.append(message)  # noqa: PERF401

        collecting = asyncio.create_task(collect())
        await thread.run.start(input=HI)
        assert texts(await thread.output) == [("human", "Hi"), ("ai", HELLO)]

        async def message_is_there() -> bool:
            return bool(found)

        await until(message_is_there)
        assert await found[0].text == HELLO
        collecting.cancel()
    async with sdk.threads.stream(assistant_id="asks") as thread:
        await thread.run.start(input=HI)

        async def interrupted() -> bool:
            return thread.interrupted

        await until(interrupted)
        [asked] = thread.interrupts
        assert asked["value"]["question"] == "May I?"
        await thread.run.respond("approve")
        assert texts(await thread.output)[-1] == ("ai", "Done.")


async def test_remote_graphs_invoke_stream_and_resume(
    client: httpx.AsyncClient, sdk: LangGraphClient
) -> None:
    from langgraph.pregel.remote import RemoteGraph
    from langgraph.types import Command

    await store(client, "Kind")
    await store(client, "Asks", graph_definition=drawn(ASK))
    graph = RemoteGraph("kind", client=sdk)
    assert texts(await graph.ainvoke(HI))[-1] == ("ai", HELLO)
    drawing = await graph.aget_graph()
    assert "__start__" in drawing.nodes
    id = (await sdk.threads.create())["thread_id"]
    config: Any = {"configurable": {"thread_id": id}}
    parts = [part async for part in graph.astream(HI, config, stream_mode=["values", "updates"])]
    assert parts
    state = await graph.aget_state(config)
    assert texts(state.values)[-1] == ("ai", HELLO)
    counts = [len(one.values.get("messages", [])) async for one in graph.aget_state_history(config)]
    assert counts == [2, 1, 0]
    thrice_asked: dict[str, Any] = {
        "nodes": [
            {"id": "start", "type": "start"},
            *({"id": f"ask{n}", "type": "human_approval", "data": {"message": f"{n}?"}} for n in (1, 2, 3)),
            {"id": "end", "type": "end", "data": {"output": "All done."}},
        ],
        "edges": [
            {"id": "a", "source": "start", "target": "ask1"},
            *(
                {"id": f"{n}", "source": f"ask{n}", "sourceHandle": "approved", "target": to}
                for n, to in ((1, "ask2"), (2, "ask3"), (3, "end"))
            ),
        ],
    }
    made = await client.post("/agentflows", json={"name": "Thrice", "graph_definition": thrice_asked})
    assert made.status_code == 201, made.text
    thrice = RemoteGraph("thrice", client=sdk)
    own: Any = {"configurable": {"thread_id": (await sdk.threads.create())["thread_id"]}}
    first = await thrice.ainvoke({"topic": "tea"}, own)
    assert [one["value"]["question"] for one in first["__interrupt__"]] == ["1?"]  # type: ignore[index]
    assert (await thrice.aget_state(own)).next == ("ask1",)
    assert len([one async for one in thrice.aget_state_history(own)]) == 1
    for number in (1, 2, 3):
        resume: Any = Command(resume="approve")
        parts = [part async for part in thrice.astream(resume, own, stream_mode="updates")]
        nodes = [name for part in parts for name in part]
        assert nodes[0] == f"ask{number}"  # a run begins where the one before it paused
        assert nodes[-1] == ("end" if number == 3 else "__interrupt__")
    asks = RemoteGraph("asks", client=sdk)
    await asks.ainvoke(HI, config)
    assert (await asks.aget_state(config)).next == ("ask",)
    done = await asks.ainvoke(Command(resume="approve"), config)
    assert texts(done)[-1] == ("ai", "Done.")


async def test_tools_stream_as_messages(
    client: httpx.AsyncClient, sdk: LangGraphClient, fake: FakeOpenAI
) -> None:
    chat = {"llm_provider": "openai", "llm_model": "m"}
    await store(client, "Counts", chat_config={**chat, "tools": ["calculator"], "system_prompt": "Count."})
    fake.script(
        Reply(
            match="6*7?",
            text="",
            tool_calls=[ScriptedCall(name="calculator", arguments='{"expression": "6*7"}')],
        )
    )
    asked: Any = {"messages": [{"role": "user", "content": "6*7?"}]}
    parts = [
        part async for part in sdk.runs.stream(None, "counts", input=asked, stream_mode="messages-tuple")
    ]
    told = [part.data[0] for part in parts if part.event == "messages"]
    [call] = [one["tool_calls"][0] for one in told if one.get("tool_calls")]
    assert (call["name"], call["args"]) == ("calculator", {"expression": "6*7"})
    [result] = [one for one in told if one["type"] == "tool"]
    assert result["tool_call_id"] == call["id"]
    assert "42" in result["content"]


async def test_errors_have_langgraphs_shape_and_others_see_nothing(
    server: Running, client: httpx.AsyncClient, key: str, settings: Settings
) -> None:
    await store(client, "Kind")
    known, foreign = {"x-api-key": key}, {"x-api-key": await make_key(settings, "elsewhere")}
    async with httpx.AsyncClient(base_url=f"{server.url}/langgraph") as raw:
        made = await raw.post("/threads", json={}, headers=known)
        id = made.json()["thread_id"]
        for headers, path, status in (
            (known, "/threads/nothing", 422),
            (known, "/threads/00000000-0000-0000-0000-000000000000", 404),
            (foreign, f"/threads/{id}", 404),
            (foreign, f"/threads/{id}/state", 404),
            (foreign, f"/threads/{id}/runs", 404),
            (foreign, "/assistants/kind", 404),
            ({}, "/info", 401),
            ({"x-api-key": "emb_visitor"}, "/assistants/kind/graph", 401),
        ):
            answer = await raw.get(path, headers=headers)
            assert answer.status_code == status, (path, answer.text)
            assert isinstance(answer.json()["detail"], str)
        wrong = await raw.post(f"/threads/{id}/runs/wait", json={"assistant_id": "no"}, headers=known)
        assert wrong.status_code == 422


@pytest.mark.timeout(400)
async def test_the_javascript_client_and_both_hooks_talk_with_flows(
    server: Running, client: httpx.AsyncClient, key: str, npm_clients: NpmClients
) -> None:
    await store(client, "Kind")
    await store(client, "Asks", graph_definition=drawn(ASK))
    told = await npm_clients.run("langgraph.mjs", AGENTICRAG_URL=server.url, AGENTICRAG_API_KEY=key)
    found = json.loads(told)
    assert found["first"] == "metadata"
    assert found["last"] == ["values", [["human", "Hi"], ["ai", HELLO]]]
    for hook in ("runs", "thread"):
        seen = found["found"][hook]
        assert seen["first"] == [["human", "Hi"], ["ai", HELLO]], hook
        assert seen["second"] == [*seen["first"], ["human", "Again"], ["ai", HELLO]], hook
        assert seen["question"] == "May I?", hook
    remote = found["remote"]
    assert remote["invoked"] == ["human", "ai"]
    assert set(remote["modes"]) == {"values", "updates", "messages"}
    assert (remote["threw"], remote["next"], remote["resumed"]) == ("GraphInterrupt", ["ask"], "Done.")
    assert (remote["history"], "__start__" in remote["nodes"]) == ([3, 2, 1, 0], True)


async def test_an_agentflow_is_an_assistant_with_its_own_values(
    client: httpx.AsyncClient, sdk: LangGraphClient
) -> None:
    nodes = [
        {"id": "start", "type": "start"},
        {"id": "end", "type": "end", "data": {"output": "{{ input.topic }}!"}},
    ]
    made = await client.post("/agentflows", json={"name": "Shout", "graph_definition": drawn(nodes)})
    assert made.status_code == 201, made.text
    id = (await sdk.threads.create())["thread_id"]
    values: Any = await sdk.runs.wait(id, "shout", input={"topic": "tea"})
    assert (values["topic"], values["output"]) == ("tea", "tea!")
    state: Any = await sdk.threads.get_state(id)
    assert state["values"]["output"] == "tea!"


async def test_variables_of_a_session_are_values_of_its_thread(
    client: httpx.AsyncClient, sdk: LangGraphClient
) -> None:
    kept = {"variables": [{"name": "tone", "type": "string", "scope": "session"}]}
    end = {"id": "end", "type": "end", "data": {"output": "Yes, {{ variables.tone }}."}}
    await store(
        client, "Keeps", graph_definition=drawn([{"id": "start", "type": "start", "data": kept}, end])
    )
    id = (await sdk.threads.create(graph_id="keeps"))["thread_id"]
    await sdk.threads.update_state(id, {"tone": "formal"})
    values: Any = await sdk.runs.wait(id, "keeps", input=HI)
    assert texts(values)[-1] == ("ai", "Yes, formal.")
    assert values["tone"] == "formal"


async def test_the_last_run_of_a_thread_is_joined(client: httpx.AsyncClient, sdk: LangGraphClient) -> None:
    await store(client, "Kind")
    id = (await sdk.threads.create())["thread_id"]
    parts = [part async for part in sdk.runs.stream(id, "kind", input=HI, stream_mode="values")]
    joined = [part async for part in await sdk.threads.join_stream(id, last_event_id="-1")]
    values = [part.data for part in joined if part.event == "values"]
    assert values == [part.data for part in parts if part.event == "values"]


async def test_the_program_of_the_page_works(
    server: Running, client: httpx.AsyncClient, key: str, tmp_path: Path
) -> None:
    await store(client, "Kind")
    assert await run_page("docs/langgraph.md", server, key, tmp_path, "kind") == f"{HELLO}\n"
