"""The client against a server of a few lines, which misbehaves as it is told to."""

from __future__ import annotations

import asyncio
import json
from typing import List

import pytest
from stand import DONE, START, Stand, frames, reply

from agenticrag_client import (
    UNSET,
    AgenticRAGClient,
    APIConfig,
    AsyncAgenticRAGClient,
    ConnectionFailed,
    NotFound,
    StreamBroken,
    Unavailable,
    models,
)
from agenticrag_client.codec import UnexpectedAnswer, decode, encode
from agenticrag_client.config import Unset
from agenticrag_client.frames import Frame, FrameReader
from agenticrag_client.retries import pause

def test_a_list_is_asked_for_with_the_key_and_what_is_given(stand: Stand) -> None:
    stand.replies = [reply({"workflows": [], "total": 0, "new": "passed over"})]
    with AgenticRAGClient(stand.config) as client:
        assert client.workflows.list(search="a b", limit=5) == models.WorkflowPage([], 0)
    ((verb, path, headers, _),) = stand.asked
    assert (verb, path.replace("%20", "+")) == ("GET", "/api/agent-builder/workflows?limit=5&search=a+b")
    assert headers["Authorization"] == "Bearer secret"


def test_what_is_not_given_is_not_sent_and_none_is_null(stand: Stand) -> None:
    stand.replies = [reply({}, 404), reply({}, 404)]
    with AgenticRAGClient(stand.config) as client:
        for description in (UNSET, "new"):
            with pytest.raises(NotFound):
                client.agents.update("a b", description=description, output_schema=None)
    assert [json.loads(body) for _, _, _, body in stand.asked] == [
        {"output_schema": None},
        {"description": "new", "output_schema": None},
    ]
    assert stand.asked[0][1] == "/api/agent-builder/agents/a%20b"


def test_a_visitors_stream_goes_on_in_its_session_and_without_the_key(stand: Stand) -> None:
    done = {"type": "done", "session_id": "vs", "execution_id": "e", "response": "Hi"}
    stand.replies = [
        (200, {"Content-Type": "text/event-stream"}, frames(("e:1", START))),
        (200, {"Content-Type": "text/event-stream"}, frames(("e:2", done))),
    ]
    with AgenticRAGClient(stand.config) as client:
        stream = client.embeds.visitor_chat_stream(
            "t", "Hello", visitor_session="vs", origin="https://shop.example"
        )
        assert [event.type for event in stream] == ["start", "done"]
    first, second = (headers for _, _, headers, _ in stand.asked)
    for headers in (first, second):
        assert (headers["X-Visitor-Session"], headers["Origin"]) == ("vs", "https://shop.example")
        assert "Authorization" not in headers
        assert headers["Idempotency-Key"] == first["Idempotency-Key"]
    assert second["Last-Event-ID"] == "e:1"


def test_a_call_is_repeated_with_the_same_idempotency_key(stand: Stand) -> None:
    answer = {
        "success": True, "execution_id": "e", "status": "completed", "output": 1, "error": None,
        "duration_ms": 1, "token_usage": [],
    }  # fmt: skip
    stand.replies = [reply({}, 503, Retry_After="0"), reply({}, 502, Retry_After="0"), reply(answer)]
    with AgenticRAGClient(stand.config) as client:
        assert client.workflows.execute("w", {"input": "data"}).output == 1
    keys = {headers["Idempotency-Key"] for _, _, headers, _ in stand.asked}
    assert (len(stand.asked), len(keys)) == (3, 1)
    assert {body for _, _, _, body in stand.asked} == {b'{"input_data": {"input": "data"}}'}


def test_a_call_that_may_have_been_done_is_not_repeated_without_a_key(stand: Stand) -> None:
    stand.replies = [reply({"detail": "no"}, 503, Retry_After="0")]
    with AgenticRAGClient(stand.config) as client, pytest.raises(Unavailable):
        client.agents.create("Ada")
    assert len(stand.asked) == 1


