"""Users: people of the workspace, made, renamed and kept out by its owners."""

from typing import Annotated

from litestar import Controller, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import UNSET, Meta, Struct, UnsetType

from persistence.identity.logins import Logins
from persistence.identity.users import Users
from persistence.identity.workspaces import LastOwner, Workspaces
from server.description.operations import operation
from server.http.parameters import known_id
from server.http.problems import Fault, Problem, not_found
from server.identity.auth import Caller, require_role
from server.identity.passwords import LONGEST, SHORTEST, Passwords
from server.identity.permissions import Role
from server.limits.rate_limits import Ask, Limits
from server.routes.members import MemberList, MemberView, last_owner, member_view
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
        limits: NamedDependency[Limits],
        settings: NamedDependency[Settings],
        caller: NamedDependency[Caller],
    ) -> MemberView:
        """Create a user in your workspace.

        The address must be new on this server. The number of users per hour is limited (`rate_new_users`), so
        that nobody finds out by this who else uses the server.
        """
        require_role(caller, data.role)
        # Before anything is looked up: what is refused tells nothing of the address.
        await limits.take(Ask("users", caller.workspace, settings.rate_new_users, HOUR))
        hashed = None if data.password is None else await passwords.hash(data.password)
        user = await users.create(
            caller.workspace,
            data.role,
            email=data.email.casefold(),
            name=data.name,
            password_hash=hashed,
        )
        if user is None:
            detail = (
                f"A user has the address {data.email} already. POST /workspaces/{caller.workspace}/members "
                "makes them a member."
            )
            raise Problem(409, "name_taken", detail, errors=[Fault(detail, pointer="/email")])
        return await _view(workspaces, caller, user.id)

    @get("/", operation_id="listUsers", opt=operation(needs="users:read"))
    async def list(self, users: NamedDependency[Users], caller: NamedDependency[Caller]) -> MemberList:
        """List the users of your workspace, in the order in which they joined."""
        found = await users.of_workspace(caller.workspace)
        return MemberList([member_view(member) for member in found], len(found))

    @get("/{user_id:str}", operation_id="getUser", opt=operation(404, needs="users:read"))
    async def read(
        self, user_id: FromPath[str], workspaces: NamedDependency[Workspaces], caller: NamedDependency[Caller]
    ) -> MemberView:
        """Return a user of your workspace."""
        return await _view(workspaces, caller, known_id("user", user_id))

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
        caller: NamedDependency[Caller],
    ) -> MemberView:
        """Rename, disable or enable a user, or set a new password.

        One who is in other workspaces too is not this one's to change: their membership here is.
        """
        user = await _view(workspaces, caller, known_id("user", user_id))
        require_role(caller, user.role)
        shared = await workspaces.places(user.id) > 1
        if shared and (data.name is not UNSET or data.password is not UNSET):
            raise Problem(
                409,
                "not_available",
                f"{user.name} is in other workspaces too. Change or end their membership here instead.",
            )
        if data.disabled is not UNSET:
            try:
                await workspaces.set_member_disabled(caller.workspace, user.id, data.disabled)
                if not shared:
                    await workspaces.set_disabled(user.id, data.disabled)
            except LastOwner as error:
                raise last_owner() from error
        if data.name is not UNSET:
            await users.rename(user.id, data.name)
        if data.password is not UNSET:
            await users.set_password(user.id, await passwords.hash(data.password))
            await logins.end_all(user.id)
        return await _view(workspaces, caller, user.id)


async def _view(workspaces: Workspaces, caller: Caller, user_id: str) -> MemberView:
    member = await workspaces.member(caller.workspace, user_id)
    if member is None:
        raise not_found("user", user_id)
    return member_view(member)
