"""SIGKILL in the middle of streams of every protocol: each client ends with the whole text, nothing twice."""

import asyncio
import contextlib
import json
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import openai
import pytest
from openai import AsyncOpenAI

from tests.durability.conftest import Serve
from tests.durability.rows import fault
from tests.durability.runs import CHAT
from tests.durability.server_process import ServerProcess
from tests.durability.trial import Trial
from tests.runtimes.fake_openai import FakeOpenAI
from tests.runtimes.replies import Reply

WORDS = 24
Read = Callable[[str], None]
"""Takes what a client has read so far."""


def words(name: str, number: int) -> str:
    return " ".join(f"{name}{number}-{place}" for place in range(WORDS))


class Client:
    """A client of one protocol: it begins a stream that breaks, then gets the rest as its protocol says."""

    def __init__(self, server: ServerProcess, flow: dict[str, Any], number: int) -> None:
        self.flow = flow
        self.name = type(self).__name__.lower()
        self.message = words(self.name, number)
        self.key = f"{self.name}-{number}"
        self.http = server.client()
        self.http.base_url = httpx.URL(server.url)
        self.ai = AsyncOpenAI(base_url=f"{server.url}/v1", api_key=server.key, max_retries=0)

    async def begin(self, read: Read) -> None:
        raise NotImplementedError

    async def rest(self) -> str:
        """Return the whole text, from what was read before and what is read now."""
        raise NotImplementedError

    async def frames(self, read: Read, method: str, path: str, **more: Any) -> None:
        """Read the data of an event stream, as far as it comes."""
        async with self.http.stream(method, path, **more) as answer:
            assert answer.status_code == 200, answer.status_code
            async for line in answer.aiter_lines():
                if line.startswith("data: {"):
                    read(line[6:])


class Chat(Client):
    """OpenAI's chat completions: the client sends the request again and marks it, as its package does."""

    async def begin(self, read: Read) -> None:
        await self._ask(0, read)

    async def rest(self) -> str:
        found: list[list[str]] = [[], []]
        await asyncio.gather(*(self._ask(1 + place, found[place].append) for place in range(2)))
        texts = {
            "".join(json.loads(one)["choices"][0]["delta"].get("content") or "" for one in each)
            for each in found
        }
        [text] = texts  # two retries are one run
        return text

    async def _ask(self, attempt: int, read: Read) -> None:
        body = {
            "model": self.flow["slug"],
            "messages": [{"role": "user", "content": self.message}],
            "stream": True,
        }
        headers = {"X-Stainless-Retry-Count": str(attempt)}
        await self.frames(read, "POST", "/v1/chat/completions", json=body, headers=headers)


class Response(Client):
    """OpenAI's Responses, by its own package: resumed after the last event that came."""

    id = ""

    async def begin(self, read: Read) -> None:
        self.events: list[Any] = []
        created = await self.ai.responses.create(model=self.flow["slug"], input=self.message, stream=True)
        async for event in created:
            self._keep(event)
            if event.type == "response.output_text.delta":
                read(event.delta)

    async def rest(self) -> str:
        last = self.events[-1].sequence_number
        async for event in await self.ai.responses.retrieve(self.id, stream=True, starting_after=last):
            self._keep(event)
        assert [event.sequence_number for event in self.events] == list(range(len(self.events)))
        text = self.events[-1].response.output_text
        assert text == "".join(
            event.delta for event in self.events if event.type == "response.output_text.delta"
        )
        assert (await self.ai.responses.retrieve(self.id)).output_text == text
        return text

    def _keep(self, event: Any) -> None:
        self.events.append(event)
        if event.type == "response.created":
            self.id = event.response.id


class Ui(Client):
    """The AI SDK: the running answer comes again from its beginning."""

    async def begin(self, read: Read) -> None:
        await self.frames(read, "POST", f"/ai-sdk/{self.flow['slug']}", json=self._body())

    async def rest(self) -> str:
        found: list[str] = []
        path = f"/ai-sdk/{self.flow['slug']}/{self.key}/stream"
        answer = await self.http.get(path)
        if answer.status_code == 204:  # it had ended: the message that is sent again has the answer
            answer = await self.http.post(f"/ai-sdk/{self.flow['slug']}", json=self._body())
        found = [line[6:] for line in answer.text.split("\n") if line.startswith("data: {")]
        frames = [json.loads(one) for one in found]
        assert [frame["type"] for frame in frames].count("start") == 1
        return "".join(frame["delta"] for frame in frames if frame["type"] == "text-delta")

    def _body(self) -> dict[str, Any]:
        message = {"id": "1", "role": "user", "parts": [{"type": "text", "text": self.message}]}
        return {"id": self.key, "messages": [message]}


