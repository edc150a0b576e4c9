"""Questions of a chat's run: the next message of its session answers them, and nothing hangs meanwhile."""

import asyncio
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import httpx
import msgspec
import pytest
from websockets.asyncio.client import connect as dial

from graphs.conversation.messages import InputRequest
from graphs.conversation.spoken_answers import read_answer
from server.settings.sources import Settings
from tests.graphs.drawn import graph
from tests.server.conftest import API, Running, connect, parse_frames

if TYPE_CHECKING:
    from tests.server.embedding import Owner

CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


def asking(*asks: dict[str, Any], version: int | None = None, output: str = "") -> dict[str, Any]:
    """Return a graph whose nodes q0, q1, … ask one after the other."""
    nodes: dict[str, Any] = {"start": ("start", {"inputs": [{"name": "lang", "required": True}]})}
    edges: list[str] = []
    last = "start"
    for number, data in enumerate(asks):
        nodes[f"q{number}"] = ("human_approval", {"audience": "visitor", **data})
        edges.append(f"{last}>q{number}")
        last = f"q{number}:approved"
        edges.append(f"q{number}:rejected>no")
    nodes["no"] = ("template", {"template": "Rejected."})
    nodes["end"] = ("end", {"output": output or "{{ nodes.q0.value }}"})
    drawn = msgspec.to_builtins(graph(nodes, *edges, f"{last}>end", "no>end"))
    return {**drawn, "version": version} if version else drawn


async def chatflow(client: httpx.AsyncClient, drawn: dict[str, Any]) -> str:
    made = await client.post("/chatflows", json={"name": "Asks", "graph_definition": drawn})
    assert made.status_code == 201, made.text
    return made.json()["id"]


class Talk:
    """A conversation with a chatflow."""

    def __init__(self, client: httpx.AsyncClient, flow: str, session: str) -> None:
        self.client, self.flow, self.session = client, flow, session

    async def post(self, message: str, path: str = "", **more: Any) -> httpx.Response:
        return await self.client.post(
            f"/chatflow/workflows/{self.flow}/chat{path}",
            json={"message": message, "session_id": self.session, **more},
        )

    async def begin(self, **more: Any) -> dict[str, Any]:
        answer = await self.post("Hi", inputs={"lang": "en"}, **more)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def say(self, message: str, **more: Any) -> dict[str, Any]:
        answer = await self.post(message, **more)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def history(self) -> list[tuple[str, str]]:
        found = await self.client.get(f"/chatflow/sessions/{self.session}/history")
        return [(each["role"], each["content"]) for each in found.json()["messages"]]


ASK = {"mode": "input", "message": "Which city?", "schema": CITY}
APPROVE = {"message": "Book it?", "show": "'a room'", "labels": {"approve": "Go ahead"}}


async def test_the_next_message_answers(client: httpx.AsyncClient) -> None:
    flow = await chatflow(client, asking(ASK, output="Off to {{ nodes.q0.value.city }}!"))
    talk = Talk(client, flow, "s")
    asked = await talk.begin()
    assert (asked["status"], asked["response"]) == ("waiting_approval", "Which city?")
    assert [(each["message"], each["audience"]) for each in asked["inputs"]] == [("Which city?", "visitor")]
    assert await talk.history() == [("user", "Hi"), ("assistant", "Which city?")]
    done = await talk.say("Oslo")
    assert (done["success"], done["response"]) == (True, "Off to Oslo!")
    assert done["execution_id"] == asked["execution_id"]
    assert (await talk.history())[:3] == [("user", "Hi"), ("assistant", "Which city?"), ("user", "Oslo")]
    exported = (await client.get("/chatflow/sessions/s/export")).json()
    assert [each["content"] for each in exported["messages"]][:3] == ["Hi", "Which city?", "Oslo"]
    answered = (await client.get(f"/executions/{asked['execution_id']}/inputs")).json()["inputs"]
    assert [(each["status"], each["answer"]["by"]) for each in answered] == [("answered", "test")]


