"""What is told and booked of models' answers beside the answers themselves."""

import time
from collections.abc import Callable
from typing import Any

from graphs.conversation.messages import Attempt, ModelAnswer, ModelRequest
from graphs.knowledge.retrieved import Retrieved
from graphs.model_api.token_estimate import estimate_usage
from graphs.run_state.run_state import RunState

__all__ = ["book_interrupted", "warn_of", "warned_of"]


def warn_of(answer: ModelAnswer, emit: Callable[..., None]) -> None:
    """Warn of what an answer lacks, and say how JSON was asked for."""
    warnings = [*answer.warnings]
    if answer.finish_reason == "length":
        warnings.append(f"The answer of {answer.model} was cut at its longest. Raise max_tokens.")
    elif answer.finish_reason == "refusal":
        warnings.append(f"{answer.model} refused to answer.")
    for warning in warnings:
        emit("custom", name="warning", code=answer.finish_reason or "model", message=warning)
    if answer.structured:
        emit("custom", name="structured_output", used=answer.structured, model=answer.model)


def warned_of(found: Retrieved, emit: Callable[..., None]) -> Retrieved:
    """Return what a search gave, with its warnings as events."""
    for warning in found.warnings:
        emit("custom", name="warning", code="rerank", message=warning)
    return found


def book_interrupted(running: RunState, request: ModelRequest, place: dict[str, Any]) -> None:
    """Book the request that a process died with, which is sent again now: what it used nobody counted."""
    said = running.recorder.interrupted(node=place["node"], path=place["path"])
    if said is None:
        return
    cut = Attempt(
        provider=request.provider,
        model=request.model,
        connection=request.connection,
        status="interrupted",
        usage=estimate_usage(request, said),
        error="The server stopped while it waited for this answer; the tokens are an estimate.",
        started_at=time.time(),
    )
    running.spend([cut.usage])
    running.recorder.book([cut], **place)
