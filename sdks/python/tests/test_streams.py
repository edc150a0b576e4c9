"""Streams: how they begin, go on, and are left."""

from __future__ import annotations

import asyncio
import threading
from typing import List

import httpx
import pytest
from stand import DONE, START, Stand, frames, reply

from agenticrag_client import (
    AgenticRAGClient,
    APIResponseValidationError,
    AsyncAgenticRAGClient,
    AuthenticationError,
    StreamBrokenError,
)

SSE = {"Content-Type": "text/event-stream", "X-Execution-Id": "e"}
ONE = {"type": "content", "content": "Hel", "node_id": "n"}
TWO = {"type": "content", "content": "lo", "node_id": "n"}
WHOLE = frames(("e:1", START), ("e:2", ONE), ("e:3", TWO), ("e:4", DONE))


def test_a_refusal_comes_at_the_call(stand: Stand) -> None:
    stand.replies = [reply({}, 401)]
    with AgenticRAGClient(stand.config) as client, pytest.raises(AuthenticationError):
        client.chatflows.chat_stream("Hi")


def test_a_refusal_comes_at_an_awaited_call_and_at_async_with(stand: Stand) -> None:
    async def ask() -> None:
        async with AsyncAgenticRAGClient(stand.config) as client:
            stand.replies = [reply({}, 401), reply({}, 401), (200, SSE, WHOLE)]
            with pytest.raises(AuthenticationError):
                await client.chatflows.chat_stream("Hi")
            with pytest.raises(AuthenticationError):
                async with client.chatflows.chat_stream("Hi"):
                    raise AssertionError
            stream = await client.chatflows.chat_stream("Hi")
            assert stream.response is not None
            assert [event.type async for event in stream] == ["start", "content", "content", "done"]

    asyncio.run(ask())


def test_every_stream_goes_on_after_an_event_of_another_process(stand: Stand) -> None:
    with AgenticRAGClient(stand.config) as client:
        for stream in (
            lambda: client.chatflows.chat_stream("Hi", after="e:3"),
            lambda: client.chatflows.chat_stream("Hi", last_event_id="e:3"),
            lambda: client.workflows.execute_stream("w", last_event_id="e:3"),
            lambda: client.executions.stream("e", after="e:3"),
            lambda: client.executions.follow("e", last_event_id="e:3"),
            lambda: client.chatflows.chat_event_source("Hi", after="e:3"),
            lambda: client.embeds.visitor_chat_resume("t", "e", visitor_session="v", after="e:3"),
        ):
            stand.replies = [(200, SSE, frames(("e:4", DONE)))]
            stream().close()
            assert stand.asked[-1][2]["Last-Event-ID"] == "e:3"
        stand.replies = [(200, SSE, b"")]
        client.executions.follow("e", after="3", max_retries=0).close()
        assert stand.asked[-1][1].endswith("?after=3")


@pytest.mark.parametrize("way", ["break", "with", "close", "another thread"])
def test_leaving_closes_the_connection(way: str, stand: Stand) -> None:
    stand.replies = [(200, SSE, [frames(("e:1", START))])]
    with AgenticRAGClient(stand.config) as client:
        stream = client.chatflows.chat_stream("Hi")
        if way == "break":
            for _ in stream:
                break
        elif way == "with":
            with stream:
                next(stream)
        elif way == "close":
            next(stream)
            stream.close()
        else:
            seen: List[str] = []
            for event in stream:
                seen.append(event.type)
                threading.Timer(0.1, stream.close).start()
            assert seen == ["start"]
        assert stand.left.acquire(timeout=5)
        if way != "break":
            assert list(stream) == []


def test_a_stream_that_is_closed_while_it_connects_anew_ends_without_an_error() -> None:
    asked: List[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.headers.get("Last-Event-ID", ""))
        if len(asked) > 1:
            stream.close()
            raise httpx.ReadTimeout("It took too long.")
        return httpx.Response(200, headers=SSE, content=frames(("e:1", START)))

    http = httpx.Client(transport=httpx.MockTransport(answer))
    stream = AgenticRAGClient(base_url="http://x", http_client=http, max_reconnects=1).chatflows.chat_stream("Hi")
    assert [event.type for event in stream] == ["start"]
    assert asked == ["", "e:1"]


