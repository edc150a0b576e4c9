"""Workflows that people run elsewhere, each one to one: with scripted models, on both databases."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import msgspec
import pytest

from server.settings.sources import Settings
from tests.runtimes.fake_openai import FakeOpenAI
from tests.runtimes.replies import Reply, ScriptedCall
from tests.server.conftest import Running, connect
from tests.server.echo import Echo
from tests.server.flows.test_tool_workflows import WORKFLOWS as WITH_TOOLS
from tests.server.flows.workflow_turns import FOLDER, JSON, Turn, answered, said
from tests.server.recorded_runs.offline import replayed_offline
from tests.server.requests.test_uploads import PNG, file

NEED = {"facts": {"goal": "sell"}, "missing": "the audience"}
KNOWN = {"facts": {"audience": "adults", "tone": "warm"}, "missing": ""}
FLIGHT = {"reply": "LIS to OSL at 9.", "book": False, "leave": False}
BOOK = {"reply": "LIS to OSL at 9.", "book": True, "leave": True}
WORKFLOWS: dict[str, list[Turn]] = {
    "structured-output": [
        Turn("Ada, 36", ['Sure: {"name": "Ada", "age": 36}'], "Ada will be 37 next year."),
    ],
    "translator": [
        Turn("Hei!", [{"code": "no"}, "Hi!"], "Hi!"),
        Turn("Hello!", [{"code": "EN"}], "Hello!"),
    ],
    "iterations": [
        Turn(
            "otters",
            [{"topics": ["food", "play"]}, said("food", "Fish."), said("play", "Stones.")],
            "- Fish.\n- Stones.\n",
        ),
    ],
    "supervisor-and-workers": [
        Turn(
            "Otters",
            [
                {"choice": "researcher"},
                "They hold hands.",
                {"choice": "writer"},
                "A text.",
                {"choice": "finish"},
            ],
            "A text.",
        ),
    ],
    "talk-to-an-api": [
        Turn(
            "Where is order 17?",
            [
                Reply(tool_calls=[ScriptedCall(name="shop_search", arguments='{"q": "17"}')]),
                "On its way.",
            ],
            "On its way.",
        ),
    ],
    "workplace-chat": [
        Turn(
            "Am I free?",
            [{"choice": "calendar"}, said("/calendar/search?q=", "At noon.")],
            "At noon.",
        ),
        Turn("How do I get a badge?", [{"choice": "wiki"}, said("/wiki/search", "Ask Ada.")], "Ask Ada."),
        Turn(
            "Sing!",
            [{"choice": "other"}],
            "I can ask the calendar, the tickets and the wiki. What do you need?",
        ),
    ],
    "three-step-translation": [
        Turn({"text": "Hello"}, ["Salut", "Too informal.", "Bonjour"], "Bonjour"),
    ],
    "think-then-answer": [
        Turn(
            "Warum?",
            [{"question": "Why?", "language": "German"}, "Because.", "Darum."],
            "Thoughts: Because.\n\nDarum.",
        ),
    ],
    "whole-book": [
        Turn({"text": "abcd" * 75, "size": 10}, ["x"] * 30, "x" * 30),
    ],
    "course-from-outline": [
        Turn(
            "otters",
            [
                'Here: ```json\n{"chapters": [{"title": "A", "lessons": ["one"]}, {"title": "B", "lessons": '
                '["two"]},]}\n``` Enjoy!',
                said("'one' of chapter 'A'", "First."),
                said("'two' of chapter 'B'", "Second."),
            ],
            "# one\nFirst.\n# two\nSecond.\n",
        ),
    ],
    "login": [
        Turn("Hi", [], "Please log in: your name and your PIN of four digits."),
        Turn("Ada", [], "That is no name and PIN. Please try again."),
        Turn("Ada 1234", [], "Welcome, Ada. What can I do?"),
        Turn("The time?", [said("Ada asks: The time?", "Noon.")], "Noon."),
    ],
    "memory-test": [
        Turn("one", [], "Turn 1: one."),
        Turn("two", [], "Turn 2: a picture, bird.png.", files=[file("bird.png", PNG)]),
        Turn("three", [], "Turn 3: one, two, three."),
    ],
    "deep-researcher": [
        Turn("otters", [], "Who is the report about otters for?"),
        Turn(
            "children",
            [
                {"questions": ["a?", "b?"]},
                said("a?", "A."),
                said("b?", "B."),
                said("for children", "A report."),
            ],
            "A report.",
        ),
    ],
    "react": [
        Turn(
            "17 * 3?",
            [
                Reply(tool_calls=[ScriptedCall(name="calculator", arguments='{"expression": "17 * 3"}')]),
                Reply(text="51"),
            ],
            "51",
        ),
    ],
    "plan-and-execute": [
        Turn(
            "Who won?",
            [
                {"steps": ["find the year", "find the winner"]},
                "1998",
                {"steps": ["find the winner of 1998"], "answer": ""},
                "France",
                {"steps": [], "answer": "France in 1998."},
            ],
            "France in 1998.",
        ),
    ],
    "map-reduce": [
        Turn(
            {"topic": "otters"},
            [
                {"subjects": [f"s{n}" for n in range(30)]},
                *[said(f"about s{n}.", f"joke {n}") for n in range(30)],
                {"number": 7},
            ],
            "joke 7",
        ),
    ],
    "storm": [
        Turn(
            "otters",
            [
                {"views": ["a hunter", "a poet"]},
                *["Why?", "So.", "THANKS", "How?", "Thus.", "THANKS"],
                {"sections": ["one", "two"]},
                said("section one", "First."),
                said("section two", "Second."),
            ],
            "First.\n\nSecond.",
        ),
    ],
    "gather-requirements": [
        Turn("I want to sell tea.", [NEED], "Please tell me more: the audience"),
        Turn("Adults, warm.", [KNOWN, said('"goal":"sell"', "Write warmly.")], "Write warmly."),
    ],
    "customer-support": [
        Turn("A flight to Oslo", [{"choice": "flights"}, FLIGHT], "LIS to OSL at 9."),
        Turn(
            "Book it", [said("Flights.", BOOK)], "Booked. LIS to OSL at 9.", answers=[{"action": "approve"}]
        ),
        Turn("Thanks", [{"choice": "other"}, "You are welcome."], "You are welcome."),
    ],
    "reflection": [
        Turn(
            "A poem",
            [
                "Roses",
                {"good": False, "wish": "longer"},
                said("longer", "Roses are red"),
                {"good": True, "wish": ""},
            ],
            "Roses are red",
        ),
    ],
}


@pytest.fixture
async def fake() -> AsyncIterator[FakeOpenAI]:
    async with FakeOpenAI() as server:
        yield server


@pytest.fixture
def echo() -> Iterator[Echo]:
    service = Echo()
    yield service
    service.stop()


@pytest.fixture
def settings(settings: Settings, fake: FakeOpenAI, echo: Echo) -> Settings:
    return msgspec.structs.replace(
        settings,
        egress_allow=[echo.at],
        openai_base_url=f"{fake.url}/v1",
        openai_api_key="sk-test",
        default_provider="openai",
        default_model="gpt-4.1-mini",
    )


def test_each_workflow_has_turns() -> None:
    assert sorted({*WORKFLOWS, *WITH_TOOLS}) == sorted(path.stem for path in FOLDER.glob("*.json"))


async def test_workflows_give_what_people_see_elsewhere(
    server: Running, key: str, fake: FakeOpenAI, echo: Echo
) -> None:
    wrong: dict[str, Any] = {}
    async with connect(server, key) as client:
        for api in ("shop", "calendar", "tickets", "wiki"):
            document = {**SEARCHED, "servers": [{"url": f"http://{echo.at}/{api}"}]}
            body = {"name": api, "document": document, "operations": ["search"]}
            assert (await client.post("/openapi-tools", json=body)).status_code == 201
        for name, turns in WORKFLOWS.items():
            brought = await client.post(
                "/flows/import", content=(FOLDER / f"{name}.json").read_bytes(), headers=JSON
            )
            assert brought.json()["imported"], (name, brought.text)
            assert brought.json()["warnings"] == [], (name, brought.text)
            for number, turn in enumerate(turns):
                fake.script(*(one if isinstance(one, Reply) else said("", one) for one in turn.replies))
                found = await answered(client, brought.json(), name, turn)
                if found != turn.gives:
                    wrong[f"{name}, turn {number + 1}"] = found
        listed = await client.get("/executions", params={"limit": 100})
        runs = {run["id"]: run.get("flow_name") for run in listed.json()["executions"]}
    assert wrong == {}
    server.stop()
    reports = await replayed_offline(server.settings, [*runs])
    assert {runs[id]: one for id, one in reports.items() if one.get("equal") is not True} == {}
    assert len(reports) >= len(WORKFLOWS)
    assert [one[":path"].partition("?")[0] for one in echo.heard] == [
        "/shop/search",
        "/calendar/search",
        "/wiki/search",
    ]


SEARCHED: dict[str, Any] = {
    "openapi": "3.1.0",
    "paths": {"/search": {"get": {"operationId": "search", "parameters": [{"name": "q", "in": "query"}]}}},
}
