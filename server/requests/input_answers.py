"""Input answers: what answers a run's questions, checked and given to the run."""

import contextlib
from typing import Any

import msgspec
from litestar import Request
from msgspec import Struct

from graphs.conversation.inputs import actions, refusal
from graphs.conversation.messages import InputAnswer, InputKind
from graphs.parsing.text import clean
from persistence.journal.question_rows import InputRow
from persistence.runs.executions import ExecutionRow, Executions
from persistence.runs.question_answers import Answered, Inputs, NotOpen
from server.http.answers.sse_bytes import iso
from server.http.parameters import idempotency_of, known_id
from server.http.problems import Fault, Problem, not_found
from server.identity.callers import Caller
from server.runs.execution_service import ExecutionService

__all__ = ["InputAnswers", "InputResponse", "InputView", "input_view"]


class InputAnswerView(Struct, frozen=True, kw_only=True):
    """How a question was answered."""

    action: str
    """`approve`, `reject`, `edit`, `submit` or a choice; `expired` where time did it, `withdrawn` where the
    run ended first."""
    value: Any
    comment: str
    by: str
    """Name of the API key that answered; empty where none did."""


class InputView(Struct, frozen=True, kw_only=True):
    """A question of a run."""

    id: str
    execution_id: str
    node_id: str
    path: str
    """The frames around the node, joined by `/`; empty at the top level."""
    kind: InputKind
    status: str
    """`open`, `answered`, `expired` or `withdrawn`."""
    message: str
    actions: list[str]
    """What may be answered; empty where only time can pass."""
    schema: dict[str, Any] | None
    """JSON Schema of the value of an `edit` or `submit`; null for any."""
    value: Any
    """What is to be decided upon."""
    requested_at: str | None
    expires_at: str | None
    """Null: never."""
    answered_at: str | None
    answer: InputAnswerView | None


class InputResponse(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An answer to an approval request."""

    action: str
    """One of the request's `actions`."""
    input_id: str | None = None
    """The approval request. Optional if the run has only one open."""
    value: Any = None
    """The edited or submitted value. It must match the request's `schema`."""
    comment: str = ""


class InputAnswers:
    """Reads the questions of runs and answers them."""

    def __init__(
        self, executions: Executions, inputs: Inputs, service: ExecutionService | None = None
    ) -> None:
        self._executions = executions
        self._inputs = inputs
        self._service = service

    async def questions(self, caller: Caller, execution_id: str) -> tuple[ExecutionRow, list[InputRow]]:
        """Return one of the workspace's executions as it stood before its questions, and these.

        Raises:
            Problem: 404 if it has no such execution.
        """
        row = await self._executions.get(caller.workspace, known_id("execution", execution_id))
        if row is None:
            raise not_found("execution", execution_id)
        return row, await self._inputs.of(row.id)

    async def respond(
        self, request: Request[Any, Any, Any], caller: Caller, execution_id: str, data: InputResponse
    ) -> Answered:
        """Answer a question; the run goes on at once.

        Raises:
            Problem: 404 where there is none, 409 where it takes no answer (any more), 422 for one that does
                not fit.
        """
        assert self._service is not None, "answers are taken where runs are"
        row, questions = await self.questions(caller, execution_id)
        answer = InputAnswer(data.action, clean(data.value), clean(data.comment), by=caller.name)
        respond = self._service.respond
        if data.input_id is None:
            # A repeated request means the question that it has answered, not the one that is open by now.
            for before in reversed([row for row in questions if row.answer is not None]):
                if (repeated := idempotency_of(request, f"respond:{before.id}", data)) is not None:
                    with contextlib.suppress(NotOpen):
                        return await respond(before, answer, repeated)
        question = _chosen(row, questions, data.input_id)
        if question.answer is None and (wrong := refusal(question.request, answer)) is not None:
            field, detail = wrong
            raise Problem(422, "invalid", detail, errors=[Fault(detail, pointer=f"/{field}")])
        idempotency = idempotency_of(request, f"respond:{question.id}", data)
        try:
            return await respond(question, answer, idempotency)
        except NotOpen as late:
            raise _too_late(late.row) from None


def input_view(row: InputRow) -> InputView:
    """Return a question as the API gives it."""
    request, answer = row.request, row.answer
    status = "open"
    if answer is not None:
        status = answer.action if answer.action in ("expired", "withdrawn") else "answered"
    return InputView(
        id=row.id,
        execution_id=row.execution_id,
        node_id=row.node,
        path=row.path,
        kind=request.kind,
        status=status,
        message=request.message,
        actions=[*actions(request)],
        schema=request.schema,
        value=request.value,
        requested_at=iso(row.requested_at),
        expires_at=iso(row.expires_at),
        answered_at=iso(row.answered_at),
        answer=None
        if answer is None
        else InputAnswerView(action=answer.action, value=answer.value, comment=answer.comment, by=answer.by),
    )


def _chosen(run: ExecutionRow, questions: list[InputRow], input_id: str | None) -> InputRow:
    """Return the question that is answered.

    Raises:
        Problem: 404 for one that is not the execution's, 409 where none is open or none has been asked yet,
            422 where it is not said which.
    """
    if input_id is not None:
        for question in questions:
            if question.id == input_id:
                return question
        raise not_found("input", input_id)
    asked = [row for row in questions if row.request.kind != "timer"]
    waiting = [row for row in asked if row.answer is None]
    if not waiting:
        raise _nothing_open(run, asked)
    if len(waiting) > 1:
        ids = ", ".join(row.id for row in waiting[:20])
        detail = f"{len(waiting)} inputs are open: {ids}. Say in input_id which one this answers."
        raise Problem(422, "invalid", detail, errors=[Fault(detail, pointer="/input_id")])
    return waiting[0]


def _nothing_open(run: ExecutionRow, asked: list[InputRow]) -> Problem:
    """Return the 409 for an answer to a run that has no open question.

    One that has not asked yet may be about to. After an answer that was taken nobody should send the same
    again unseen: it would answer the next question.
    """
    if run.completed_at is not None:
        detail = f"Execution '{run.id}' has ended. Its inputs tell how each was answered."
        return Problem(409, "not_waiting", detail, execution_id=run.id)
    if asked:
        detail = (
            f"Every input of execution '{run.id}' is answered, and it goes on. If it asks again, "
            "name that input in input_id."
        )
        return Problem(409, "not_waiting", detail, execution_id=run.id)
    detail = f"Execution '{run.id}' has not asked anything yet. Send the answer again when it waits."
    return Problem(409, "not_asked_yet", detail, headers={"Retry-After": "1"}, execution_id=run.id)


def _too_late(row: InputRow) -> Problem:
    """Return the 409 for an answer that came second."""
    view = input_view(row)
    if view.status == "open":
        detail = "The input is no longer open: its time is up, or its run has ended."
    elif view.answer is not None and view.status == "answered":
        by = f" by '{view.answer.by}'" if view.answer.by else ""
        detail = f"The input was answered before: '{view.answer.action}'{by} at {view.answered_at}."
    else:
        detail = f"The input is no longer open: it was {view.status} at {view.answered_at}."
    taken: Any = None if view.answer is None else msgspec.to_builtins(view.answer)
    return Problem(409, "already_answered", detail, execution_id=row.execution_id, answer=taken)