async def test_what_is_no_answer_is_asked_again_with_the_choices(client: httpx.AsyncClient) -> None:
    talk = Talk(client, await chatflow(client, asking({**APPROVE, "expires_after_seconds": 3600})), "s")
    await talk.begin()
    await talk.say("  ")
    assert (await talk.history())[2] == ("user", "  ")
    again = await talk.say("Well, perhaps.")
    assert again["status"] == "waiting_approval"
    [asked] = again["inputs"]
    assert asked["message"] == "Book it?\n\n1. Go ahead\n2. Reject\n3. Approve with changes"
    assert again["response"] == f"{asked['message']}\n\na room"
    done = await talk.say(" go  AHEAD. ")
    assert done["response"] == "a room"
    assert await talk.history() == [
        ("user", "Hi"),
        ("assistant", "Book it?\n\na room"),
        ("user", "  "),
        ("assistant", f"{asked['message']}\n\na room"),
        ("user", "Well, perhaps."),
        ("assistant", f"{asked['message']}\n\na room"),
        ("user", "Go ahead"),
        ("assistant", "a room"),
    ]
    inputs = (await client.get(f"/executions/{again['execution_id']}/inputs")).json()["inputs"]
    assert inputs[0]["expires_at"] == inputs[1]["expires_at"]


async def test_a_form_of_several_fields_is_asked_again_with_the_json_it_takes(
    client: httpx.AsyncClient,
) -> None:
    fields = {"amount": {"type": "number"}, "reason": {"type": "string"}}
    form = {"type": "object", "properties": fields, "required": ["amount"]}
    ask = {"mode": "input", "message": "How much?", "schema": form}
    talk = Talk(client, await chatflow(client, asking(ask, output="{{ nodes.q0.value.amount }}")), "s")
    await talk.begin()
    again = await talk.say("12.5")
    assert again["response"] == 'How much?\n\n- amount\n- reason\n\n{"amount":0,"reason":"…"}'
    assert (await talk.say('{"amount": 12.5}'))["response"] == "12.5"


async def test_several_questions_are_answered_one_after_the_other(client: httpx.AsyncClient) -> None:
    output = "{{ nodes.q0.value.city }}, {{ nodes.q1.action }}"
    talk = Talk(client, await chatflow(client, asking(ASK, APPROVE, output=output)), "s")
    await talk.begin()
    assert (await talk.say('{"city": "Lima"}'))["response"].startswith("Book it?")
    assert (await talk.say("1"))["response"] == "Lima, approve"
    assert (await talk.begin())["status"] == "waiting_approval", "the next turn asks anew"


async def test_questions_that_are_asked_at_once_are_answered_in_the_order_that_is_shown(
    client: httpx.AsyncClient,
) -> None:
    names = [f"q{number}" for number in range(6)]
    asks = {"audience": "visitor", "mode": "input", "schema": {"type": "string"}}
    nodes: dict[str, Any] = {name: ("human_approval", {**asks, "message": f"{name}?"}) for name in names}
    nodes["end"] = ("end", {"expression": "[nodes.q0.value, nodes.q3.value, nodes.q5.value]"})
    edges = [f"start>{name}" for name in names] + [f"{name}:approved>end" for name in names]
    drawn = msgspec.to_builtins(graph(nodes, *edges))
    talk = Talk(client, await chatflow(client, drawn), "at-once")
    asked = (await talk.post("Hi")).json()
    for number, name in enumerate(names):
        assert [one["message"] for one in asked["inputs"]] == [f"{later}?" for later in names[number:]]
        asked = await talk.say(f"answer to {name}")
    assert json.loads(asked["response"]) == ["answer to q0", "answer to q3", "answer to q5"]


@pytest.mark.parametrize("said", ['{"city": 5}', '{"town": "Oslo"}', " "])
async def test_a_form_in_json_that_does_not_fit_is_no_text_of_its_only_field(
    client: httpx.AsyncClient, said: str
) -> None:
    talk = Talk(client, await chatflow(client, asking(ASK, output="{{ nodes.q0.value.city }}")), "s")
    await talk.begin()
    assert (await talk.say(said))["status"] == "waiting_approval"
    assert (await talk.say('{"city": "Oslo"}'))["response"] == "Oslo"