class Mcp(Client):
    """MCP: the call is sent again with its key."""

    async def begin(self, read: Read) -> None:
        await self.frames(read, "POST", "/mcp", json=self._call(), headers=self._accept())

    async def rest(self) -> str:
        found: list[str] = []
        await self.frames(found.append, "POST", "/mcp", json=self._call(), headers=self._accept())
        return json.loads(found[-1])["result"]["structuredContent"]["response"]

    def _accept(self) -> dict[str, str]:
        return {"Accept": "application/json, text/event-stream"}

    def _call(self) -> dict[str, Any]:
        meta = {"progressToken": 1, "agenticrag/idempotency_key": self.key}
        arguments = {"message": self.message}
        params = {"name": self.flow["slug"], "arguments": arguments, "_meta": meta}
        return {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}


class Native(Client):
    """Our own stream, resumed after the last event that came."""

    async def begin(self, read: Read) -> None:
        self.parts: list[str] = []
        self.last = ""
        await self._follow(read, {})

    async def rest(self) -> str:
        await self._follow(lambda _: None, {"Last-Event-ID": self.last})
        return "".join(self.parts)

    async def _follow(self, read: Read, headers: dict[str, str]) -> None:
        path = f"/api/agent-builder/chatflow/workflows/{self.flow['id']}/chat/stream"
        async with self.http.stream("POST", path, json={"message": self.message}, headers=headers) as answer:
            async for line in answer.aiter_lines():
                if line.startswith("id: "):
                    self.last = line[4:]
                elif line.startswith("data: {"):
                    frame = json.loads(line[6:])
                    if frame["type"] == "content":
                        self.parts.append(frame["content"])
                        read(frame["content"])
                    elif frame["type"] == "reset":
                        self.parts.clear()


class LangGraph(Client):
    """LangGraph's run stream: joined again behind the last frame that came."""

    async def begin(self, read: Read) -> None:
        self.ids: list[str] = []
        self.parts: list[str] = []
        self.place = ""
        self.values: list[str] = []
        input = {"messages": [{"role": "user", "content": self.message}]}
        body = {
            "assistant_id": self.flow["slug"],
            "input": input,
            "stream_mode": ["messages-tuple", "values"],
        }
        made = (await self.http.post("/langgraph/threads", json={})).json()
        await self._follow(read, "POST", f"/langgraph/threads/{made['thread_id']}/runs/stream", json=body)

    async def rest(self) -> str:
        headers = {"Last-Event-ID": self.ids[-1]}
        await self._follow(lambda _: None, "GET", f"/langgraph{self.place}", headers=headers)
        assert len(self.ids) == len({*self.ids})
        assert self.values[-1] == "".join(self.parts)
        return self.values[-1]

    async def _follow(self, read: Read, method: str, path: str, **more: Any) -> None:
        async with self.http.stream(method, path, **more) as answer:
            assert answer.status_code == 200, answer.status_code
            self.place = answer.headers.get("location", self.place)
            name, id = "", ""
            async for line in answer.aiter_lines():
                if line.startswith("id: "):
                    id = line[4:]
                elif line.startswith("event: "):
                    name = line[7:]
                elif line.startswith("data: "):
                    data = json.loads(line[6:])
                    self.ids.append(id)
                    if name == "messages":
                        self.parts.append(data[0]["content"])
                        read(data[0]["content"])
                    elif name == "values":
                        self.values.append(data["messages"][-1]["content"])


