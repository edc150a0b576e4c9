"""The answer of a turn: what a chat's run gives, as one message of the session."""

from collections.abc import Collection, Mapping
from typing import Any

import msgspec

from graphs.conversation.files import FileRef, parted, with_parts
from graphs.conversation.messages import Message, ToolCall
from graphs.node_execution.node_attempts import stamped
from graphs.parsing.text import as_text
from graphs.run_state.flow_state import adding
from graphs.run_state.message_tree import active_line
from graphs.run_state.run_state import RunState

__all__ = ["ANSWER", "answer_message", "client_calls", "response_of", "said_by_model"]

ANSWER = "answer"
"""The step of a chat's graph that comes after all ends, and what the ids of its message come from."""


def response_of(
    outputs: Mapping[str, Any], answers: Mapping[str, Any], ends: Collection[str]
) -> tuple[str, list[FileRef]]:
    """Return the text that a run answers with, what its ends gave, and the files that it carries."""
    given = [
        parted(answers[id]["content"]) if id in answers else (as_text(outputs[id]), [])
        for id in ends
        if id in outputs
    ]
    files = {file.id: file for _, carried in given for file in carried}
    return "\n\n".join(text for text, _ in given), [*files.values()]


def client_calls(answers: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the calls that models want the client to make, `ToolCall` as plain JSON."""
    return [call for answer in answers.values() for call in answer.get("tool_calls", ())]


def said_by_model(answers: Mapping[str, Any], text: str) -> Mapping[str, Any] | None:
    """Return the message of the model that said a text; None where none said exactly that."""
    found = [answer for answer in answers.values() if as_text(answer.get("content", "")) == text]
    return found[-1] if found else None


def answer_message(
    running: RunState, state: Mapping[str, Any], ends: Collection[str]
) -> dict[str, Any] | None:
    """Return what the answer of a turn writes to the state; None where it has none.

    It is the model's own message where that is all, with what is known of it.
    """
    answers = state.get("answers", {})
    text, files = response_of(state.get("outputs", {}), answers, ends)
    calls = client_calls(answers) if running.run.call_settings is not None else []
    if not text.strip() and not calls:
        return None
    said = said_by_model(answers, text)
    message = Message(role="assistant", content=text)
    if said is not None:
        message = msgspec.structs.replace(msgspec.convert(said, Message), tool_calls=[], id="")
    if calls:
        message = msgspec.structs.replace(message, tool_calls=msgspec.convert(calls, list[ToolCall]))
    message = msgspec.structs.replace(message, content=with_parts(text, files))
    execution_id = running.run.execution_id
    [cited] = running.sources.onto([message], active_line(state.get("messages", [])), execution_id)
    return {"messages": adding([stamped(cited, execution_id, ANSWER, 0)])}