@pytest.mark.parametrize("way", ["break", "with", "another task", "cancel"])
def test_leaving_closes_an_asynchronous_connection(way: str, stand: Stand) -> None:
    stand.replies = [(200, SSE, [frames(("e:1", START))])]

    async def leave() -> List[str]:
        seen: List[str] = []
        async with AsyncAgenticRAGClient(stand.config) as client:
            stream = client.chatflows.chat_stream("Hi")
            if way == "break":
                async for _ in stream:
                    break
                await asyncio.sleep(0)
            elif way == "with":
                async with stream:
                    await stream.__anext__()
            else:

                async def read() -> None:
                    async for event in stream:
                        seen.append(event.type)

                reading = asyncio.create_task(read())
                while not seen:
                    await asyncio.sleep(0.01)
                if way == "cancel":
                    reading.cancel()
                    with pytest.raises(asyncio.CancelledError):
                        await reading
                else:
                    await stream.close()
                    await asyncio.wait_for(reading, 5)
                assert seen == ["start"]
            assert await asyncio.to_thread(stand.left.acquire, timeout=5)
        return seen

    asyncio.run(leave())


def test_a_loop_that_was_left_goes_on_where_it_was(stand: Stand) -> None:
    stand.replies = [(200, SSE, WHOLE), (200, SSE, frames(("e:3", TWO), ("e:4", DONE)))]
    with AgenticRAGClient(stand.config) as client:
        stream = client.chatflows.chat_stream("Hi")
        for event in stream:
            if event.type == "content":
                break
        assert stream.last_event_id == "e:2"
        assert [event.type for event in stream] == ["content", "done"]
    assert stand.asked[1][2]["Last-Event-ID"] == "e:2"


def test_text_comes_by_itself_and_whole(stand: Stand) -> None:
    stand.replies = [(200, SSE, WHOLE)] * 4
    with AgenticRAGClient(stand.config) as client:
        assert list(client.chatflows.chat_stream("Hi").text_stream) == ["Hel", "lo"]
        assert client.chatflows.chat_stream("Hi").get_final_text() == "Hi"
        final = client.chatflows.chat_stream("Hi").get_final_event()
        assert final.type == "done"
        stream = client.chatflows.chat_stream("Hi")
        stream.until_done()
        assert (stream.last_event_id, list(stream)) == ("e:4", [])

    async def same() -> None:
        async with AsyncAgenticRAGClient(stand.config) as client:
            stand.replies = [(200, SSE, WHOLE)] * 3
            assert [text async for text in client.chatflows.chat_stream("Hi").text_stream] == ["Hel", "lo"]
            assert await client.chatflows.chat_stream("Hi").get_final_text() == "Hi"
            await client.chatflows.chat_stream("Hi").until_done()

    asyncio.run(same())


def test_a_broken_stream_is_a_connection_error_that_says_how_far_it_came(stand: Stand) -> None:
    stand.replies = [(200, SSE, frames(("e:1", START))), *[(200, SSE, b"retry: 1\n\n")] * 2]
    with AgenticRAGClient(stand.config) as client, pytest.raises(StreamBrokenError) as raised:
        client.chatflows.chat_stream("Hi", max_retries=2).until_done()
    assert (raised.value.last_event_id, len(stand.asked)) == ("e:1", 3)


def test_a_page_in_place_of_a_stream_is_told_at_once(stand: Stand) -> None:
    stand.replies = [(200, {"Content-Type": "text/html"}, b"<h1>Log in</h1>")] * 2
    with AgenticRAGClient(stand.config) as client:
        with pytest.raises(APIResponseValidationError, match="'text/html'.*Log in"):
            client.chatflows.chat_stream("Hi")

    async def main() -> None:
        async with AsyncAgenticRAGClient(stand.config) as client:
            with pytest.raises(APIResponseValidationError, match="Log in"):
                await client.chatflows.chat_stream("Hi")

    asyncio.run(main())
    assert len(stand.asked) == 2


def test_the_answer_of_a_stream_stays_when_it_has_ended(stand: Stand) -> None:
    stand.replies = [(200, {"X-Request-Id": "req-3"}, frames(("e:1", START), ("e:2", DONE)))]
    with AgenticRAGClient(stand.config) as client:
        stream = client.chatflows.chat_stream("Hi")
        stream.until_done()
    assert stream.response is not None
    assert stream.response.headers["X-Request-Id"] == "req-3"


def test_silence_counts_once_a_stream_has_begun_and_not_the_time_of_an_answer() -> None:
    asked: List[httpx.Request] = []

    def note(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, headers=SSE, content=WHOLE)

    with httpx.Client(transport=httpx.MockTransport(note)) as http:
        client = AgenticRAGClient(base_url="http://x", http_client=http, timeout=9)
        with client.chatflows.chat_stream("Hi", timeout=7) as stream:
            assert stream.response is not None
    assert asked[0].extensions["timeout"] == {"connect": 7, "read": 45.0, "write": 7, "pool": 7}
