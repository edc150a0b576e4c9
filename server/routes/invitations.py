"""Invitations: into which workspaces a user was asked, to accept or to decline."""

from litestar import Controller, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from persistence.identity.invitations import InvitationRow, Invitations
from server.description.operations import operation
from server.http.answers.sse_bytes import iso
from server.http.parameters import known_id
from server.http.problems import not_found
from server.identity.authentication import Caller
from server.routes.flow_lists import Deleted

__all__ = ["InvitationsController"]


class InvitationView(Struct, frozen=True, kw_only=True):
    """An invitation of the caller's address."""

    id: str
    workspace_id: str
    workspace_name: str
    role: str
    """What the caller would be there."""
    created_at: str


class InvitationList(Struct, frozen=True):
    """The caller's invitations."""

    invitations: list[InvitationView]
    total: int


class InvitationsController(Controller):
    """A workspace invites; who is invited becomes a member by accepting."""

    path = "/invitations"
    tags = ("Account",)

    @get("/", operation_id="listMyInvitations", opt=operation(needs="account"))
    async def list(
        self, invitations: NamedDependency[Invitations], caller: NamedDependency[Caller]
    ) -> InvitationList:
        """List the invitations of the caller's address, the oldest first."""
        found = await invitations.of_user(caller.user_id) if caller.user_id else []
        return InvitationList([_view(row) for row in found], len(found))

    @post(
        "/{invitation_id:str}/accept",
        operation_id="acceptInvitation",
        status_code=200,
        opt=operation(404, needs="account"),
    )
    async def accept(
        self,
        invitation_id: FromPath[str],
        invitations: NamedDependency[Invitations],
        caller: NamedDependency[Caller],
    ) -> InvitationView:
        """Become a member of the workspace that has invited the caller."""
        known = known_id("invitation", invitation_id)
        row = await invitations.accept(caller.user_id, known) if caller.user_id else None
        if row is None:
            raise not_found("invitation", invitation_id)
        return _view(row)

    @delete(
        "/{invitation_id:str}",
        operation_id="declineInvitation",
        status_code=200,
        opt=operation(404, needs="account"),
    )
    async def decline(
        self,
        invitation_id: FromPath[str],
        invitations: NamedDependency[Invitations],
        caller: NamedDependency[Caller],
    ) -> Deleted:
        """Decline an invitation; the workspace may invite again."""
        known = known_id("invitation", invitation_id)
        if not caller.user_id or not await invitations.decline(caller.user_id, known):
            raise not_found("invitation", invitation_id)
        return Deleted(invitation_id, True, "The invitation is declined.")


def _view(row: InvitationRow) -> InvitationView:
    return InvitationView(
        id=row.id,
        workspace_id=row.workspace,
        workspace_name=row.workspace_name,
        role=row.role,
        created_at=iso(row.created_at) or "",
    )
