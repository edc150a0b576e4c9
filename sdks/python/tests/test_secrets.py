"""Keys and tokens stay out of what programs print: errors, tracebacks with variables, log lines."""

from __future__ import annotations

import logging
import pickle
import traceback
from typing import Any, Callable, List

import pytest
from stand import Stand, reply

from agenticrag_client import AgenticRAGClient, AgenticRAGError, APIConfig

SECRET = "ar_Qk7pSeldomSeenAnywhere"


def own_frames(make: Callable[[], Any]) -> str:
    """Return what a traceback with variables shows of a call that fails, without the frames of this file."""
    with pytest.raises(AgenticRAGError) as raised:
        make()
    stack = traceback.TracebackException.from_exception(raised.value, capture_locals=True)
    frames = "".join(stack.format()).split("File ")
    assert len(frames) > 2
    return "".join(frame for frame in frames if "test_secrets.py" not in frame)


def test_no_traceback_with_variables_shows_a_key(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = own_frames(lambda: AgenticRAGClient(stand.config, api_key=f"{SECRET}\n{SECRET}"))
    monkeypatch.setenv("AGENTICRAG_API_KEY", SECRET)
    shown += own_frames(lambda: AgenticRAGClient(base_url="localhost:8000"))
    stand.replies = [reply({}, 500)] * 2
    client = AgenticRAGClient(base_url=stand.config.base_url, max_retries=0)
    shown += own_frames(client.workflows.list)
    shown += own_frames(lambda: client.chatflows.chat_stream("Hi"))
    assert SECRET not in shown
    assert "api_key = '…'" in shown


def test_a_key_that_is_hidden_is_a_text_like_others(stand: Stand) -> None:
    config = APIConfig(stand.config.base_url, SECRET)
    assert f"{config.api_key}" == SECRET == str(pickle.loads(pickle.dumps(config)).api_key)
    assert SECRET not in repr(vars(config))
    assert "api_key='…'" in repr(config)


@pytest.mark.parametrize("status", [200, 401, 502])
def test_an_answer_that_repeats_the_key_is_told_without_it(status: int, stand: Stand) -> None:
    page = f"You sent Authorization: Bearer {SECRET}".encode()
    stand.replies = [(status, {"Content-Type": "text/html"}, page)] * 2
    told: List[str] = []
    with AgenticRAGClient(stand.config, api_key=SECRET, max_retries=0) as client:
        for call in (client.workflows.list, lambda: client.chatflows.chat_stream("Hi")):
            with pytest.raises(AgenticRAGError, match="Bearer …") as raised:
                call()
            told += [str(raised.value), repr(raised.value)]
    assert SECRET not in "".join(told)


def test_a_token_of_an_address_is_not_shown(stand: Stand, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "agenticrag_client")
    stand.replies = [reply({}, 429, Retry_After="0"), (200, {}, b"Hello")]
    with AgenticRAGClient(stand.config, max_retries=1) as client:
        assert client.webhooks.answer_by_mail(SECRET) == "Hello"
    assert [path.rpartition("/")[2] for _, path, _, _ in stand.asked] == [SECRET] * 2
    assert SECRET not in caplog.text
    assert "/answers/…" in caplog.text
