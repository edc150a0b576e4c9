"""Guardrails in flows over HTTP: texts pass, are masked or blocked, and owners are told."""

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import msgspec
import pytest

from tests.conftest import new_database
from tests.server.conftest import Running, connect, make_key, parse_frames, quick
from tests.server.flows.test_tools import create, execute, graph
from tests.server.stand_ins import Services


@pytest.fixture(scope="module")
def services() -> Iterator[Services]:
    made = Services()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def served(
    services: Services, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("guardrails")
    settings = quick(new_database("sqlite", request, folder), folder)
    running = Running(msgspec.structs.replace(settings, egress_allow=[services.at])).start()
    yield running
    running.stop()


@pytest.fixture
async def client(served: Running) -> AsyncIterator[httpx.AsyncClient]:
    async with connect(served, await make_key(served.settings, "default")) as client:
        yield client


def guarded(**data: Any) -> dict[str, Any]:
    flow = graph("guardrail", text="{{ input.text }}", **data)
    flow["edges"][1:] = [
        {"id": outlet, "source": "n", "sourceHandle": outlet, "target": "e"}
        for outlet in ("passed", "blocked")
    ]
    return flow


async def checked(client: httpx.AsyncClient, text: str, **data: Any) -> tuple[Any, list[dict[str, Any]]]:
    """Return the output of a run, or its error, and what owners are told."""
    flow = await create(client, "/agentflows", name="G", graph_definition=guarded(**data))
    run = await execute(client, flow, text=text)
    frames = parse_frames((await client.get(f"/executions/{run['execution_id']}/events")).text)
    told = [json.loads(frame.data)["data"] for frame in frames if frame.event == "custom"]
    return run["output"] or run["error"], told


async def test_texts_are_masked_blocked_and_counted(client: httpx.AsyncClient) -> None:
    assert await checked(client, "Hello", masks=["email"]) == ("Hello", [])
    output, [told] = await checked(client, "To ada@example.com", masks=["email"])
    assert output == "To [email]"
    assert (told["masked"], told["blocked"]) == ({"email": 1}, "")
    output, [told] = await checked(client, "my SECRET", patterns=["x", "(?i)secret"], answer="No.")
    assert output == "No."
    assert (told["blocked"], told["reason"]) == ("patterns", "pattern 2 of 2")
    assert "SECRET" not in f"{told}"


async def test_a_moderation_service_blocks(client: httpx.AsyncClient, services: Services) -> None:
    service = {"url": f"http://{services.at}/moderations"}
    assert await checked(client, "Hello", moderation=service) == ("Hello", [])
    output, [told] = await checked(client, "I hate you, ada@example.com", moderation=service, masks=["email"])
    assert output == "Sorry, I cannot answer this."
    assert (told["blocked"], told["reason"]) == ("moderation", "hate")
    assert services.heard[-1]["body"] == {"input": "I hate you, [email]"}
    broken, _ = await checked(client, "Hello", moderation={"url": f"http://{services.at}/none"})
    assert "Expected 'results' of a moderation service" in broken  # nothing passes unchecked


async def test_what_cannot_check_is_not_stored(client: httpx.AsyncClient) -> None:
    for data, said in (({"patterns": ["(?=a)"]}, "RE2"), ({}, "It checks nothing")):
        answer = await client.post("/agentflows", json={"name": "G", "graph_definition": guarded(**data)})
        assert (answer.status_code, said in answer.text) == (422, True), answer.text