def test_an_answer_that_a_proxy_made_is_an_error_with_its_words(stand: Stand) -> None:
    stand.replies = [(404, {}, b"<h1>Nothing here</h1>")]
    with AgenticRAGClient(stand.config) as client, pytest.raises(NotFound, match="Nothing here") as raised:
        client.workflows.get("w")
    assert raised.value.problem.status == 404


def test_a_server_that_is_not_there_is_a_failed_connection() -> None:
    with AgenticRAGClient(APIConfig("http://127.0.0.1:9", max_retries=0)) as client:
        with pytest.raises(ConnectionFailed, match=r"127\.0\.0\.1:9"):
            client.workflows.list()


def test_a_stream_goes_on_after_a_cut(stand: Stand) -> None:
    broken = frames(("e:1", START)) + b"id: e:2\nevent: content\nda"
    stand.replies = [
        (200, {"Content-Type": "text/event-stream", "Content-Length": "9999"}, broken),
        (200, {"Content-Type": "text/event-stream"}, b": heartbeat\n\n" + frames(("e:3", DONE))),
    ]
    with AgenticRAGClient(stand.config) as client:
        stream = client.chatflows.chat_stream("Hello!")
        assert [event.type for event in stream] == ["start", "done"]
        assert (stream.execution_id, stream.last_event_id, stream.reconnects) == ("e", "e:3", 1)
    first, second = (headers for _, _, headers, _ in stand.asked)
    assert "Last-Event-ID" not in first
    assert second["Last-Event-ID"] == "e:1"
    assert first["Idempotency-Key"] == second["Idempotency-Key"]


def test_an_asynchronous_stream_goes_on_when_the_server_asks_to_come_back(stand: Stand) -> None:
    goodbye = b"retry: 1\n: come back\n\n"
    stand.replies = [
        (200, {}, frames(("e:1", START)) + goodbye),
        (200, {}, goodbye),
        (204, {}, b""),
    ]

    async def types() -> List[str]:
        async with AsyncAgenticRAGClient(stand.config) as client:
            return [event.type async for event in client.chatflows.chat_stream("Hello!")]

    assert asyncio.run(types()) == ["start"]
    assert len(stand.asked) == 3


def test_a_stream_that_cannot_be_taken_up_says_how_far_it_came(stand: Stand) -> None:
    stand.replies = [(200, {}, frames(("e:1", START))), (200, {}, b""), (200, {}, b"")]
    with AgenticRAGClient(stand.config) as client, pytest.raises(StreamBroken) as raised:
        list(client.chatflows.chat_stream("Hello!"))
    assert raised.value.last_event_id == "e:1"


def test_events_of_a_kind_that_is_new_are_passed_over(stand: Stand) -> None:
    stand.replies = [(200, {}, frames(("e:1", {"type": "fireworks"}), ("e:2", DONE)))]
    with AgenticRAGClient(stand.config) as client:
        assert [event.type for event in client.chatflows.chat_stream("Hello!")] == ["done"]


def test_frames_come_whole_from_pieces_of_any_length() -> None:
    text = "id: 1\r\nevent: a\r\ndata: {\"x\":\r\ndata: \"é\"}\r\n\r\n: heartbeat\n\nretry: 1500\ndata:plain\n\n".encode()
    reader = FrameReader()
    found = [frame for position in range(len(text)) for frame in reader.feed(text[position : position + 1])]
    assert found == [Frame("1", "a", '{"x":\n"é"}'), Frame("1", "", "plain")]
    assert reader.retry == 1.5


def test_models_are_read_and_written() -> None:
    with pytest.raises(UnexpectedAnswer, match="lacks 'total'"):
        decode(models.WorkflowPage, {"workflows": []})
    options = models.ChatOptions(provider="demo", temperature=0.1)
    assert encode({"config": options, "other": UNSET}) == {"config": {"provider": "demo", "temperature": 0.1}}
    assert isinstance(options.model, Unset)
    assert not UNSET


def test_pauses_grow_and_give_way_to_what_the_server_says() -> None:
    assert all(0 <= pause(attempt) <= 8 for attempt in range(20))
    assert pause(0, {"Retry-After": "2"}) == 2
    assert pause(0, {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}) == 0
