"""Spoken answers: a message of a conversation taken as the answer to a question, and both as messages.

Nothing is guessed: a message is an answer if it names one of the choices, or fits what a form wants.
"""

import contextlib
import re
from collections.abc import Collection, Mapping
from typing import Any, cast

import msgspec

from graphs.conversation.inputs import actions, refusal
from graphs.conversation.messages import InputAnswer, InputRequest, Message
from graphs.conversation.named_ids import named_id
from graphs.parsing.text import as_text

__all__ = ["ASKED", "SAID", "UNCLEAR", "asked_again", "exchange", "input_id", "question_text", "read_answer"]

UNCLEAR = "unclear"
"""The action of an answer that was none: its value is ``{"text", "expires_at"}``, and the run asks again."""
SAID = "said"
"""In the metadata of an assistant's message that no model gave: of a say node, or a question left open."""
ASKED = "input_id"
"""In the metadata of a question and its answer: the id of the question."""

_LABELS = {"approve": "Approve", "reject": "Reject", "edit": "Approve with changes", "submit": "Submit"}
_STOPS = ".。．｡।"
_SPACES = re.compile(r"\s+")

Labels = Mapping[str, Collection[str]]
"""What an action is also called, by action."""


def input_id(execution_id: str, task_id: str, number: int, request_hash: str) -> str:
    """Return the id of a question: the same whenever the run comes to the same place."""
    return named_id(f"{execution_id}/{task_id}/{number}/{request_hash}")


def read_answer(request: InputRequest, text: str, labels: Labels | None = None) -> InputAnswer | None:
    """Return the answer that a message gives to a question; None where it gives none.

    Args:
        request: The question.
        text: The message.
        labels: What front ends call the actions.

    Raises:
        SchemaError: the question's own schema cannot be used.
    """
    known = actions(request)
    if known == ("submit",):
        for value in _values(request.schema, text):
            answer = InputAnswer("submit", value)
            if refusal(request, answer) is None:
                return answer
        return None
    if (answer := _written_out(text)) is not None:
        return answer if refusal(request, answer) is None else None
    said = _plain(text)
    for number, action in enumerate(known, 1):
        named = {action, _label(request, action), str(number), *(labels or {}).get(action, ())}
        if said in {_plain(name) for name in named}:
            return None if action == "edit" else InputAnswer(action)  # an edit is nothing without its value
    return None


def asked_again(request: InputRequest, unclear: InputAnswer) -> InputRequest:
    """Return the question as it is asked after an answer that was none: with the choices, for no longer."""
    known = actions(request)
    fields: list[str] = []
    if known == ("submit",):
        properties: Any = (request.schema or {}).get("properties")
        if isinstance(properties, dict):
            fields = [f"- {name}" for name in cast("dict[str, Any]", properties)]
            if len(fields) > 1:
                fields += ["", _skeleton(cast("dict[str, Any]", properties))]
    else:
        fields = [f"{number}. {_label(request, action)}" for number, action in enumerate(known, 1)]
    until = unclear.value.get("expires_at") if isinstance(unclear.value, dict) else None
    return msgspec.structs.replace(
        request,
        message="\n\n".join(part for part in (request.message, "\n".join(fields)) if part),
        timeout_seconds=None,
        expires_at=until,
    )


def _skeleton(properties: Mapping[str, Any]) -> str:
    """Return JSON that a form of several fields takes, with places to fill in."""
    shown: dict[str, Any] = {"number": 0, "integer": 0, "boolean": True, "array": [], "object": {}}
    return as_text(
        {
            name: shown.get(str(cast("dict[str, Any]", field).get("type")), "…")
            if isinstance(field, dict)
            else "…"
            for name, field in properties.items()
        }
    )


def question_text(request: InputRequest) -> str:
    """Return a question as a message says it: its words, and the text that is to be decided upon.

    Other values are shown beside it, by who shows them.
    """
    shown = request.value if request.kind != "input" and isinstance(request.value, str) else ""
    parts = [request.message, shown]
    text = "\n\n".join(part for part in parts if part.strip())
    return text or " / ".join(_label(request, action) for action in actions(request)) or "?"


