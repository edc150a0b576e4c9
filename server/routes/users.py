"""Users: people of the workspace, made, renamed and kept out by its owners."""

import time
from typing import Annotated

from litestar import Controller, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import UNSET, Meta, Struct, UnsetType

from persistence.identity.invitations import Invitations
from persistence.identity.logins import Logins
from persistence.identity.users import Users
from persistence.identity.workspaces import LastOwner, Workspaces
from server.description.operations import operation
from server.http.problems import Fault, Problem
from server.identity.authentication import Caller, require_role
from server.identity.member_views import MemberList, MemberView, awaited_view, find_member, members_of
from server.identity.passwords import LONGEST, SHORTEST, Passwords
from server.identity.permissions import Role
from server.limits.rate_limits import Ask, Limits
from server.routes.members import last_owner
from server.settings.sources import Settings

__all__ = ["EMAIL", "Password", "UsersController"]

HOUR = 3600.0
EMAIL = r"^[^@\s]{1,64}@[^@\s]{1,255}\Z"
Name = Annotated[str, Meta(min_length=1, max_length=255)]
Password = Annotated[str, Meta(min_length=SHORTEST, max_length=LONGEST)]


class NewUser(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new user of the workspace."""

    email: Annotated[str, Meta(pattern=EMAIL, max_length=320)]
    name: Annotated[str, Meta(max_length=255)] = ""
    role: Role
    password: Password | None = None
    """12 to 1,024 characters. Null: no login with a password."""

    def __repr__(self) -> str:
        """Leave the password out."""
        return f"NewUser({self.email!r})"


class UserChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Changes of a user. Missing fields stay unchanged."""

    name: Name | UnsetType = UNSET
    disabled: bool | UnsetType = UNSET
    """True: the logins of the user end and the keys stop working."""
    password: Password | UnsetType = UNSET
    """A new password. All logins of the user end."""

    def __repr__(self) -> str:
        """Leave the password out."""
        return "UserChange()"


class UsersController(Controller):
    """The users of the caller's workspace."""

    path = "/users"
    tags = ("Users",)

    @post("/", operation_id="createUser", opt=operation(400, 409, 413, 415, 422, needs="users:write"))
    async def create(
        self,
        data: JSONBody[NewUser],
        passwords: NamedDependency[Passwords],
        users: NamedDependency[Users],
        workspaces: NamedDependency[Workspaces],
        invitations: NamedDependency[Invitations],
        limits: NamedDependency[Limits],
        settings: NamedDependency[Settings],
        caller: NamedDependency[Caller],
    ) -> MemberView:
        """Create a user in your workspace.

        If the address has an account on this server already, its user becomes a member by accepting
        (`POST /invitations/{id}/accept`), and keeps their name and password. The answer is the same: it does
        not show who else uses the server. The number of users per hour is limited (`rate_new_users`).
        """
        require_role(caller, data.role)
        # Before anything is looked up: what is refused tells nothing of the address.
        await limits.take(Ask("users", caller.workspace, settings.rate_new_users, HOUR))
        hashed = None if data.password is None else await passwords.hash(data.password)
        email = data.email.casefold()
        if any(
            one.email == email for one in (await members_of(caller.workspace, users, invitations)).members
        ):
            detail = (
                f"A user of this workspace has the address {data.email} already. Change that one instead."
            )
            raise Problem(409, "name_taken", detail, errors=[Fault(detail, pointer="/email")])
        user = await users.create(
            caller.workspace, data.role, email=email, name=data.name, password_hash=hashed
        )
        if user is None:
            return awaited_view(
                await invitations.invite(caller.workspace, email, data.role, name=data.name or email)
            )
        return await find_member(workspaces, invitations, caller.workspace, user.id)

    @get("/", operation_id="listUsers", opt=operation(needs="users:read"))
    async def list(
        self,
        users: NamedDependency[Users],
        invitations: NamedDependency[Invitations],
        caller: NamedDependency[Caller],
    ) -> MemberList:
        """List the users of your workspace, in the order in which they joined."""
        return await members_of(caller.workspace, users, invitations)

    @get("/{user_id:str}", operation_id="getUser", opt=operation(404, needs="users:read"))
    async def read(
        self,
        user_id: FromPath[str],
        workspaces: NamedDependency[Workspaces],
        invitations: NamedDependency[Invitations],
        caller: NamedDependency[Caller],
    ) -> MemberView:
        """Return a user of your workspace."""
        return await find_member(workspaces, invitations, caller.workspace, user_id)

    @put(
        "/{user_id:str}",
        operation_id="updateUser",
        opt=operation(400, 404, 409, 413, 415, 422, needs="users:write"),
    )
    async def update(
        self,
        user_id: FromPath[str],
        data: JSONBody[UserChange],
        workspaces: NamedDependency[Workspaces],
        users: NamedDependency[Users],
        passwords: NamedDependency[Passwords],
        logins: NamedDependency[Logins],
        invitations: NamedDependency[Invitations],
        caller: NamedDependency[Caller],
    ) -> MemberView:
        """Rename, disable or enable a user, or set a new password.

        One who is in other workspaces too is not this one's to change: their membership here is.
        """
        user = await find_member(workspaces, invitations, caller.workspace, user_id)
        require_role(caller, user.role)
        if await invitations.awaited(caller.workspace, user.id):
            if data.password is not UNSET:  # it takes as long as for others, and changes nobody's password
                await passwords.hash(data.password)
            changes: dict[str, str | float | None] = {} if data.name is UNSET else {"name": data.name}
            if data.disabled is not UNSET:
                changes["disabled_at"] = time.time() if data.disabled else None
            while changes and not await invitations.change(
                caller.workspace, user.id, was=user.role, **changes
            ):
                user = await find_member(workspaces, invitations, caller.workspace, user_id)
                require_role(caller, user.role)
            return await find_member(workspaces, invitations, caller.workspace, user.id)
        shared = await workspaces.places(user.id) > 1
        if shared and (data.name is not UNSET or data.password is not UNSET):
            raise Problem(
                409,
                "not_available",
                f"{user.name} is in other workspaces too. Change or end their membership here instead.",
            )
        if data.disabled is not UNSET:
            try:
                while not await workspaces.set_member_disabled(
                    caller.workspace, user.id, data.disabled, was=user.role
                ):
                    user = await find_member(workspaces, invitations, caller.workspace, user_id)
                    require_role(caller, user.role)
                if not shared:
                    await workspaces.set_disabled(user.id, data.disabled, only=caller.workspace)
            except LastOwner as error:
                raise last_owner() from error
        if data.name is not UNSET:
            await users.rename(user.id, data.name)
        if data.password is not UNSET:
            await users.set_password(user.id, await passwords.hash(data.password))
            await logins.end_all(user.id)
        return await find_member(workspaces, invitations, caller.workspace, user.id)
