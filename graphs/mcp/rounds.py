"""Rounds: a call of revision 2026-07-28, which the server ends with requests and which is made again with
the responses, until it has a result or people must be asked."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct, field

from graphs.conversation.tool_questions import ToolQuestion
from graphs.mcp.elicitation import elicitation_question
from graphs.mcp.sampling import approval_question, read_sampling, sampling_result
from graphs.mcp.server_access import (
    MCPAnswer,
    MCPCall,
    MCPError,
    SampleAnswer,
    SampleRefused,
    SampleRequest,
    SamplingSettings,
)
from graphs.mcp.tool_lists import visible

__all__ = ["CallState", "answer_rounds", "roots_result"]

MAX_ROUNDS = 20
"""How often one call may be made again without people in between."""
MAX_STATE = 100_000
"""Characters of a server's state between two rounds."""


class CallState(Struct, omit_defaults=True):
    """What a call needs to know when it is made again, kept with the run in between."""

    server: str | None = None
    """The server's own state."""
    asked: list[str] = field(default_factory=list[str])
    """Keys of the requests of the last round; empty for all that people have answered."""
    sampling: dict[str, SampleRequest] = field(default_factory=dict[str, SampleRequest])
    """Model calls of the last round that are not made yet."""
    sampled: dict[str, SampleAnswer] = field(default_factory=dict[str, SampleAnswer])
    """Answers that a server of an old revision gets again where its call is begun again."""
    made: int = 0
    """Model calls so far."""

    @classmethod
    def read(cls, text: str) -> "CallState":
        """Return the state that a call was ended with; of the last release, it is the server's alone."""
        if not text:
            return cls()
        known: Any = msgspec.json.decode(text)
        return cls(server=known) if isinstance(known, str) else msgspec.convert(known, cls)

    def text(self) -> str:
        """Return it as it is kept."""
        return "" if self == CallState() else msgspec.json.encode(self).decode()

    async def sample(
        self, call: MCPCall, key: str, request: SampleRequest, settings: SamplingSettings | None
    ) -> SampleAnswer:
        """Make a model call within the run, and keep the answer.

        Raises:
            SampleRefused: it may not be made, or gave no answer.
            NodeError: it ended the run.
        """
        if settings is None:
            raise SampleRefused("Model calls are not allowed for this server.")
        if self.made >= settings.max_calls:
            raise SampleRefused(
                f"The server asked for more than {settings.max_calls} model calls in one call, as many as "
                "'max_calls' of 'sampling' allows."
            )
        self.made += 1
        self.sampled[key] = answer = await call.sample(request)
        return answer


async def answer_rounds(
    client: Any,
    call: MCPCall,
    options: dict[str, Any],
    roots: Sequence[str],
    settings: SamplingSettings | None,
) -> Any:
    """Return a ``CallToolResult``, or the answer that asks people.

    Raises:
        MCPError: the server asks for what is not supported or not allowed.
        NodeError: a model call ended the run.
    """
    state = CallState.read(call.state)
    responses = await _replied(call, state, roots, settings)
    for _ in range(MAX_ROUNDS):
        if responses or state.server is not None:
            options = options | {"input_responses": responses or None, "request_state": state.server}
        result = await client.session.call_tool(
            call.tool, call.arguments, allow_input_required=True, **options
        )
        if not hasattr(result, "input_requests"):
            return result
        requests: Mapping[str, Any] = result.input_requests or {}
        state.server, state.asked, state.sampling = result.request_state, [*requests], {}
        if not requests or len(state.server or "") > MAX_STATE:
            raise _unusable(call, "for another call without a question, or with too long a state.")
        responses, questions = {}, list[ToolQuestion]()
        for key, request in requests.items():
            if request.method == "roots/list" and roots:
                responses[key] = roots_result(roots)
            elif (question := _question(call, key, request, state, settings)) is not None:
                questions.append(question)
        if questions:
            return MCPAnswer(value="", asks=tuple(questions), state=state.text())
        responses |= await _sampled(call, state, settings)
    raise _unusable(call, f"for more than {MAX_ROUNDS} rounds.")


async def _replied(
    call: MCPCall, state: CallState, roots: Sequence[str], settings: SamplingSettings | None
) -> dict[str, Any]:
    """Return the responses to the last round before people were asked."""
    import mcp_types

    replied = {one.key for one in call.replies}
    responses: dict[str, Any] = {
        key: roots_result(roots) for key in state.asked if key not in replied and key not in state.sampling
    }
    for one in call.replies:
        if state.asked and one.key not in state.asked:
            continue
        if one.key in state.sampling:
            if one.action != "accept":
                raise _unusable(call, "for a model call, and a person declined.")
            continue
        content = one.value if one.action == "accept" and isinstance(one.value, dict) else None
        responses[one.key] = mcp_types.ElicitResult(action=one.action, content=content)
    return responses | await _sampled(call, state, settings)


async def _sampled(call: MCPCall, state: CallState, settings: SamplingSettings | None) -> dict[str, Any]:
    """Make the model calls of a round."""
    given: dict[str, Any] = {}
    for key, request in state.sampling.items():
        try:
            given[key] = sampling_result(await state.sample(call, key, request, settings))
        except SampleRefused as error:
            raise _unusable(call, f"for a model call. {error}") from None
    state.sampling, state.sampled = {}, {}
    return given


def _question(
    call: MCPCall, key: str, request: Any, state: CallState, settings: SamplingSettings | None
) -> ToolQuestion | None:
    """Return what to ask people about a request; None for a model call that nobody need approve."""
    if request.method == "sampling/createMessage":
        if settings is None:
            raise _unusable(call, "for a model call. Allow it by 'sampling' of the server.")
        try:
            state.sampling[key] = wanted = read_sampling(request.params, settings)
        except SampleRefused as error:
            raise _unusable(call, f"for a model call. {error}") from None
        return approval_question(key, wanted) if settings.approval else None
    known = elicitation_question(key, request.params) if request.method == "elicitation/create" else None
    if known is None:
        raise _unusable(call, f"for {visible(request.method)[:80]!r}, which is not supported.")
    return known


def roots_result(roots: Sequence[str]) -> Any:
    """Return folders as ``ListRootsResult`` of the library."""
    import mcp_types

    return mcp_types.ListRootsResult(
        roots=[mcp_types.Root(uri=Path(root).as_uri(), name=Path(root).name) for root in roots]  # type: ignore[arg-type]  # a text that it reads
    )


def _unusable(call: MCPCall, asks: str) -> MCPError:
    return MCPError(f"'{call.tool}' of the MCP server '{call.server}' asks {asks}", code="mcp_error")