def exchange(id: str, request: InputRequest, answer: InputAnswer | None) -> list[Message]:
    """Return a question and its answer as messages of the history; the question alone where time answered.

    Args:
        id: The question's id: the messages have ids that follow from it.
        request: The question.
        answer: Its answer; None while it is open.
    """
    answered = answer is not None and answer.action not in ("expired", "withdrawn")
    question = Message(
        role="assistant",
        content=question_text(request),
        id=named_id(f"{id}/question"),
        metadata={ASKED: id} if answered else {ASKED: id, SAID: True},
    )
    if answer is None or not answered:
        return [question]
    said = Message(
        role="user",
        content=_answer_text(request, answer),
        id=named_id(f"{id}/answer"),
        metadata={ASKED: id},
    )
    return [question, said]


def _answer_text(request: InputRequest, answer: InputAnswer) -> str:
    match answer.action:
        case action if action == UNCLEAR:
            said: Any = answer.value
            return str(said.get("text", "")) if isinstance(said, dict) else as_text(said)
        case "submit":
            only = list(answer.value.values()) if isinstance(answer.value, dict) else []
            text = as_text(only[0] if len(only) == 1 else answer.value)
        case "edit":
            text = as_text(answer.value)
        case action:
            text = _label(request, action)
    return "\n\n".join(part for part in (text, answer.comment) if part.strip()) or answer.action


def _label(request: InputRequest, action: str) -> str:
    return request.labels.get(action) or _LABELS.get(action, action)


def _plain(text: str) -> str:
    """Return a text without what makes no difference: case, spaces, and a full stop."""
    return _SPACES.sub("", text.strip().rstrip(_STOPS)).casefold()


def _written_out(text: str) -> InputAnswer | None:
    """Return an answer that is written as the API takes it: ``{"action": "edit", "value": …}``."""
    if not text.lstrip().startswith("{"):
        return None
    try:
        given: Any = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return None
    if not isinstance(given, dict) or not isinstance(cast("dict[str, Any]", given).get("action"), str):
        return None
    fields = cast("dict[str, Any]", given)
    return InputAnswer(fields["action"], fields.get("value"), str(fields.get("comment", "")))


def _values(schema: dict[str, Any] | None, text: str) -> list[Any]:
    """Return what a message may mean for a form, the likeliest first."""
    found: list[Any] = []
    with contextlib.suppress(msgspec.DecodeError):
        found.append(msgspec.json.decode(text))
    if schema is None:
        return [*[value for value in found if isinstance(value, dict | list)], text]
    properties: Any = schema.get("properties")
    if isinstance(properties, dict) and properties:
        fields = cast("dict[str, Any]", properties)
        if any(isinstance(value, dict) for value in found):
            return found  # written as JSON: not the words of a text field, also where it does not fit
        texts = [name for name, field in fields.items() if _is_text(field)]
        if len(texts) == 1:
            found += [{texts[0]: one} for one in _texts(fields[texts[0]], text)]
        elif len(fields) == 1:
            found += [{name: value} for name in fields for value in tuple(found)]
        return [value for value in found if isinstance(value, dict)]
    return [*_texts(schema, text), *found] if _is_text(schema) else [*found, text]


def _is_text(schema: Any) -> bool:
    if not isinstance(schema, dict):
        return False
    field = cast("dict[str, Any]", schema)
    return field.get("type") == "string" or (
        "type" not in field and all(isinstance(one, str) for one in field.get("enum", [None]))
    )


def _texts(schema: Any, text: str) -> list[str]:
    """Return what a message means for a text field: one of its choices where it names one, or its words."""
    if not text.strip():
        return []
    choices = [choice for choice in schema.get("enum", []) if isinstance(choice, str)]
    said = _plain(text)
    named = [choice for number, choice in enumerate(choices, 1) if said in (_plain(choice), str(number))]
    return [*named, text.strip(), text]
