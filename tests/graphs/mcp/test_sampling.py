"""Sampling: what MCP servers ask models in the middle of a call, over stdio and HTTP, in both revisions."""

import asyncio
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

import msgspec
import pytest

pytest.importorskip("mcp")

from graphs.conversation.tool_questions import ToolReply
from graphs.mcp.server_access import (
    MCPAnswer,
    MCPCall,
    MCPError,
    SampleAnswer,
    SampleRequest,
    SamplingSettings,
    ServerAccess,
)
from graphs.mcp.session_pool import SessionPool
from graphs.values.node_error import NodeError
from tests.graphs.mcp.test_session_pool import pool, stdio
from tests.runtimes.mcp_http import over_http

ALLOWED = SamplingSettings(approval=False, max_tokens=100)


class Model:
    """A model that numbers its answers."""

    def __init__(self, *fails: Exception) -> None:
        self.asked: list[SampleRequest] = []
        self._fails = fails

    async def __call__(self, request: SampleRequest) -> SampleAnswer:
        """Answer."""
        self.asked.append(request)
        if self._fails:
            raise self._fails[0]
        return SampleAnswer(text=f"Answer {len(self.asked)}", model="m")


def http(url: str, sampling: SamplingSettings | None) -> ServerAccess:
    """Return the access to a server over HTTP."""
    return ServerAccess(
        workspace="w", name="own", version="1", url=url, timeout_seconds=60, sampling=sampling
    )


def call(tool: str, model: Model) -> MCPCall:
    """Return a call of a tool that samples."""
    return MCPCall(server="own", tool=tool, arguments={"text": "otters"}, sample=model)


async def failure(called: Awaitable[MCPAnswer]) -> str:
    """Return how a call fails: by the server's word, or by the pool's."""
    try:
        answer = await called
    except MCPError as error:
        return str(error)
    assert answer.is_error, answer
    return str(answer.value)


async def to_end(sessions: SessionPool, access: ServerAccess, one: MCPCall, action: Any) -> MCPAnswer:
    """Return the result of a call whose every question is answered so."""
    for _ in range(10):
        answer = await sessions.call(access, one)
        if not answer.asks:
            return answer
        replies = (*one.replies, *(ToolReply(key=asked.key, action=action) for asked in answer.asks))
        one = msgspec.structs.replace(one, replies=replies, state=answer.state)
    raise AssertionError("It asks without an end.")


@pytest.mark.parametrize("legacy", [False, True])
async def test_a_server_over_http_gets_answers_within_what_is_allowed(legacy: bool) -> None:
    with over_http(legacy=legacy) as url:
        async with pool(url) as sessions:
            model = Model()
            answer = await sessions.call(http(url, ALLOWED), call("title", model))
            assert answer.value == {"result": "Answer 1 (m, endTurn)"}
            (asked,) = model.asked
            assert [(one.role, one.content) for one in asked.messages] == [
                ("system", "You write titles."),
                ("user", "Give a title to: otters"),
            ]
            assert (asked.max_tokens, asked.temperature) == (100, 0.5)
            model = Model()
            two = await sessions.call(http(url, ALLOWED), call("slogan", model))
            assert two.value == {"result": "Answer 2"}
            assert model.asked[1].messages[0].content == "Advertise: Answer 1"


async def test_a_server_over_stdio_gets_answers(tmp_path: Path) -> None:
    model = Model()
    access = msgspec.structs.replace(stdio(tmp_path), sampling=ALLOWED)
    async with pool() as sessions:
        assert (await sessions.call(access, call("slogan", model))).value == {"result": "Answer 2"}


@pytest.mark.parametrize("legacy", [False, True])
async def test_calls_side_by_side_get_their_own_answers(legacy: bool) -> None:
    with over_http(legacy=legacy) as url:
        async with pool(url) as sessions:
            models = [Model() for _ in range(10)]
            answers = await asyncio.gather(
                *(sessions.call(http(url, ALLOWED), call("title", model)) for model in models)
            )
            assert [answer.value for answer in answers] == [{"result": "Answer 1 (m, endTurn)"}] * 10
            assert [len(model.asked) for model in models] == [1] * 10


@pytest.mark.parametrize("legacy", [False, True])
async def test_each_model_call_is_approved_once_and_made_once(legacy: bool) -> None:
    asks = SamplingSettings()
    with over_http(legacy=legacy) as url:
        async with pool(url) as sessions:
            model = Model()
            first = await sessions.call(http(url, asks), call("slogan", model))
            assert not model.asked
            (question,) = first.asks
            assert "user: Give a title to: otters" in question.message
            assert "system: You write titles." in question.message
            done = await to_end(sessions, http(url, asks), call("slogan", model), "accept")
            assert done.value == {"result": "Answer 2"}
            assert len(model.asked) == 2
            model = Model()
            told = await failure(to_end(sessions, http(url, asks), call("title", model), "decline"))
            assert "person declined" in told
            assert not model.asked


@pytest.mark.parametrize("legacy", [False, True])
async def test_a_model_call_that_is_not_allowed_is_refused_with_a_reason(legacy: bool) -> None:
    cases = [
        (None, "title", "sampling"),
        (SamplingSettings(approval=False, max_chars=10), "title", "'max_chars'"),
        (SamplingSettings(approval=False, max_calls=1), "slogan", "'max_calls'"),
    ]
    with over_http(legacy=legacy) as url:
        for settings, tool, why in cases:
            async with pool(url) as sessions:
                model = Model()
                told = await failure(sessions.call(http(url, settings), call(tool, model)))
                assert why in told.lower(), told
                assert len(model.asked) <= 1


@pytest.mark.parametrize("legacy", [False, True])
async def test_a_spent_budget_ends_the_call(legacy: bool) -> None:
    with over_http(legacy=legacy) as url:
        async with pool(url) as sessions:
            spent = Model(NodeError("The budget is spent.", code="budget"))
            with pytest.raises(NodeError, match="The budget is spent"):
                await sessions.call(http(url, ALLOWED), call("title", spent))
            assert (await sessions.call(http(url, ALLOWED), call("title", Model()))).value


async def test_the_time_of_a_call_stands_still_while_a_model_answers() -> None:
    class Slow(Model):
        async def __call__(self, request: SampleRequest) -> SampleAnswer:
            await asyncio.sleep(1.2)
            return await super().__call__(request)

    for legacy in (False, True):
        with over_http(legacy=legacy) as url:
            async with pool(url) as sessions:
                access = msgspec.structs.replace(http(url, ALLOWED), timeout_seconds=1.0)
                await sessions.tools(access)
                assert (await sessions.call(access, call("title", Slow()))).value
