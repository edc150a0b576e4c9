"""Logins: a password for a short access token and a refresh token, which is good once."""

from typing import Annotated, Any

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta, Struct

from persistence.identity.logins import Logins
from persistence.identity.workspaces import Workspaces
from server.description.operations import operation
from server.http.answers.sse_bytes import iso
from server.http.problems import Problem
from server.identity.audit_trail import address_of
from server.identity.authentication import OPEN, Caller
from server.identity.password_logins import PasswordLogins, SignedTokens
from server.identity.passwords import LONGEST
from server.identity.permissions import Role
from server.routes.flow_lists import Deleted
from server.routes.users import Password

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
        self,
        data: JSONBody[Login],
        request: Request[Any, Any, Any],
        password_logins: NamedDependency[PasswordLogins],
    ) -> Tokens:
        """Log in with a password. A wrong password and an unknown email address get the same response."""
        return _tokens(
            await password_logins.log_in(
                data.email, data.password, data.workspace, address=address_of(request.scope)
            )
        )

    @post(
        "/refresh",
        operation_id="refreshLogin",
        status_code=200,
        opt=operation(400, 401, 413, 415, 422, secret=True, opt=OPEN),
    )
    async def refresh(
        self, data: JSONBody[Refresh], password_logins: NamedDependency[PasswordLogins]
    ) -> Tokens:
        """Exchange a refresh token for the next pair of tokens."""
        return _tokens(await password_logins.refresh(data.refresh_token, data.workspace))

    @post("/logout", operation_id="logout", status_code=200, opt=operation(409, needs="account"))
    async def logout(self, logins: NamedDependency[Logins], caller: NamedDependency[Caller]) -> Deleted:
        """End the login of the access token, with all its streams."""
        if not caller.login_id:
            raise Problem(409, "not_available", "This is no login. A key is revoked, not logged out.")
        await logins.end(caller.login_id)
        return Deleted(caller.login_id, True, "Logged out.")

    @get("/me", operation_id="whoAmI", opt=operation(needs="account"))
    async def me(self, workspaces: NamedDependency[Workspaces], caller: NamedDependency[Caller]) -> Account:
        """Return the identity and permissions of the client."""
        member = await workspaces.member(caller.workspace, caller.user_id) if caller.user_id else None
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
        password_logins: NamedDependency[PasswordLogins],
        caller: NamedDependency[Caller],
    ) -> Deleted:
        """Change your own password. All your logins end, including this one."""
        user_id = await password_logins.change_password(
            caller, data.current_password, data.new_password, address=address_of(request.scope)
        )
        return Deleted(user_id, True, "The password is changed. Log in again.")


def _tokens(signed: SignedTokens) -> Tokens:
    return Tokens(
        access_token=signed.access,
        token_type="Bearer",  # noqa: S106  # what RFC 6750 calls it
        expires_at=iso(signed.expires_at) or "",
        refresh_token=signed.refresh,
    )
