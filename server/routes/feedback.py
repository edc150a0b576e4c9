"""Feedback: what users and visitors think of answers, kept by run, listed and counted."""

from typing import Annotated

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta, Struct

from persistence.library.conversations import Conversations, Rating
from persistence.runs.executions import Executions
from server.description.operations import operation
from server.http.answers.sse_bytes import iso
from server.http.cursors import After, TextKey, TimeKey, next_cursor, place_after
from server.http.parameters import Limit, Offset, known_id
from server.identity.authentication import Caller
from server.identity.ownership import visible_to
from server.routes.execution_views import get_execution

__all__ = ["FeedbackController", "FeedbackPage", "feedback_page"]


class FeedbackView(Struct, frozen=True, kw_only=True):
    """A rating of an answer."""

    execution_id: str
    rating: Rating
    comment: str
    created_at: str | None


class FeedbackPage(Struct, frozen=True, kw_only=True):
    """A page of ratings, newest first."""

    feedback: list[FeedbackView]
    total: int
    up: int
    down: int
    limit: int
    offset: int
    next_cursor: str | None = None
    """What the next request sends as `after`; null on the last page."""


class NewFeedback(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rating of an answer."""

    rating: Rating
    comment: Annotated[str, Meta(max_length=2000)] = ""


class FeedbackController(Controller):
    """Rate answers, and read the ratings."""

    path = ""
    tags = ("Executions",)

    @post(
        "/executions/{execution_id:str}/feedback",
        operation_id="rateExecution",
        status_code=200,
        opt=operation(400, 404, 413, 415, 422, needs="runs:start", sdk="executions.rate"),
    )
    async def rate(
        self,
        execution_id: FromPath[str],
        data: JSONBody[NewFeedback],
        executions: NamedDependency[Executions],
        conversations: NamedDependency[Conversations],
        caller: NamedDependency[Caller],
    ) -> FeedbackView:
        """Rate the answer of a run, with a comment. It replaces the rating that the run had."""
        row = await get_execution(executions, caller, execution_id)
        at = await conversations.rate(row.workspace, row.flow_id or "", row.id, data.rating, data.comment)
        return FeedbackView(execution_id=row.id, rating=data.rating, comment=data.comment, created_at=iso(at))

    @get(
        "/feedback",
        operation_id="listExecutionFeedback",
        opt=operation(404, 422, needs="runs:read", sdk="executions.feedback"),
    )
    async def list(
        self,
        conversations: NamedDependency[Conversations],
        caller: NamedDependency[Caller],
        flow_id: Annotated[str | None, QueryParameter(description="Only of runs of this flow.")] = None,
        limit: Limit = 50,
        offset: Offset = 0,
        after: After = None,
    ) -> FeedbackPage:
        """List ratings of runs, newest first, with the number of each rating."""
        return await feedback_page(
            conversations,
            caller.workspace,
            flow_id=None if flow_id is None else known_id("flow", flow_id),
            owner=visible_to(caller),
            limit=limit,
            offset=offset,
            after=after,
        )


async def feedback_page(
    conversations: Conversations,
    workspace: str,
    *,
    flow_id: str | None,
    owner: str | None = None,
    limit: int,
    offset: int,
    after: str | None,
) -> FeedbackPage:
    """Return a page of ratings: of a flow, and of what somebody may see."""
    place = place_after(after, "feedback", (TimeKey, TextKey), begins=offset == 0)
    opinions, counts = await conversations.opinions(
        workspace, flow_id, owner=owner, limit=limit, offset=offset, after=place
    )
    return FeedbackPage(
        feedback=[
            FeedbackView(
                execution_id=one.execution_id,
                rating=one.rating,
                comment=one.comment,
                created_at=iso(one.created_at),
            )
            for one in opinions
        ],
        next_cursor=next_cursor("feedback", opinions, limit, lambda one: (one.created_at, one.execution_id)),
        total=sum(counts.values()),
        up=counts.get("up", 0),
        down=counts.get("down", 0),
        limit=limit,
        offset=offset,
    )
