"""Embedded chat: what visitors do with runs of their own: stop, answer and rate them."""

from typing import Annotated, Any

from litestar import Request, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from graphs.conversation.inputs import refusal
from graphs.conversation.messages import InputAnswer
from graphs.parsing.text import clean
from persistence.library.conversations import Conversations, Rating
from persistence.runs.question_answers import Inputs, NotOpen
from server.description.operations import operation
from server.embed.visitor_access import Visit
from server.embed.visitors import Visitors
from server.http.parameters import idempotency_of
from server.http.problems import Fault, Problem, not_found
from server.identity.authentication import OPEN
from server.routes.embed_visits import IN_SESSION, VisitorController, needed_session, run_status
from server.runs.execution_service import ExecutionService

__all__ = ["EmbedRunsController"]

KEPT_IN_SESSION: dict[str, Any] = IN_SESSION | {"opt": {**OPEN, "audited": True}}


class OneRun(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A run of the visitor."""

    execution_id: str


class VisitorReply(OneRun, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An answer to a question of a run to the visitor."""

    input_id: str
    action: Annotated[str, Meta(max_length=255)]
    """One of the request's `actions`."""
    value: Any = None
    """The edited or submitted value. It must match the request's `schema`."""
    comment: Annotated[str, Meta(max_length=2000)] = ""


class VisitorOpinion(OneRun, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A visitor's rating of an answer."""

    rating: Rating
    comment: Annotated[str, Meta(max_length=2000)] = ""


class RunStatus(Struct, frozen=True):
    """How a run stands."""

    execution_id: str
    status: str
    """`running`, `waiting`, `completed` or `failed`."""


class EmbedRunsController(VisitorController):
    """Runs of the visitor's own, while they go on and afterwards."""

    @post(
        "/cancel",
        operation_id="embedCancel",
        status_code=200,
        opt=operation(400, 401, 403, 404, 413, 415, 422, sdk="embeds.visitor_cancel", **KEPT_IN_SESSION),
    )
    async def cancel(
        self,
        embed_token: FromPath[str],
        data: JSONBody[OneRun],
        visitors: NamedDependency[Visitors],
        execution_service: NamedDependency[ExecutionService],
        visit: NamedDependency[Visit],
    ) -> RunStatus:
        """Cancel a run of the visitor."""
        row = await visitors.own_run(visit, needed_session(visit), data.execution_id)
        ending = await execution_service.cancel(visit.embed.workspace, row.id)
        return RunStatus(row.id, run_status((ending or row).status))

    @post(
        "/respond",
        operation_id="embedRespond",
        status_code=200,
        opt=operation(
            400,
            401,
            403,
            404,
            409,
            413,
            415,
            422,
            starts_run=True,
            sdk="embeds.visitor_respond",
            **IN_SESSION,
        ),
    )
    async def respond(
        self,
        embed_token: FromPath[str],
        data: JSONBody[VisitorReply],
        request: Request[Any, Any, Any],
        visitors: NamedDependency[Visitors],
        inputs: NamedDependency[Inputs],
        execution_service: NamedDependency[ExecutionService],
        visit: NamedDependency[Visit],
    ) -> RunStatus:
        """Answer a question of a run to the visitor."""
        session = needed_session(visit)
        row = await visitors.own_run(visit, session, data.execution_id)
        question = next(
            (
                one
                for one in await inputs.of(row.id)
                if one.id == data.input_id and one.request.audience == "visitor"
            ),
            None,
        )
        if question is None:
            raise not_found("input", data.input_id)
        answer = InputAnswer(data.action, clean(data.value), clean(data.comment), by="visitor")
        if question.answer is None and (wrong := refusal(question.request, answer)) is not None:
            field, detail = wrong
            raise Problem(422, "invalid", detail, errors=[Fault(detail, pointer=f"/{field}")])
        idempotency = idempotency_of(request, f"embed.respond:{question.id}", data)
        try:
            answered = await execution_service.respond(question, answer, idempotency)
        except NotOpen:
            raise Problem(
                409, "already_answered", "This was answered before, or its time is up.", execution_id=row.id
            ) from None
        return RunStatus(row.id, run_status(answered.execution.status))

    @post(
        "/feedback",
        operation_id="embedFeedback",
        status_code=200,
        opt=operation(400, 401, 403, 404, 413, 415, 422, sdk="embeds.visitor_feedback", **IN_SESSION),
    )
    async def feedback(
        self,
        embed_token: FromPath[str],
        data: JSONBody[VisitorOpinion],
        visitors: NamedDependency[Visitors],
        conversations: NamedDependency[Conversations],
        visit: NamedDependency[Visit],
    ) -> VisitorOpinion:
        """Store a visitor's rating of an answer."""
        row = await visitors.own_run(visit, needed_session(visit), data.execution_id)
        await conversations.rate(
            visit.embed.workspace, visit.embed.flow_id, row.id, data.rating, data.comment
        )
        return data
