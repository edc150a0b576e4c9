"""Stream tickets: what browsers put into the address of a stream, where a key would end up in logs."""

import time
from typing import Annotated

from litestar import Controller, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta, Struct

from persistence.library.flows import Flows
from persistence.runs.executions import Executions
from server.description.operations import operation
from server.http.answers.sse_bytes import iso
from server.http.parameters import known_id
from server.http.problems import Fault, Problem, not_found
from server.identity.authentication import Caller
from server.identity.callers import Callers
from server.identity.login_tokens import Ticket
from server.identity.ownership import visible_to

__all__ = ["TicketsController"]

SECONDS = 60.0
"""How long a ticket opens streams; one that is open goes on."""

Id = Annotated[str, Meta(max_length=64)]


class NewTicket(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Limits of a ticket. Without both, it opens every stream that the client can see."""

    execution_id: Id | None = None
    """Only streams of this run."""
    flow_id: Id | None = None
    """Only chats and WebSockets of this flow."""


class TicketView(Struct, frozen=True):
    """A ticket."""

    ticket: str
    """Goes into the address of a GET stream or a WebSocket as `?token=`."""
    expires_at: str
    """Until when a stream can be opened with it, as often as need be."""


class TicketsController(Controller):
    """For an EventSource or a WebSocket of a browser, which cannot send headers."""

    path = "/tickets"
    tags = ("Account",)

    @post(
        "/",
        operation_id="createTicket",
        opt=operation(400, 404, 413, 415, 422, needs="account", secret=True, bound=True),
    )
    async def create(
        self,
        data: JSONBody[NewTicket],
        executions: NamedDependency[Executions],
        flows: NamedDependency[Flows],
        callers: NamedDependency[Callers],
        caller: NamedDependency[Caller],
    ) -> TicketView:
        """Create a ticket for streams. It is valid for one minute.

        It can no more than its caller, and a stream that it opened ends with the caller's right to it.
        """
        if data.execution_id is not None and data.flow_id is not None:
            detail = "A ticket is for an execution or for a flow. Leave one of them out."
            raise Problem(422, "invalid", detail, errors=[Fault(detail, pointer="/flow_id")])
        target = ""
        if data.execution_id is not None:
            target = known_id("execution", data.execution_id)
            if await executions.get(caller.workspace, target, owner=visible_to(caller)) is None:
                raise not_found("execution", data.execution_id)
        if data.flow_id is not None:
            target = known_id("flow", data.flow_id)
            if await flows.get(caller.workspace, target, None) is None:
                raise not_found("flow", data.flow_id)
        expires = time.time() + SECONDS
        ticket = Ticket(
            exp=expires,
            workspace=caller.workspace,
            key_id=caller.key_id,
            user_id=caller.user_id,
            login_id=caller.login_id,
            until=caller.expires_at,
            target=target,
        )
        return TicketView(callers.tokens.ticket(ticket), iso(expires) or "")
