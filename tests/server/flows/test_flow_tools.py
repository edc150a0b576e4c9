"""Flows as tools of agents over HTTP: arguments, versions, events, pauses, limits, circles, copies."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import msgspec
import pytest

from server.settings.sources import Settings
from tests.runtimes.fake_openai import FakeOpenAI
from tests.runtimes.replies import Reply, ScriptedCall
from tests.server.conftest import Running, connect, make_key
from tests.server.flows.test_subgraphs import Graph, ended, events, execute, graph, ran, stored, transform

MODEL = {"provider": "openai", "model": "gpt-4.1-mini"}
CITY = {
    "inputs": [
        {"name": "city", "required": True, "description": "Where."},
        {"name": "days", "type": "integer"},
    ]
}
TOLD = "input.city + ': cold for ' + string(default(input.days, 1))"
ITSELF = Reply(tool_calls=[ScriptedCall(name="Self", arguments='{"message": "x"}')])
WEATHER = graph(
    {
        "start": ("start", CITY),
        "tell": transform(TOLD),
    },
    "start>tell",
    "tell>end",
)
ASKING = graph(
    {"start": ("start", CITY), "ask": ("human_approval", {"message": "May {{ input.city }} be told?"})},
    "start>ask",
    "ask:approved>end",
    "ask:rejected>end",
)


@pytest.fixture
async def fake() -> AsyncIterator[FakeOpenAI]:
    async with FakeOpenAI() as server:
        yield server


@pytest.fixture
def settings(settings: Settings, fake: FakeOpenAI) -> Settings:
    return msgspec.structs.replace(settings, openai_base_url=f"{fake.url}/v1", openai_api_key="sk-test")


def calling(*tools: Any, **data: Any) -> Graph:
    agent = (
        "agent",
        {**MODEL, "prompt": "{{ default(input.question, message) }}", "tools": list(tools), **data},
    )
    return graph({"agent": agent}, "start>agent", "agent>end")


async def names_of(fake: FakeOpenAI, number: int = 0) -> list[dict[str, Any]]:
    return [tool["function"] for tool in fake.log[number].body["tools"]]


async def test_a_model_calls_a_flow_by_its_inputs_and_its_events_lie_within_the_agents(
    client: httpx.AsyncClient, fake: FakeOpenAI
) -> None:
    weather = await stored(client, WEATHER, "Weather report")
    tool = {"name": "flow", "flow_id": weather}
    flow = await stored(client, calling(tool, {**tool, "alias": "again", "description": "Once more."}))
    asked = Reply(
        tool_calls=[
            ScriptedCall(id="a", name="Weather_report", arguments='{"city": "Oslo", "days": 2}'),
            ScriptedCall(id="b", name="again", arguments='{"city": "Lima"}'),
            ScriptedCall(id="c", name="again", arguments='{"town": "Lima"}'),
        ]
    )
    fake.script(asked, Reply(text="Cold."))
    done = await execute(client, flow, question="How cold is it?")
    assert done["output"] == "Cold.", done
    first, second = await names_of(fake)
    assert (first["name"], second["name"]) == ("Weather_report", "again")
    assert second["description"] == "Once more."
    assert first["parameters"]["required"] == ["city"]
    assert first["parameters"]["properties"]["days"] == {"type": "integer"}
    told = [message["content"] for message in fake.log[1].body["messages"] if message["role"] == "tool"]
    assert told[:2] == ["Oslo: cold for 2", "Lima: cold for 1"]
    assert "'town'" in told[2]
    journal = await events(client, done["execution_id"])
    paths = {path: count for (path, node), count in ran(journal).items() if node == "tell"}
    assert paths == {"agent[0]": 1, "agent[1]": 1}
    assert [e["type"] for e in journal if e["type"].startswith("tool.")].count("tool.completed") == 2


async def test_a_flow_that_asks_a_person_pauses_the_agent_and_nothing_is_done_twice(
    client: httpx.AsyncClient, fake: FakeOpenAI
) -> None:
    asking = await stored(client, ASKING, "Asking")
    weather = await stored(client, WEATHER, "Weather")
    tools = [{"name": "flow", "flow_id": id} for id in (asking, weather)]
    fake.script(
        Reply(
            tool_calls=[
                ScriptedCall(id="a", name="Asking", arguments='{"city": "Oslo"}'),
                ScriptedCall(id="b", name="Weather", arguments='{"city": "Oslo"}'),
            ]
        ),
        Reply(text="Done."),
    )
    flow = await stored(client, calling(*tools))
    paused = await execute(client, flow, question="Tell Oslo.")
    (question,) = paused["inputs"]
    assert question["message"] == "May Oslo be told?"
    await client.put(f"/agentflows/{weather}", json={"graph_definition": ASKING})
    answered = await client.post(f"/executions/{paused['execution_id']}/respond", json={"action": "approve"})
    assert answered.status_code == 200, answered.text
    done = await ended(client, paused["execution_id"])
    assert (done["status"], done["output_data"]) == ("completed", "Done.")
    assert len(fake.log) == 2
    journal = await events(client, paused["execution_id"])
    assert ran(journal)["agent[1]", "tell"] == 1
    assert [e["type"] for e in journal if e["type"].startswith("tool.")].count("tool.completed") == 2
    assert "tool.failed" not in {e["type"] for e in journal}


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_flows_that_are_tools_of_each_other_end_at_the_depth_limit(
    client: httpx.AsyncClient, fake: FakeOpenAI
) -> None:
    flow = await stored(client, calling("calculator"), "Self")
    itself = {"name": "flow", "flow_id": flow}
    changed = await client.put(f"/agentflows/{flow}", json={"graph_definition": calling(itself)})
    assert changed.status_code == 200, changed.text
    (warning,) = changed.json()["warnings"]
    assert (warning["code"], warning["node"]) == ("subflow_circle", "agent")
    assert warning["pointer"] == "/graph_definition/nodes/2/data/tools/0/flow_id"
    fake.script(*[ITSELF] * 20)
    done = await execute(client, flow, question="x")
    assert done["success"] is False
    assert "max_depth allows 8" in done["error"]


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_a_flow_that_fails_or_is_gone_is_told_to_the_model_and_a_limit_ends_the_run(
    client: httpx.AsyncClient, fake: FakeOpenAI
) -> None:
    broken = await stored(client, graph({"x": transform("input.none[0]")}, "start>x", "x>end"), "Broken")
    gone = {"name": "flow", "flow_id": "nowhere", "alias": "gone"}
    flow = await stored(client, calling({"name": "flow", "flow_id": broken}, gone))
    fake.script(
        Reply(
            tool_calls=[
                ScriptedCall(id="a", name="Broken", arguments='{"message": "x"}'),
                ScriptedCall(id="b", name="gone", arguments='{"message": "x"}'),
            ]
        ),
        Reply(text="It does not work."),
    )
    done = await execute(client, flow, question="x")
    assert done["output"] == "It does not work."
    told = [message["content"] for message in fake.log[1].body["messages"] if message["role"] == "tool"]
    assert "The flow failed (expression_failed)" in told[0]
    assert "There is no flow 'nowhere'" in told[1]
    inner = await stored(client, calling("calculator"), "Inner")
    outer = calling({"name": "flow", "flow_id": inner})
    answer = await client.post(
        "/agentflows", json={"name": "O", "graph_definition": outer, "limits": {"max_model_calls": 1}}
    )
    fake.script(Reply(tool_calls=[ScriptedCall(name="Inner", arguments='{"message": "x"}')]))
    stopped = await execute(client, answer.json()["id"], question="x")
    assert stopped["success"] is False
    assert "max_model_calls" in stopped["error"]


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_a_bundle_brings_the_flows_that_tools_run(
    client: httpx.AsyncClient, server: Running, settings: Settings
) -> None:
    weather = await stored(client, WEATHER, "Weather")
    flow = await stored(client, calling({"name": "flow", "flow_id": weather}))
    bundle = (await client.get(f"/flows/{flow}/export")).json()
    assert [*bundle["includes"]["flows"]] == [weather]
    async with connect(server, await make_key(settings, "other")) as stranger:
        brought = (await stranger.post("/flows/import", json=bundle)).json()
        assert brought["imported"] is True, brought
        (inner,) = brought["flows"]
        read = (await stranger.get(f"/agentflows/{brought['id']}")).json()
    assert read["graph_definition"]["nodes"][2]["data"]["tools"] == [{"name": "flow", "flow_id": inner["id"]}]
    assert inner["how"] == "created"