async def test_a_stream_goes_on_from_the_answer(client: httpx.AsyncClient) -> None:
    flow = await chatflow(client, asking(ASK, output="Off to {{ nodes.q0.value.city }}!"))
    talk = Talk(client, flow, "s")
    asked = await talk.begin()
    frames = parse_frames((await talk.post("Oslo", "/stream")).text)
    assert [frame.event for frame in frames][:2] == ["start", "status"]
    assert frames[-1].event == "done"
    begun, ended = json.loads(frames[0].data), json.loads(frames[-1].data)
    assert begun == {"type": "start", "session_id": "s", "execution_id": asked["execution_id"]}
    assert ended["response"] == "Off to Oslo!"
    rest = await client.post(
        f"/chatflow/workflows/{flow}/chat/stream",
        json={"message": "Oslo", "session_id": "s"},
        headers={"Last-Event-ID": frames[0].id},
    )
    assert parse_frames(rest.text) == frames[1:]


async def test_a_repeated_answer_is_one_answer(client: httpx.AsyncClient) -> None:
    talk = Talk(client, await chatflow(client, asking(ASK, ASK, output="{{ nodes.q1.value.city }}")), "s")
    await talk.begin()
    path, body = f"/chatflow/workflows/{talk.flow}/chat", {"message": "Oslo", "session_id": "s"}
    once, twice = [
        (await client.post(path, json=body, headers={"Idempotency-Key": "k"})).json() for _ in range(2)
    ]
    assert [len(each["inputs"]) for each in (once, twice)] == [1, 1]
    assert (await talk.say("Lima"))["response"] == "Lima"


async def test_who_waits_for_the_team_refuses_at_once(client: httpx.AsyncClient) -> None:
    talk = Talk(client, await chatflow(client, asking({"audience": "team", "message": "Ok?"})), "s")
    asked = await talk.begin()
    assert (asked["response"], asked["inputs"][0]["audience"]) == ("", "team")
    refused = await talk.post("approve")
    assert (refused.status_code, refused.json()["code"]) == (409, "waiting_for_team")
    assert await talk.history() == [("user", "Hi")]
    body = {"message": "Hi", "session_id": "s", "inputs": {"lang": "en"}}
    newer = await client.post(
        f"/chatflow/workflows/{talk.flow}/chat", json={**body, "config": {"on_busy": "interrupt"}}
    )
    assert newer.json()["status"] == "waiting_approval"
    assert newer.json()["execution_id"] != asked["execution_id"]


async def test_a_message_before_the_question_does_not_hang(client: httpx.AsyncClient) -> None:
    drawn = asking(ASK)
    drawn["nodes"].append({"id": "d", "type": "delay", "data": {"seconds": 1.0}})
    for edge in drawn["edges"]:
        if edge["source"] == "start":
            edge["target"] = "d"
    drawn["edges"].append({"id": "more", "source": "d", "target": "q0"})
    talk = Talk(client, await chatflow(client, drawn), "s")
    first = asyncio.create_task(talk.begin())
    await asyncio.sleep(0.3)
    second = await asyncio.wait_for(talk.post("Hello?", inputs={"lang": "en"}), 20)
    assert second.json()["error_code"] == "waiting_for_visitor"
    assert (await first)["status"] == "waiting_approval"


async def test_a_stored_flow_of_before_waits_as_it_did(client: httpx.AsyncClient) -> None:
    talk = Talk(client, await chatflow(client, asking(ASK, version=2)), "s")
    asked = await talk.begin()
    assert asked["response"] == ""
    waiting = asyncio.create_task(talk.post("Oslo", inputs={"lang": "en"}))
    await asyncio.sleep(0.6)
    assert not waiting.done()
    body = {"action": "submit", "value": {"city": "Oslo"}}
    assert (await client.post(f"/executions/{asked['execution_id']}/respond", json=body)).status_code == 200
    assert (await waiting).json()["status"] == "waiting_approval"
    assert await talk.history() == [("user", "Hi"), ("user", "Oslo")]


async def test_a_socket_answers(server: Running, key: str, client: httpx.AsyncClient) -> None:
    flow = await chatflow(client, asking(ASK, output="Off to {{ nodes.q0.value.city }}!"))
    address = f"{server.url.replace('http', 'ws')}{API}/chat/{flow}/ws?session_id=s"
    async with dial(address, additional_headers={"Authorization": f"Bearer {key}"}) as socket:

        async def until(kind: str) -> dict[str, Any]:
            while (frame := json.loads(await asyncio.wait_for(socket.recv(), 20)))["type"] != kind:
                assert frame["type"] != "error", frame
            return frame

        await socket.send(json.dumps({"message": "Hi", "inputs": {"lang": "en"}}))
        assert (await until("input"))["input"]["message"] == "Which city?"
        await until("status")
        await socket.send(json.dumps({"message": "Oslo"}))
        await until("started")
        assert (await until("response"))["response"] == "Off to Oslo!"
        await socket.send(json.dumps({"type": "history"}))
        found = await until("history")
        assert [each["content"] for each in found["messages"]][:3] == ["Hi", "Which city?", "Oslo"]