class Thread(Client):
    """The event stream of LangGraph's threads: asked for again behind the last event that came."""

    async def begin(self, read: Read) -> None:
        self.seqs: list[int] = []
        self.parts: list[str] = []
        self.ended = False
        self.thread = str(uuid.uuid4())
        input = {"messages": [{"role": "user", "content": self.message}]}
        start = {
            "id": 1,
            "method": "run.start",
            "params": {"assistant_id": self.flow["slug"], "input": input},
        }
        path = f"/langgraph/threads/{self.thread}/commands"
        assert (await self.http.post(path, json=start)).json()["type"] == "success"
        await self._follow(read, None)

    async def rest(self) -> str:
        if not self.ended:
            await self._follow(lambda _: None, self.seqs[-1])
        assert self.seqs == sorted({*self.seqs})
        return "".join(self.parts)

    async def _follow(self, read: Read, since: int | None) -> None:
        path = f"/langgraph/threads/{self.thread}/stream/events"
        body = {"channels": ["messages", "lifecycle"], "since": since}
        async with self.http.stream("POST", path, json=body) as answer:
            async for line in answer.aiter_lines():
                if not line.startswith("data: {"):
                    continue
                event = json.loads(line[6:])
                self.seqs.append(event["seq"])
                data = event["params"]["data"]
                if data["event"] == "content-block-delta":
                    self.parts.append(data["delta"]["text"])
                    read(data["delta"]["text"])
                if data["event"] == "completed":
                    self.ended = True
                    return


class AgUi(Client):
    """AG-UI: the same run is asked for again, from its beginning."""

    async def begin(self, read: Read) -> None:
        await self.frames(read, "POST", f"/ag-ui/{self.flow['slug']}", json=self._body())

    async def rest(self) -> str:
        found: list[str] = []
        await self.frames(found.append, "POST", f"/ag-ui/{self.flow['slug']}", json=self._body())
        events = [json.loads(one) for one in found]
        assert events[-1]["type"] == "RUN_FINISHED"
        return "".join(one["delta"] for one in events if one["type"] == "TEXT_MESSAGE_CONTENT")

    def _body(self) -> dict[str, Any]:
        message = {"id": f"u-{self.key}", "role": "user", "content": self.message}
        return {"threadId": self.key, "runId": f"r-{self.key}", "messages": [message]}


CLIENTS = (Chat, Response, Ui, Mcp, Native, LangGraph, Thread, AgUi)


@fault(
    "F-50",
    "SIGKILL in the middle of a stream of every protocol",
    "each client ends with the whole text, nothing twice; its retries are one run",
    ci=1,
    full=6,
)
@pytest.mark.timeout(600)
async def test_a_killed_stream_of_every_protocol_ends_whole(
    trial: Trial, database_url: str, serve: Serve, fake: FakeOpenAI
) -> None:
    fake.default = Reply(echo=True, delay=0.03)
    server = serve()
    await server.create_key()
    await server.start()
    async with server.client() as http:
        config = {"llm_provider": CHAT["provider"], "llm_model": CHAT["model"]}
        body = {"name": "Echo", "description": "Echoes.", "chat_config": config}
        flow = (await http.post("/chatflows", json=body)).json()
    for number in range(trial.count):
        clients = [kind(server, flow, number) for kind in CLIENTS]
        begun = [0] * len(clients)

        def counting(place: int, begun: list[int] = begun) -> Read:
            def read(_: str) -> None:
                begun[place] += 1

            return read

        reading = [
            asyncio.create_task(broken(client.begin(counting(place)))) for place, client in enumerate(clients)
        ]
        async with asyncio.timeout(30):
            while not all(begun):  # noqa: ASYNC110
                await asyncio.sleep(0.005)
        await asyncio.sleep(trial.rng.uniform(0, 0.4))
        await server.kill()
        await asyncio.gather(*reading)
        await server.start()
        texts = await asyncio.gather(*(client.rest() for client in clients))
        for client, text in zip(clients, texts, strict=True):
            assert text == client.message, (trial, client.name)
            await client.http.aclose()
            await client.ai.close()
    async with server.client() as http:
        assert (await http.get("/executions")).json()["total"] == trial.count * len(CLIENTS)
    trial.saw(lost=0, twice=0)


async def broken(reading: Awaitable[None]) -> None:
    """Read until the server is gone."""
    with contextlib.suppress(httpx.TransportError, openai.APIConnectionError):
        await reading
