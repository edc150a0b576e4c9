"""A bridge from Ollama's wire to a chat completions server, since no package carries the Ollama server.

``/api/chat`` as NDJSON and ``/api/tags``; nothing of Ollama's own behaviour is imitated beyond them. Tokens,
tool calls, reasoning and counts are the upstream server's: a real llama.cpp, or the scripted one for faults.
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator
from typing import Any, cast

import httpx2

__all__ = ["OllamaBridge", "ollama_bridge"]


class OllamaBridge:
    """The server. `upstream` is a base URL ending in ``/v1``."""

    def __init__(self, upstream: str, models: list[str]) -> None:
        self.upstream = upstream
        self.models = models
        self.headers: list[dict[str, str]] = []
        """Headers of each chat request."""
        self.url = ""
        self._serving: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        self._serving.add(task := cast("asyncio.Task[None]", asyncio.current_task()))
        try:
            await self._requests(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, httpx2.HTTPError):
            # What broke upstream breaks here too.
            writer.transport.abort()
        finally:
            self._serving.discard(task)
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def close(self) -> None:
        """End every connection."""
        serving = list(self._serving)
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)

    async def _requests(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := (await reader.readuntil(b"\r\n\r\n")).decode("latin-1"):
            first, *lines = head.strip().split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (x.partition(":") for x in lines)}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            if first.startswith("GET /api/tags"):
                entries = [{"name": name, "details": {"family": "llama"}} for name in self.models]
                writer.write(_response(200, {"models": entries}))
            elif first.startswith("POST /api/chat"):
                self.headers.append(headers)
                await self._chat_until_left(json.loads(body), reader, writer)
            else:
                writer.write(_response(404, {"error": "not found"}))
            await writer.drain()

    async def _chat_until_left(
        self, asked: dict[str, Any], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Answer; a client that leaves ends the upstream request, as Ollama does it."""
        chat = asyncio.create_task(self._chat(asked, writer))
        left = asyncio.create_task(reader.read(1))
        try:
            await asyncio.wait((chat, left), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (left, chat):
                if not task.done():
                    task.cancel()
            ends = await asyncio.gather(left, chat, return_exceptions=True)
        if isinstance(ends[1], Exception):
            raise ends[1]

    async def _chat(self, asked: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        usage: dict[str, Any] = {}
        calls: dict[int, dict[str, str]] = {}
        reason = None
        async with httpx2.AsyncClient(trust_env=False, timeout=None) as client:
            url = f"{self.upstream}/chat/completions"
            async with client.stream("POST", url, json=_to_openai(asked)) as response:
                if response.status_code != 200:
                    error = json.loads(await response.aread())["error"]["message"]
                    writer.write(_response(response.status_code, {"error": error}))
                    return
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/x-ndjson\r\n")
                writer.write(b"transfer-encoding: chunked\r\n\r\n")
                async for line in response.aiter_lines():
                    if not line.startswith("data: {"):
                        continue
                    chunk = json.loads(line[6:])
                    usage = chunk.get("usage") or usage
                    for choice in chunk["choices"]:
                        delta = choice["delta"]
                        for call in delta.get("tool_calls") or []:
                            kept = calls.setdefault(call["index"], {"name": "", "arguments": ""})
                            for name, value in call["function"].items():
                                kept[name] += value or ""
                        thought, text = delta.get("reasoning_content"), delta.get("content")
                        if thought or text:
                            _part(writer, {"content": text or "", "thinking": thought}, done=False)
                            await writer.drain()
                        reason = choice["finish_reason"] or reason
        message: dict[str, Any] = {"content": ""}
        if calls:
            message["tool_calls"] = [
                {"function": {"name": call["name"], "arguments": json.loads(call["arguments"])}}
                for call in calls.values()
            ]
        if reason is not None:
            counts = {"prompt_eval_count": usage["prompt_tokens"], "eval_count": usage["completion_tokens"]}
            _part(writer, message, done=True, done_reason=reason, **counts)
        writer.write(b"0\r\n\r\n")


def _part(writer: asyncio.StreamWriter, message: dict[str, Any], **facts: Any) -> None:
    part = {"model": "bridged", "created_at": "2024-01-01T00:00:00Z"}
    line = json.dumps(part | {"message": {"role": "assistant", **message}} | facts).encode() + b"\n"
    writer.write(b"%x\r\n%b\r\n" % (len(line), line))


def _response(status: int, content: Any) -> bytes:
    body = json.dumps(content).encode()
    return b"HTTP/1.1 %d Bridged\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (
        status,
        len(body),
        body,
    )


def _to_openai(asked: dict[str, Any]) -> dict[str, Any]:
    names = {"num_predict": "max_tokens", "temperature": "temperature", "top_p": "top_p", "seed": "seed"}
    options = asked.get("options") or {}
    wire: dict[str, Any] = {names[name]: value for name, value in options.items() if name in names}
    if tools := asked.get("tools"):
        # Ollama leaves the choice to the model; the small one needs to be told.
        wire |= {"tools": tools, "tool_choice": "required", "parallel_tool_calls": False}
    if asked.get("format"):
        wire["response_format"] = {"type": "json_schema", "json_schema": {"schema": asked["format"]}}
    messages = [{"role": message["role"], "content": _parts(message)} for message in asked["messages"]]
    return wire | {
        "model": asked["model"],
        "messages": messages,
        "stream": True,
        "stream_options": {"include_usage": True},
    }


def _parts(message: dict[str, Any]) -> Any:
    text = message.get("content") or ""
    if not (images := message.get("images")):
        return text
    urls = [{"url": f"data:image/png;base64,{image}"} for image in images]
    return [{"type": "text", "text": text}, *({"type": "image_url", "image_url": url} for url in urls)]


@contextlib.asynccontextmanager
async def ollama_bridge(upstream: str, models: list[str] | None = None) -> AsyncGenerator[OllamaBridge]:
    """Run the bridge on loopback."""
    bridge = OllamaBridge(upstream, ["bridged:latest"] if models is None else models)
    server = await asyncio.start_server(bridge.serve, "127.0.0.1", 0)
    bridge.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield bridge
    finally:
        server.close()
        await bridge.close()