async def test_visitors_answer_in_their_language(owner: "Owner") -> None:
    from tests.server.embedding import session_of

    drawn = asking({"message": "Book it?", "show": "'a room'"})
    drawn["nodes"][0]["data"] = {}
    visitor = owner.visitor(await owner.embed(await owner.flow(drawn)))
    await session_of(visitor)
    asked = (await visitor.post("/chat", json={"message": "Hi"})).json()
    assert (asked["status"], asked["response"]) == ("waiting", "Book it?\n\na room")
    frames = parse_frames((await visitor.post("/chat/stream", json={"message": "승인"})).text)
    assert (frames[0].event, frames[-1].event) == ("start", "done")
    assert json.loads(frames[-1].data)["response"] == "a room"
    [turn] = (await visitor.get("/history")).json()["turns"]
    assert [(each["role"], each["content"]) for each in turn["said"]] == [
        ("assistant", "Book it?\n\na room"),
        ("user", "Approve"),
    ]


async def test_a_session_of_somebody_else_is_not_answered(client: httpx.AsyncClient, server: Running) -> None:
    from tests.server.conftest import make_key

    talk = Talk(client, await chatflow(client, asking(ASK)), "s")
    await talk.begin()
    made = await client.post("/keys", json={"name": "other", "scopes": ["runs:start", "runs:read"]})
    async with connect(server, made.json()["key"]) as other:
        refused = await Talk(other, talk.flow, "s").post("Oslo")
    assert refused.status_code in (403, 404, 409), refused.text
    assert await talk.history() == [("user", "Hi"), ("assistant", "Which city?")]
    _ = make_key


async def test_a_restart_between_question_and_answer_loses_nothing(
    settings: Settings, start: Callable[[Settings], Running], key: str
) -> None:
    first = start(settings)
    async with connect(first, key) as client:
        talk = Talk(client, await chatflow(client, asking(ASK, APPROVE, output="{{ nodes.q1.action }}")), "s")
        await talk.begin()
        await talk.say("Oslo")
    first.stop()
    async with connect(start(settings), key) as client:
        talk = Talk(client, talk.flow, "s")
        assert await talk.history() == [
            ("user", "Hi"),
            ("assistant", "Which city?"),
            ("user", "Oslo"),
            ("assistant", "Book it?\n\na room"),
        ]
        assert (await talk.say("go ahead"))["response"] == "approve"


APPROVAL = InputRequest(kind="approval", value="x")


@pytest.mark.parametrize(
    ("request_", "text", "found"),
    [
        (APPROVAL, "Approve.", ("approve", None)),
        (APPROVAL, "2", ("reject", None)),
        (APPROVAL, "edit", None),
        (APPROVAL, '{"action": "edit", "value": 5}', ("edit", 5)),
        (APPROVAL, "approve it please", None),
        (InputRequest(kind="input"), "Oslo", ("submit", "Oslo")),
        (InputRequest(kind="input"), '{"a": 1}', ("submit", {"a": 1})),
        (InputRequest(kind="input", schema=CITY), "Oslo", ("submit", {"city": "Oslo"})),
        (InputRequest(kind="input", schema=CITY), '{"city": "Oslo"}', ("submit", {"city": "Oslo"})),
        (InputRequest(kind="input", schema={"type": "number"}), "12.5", ("submit", 12.5)),
        (InputRequest(kind="input", schema={"type": "number"}), "many", None),
        (InputRequest(kind="input", schema={"enum": ["Oslo", "Lima"]}), "lima", ("submit", "Lima")),
        (InputRequest(kind="input", schema={"type": "string", "maxLength": 3}), "Oslo", None),
        (
            InputRequest(
                kind="input", schema={"properties": {"a": {"type": "integer"}, "b": {"type": "integer"}}}
            ),
            "5",
            None,
        ),
    ],
)
def test_what_a_message_means(request_: InputRequest, text: str, found: tuple[str, Any] | None) -> None:
    answer = read_answer(request_, text)
    assert (None if answer is None else (answer.action, answer.value)) == found
