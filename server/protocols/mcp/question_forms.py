"""Question forms of MCP: questions of a run as forms that a client shows its user, and the answers back.

From 2026-07-28 on a call may end with ``input_required``. The client shows each form and sends the call
again, with what its user answered and with the state that it got. A form has flat fields of plain types.
"""

import contextlib
import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from persistence.journal.question_rows import InputRow
from server.protocols.mcp.messages import BAD_PARAMS, RpcError
from server.requests.input_answers import InputResponse, input_view
from server.views.open_inputs import OpenInput

__all__ = ["AskedCall", "asked_call", "form_answer", "form_result"]

STATE = re.compile(r"([0-9a-f-]{36})\.(\d{1,12})\.(\d{1,12})", re.ASCII)
VALUES = frozenset({"edit", "submit"})
"""Actions that come with a value."""
PLAIN = frozenset({"string", "number", "integer", "boolean"})
KEPT = frozenset({"type", "title", "description", "default", "enum", "minimum", "maximum"})
LENGTHS = frozenset({"minLength", "maxLength"})
FORMATS = frozenset({"email", "uri", "date", "date-time"})


class AskedCall(Struct, frozen=True):
    """A call that is sent again, with what the client's user answered."""

    execution_id: str
    after: int
    """The last event before the part of the run that ended with the questions."""
    asked: int
    """The event that it ended with."""
    answers: dict[str, dict[str, Any]]
    """By question: ``action`` is ``accept``, ``decline`` or ``cancel``, ``content`` has the form's fields."""

    @property
    def declined(self) -> bool:
        """Whether the user left a form without an answer."""
        return any(answer.get("action") != "accept" for answer in self.answers.values())


def asked_call(params: Mapping[str, Any]) -> AskedCall | None:
    """Return what a call answers; None for a call that is new.

    Raises:
        RpcError: its state is none of this server's, or an answer is not as the protocol says.
    """
    state, given = params.get("requestState"), params.get("inputResponses")
    if state is None and given is None:
        return None
    found = STATE.fullmatch(state) if isinstance(state, str) else None
    if found is None:
        raise RpcError(BAD_PARAMS, "Expected 'requestState' as it came with 'input_required'.")
    answers: Any = {} if given is None else given
    if not isinstance(answers, dict) or not all(isinstance(one, dict) for one in answers.values()):  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]: JSON
        raise RpcError(BAD_PARAMS, "Expected 'inputResponses' to be an object with an answer for each form.")
    return AskedCall(found[1], int(found[2]), int(found[3]), answers)


def form_result(
    execution_id: str, after: int, asked: int, questions: Sequence[OpenInput]
) -> dict[str, Any] | None:
    """Return the result that asks a client's user; None where no question takes an answer."""
    forms = {one.input_id: _form(one) for one in questions if one.actions}
    if not forms:
        return None
    return {
        "resultType": "input_required",
        "inputRequests": {
            id: {"method": "elicitation/create", "params": {"mode": "form", **form}}
            for id, form in forms.items()
        },
        "requestState": f"{execution_id}.{after}.{asked}",
        "_meta": {"agenticrag/execution_id": execution_id},
    }


def form_answer(row: InputRow, answer: Mapping[str, Any]) -> InputResponse:
    """Return what the user's form answers to a question.

    Raises:
        RpcError: the form has no fields.
    """
    content: Any = answer.get("content") or {}
    if not isinstance(content, dict):
        raise RpcError(BAD_PARAMS, f"Expected 'content' of the answer to '{row.id}' to be an object.")
    given: dict[str, Any] = content
    view = input_view(row)
    if _fields(view.actions, view.schema) is not None:
        return InputResponse(action=view.actions[0], input_id=row.id, value=given)
    action = str(given.get("action", view.actions[0] if len(view.actions) == 1 else ""))
    value = given.get("value") if action in VALUES else None
    written = _plain(view.schema) is None and (view.schema is not None or not _is_text(view.value))
    if isinstance(value, str) and written:
        with contextlib.suppress(msgspec.DecodeError):  # it is checked as the text that it is
            value = msgspec.json.decode(value)
    return InputResponse(action=action, input_id=row.id, value=value, comment=str(given.get("comment") or ""))


def _form(question: OpenInput) -> dict[str, Any]:
    """Return a question's message and the schema of its form."""
    shown = question.value
    text = "" if shown is None else shown if isinstance(shown, str) else msgspec.json.encode(shown).decode()
    message = "\n\n".join(part for part in (question.message, text) if part.strip())
    message = message or " / ".join(_label(question, action) for action in question.actions)
    if (fields := _fields(question.actions, question.schema)) is not None:
        return {"message": message, "requestedSchema": fields}
    properties: dict[str, Any] = {}
    required: list[str] = []
    if len(question.actions) > 1:
        choices = [{"const": action, "title": _label(question, action)} for action in question.actions]
        properties["action"] = {"type": "string", "title": "Decision", "oneOf": choices}
        required.append("action")
    if valued := [action for action in question.actions if action in VALUES]:
        properties["value"] = _value(question)
        if valued == question.actions:
            required.append("value")
    if question.kind == "approval":
        properties["comment"] = {"type": "string", "title": "Comment"}
    schema = {"type": "object", "properties": properties, "required": required}
    return {"message": message, "requestedSchema": schema}


def _label(question: OpenInput, action: str) -> str:
    return question.labels.get(action) or action


def _value(question: OpenInput) -> dict[str, Any]:
    """Return the field of the value that an edit or a submit brings."""
    field = _plain(question.schema)
    if field is not None:
        return field
    if question.schema is None and _is_text(question.value):
        return {"type": "string", "title": "Text"}
    described = "" if question.schema is None else f" by this schema: {_json(question.schema)}"
    return {"type": "string", "title": "Value", "description": f"A value in JSON{described}."}


def _fields(actions: Sequence[str], schema: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return the fields of a question that is a form itself; None for another."""
    if schema is None or [*actions] != ["submit"] or schema.get("type") != "object":
        return None
    given: Any = schema.get("properties")
    if not isinstance(given, dict) or not given:
        return None
    fields = {str(name): _plain(field) for name, field in given.items()}  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]: JSON
    if any(field is None for field in fields.values()):
        return None
    return {"type": "object", "properties": fields, "required": schema.get("required") or []}


def _plain(schema: Any) -> dict[str, Any] | None:
    """Return a schema as a form's field may have it; None for one that is more than that."""
    if not isinstance(schema, dict):
        return None
    given: dict[str, Any] = schema
    kind, choices = given.get("type"), given.get("enum")
    if kind not in PLAIN:
        return None
    if choices is not None and not (kind == "string" and all(isinstance(one, str) for one in choices)):
        return None
    field = {name: value for name, value in given.items() if name in KEPT}
    if kind == "string":
        field |= {name: value for name, value in given.items() if name in LENGTHS}
        if given.get("format") in FORMATS:
            field["format"] = given["format"]
    return field


def _is_text(value: Any) -> bool:
    return value is None or isinstance(value, str)


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
