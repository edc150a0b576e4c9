"""Workspaces, and who is a member of which in what role."""

from typing import Annotated

from litestar import Controller, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from persistence.identity.invitations import InvitationRow, Invitations
from persistence.identity.users import Users
from persistence.identity.workspaces import LastOwner, WorkspaceRow, Workspaces
from server.description.operations import operation
from server.http.answers.sse_bytes import iso
from server.http.parameters import known_id
from server.http.problems import Fault, Problem, not_found
from server.identity.authentication import Caller, require_role
from server.identity.member_views import MemberList, MemberView, find_member, members_of
from server.identity.permissions import Role
from server.routes.flow_lists import Deleted

__all__ = ["WorkspacesController", "last_owner"]

Name = Annotated[str, Meta(min_length=1, max_length=255)]
Slug = Annotated[str, Meta(pattern=r"^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\Z")]


class NewWorkspace(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new workspace."""

    slug: Slug
    """Its name in URLs and tokens: lower-case letters, digits and dashes."""
    name: Name


class WorkspaceChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Changes of a workspace."""

    name: Name


class WorkspaceView(Struct, frozen=True, kw_only=True):
    """A workspace."""

    id: str
    slug: str
    name: str
    role: str | None
    """The caller's role in it; null for a key of nobody's."""
    created_at: str


class WorkspaceList(Struct, frozen=True):
    """The workspaces that the caller can be in."""

    workspaces: list[WorkspaceView]
    total: int


class NewMember(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new member."""

    email: Annotated[str, Meta(min_length=1, max_length=320)]
    role: Role


class RoleChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new role of a member."""

    role: Role


class WorkspacesController(Controller):
    """A workspace keeps what is in it from every other one.

    A user who is in several names one by the header `X-Workspace`; a key is of one alone.
    """

    path = "/workspaces"
    tags = ("Workspaces",)

    @get("/", operation_id="listWorkspaces", opt=operation(needs="account"))
    async def list(
        self, workspaces: NamedDependency[Workspaces], caller: NamedDependency[Caller]
    ) -> WorkspaceList:
        """List the workspaces that you can use."""
        known = await workspaces.of_user(caller.user_id) if caller.user_id else []
        if caller.key_id or not caller.user_id:
            row = await _row(workspaces, caller, caller.workspace)
            known = [(row, next((role for each, role in known if each.id == row.id), None))]
        return WorkspaceList([_view(row, role) for row, role in known], len(known))

    @post("/", operation_id="createWorkspace", opt=operation(400, 409, 413, 415, 422, needs="users:write"))
    async def create(
        self,
        data: JSONBody[NewWorkspace],
        workspaces: NamedDependency[Workspaces],
        caller: NamedDependency[Caller],
    ) -> WorkspaceView:
        """Create a workspace. You become its owner."""
        if not caller.user_id:
            detail = (
                "A workspace needs an owner, and this key is nobody's. Ask as a user, or with a user's key."
            )
            raise Problem(409, "not_available", detail)
        require_role(caller, "owner")
        row = await workspaces.create(data.slug, data.name, caller.user_id)
        if row is None:
            detail = f"There is a workspace '{data.slug}' already. Choose another slug."
            raise Problem(409, "name_taken", detail, errors=[Fault(detail, pointer="/slug")])
        return _view(row, "owner")

    @get("/{workspace_id:str}", operation_id="getWorkspace", opt=operation(404, needs="users:read"))
    async def read(
        self,
        workspace_id: FromPath[str],
        workspaces: NamedDependency[Workspaces],
        caller: NamedDependency[Caller],
    ) -> WorkspaceView:
        """Return your current workspace, by ID or slug."""
        row = await _row(workspaces, caller, workspace_id)
        member = await workspaces.member(row.id, caller.user_id) if caller.user_id else None
        return _view(row, None if member is None else member.role)

    @put(
        "/{workspace_id:str}",
        operation_id="updateWorkspace",
        opt=operation(400, 404, 413, 415, 422, needs="users:write"),
    )
    async def update(
        self,
        workspace_id: FromPath[str],
        data: JSONBody[WorkspaceChange],
        workspaces: NamedDependency[Workspaces],
        caller: NamedDependency[Caller],
    ) -> WorkspaceView:
        """Rename your current workspace."""
        row = await _row(workspaces, caller, workspace_id)
        await workspaces.rename(row.id, data.name)
        return await self.read.fn(self, workspace_id, workspaces, caller)

    @get("/{workspace_id:str}/members", operation_id="listMembers", opt=operation(404, needs="users:read"))
    async def members(
        self,
        workspace_id: FromPath[str],
        users: NamedDependency[Users],
        workspaces: NamedDependency[Workspaces],
        invitations: NamedDependency[Invitations],
        caller: NamedDependency[Caller],
    ) -> MemberList:
        """List the members of your current workspace."""
        row = await _row(workspaces, caller, workspace_id)
        return await members_of(row.id, users, invitations)

    @post(
        "/{workspace_id:str}/members",
        operation_id="addMember",
        opt=operation(400, 404, 409, 413, 415, 422, needs="users:write"),
    )
    async def add(
        self,
        workspace_id: FromPath[str],
        data: JSONBody[NewMember],
        users: NamedDependency[Users],
        workspaces: NamedDependency[Workspaces],
        invitations: NamedDependency[Invitations],
        caller: NamedDependency[Caller],
    ) -> MemberView:
        """Invite an email address to your current workspace.

        The user becomes a member by accepting (`POST /invitations/{id}/accept`). The answer is the same
        whether a user has the address or not.
        """
        row = await _row(workspaces, caller, workspace_id)
        require_role(caller, data.role)
        email = data.email.strip().casefold()
        if any(each.email == email for each in (await members_of(row.id, users, invitations)).members):
            raise Problem(409, "name_taken", f"{data.email} is a member already. Change the role instead.")
        return invited(await invitations.invite(row.id, email, data.role))

    @get(
        "/{workspace_id:str}/invitations",
        operation_id="listInvitations",
        opt=operation(404, needs="users:read"),
    )
    async def invitations(
        self,
        workspace_id: FromPath[str],
        workspaces: NamedDependency[Workspaces],
        invitations: NamedDependency[Invitations],
        caller: NamedDependency[Caller],
    ) -> MemberList:
        """List the open invitations of your current workspace."""
        row = await _row(workspaces, caller, workspace_id)
        found = await invitations.of_workspace(row.id)
        return MemberList([invited(one) for one in found], len(found))

    @delete(
        "/{workspace_id:str}/invitations/{invitation_id:str}",
        operation_id="withdrawInvitation",
        status_code=200,
        opt=operation(404, needs="users:write"),
    )
    async def withdraw(
        self,
        workspace_id: FromPath[str],
        invitation_id: FromPath[str],
        workspaces: NamedDependency[Workspaces],
        invitations: NamedDependency[Invitations],
        caller: NamedDependency[Caller],
    ) -> Deleted:
        """Withdraw an invitation."""
        row = await _row(workspaces, caller, workspace_id)
        if not await invitations.withdraw(row.id, known_id("invitation", invitation_id)):
            raise not_found("invitation", invitation_id)
        return Deleted(invitation_id, True, "The invitation is withdrawn.")

    @put(
        "/{workspace_id:str}/members/{user_id:str}",
        operation_id="updateMember",
        opt=operation(400, 404, 409, 413, 415, 422, needs="users:write"),
    )
    async def change(
        self,
        workspace_id: FromPath[str],
        user_id: FromPath[str],
        data: JSONBody[RoleChange],
        workspaces: NamedDependency[Workspaces],
        invitations: NamedDependency[Invitations],
        caller: NamedDependency[Caller],
    ) -> MemberView:
        """Change the role of a member. Streams that are no longer allowed end within five seconds."""
        row = await _row(workspaces, caller, workspace_id)
        while True:
            member = await find_member(workspaces, invitations, row.id, user_id)
            require_role(caller, member.role)
            require_role(caller, data.role)
            try:
                done = await invitations.change(row.id, member.id, was=member.role, role=data.role)
                done = await workspaces.set_role(row.id, member.id, data.role, was=member.role) or done
            except LastOwner as error:
                raise last_owner() from error
            if done:
                return await find_member(workspaces, invitations, row.id, member.id)

    @delete(
        "/{workspace_id:str}/members/{user_id:str}",
        operation_id="removeMember",
        status_code=200,
        opt=operation(404, 409, needs="users:write"),
    )
    async def remove(
        self,
        workspace_id: FromPath[str],
        user_id: FromPath[str],
        workspaces: NamedDependency[Workspaces],
        invitations: NamedDependency[Invitations],
        caller: NamedDependency[Caller],
    ) -> Deleted:
        """Remove a member. The member's keys of this workspace stop working."""
        row = await _row(workspaces, caller, workspace_id)
        while True:
            member = await find_member(workspaces, invitations, row.id, user_id)
            require_role(caller, member.role)
            try:
                done = await invitations.withdraw(row.id, member.id, awaited=True)
                done = await workspaces.remove(row.id, member.id, was=member.role) or done
            except LastOwner as error:
                raise last_owner() from error
            if done:
                return Deleted(member.id, True, f"{member.name} is a member no more.")


def last_owner() -> Problem:
    """Return the 409 for what would leave a workspace without an owner."""
    return Problem(
        409, "last_owner", "The workspace would have no owner. Make another member its owner first."
    )


def invited(row: InvitationRow) -> MemberView:
    """Return an invitation as the API shows it among members."""
    return MemberView(
        id=row.id,
        email=row.email,
        name=row.email,
        role=row.role,
        created_at=iso(row.created_at) or "",
        disabled_at=None,
        invited=True,
    )


async def _row(workspaces: Workspaces, caller: Caller, workspace_id: str) -> WorkspaceRow:
    """Return the caller's workspace, which the address names by id or slug."""
    row = await workspaces.find(caller.workspace)
    if row is None or workspace_id not in (row.id, row.slug):
        raise not_found("workspace", workspace_id)
    return row


def _view(row: WorkspaceRow, role: str | None) -> WorkspaceView:
    return WorkspaceView(
        id=row.id, slug=row.slug, name=row.name, role=role, created_at=iso(row.created_at) or ""
    )
