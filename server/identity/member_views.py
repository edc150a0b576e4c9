"""Members as the API shows them, with the users whom a workspace awaits among them."""

from msgspec import Struct

from persistence.identity.invitations import InvitationRow, Invitations
from persistence.identity.users import Member, Users
from persistence.identity.workspaces import Workspaces
from server.http.answers.sse_bytes import iso
from server.http.parameters import known_id
from server.http.problems import not_found

__all__ = ["MemberList", "MemberView", "awaited_view", "find_member", "members_of"]


class MemberView(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A user as a member of the workspace."""

    id: str
    email: str | None
    name: str
    role: str
    created_at: str
    disabled_at: str | None
    """Since when they are kept out."""
    invited: bool = False
    """True for an invitation, whose ID this is. Its user is not a member before accepting it."""


class MemberList(Struct, frozen=True):
    """The members of a workspace."""

    members: list[MemberView]
    total: int


def member_view(member: Member) -> MemberView:
    """Return a member as the API shows one."""
    user = member.user
    return MemberView(
        id=user.id,
        email=user.email,
        name=user.name,
        role=member.role,
        created_at=iso(user.created_at) or "",
        disabled_at=iso(user.disabled_at),
    )


async def members_of(workspace: str, users: Users, invitations: Invitations) -> MemberList:
    """Return the members of a workspace and its awaited users, in the order in which they were made."""
    found = [member_view(member) for member in await users.of_workspace(workspace)]
    if awaited := await invitations.awaited(workspace):
        found = sorted([*found, *map(awaited_view, awaited)], key=lambda one: one.created_at)
    return MemberList(found, len(found))


async def find_member(
    workspaces: Workspaces, invitations: Invitations, workspace: str, user_id: str
) -> MemberView:
    """Return a member of a workspace, or one of its awaited users.

    Raises:
        Problem: 404.
    """
    id = known_id("user", user_id)
    if (member := await workspaces.member(workspace, id)) is not None:
        return member_view(member)
    if awaited := await invitations.awaited(workspace, id):
        return awaited_view(awaited[0])
    raise not_found("user", user_id)


def awaited_view(row: InvitationRow) -> MemberView:
    """Return an awaited user as the API shows a member."""
    return MemberView(
        id=row.id,
        email=row.email,
        name=row.name or row.email,
        role=row.role,
        created_at=iso(row.created_at) or "",
        disabled_at=iso(row.disabled_at),
    )
