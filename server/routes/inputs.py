"""Inputs: what runs wait for, and the answers that let them go on."""

from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Struct

from persistence.runs.executions import Executions
from persistence.runs.question_answers import Answered, Inputs
from server.description.operations import operation
from server.http.cursors import After, TextKey, TimeKey, next_cursor, place_after
from server.http.parameters import Limit, Offset
from server.identity.authentication import Caller
from server.requests.input_answers import InputAnswers, InputResponse, InputView, input_view
from server.routes.execution_views import ExecutionView, execution_view
from server.runs.execution_service import ExecutionService

__all__ = ["InboxController", "InputsController"]


class InputList(Struct, frozen=True):
    """The questions of an execution, oldest first."""

    inputs: list[InputView]


class InputPage(Struct, frozen=True):
    """A page of the questions that wait for people."""

    inputs: list[InputView]
    total: int
    limit: int
    offset: int
    next_cursor: str | None = None
    """What the next request sends as `after`; null on the last page."""


class InputAnswered(Struct, frozen=True):
    """The question as it is answered, and the execution as it then stands."""

    input: InputView
    execution: ExecutionView


class InputsController(Controller):
    """What an execution waits for."""

    path = "/executions/{execution_id:str}"
    tags = ("Executions",)

    @get("/inputs", operation_id="listInputs", opt=operation(404, needs="runs:read"))
    async def list(
        self,
        execution_id: FromPath[str],
        executions: NamedDependency[Executions],
        inputs: NamedDependency[Inputs],
        caller: NamedDependency[Caller],
    ) -> InputList:
        """List the approval requests of a run."""
        _, questions = await InputAnswers(executions, inputs).questions(caller, execution_id)
        return InputList([input_view(question) for question in questions])

    @post(
        "/respond",
        operation_id="respondToInput",
        status_code=200,
        opt=operation(
            400, 404, 409, 413, 415, 422, needs="runs:start", starts_run=True, sdk="executions.respond"
        ),
    )
    async def respond(
        self,
        execution_id: FromPath[str],
        data: JSONBody[InputResponse],
        request: Request[Any, Any, Any],
        execution_service: NamedDependency[ExecutionService],
        executions: NamedDependency[Executions],
        inputs: NamedDependency[Inputs],
        caller: NamedDependency[Caller],
    ) -> Response[InputAnswered]:
        """Answer an approval request. The run resumes immediately.

        Of several answers exactly one is taken. The others get 409, with the answer that was. An answer that
        comes before the run has asked gets 409 `not_asked_yet`: send it again.
        """
        answering = InputAnswers(executions, inputs, execution_service)
        return _answered(await answering.respond(request, caller, execution_id, data))


class InboxController(Controller):
    """What waits for people, over all executions of the workspace."""

    path = "/inputs"
    tags = ("Executions",)

    @get("/", operation_id="listOpenInputs", opt=operation(422, needs="runs:read"))
    async def list(
        self,
        inputs: NamedDependency[Inputs],
        caller: NamedDependency[Caller],
        limit: Limit = 50,
        offset: Offset = 0,
        after: After = None,
    ) -> InputPage:
        """List open approval requests, oldest first."""
        place = place_after(after, "inputs", (TimeKey, TextKey), begins=offset == 0)
        rows, total = await inputs.open(caller.workspace, limit=limit, offset=offset, after=place)
        cursor = next_cursor("inputs", rows, limit, lambda row: (row.requested_at, row.id))
        return InputPage([input_view(row) for row in rows], total, limit, offset, cursor)


def _answered(answered: Answered) -> Response[InputAnswered]:
    headers = {"Idempotent-Replayed": "true"} if answered.replayed else None
    return Response(
        InputAnswered(input_view(answered.input), execution_view(answered.execution)), headers=headers
    )
