"""Text of every kind, through every door: the same on both databases, and never a 5xx."""

import json
from random import Random
from typing import Any

import httpx
import pytest

from graphs.parsing.text import clean
from tests.durability.conftest import Serve
from tests.durability.rows import fault
from tests.durability.runs import CHAT
from tests.durability.trial import Trial
from tests.fuzzing import cases
from tests.runtimes.fake_openai import FakeOpenAI
from tests.runtimes.replies import Reply

CORPUS = {
    "nul": "before\0after",
    "lone surrogates": "high \ud800 low \udc00 end",
    "surrogate pair": "\ud83d\ude00 is a face",
    "joined emoji": "👨‍👩‍👧‍👦 and 🏳️‍🌈",
    "right to left": "שלום \u202eevil\u202c مرحبا",
    "combining": "a" + "\u0301" * 10_000,
    "noncharacter": "\uffff and \ufffe",
    "separators": "one\u2028two\u2029three\x85four",
    "line ends": "one\r\ntwo\rthree\n",
    "controls": "".join(chr(number) for number in range(1, 32)) + "\x7f",
    "one long line": "x" * 999_000,
    "many lines": "line\n" * 100_000,
    "quotes": """'; DROP TABLE sessions; -- "\\ {{ input }} %s $1""",
}


def _made(chance: Random) -> str:
    """Return a text of the corpus's pieces and of any character that JSON can write."""
    pieces = [text[:40] for text in CORPUS.values()]
    any_character = [chr(chance.randrange(0x110000)) for _ in range(40)]
    return "".join(chance.choice([*pieces, *any_character]) for _ in range(chance.randint(1, 30)))


CORPUS.update({f"made {number}": _made(Random(number)) for number in range(cases(0, 0.02))})


@fault(
    "F-30",
    "Text of every kind as message, name, variable, header and answer",
    "as the one normaliser leaves it, on both databases; 5xx 0",
    ci=len(CORPUS),
    full=len(CORPUS),
)
@pytest.mark.timeout(180 + len(CORPUS))
async def test_text_is_kept_the_same_everywhere(trial: Trial, serve: Serve, fake: FakeOpenAI) -> None:
    fake.default = Reply(echo=True)
    server = serve()
    await server.create_key()
    await server.start()
    statuses: list[int] = []
    different: list[str] = []
    async with server.client() as http:

        async def post(path: str, body: Any, *, key: bytes = b"") -> httpx.Response:
            raw = json.dumps(body).encode()  # escapes what no UTF-8 can say
            headers = {b"Content-Type": b"application/json"} | ({b"Idempotency-Key": key} if key else {})
            answer = await http.post(path, content=raw, headers=headers)
            statuses.append(answer.status_code)
            return answer

        for kind, text in CORPUS.items():
            kept = clean(text)
            answer = await post("/chatflow/chat", {"message": text, "session_id": kind, "config": CHAT})
            if answer.json()["response"] != kept:
                different.append(f"{kind}: answer")
            history = (await http.get(f"/chatflow/sessions/{kind}/history")).json()["messages"]
            if [message["content"] for message in history] != [kept, kept]:
                different.append(f"{kind}: history")
            made = await post("/agentflows", _flow(text[:200]))
            if made.status_code == 201:
                id = made.json()["id"]
                if (await http.get(f"/agentflows/{id}")).json()["name"] != clean(text[:200]):
                    different.append(f"{kind}: name")
                body = {"input_data": {"text": text, text[:50]: 1}, "variables": {"said": text}}
                ran = await post(f"/agentflows/{id}/execute", body)
                if ran.json()["output"] != kept:
                    different.append(f"{kind}: variable: {str(ran.json())[:200]}")
            else:
                assert made.status_code == 422, made.text
            await post("/chatflow/chat", {"message": "hi", "config": CHAT, "session_id": text[:200]})
            header = text[:100].encode("utf-8", "replace").strip()
            if header and min(header) >= 32 and 127 not in header:  # no client lets others out
                await post("/chatflow/chat", {"message": "hi", "config": CHAT}, key=header)
    trial.saw(requests=len(statuses), server_errors=sum(status >= 500 for status in statuses))
    trial.saw(different=len(different))
    assert different == []
    assert max(statuses) < 500, statuses


def _flow(name: str) -> dict[str, Any]:
    nodes = [
        {"id": "start", "type": "start"},
        {"id": "say", "type": "template", "data": {"template": "{{ variables.said }}"}},
        {"id": "end", "type": "end"},
    ]
    edges = [
        {"id": f"{source}-{target}", "source": source, "target": target}
        for source, target in (("start", "say"), ("say", "end"))
    ]
    return {"name": name, "graph_definition": {"nodes": nodes, "edges": edges}}
