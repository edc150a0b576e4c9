"""Workflows with tools and knowledge that people run elsewhere, one to one: on both databases."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from server.settings.sources import Settings
from tests.runtimes.fake_openai import FakeOpenAI
from tests.runtimes.replies import Reply, ScriptedCall
from tests.server.conftest import Running, connect
from tests.server.flows.workflow_turns import FOLDER, JSON, Turn, answered, said
from tests.server.requests.test_uploads import PNG, file
from tests.server.stand_ins import MailServer, Services

SAMPLE = FOLDER.parent / "extras" / "sample-shop.sql"
HANDBOOK = "# Prices\n\nA trial takes 14 days and costs nothing.\n\n# Backups\n\nUse db backup on Mondays."
WARNED = {"handoff": ["open_way_out"]}
"""What an import warns of, and is meant so: a desk that knows the talk also searches the web."""


def asks_for(name: str, arguments: str) -> Reply:
    """Return an answer that asks for a call of a tool."""
    return Reply(tool_calls=[ScriptedCall(name=name, arguments=arguments)])


def lead(name: str) -> dict[str, Any]:
    """Return a lead."""
    return {"name": name, "email": f"{name.lower()}@example.com", "about": "A shop."}


WORKFLOWS: dict[str, list[Turn]] = {
    "handoff": [
        Turn(
            "17 * 3?", [{"choice": "bills"}, asks_for("calculator", '{"expression": "17 * 3"}'), "51"], "51"
        ),
        Turn("And twice that?", [said("twice", "102")], "102"),
        Turn(
            "Desk",
            [{"choice": "other"}],
            "I can help with bills, with journeys and with research. What do you need?",
        ),
        Turn(
            "What do otters eat?",
            [
                {"choice": "research"},
                asks_for("web_search", '{"query": "otters"}'),
                "Urchins.",
            ],
            "Urchins.",
        ),
    ],
    "deep-research": [
        Turn(
            {"topic": "otters"},
            [
                {"queries": ["food", "play"]},
                said("They eat urchins", "Draft."),
                said("Draft.", {"good": False, "wish": "numbers"}),
                said("misses: numbers", {"queries": ["numbers"]}),
                said("Draft so far: Draft.", "Report."),
                {"good": True, "wish": ""},
            ],
            "Report.",
        ),
    ],
    "mail-with-approval": [
        Turn(
            {"to": "ada@example.com", "request": "Invite Ada"},
            [
                {"subject": "Hi", "text": "Come!"},
                said("Too short.", {"subject": "Dear Ada", "text": "Please come."}),
            ],
            "Sent to ada@example.com: Dear Ada",
            answers=[{"action": "reject", "comment": "Too short."}, {"action": "approve"}],
        ),
    ],
    "sql-agent": [
        Turn(
            "How many customers are there?",
            [
                said("customers", {"sql": "SELECT nonsense FROM customers"}),
                said("no such column", {"sql": "SELECT count(*) AS n FROM customers"}),
                said("rows", "As many as there are."),
            ],
            "As many as there are.",
        ),
    ],
    "agentic-retrieval": [
        Turn(
            "How long is it free?",
            [
                {"relevant": False},
                said("found nothing useful", {"query": "days of a trial"}),
                {"relevant": True},
                "14 days [1].",
            ],
            "14 days [1].",
        ),
    ],
    "search-master": [
        Turn("What do otters eat?", ["otter diet", said("**urchins**", "Urchins.")], "Urchins."),
    ],
    "intent-with-image": [
        Turn(
            "How much is it?",
            [
                "A trial.",
                said("The image shows: A trial.", {"choice": "question"}),
                "Nothing.",
            ],
            "Nothing.",
            files=[file("ticket.png", PNG)],
        ),
        Turn("It broke", [{"choice": "complaint"}], "I am sorry about that. A colleague will write to you."),
        Turn("Hi", [{"choice": "talk"}, "Hello."], "Hello."),
    ],
    "translate-json": [
        Turn(
            {"document": {"title": "Hello", "n": [1, "Bye", {"x": "Yes"}], "e": ""}, "language": "French"},
            [said("Hello", "Salut"), said("Bye", "Au revoir"), said("Yes", "Oui")],
            {"title": "Salut", "n": [1, "Au revoir", {"x": "Oui"}], "e": ""},
        ),
    ],
    "read-my-documents": [
        Turn("Hello", [], "Please send me a document."),
        Turn(
            "What are they about?",
            [
                said("document a.txt", "About A."),
                said("document b.txt", "About B."),
                said("Question", "Letters."),
            ],
            "Letters.",
            files=[file("b.txt", b"B is a letter."), file("a.txt", b"A is a letter."), file("c.png", PNG)],
        ),
    ],
    "corrective-retrieval": [
        Turn(
            "How long is a trial?",
            [
                said("A trial takes", {"relevant": True}),
                said("db backup", {"relevant": False}),
                said("A trial takes", "14 days."),
            ],
            "14 days.",
        ),
        Turn(
            "What do otters eat?",
            [{"relevant": False}, {"relevant": False}, "otter diet", said("urchins", "Urchins.")],
            "Urchins.",
        ),
    ],
    "code-assistant": [
        Turn(
            "The sum of 0 to 10",
            [{"code": "sum(rang(11))"}, said("NameError", {"code": "sum(range(11))"})],
            "```python\nsum(range(11))\n```\n\nResult: 55",
        ),
    ],
    "lead-score": [
        Turn(
            {"leads": [lead(name) for name in ("Ada", "Bob", "Cyd", "Dan")]},
            [
                *[
                    said(f'"name":"{name}"', {"score": score})
                    for name, score in (("Ada", 50), ("Bob", 10), ("Cyd", 90), ("Dan", 70))
                ],
                *[
                    said(f"mail to {name}", {"subject": "Hello", "text": "A call?"})
                    for name in ("Cyd", "Ada")
                ],
            ],
            "Mailed Cyd, Ada.",
            answers=[
                {
                    "action": "edit",
                    "value": [
                        {"name": name, "email": f"{name.lower()}@example.com", "score": score}
                        for name, score in (("Cyd", 90), ("Ada", 50))
                    ],
                }
            ],
        ),
    ],
}


@pytest.fixture
async def fake() -> AsyncIterator[FakeOpenAI]:
    async with FakeOpenAI() as server:
        yield server


@pytest.fixture
def services() -> Iterator[Services]:
    made = Services()
    yield made
    made.stop()


@pytest.fixture
def mail() -> Iterator[MailServer]:
    made = MailServer()
    yield made
    made.stop()


@pytest.fixture
def settings(
    settings: Settings, fake: FakeOpenAI, services: Services, mail: MailServer, tmp_path: Path
) -> Settings:
    folder = tmp_path / "databases"
    folder.mkdir()
    shop = sqlite3.connect(folder / "sample-shop.db")
    shop.executescript(SAMPLE.read_text("utf-8"))
    shop.close()
    return msgspec.structs.replace(
        settings,
        egress_allow=[services.at, f"127.0.0.1:{mail.port}"],
        sql_dir=str(folder),
        openai_base_url=f"{fake.url}/v1",
        openai_api_key="sk-test",
        default_provider="openai",
        default_model="gpt-4.1-mini",
    )


async def handbook(client: httpx.AsyncClient) -> None:
    """Store a knowledge base, and return when it is ready."""
    made = await client.post("/knowledge-bases", json={"name": "handbook", "embedding": {"provider": "demo"}})
    assert made.status_code == 201, made.text
    url = f"/knowledge-bases/{made.json()['id']}"
    document = {"name": "prices.md", "text": HANDBOOK, "content_type": "text/markdown"}
    assert (await client.post(f"{url}/documents", json=document)).status_code == 202
    for _ in range(2_000):
        if (await client.get(url)).json()["status"] == "ready":
            return
        await asyncio.sleep(0.05)
    raise AssertionError((await client.get(f"{url}/documents")).text)


async def test_workflows_with_tools_give_what_people_see_elsewhere(
    server: Running, key: str, fake: FakeOpenAI, services: Services, mail: MailServer
) -> None:
    pytest.importorskip("semantic_text_splitter")
    pytest.importorskip("pydantic_monty")
    pytest.importorskip("html_to_markdown")
    wrong: dict[str, Any] = {}
    asked: dict[str, list[Any]] = {}
    async with connect(server, key) as client:
        client.timeout = httpx.Timeout(120)
        await handbook(client)
        for name, turns in WORKFLOWS.items():
            text = (FOLDER / f"{name}.json").read_text("utf-8")
            text = text.replace("127.0.0.1:8888/search", f"{services.at}/found").replace(
                "1025", str(mail.port)
            )
            brought = (await client.post("/flows/import", content=text, headers=JSON)).json()
            assert brought["imported"], (name, brought)
            assert [one["code"] for one in brought["warnings"]] == WARNED.get(name, []), (name, brought)
            for number, turn in enumerate(turns):
                before = len(fake.log)
                fake.script(*(one if isinstance(one, Reply) else said("", one) for one in turn.replies))
                found = await answered(client, brought, name, turn)
                bodies = [one.body for one in [*fake.log][before:]]
                asked.setdefault(name, []).extend(bodies)
                if found != turn.gives or len(bodies) != len(turn.replies):
                    wrong[f"{name}, turn {number + 1}"] = (found, bodies)
                    fake.queue.clear()
        history = (await client.get("/chatflow/sessions/read-my-documents/history")).json()["messages"]
    assert wrong == {}
    assert "17 * 3?" in str(asked["handoff"][3])  # the agent keeps the talk
    assert [one["content"] for one in history if one["role"] == "assistant"] == [
        "Please send me a document.",
        "I read a.txt, b.txt. I leave out c.png.",
        "- a.txt: About A.\n- b.txt: About B.\n",
        "Letters.",
    ]
    assert sorted(one["to"][0] for one in mail.mails) == ["ada@example.com"] * 2 + ["cyd@example.com"]
