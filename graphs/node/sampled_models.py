"""Sampled models: the model calls that MCP servers ask for, made within the run that calls their tools."""

import msgspec

from graphs.conversation.messages import ModelRequest
from graphs.mcp.server_access import SampleAnswer, SampleRefused, SampleRequest
from graphs.node.context import Context
from graphs.values.node_error import ENDS_RUN, NodeError

__all__ = ["sample_model"]

_STOPS = {"length": "maxTokens"}
"""The protocol's words for how an answer ended, by ours; all else is ``endTurn``."""


async def sample_model(
    context: Context, model: ModelRequest | None, tool: str, call_id: str, within: str, wanted: SampleRequest
) -> SampleAnswer:
    """Return a model's answer to an MCP server. Counts against the run's caps and budgets.

    Args:
        context: Of the node that uses the tool.
        model: How the node asks its own model; None where it has none.
        tool: The tool, for the event.
        call_id: The model's id of the call, for the event.
        within: The use of the tool, for the journal.
        wanted: What the server asks.

    Raises:
        SampleRefused: no model is named, or it gave no answer.
        NodeError: a cap or budget of the run is reached.
    """
    if wanted.model or wanted.connection:
        asked = ModelRequest(
            provider=wanted.provider, model=wanted.model, connection=wanted.connection, messages=[]
        )
    elif model is not None:
        asked = msgspec.structs.replace(model, tools=[], tool_choice="", response_format=None)
    else:
        raise SampleRefused("The node has no model of its own. Set 'model' in 'sampling' of the server.")
    most = wanted.max_tokens if asked.max_tokens is None else min(asked.max_tokens, wanted.max_tokens)
    given = {} if wanted.temperature is None else {"temperature": wanted.temperature}
    asked = msgspec.structs.replace(
        asked, messages=wanted.messages, max_tokens=most, stop=wanted.stop or asked.stop, **given
    )
    try:
        answer = await context.ask(asked, publish=False, aside=True, within=within)
    except NodeError as error:
        if error.code in ENDS_RUN:
            raise
        raise SampleRefused(f"The model gave no answer ({error.code}). {error}") from None
    facts = {"provider": answer.provider, "model": answer.model, "tool": tool, "call_id": call_id}
    context.emit("custom", visibility="owner", name="tool_sampling", **facts)
    return SampleAnswer(
        text=answer.content, model=answer.model, stop_reason=_STOPS.get(answer.finish_reason, "endTurn")
    )
