"""Logins: a password for a short access token and a refresh token, which is good once."""

from typing import Annotated, Any

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta, Struct
from msgspec.structs import replace

from persistence.identity.audit import Deed
from server.description.openapi import operation
from server.http.problems import Problem, not_found
from server.http.rate_limits import Ask
from server.http.sse import iso
from server.identity.audit_trail import address_of
from server.identity.auth import OPEN, Caller
from server.identity.passwords import LONGEST
from server.identity.permissions import Role
from server.routes.flow_lists import Deleted
from server.routes.users import Password
from server.runtime import Runtime

__all__ = ["LoginController"]

DAY = 86_400.0
Token = Annotated[str, Meta(min_length=1, max_length=512)]
AnyPassword = Annotated[str, Meta(min_length=1, max_length=LONGEST)]


class Login(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A login with email and password."""

    email: Annotated[str, Meta(min_length=1, max_length=320)]
    password: AnyPassword
    workspace: Annotated[str, Meta(min_length=1, max_length=64)] | None = None
    """ID or slug of the workspace. Null: the first one of the user."""

    def __repr__(self) -> str:
        """Leave the password out."""
        return f"Login({self.email!r})"


class Refresh(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A refresh token. It can be used once."""

    refresh_token: Token
    workspace: Annotated[str, Meta(min_length=1, max_length=64)] | None = None
    """ID or slug of the workspace. Null: the first one of the user."""

    def __repr__(self) -> str:
        """Leave the token out."""
        return "Refresh()"


class Tokens(Struct, frozen=True, kw_only=True):
    """What opens the API to who logged in."""

    access_token: str
    """Goes into `Authorization: Bearer`."""
    token_type: str
    expires_at: str
    """When the access token expires."""
    refresh_token: str
    """Gets the next pair, once. Used twice, it ends the login: one of the two has stolen it."""


class PasswordChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A change of your own password."""

    current_password: AnyPassword
    new_password: Password

    def __repr__(self) -> str:
        """Leave both out."""
        return "PasswordChange()"


class Account(Struct, frozen=True, kw_only=True):
    """Who the caller is."""

    workspace: str
    user_id: str | None
    key_id: str | None
    name: str
    role: Role | None
    """The user's role in the workspace; null for a key of nobody's."""
    permissions: list[str]
    expires_at: str | None
    """When the credential expires."""


class LoginController(Controller):
    """Log in and out, and see who one is."""

    path = "/auth"
    tags = ("Account",)

    @post(
        "/login",
        operation_id="login",
        status_code=200,
        opt=operation(400, 401, 413, 415, 422, 429, secret=True, opt=OPEN),
    )
    async def login(
        self, data: JSONBody[Login], request: Request[Any, Any, Any], runtime: NamedDependency[Runtime]
    ) -> Tokens:
        """Log in with a password. A wrong password and an unknown email address get the same response."""
        parts, email, address = runtime.ready, data.email.strip().casefold(), address_of(request.scope)
        limit = runtime.settings.rate_logins
        await runtime.limits.take(Ask("logins", f"{email}|{address}", limit))
        found = await parts.users.password_hash(email)
        right = await runtime.passwords.fits(None if found is None else found[1], data.password)
        places = await parts.workspaces.of_user("" if found is None else found[0].id)
        place = _place(places, data.workspace)
        deed = Deed(
            workspace=place or "", actor_kind="nobody", actor_name=email, action="login", address=address
        )
        if found is None or not right or found[0].disabled_at is not None or place is None:
            await parts.audit.record(
                replace(deed, workspace=places[0][0].id if places else "", action="login.failed")
            )
            raise _refused("The address or the password is wrong, or this user is in no such workspace.")
        user = found[0]
        login_id = await parts.logins.begin(user.id, runtime.settings.refresh_token_days * DAY)
        await parts.audit.record(replace(deed, actor_kind="user", actor_id=user.id, actor_name=user.name))
        return _tokens(runtime, user.id, place, login_id, 1)

    @post(
        "/refresh",
        operation_id="refreshLogin",
        status_code=200,
        opt=operation(400, 401, 413, 415, 422, secret=True, opt=OPEN),
    )
    async def refresh(self, data: JSONBody[Refresh], runtime: NamedDependency[Runtime]) -> Tokens:
        """Exchange a refresh token for the next pair of tokens."""
        parts = runtime.ready
        known = parts.callers.tokens.read_refresh(data.refresh_token)
        seconds = runtime.settings.refresh_token_days * DAY
        user_id = None if known is None else await parts.logins.refresh(*known, seconds)
        user = None if user_id is None else await parts.users.get(user_id)
        if known is None or user is None or user.disabled_at is not None:
            raise _refused("The refresh token is unknown, used up or expired. Log in again.")
        place = _place(await parts.workspaces.of_user(user.id), data.workspace)
        if place is None:
            await parts.logins.end(known[0])
            raise _refused("The user is in no such workspace. Log in again.")
        return _tokens(runtime, user.id, place, known[0], known[1] + 1)

    @post("/logout", operation_id="logout", status_code=200, opt=operation(409, needs="account"))
    async def logout(self, runtime: NamedDependency[Runtime], caller: NamedDependency[Caller]) -> Deleted:
        """End the login of the access token, with all its streams."""
        if not caller.login_id:
            raise Problem(409, "not_available", "This is no login. A key is revoked, not logged out.")
        await runtime.ready.logins.end(caller.login_id)
        return Deleted(caller.login_id, True, "Logged out.")

    @get("/me", operation_id="whoAmI", opt=operation(needs="account"))
    async def me(self, runtime: NamedDependency[Runtime], caller: NamedDependency[Caller]) -> Account:
        """Return the identity and permissions of the client."""
        member = (
            await runtime.ready.workspaces.member(caller.workspace, caller.user_id)
            if caller.user_id
            else None
        )
        role: Any = None if member is None else member.role
        return Account(
            workspace=caller.workspace,
            user_id=caller.user_id or None,
            key_id=caller.key_id or None,
            name=caller.name,
            role=role,
            permissions=sorted(caller.permissions),
            expires_at=iso(caller.expires_at or None),
        )

    @post(
        "/password",
        operation_id="changePassword",
        status_code=200,
        opt=operation(400, 401, 404, 409, 413, 415, 422, 429, needs="account"),
    )
    async def password(
        self,
        data: JSONBody[PasswordChange],
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        caller: NamedDependency[Caller],
    ) -> Deleted:
        """Change your own password. All your logins end, including this one."""
        parts = runtime.ready
        user = await parts.users.get(caller.user_id) if caller.login_id else None
        if user is None or user.email is None:
            raise Problem(409, "not_available", "Only who logged in by a password can change it.")
        limit = runtime.settings.rate_logins
        await runtime.limits.take(Ask("logins", f"{user.email}|{address_of(request.scope)}", limit))
        found = await parts.users.password_hash(user.email)
        if found is None:
            raise not_found("user", user.id)
        if not await runtime.passwords.fits(found[1], data.current_password):
            raise _refused("The current password is wrong.")
        await parts.users.set_password(user.id, await runtime.passwords.hash(data.new_password))
        await parts.logins.end_all(user.id)
        return Deleted(user.id, True, "The password is changed. Log in again.")


def _place(places: list[tuple[Any, str]], named: str | None) -> str | None:
    """Return the workspace that is named, of a user's, or the first of them."""
    return next((row.id for row, _ in places if named is None or named in (row.id, row.slug)), None)


def _tokens(runtime: Runtime, user_id: str, workspace: str, login_id: str, generation: int) -> Tokens:
    signed = runtime.ready.callers.tokens
    seconds = runtime.settings.access_token_seconds
    access, expires = signed.access(user_id=user_id, workspace=workspace, login_id=login_id, seconds=seconds)
    return Tokens(
        access_token=access,
        token_type="Bearer",  # noqa: S106  # what RFC 6750 calls it
        expires_at=iso(expires) or "",
        refresh_token=signed.refresh(login_id, generation),
    )


def _refused(reason: str) -> Problem:
    return Problem(401, "unauthorized", reason, headers={"WWW-Authenticate": 'Bearer realm="agenticrag"'})
