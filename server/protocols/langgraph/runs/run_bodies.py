"""Run bodies: what a client asks a run of, and the answers that it gives to questions."""

from collections.abc import Mapping
from typing import Any, cast

from msgspec import Struct

from graphs.conversation.inputs import actions
from graphs.conversation.spoken_answers import read_answer
from persistence.journal.question_rows import InputRow
from persistence.runs.executions import OnBusy
from server.http.problems import Fault, Problem
from server.requests.input_answers import InputResponse

__all__ = ["STREAM_MODES", "RunBody", "modes_of", "on_busy_of", "resumed"]

STREAM_MODES = frozenset(
    {"values", "updates", "messages", "messages-tuple", "custom", "tasks", "checkpoints", "debug", "events"}
)
ON_BUSY: Mapping[str, OnBusy] = {
    "enqueue": "wait",
    "reject": "refuse",
    "interrupt": "interrupt",
    "rollback": "rollback",
}
INBOX = {"accept": "approve", "approve": "approve", "ignore": "reject", "reject": "reject", "edit": "edit"}
"""What the usual front ends for interrupts call the actions."""


class RunBody(Struct, frozen=True, kw_only=True):
    """What a run is asked with. What else a client sends is ignored."""

    assistant_id: str = ""
    input: Any = None
    command: dict[str, Any] | None = None
    checkpoint: dict[str, Any] | None = None
    checkpoint_id: str | None = None
    metadata: dict[str, Any] | None = None
    config: dict[str, Any] | None = None
    context: Any = None
    stream_mode: str | list[str] | None = None
    on_disconnect: str | None = None
    multitask_strategy: str | None = None
    if_not_exists: str | None = None
    webhook: str | None = None
    after_seconds: float | None = None

    @property
    def place(self) -> str | None:
        """The checkpoint to go on from; None for the latest."""
        configurable: Any = (self.config or {}).get("configurable")
        config = cast("dict[str, Any]", configurable) if isinstance(configurable, dict) else {}
        named = self.checkpoint_id or (self.checkpoint or {}).get("checkpoint_id")
        named = named or config.get("checkpoint_id")
        return None if not named else str(named)


def modes_of(given: str | list[str] | None, default: str = "values") -> tuple[str, ...]:
    """Return stream modes, without what a client puts behind a ``|``.

    Raises:
        Problem: 422 for one that there is not.
    """
    named = [given] if isinstance(given, str) else given or [default]
    modes = tuple(dict.fromkeys(one.partition("|")[0] for one in named))
    for mode in modes:
        if mode not in STREAM_MODES:
            known = ", ".join(sorted(STREAM_MODES))
            detail = f"Expected a stream mode of {known}, found '{mode[:40]}'."
            raise Problem(422, "invalid", detail, errors=[Fault(detail, pointer="/stream_mode")])
    return modes


def on_busy_of(body: RunBody) -> OnBusy:
    """Return what becomes of a run where the thread has another.

    Raises:
        Problem: 422 for a strategy that there is not, and for what this server does not do.
    """
    if body.webhook or (body.after_seconds or 0) > 0:
        name = "webhook" if body.webhook else "after_seconds"
        detail = f"This server takes no '{name}'. Leave it out."
        raise Problem(422, "not_supported", detail, errors=[Fault(detail, pointer=f"/{name}")])
    strategy = body.multitask_strategy or "enqueue"
    if strategy not in ON_BUSY:
        detail = f"Expected multitask_strategy {', '.join(ON_BUSY)}, found '{strategy[:40]}'."
        raise Problem(422, "invalid", detail, errors=[Fault(detail, pointer="/multitask_strategy")])
    return ON_BUSY[strategy]


def resumed(resume: Any, questions: list[InputRow]) -> list[InputResponse]:
    """Return the answers that a resume value gives to open questions.

    Args:
        resume: One value, or values by the ids of the interrupts.
        questions: What is open, the oldest first.

    Raises:
        Problem: 409 where nothing is open, 422 for a value that answers nothing.
    """
    if not questions:
        raise Problem(409, "not_waiting", "The thread is not interrupted, so there is nothing to resume.")
    known = {one.id: one for one in questions}
    if isinstance(resume, dict) and resume and {*cast("dict[str, Any]", resume)} <= {*known}:
        given = cast("dict[str, Any]", resume)
        return [_answer(known[id], value) for id, value in given.items()]
    if len(questions) > 1:
        ids = ", ".join(known)
        detail = f"The thread has {len(questions)} interrupts: {ids}. Give the values by these ids."
        raise Problem(422, "invalid", detail, errors=[Fault(detail, pointer="/command/resume")])
    return [_answer(questions[0], resume)]


def _answer(question: InputRow, value: Any) -> InputResponse:
    if question.request.interrupt:
        return InputResponse(action="submit", input_id=question.id, value=value)
    allowed = [*actions(question.request)]
    match value:
        case {"decisions": [dict() as first, *_]}:
            value = first
        case [dict() as first]:
            value = first
        case _:
            pass
    if isinstance(value, bool) and {"approve", "reject"} <= {*allowed}:
        return InputResponse(action="approve" if value else "reject", input_id=question.id)
    if isinstance(value, str) and value in allowed:
        return InputResponse(action=value, input_id=question.id)
    if isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        if isinstance(action := fields.get("action"), str):
            return InputResponse(
                action=action,
                input_id=question.id,
                value=fields.get("value"),
                comment=str(fields.get("comment") or ""),
            )
        named = INBOX.get(str(fields.get("type", "")))
        if named in allowed:
            said = fields.get("args", fields.get("edited_action", fields.get("value")))
            comment = said if isinstance(said, str) else str(fields.get("message") or "")
            edited = said if named == "edit" else None
            return InputResponse(action=named, input_id=question.id, value=edited, comment=comment)
        if fields.get("type") == "response" and "args" in fields:
            value = fields["args"]
    if "submit" in allowed:
        return InputResponse(action="submit", input_id=question.id, value=value)
    if isinstance(value, str) and (spoken := read_answer(question.request, value)) is not None:
        return InputResponse(
            action=spoken.action, input_id=question.id, value=spoken.value, comment=spoken.comment
        )
    if "edit" in allowed and value is not None:
        return InputResponse(action="edit", input_id=question.id, value=value)
    detail = f"Expected {' or '.join(allowed)}, or an object with 'action', found {str(value)[:40]!r}."
    raise Problem(422, "invalid", detail, errors=[Fault(detail, pointer="/command/resume")])
