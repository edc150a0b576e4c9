"""Logins by password: the pair of tokens that each gets, its renewal, and the change of a password."""

from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from persistence.identity.audit import Audit, Deed
from persistence.identity.logins import Logins
from persistence.identity.users import Users
from persistence.identity.workspaces import Workspaces
from server.http.problems import Problem, not_found
from server.identity.callers import Caller
from server.identity.login_tokens import Tokens
from server.identity.passwords import Passwords
from server.limits.rate_limits import Ask, Limits
from server.settings.sources import Settings

__all__ = ["PasswordLogins", "SignedTokens"]

DAY = 86_400.0


class SignedTokens(Struct, frozen=True):
    """What a login gets."""

    access: str
    expires_at: float
    """When the access token expires, in Unix seconds."""
    refresh: str


class PasswordLogins:
    """Logs users in by their passwords, as often as the limits let them try."""

    def __init__(
        self,
        settings: Settings,
        limits: Limits,
        passwords: Passwords,
        tokens: Tokens,
        users: Users,
        workspaces: Workspaces,
        logins: Logins,
        audit: Audit,
    ) -> None:
        self._settings = settings
        self._limits = limits
        self._passwords = passwords
        self._tokens = tokens
        self._users = users
        self._workspaces = workspaces
        self._logins = logins
        self._audit = audit

    async def log_in(
        self, address_given: str, password: str, workspace: str | None, *, address: str
    ) -> SignedTokens:
        """Begin a login. A wrong password and an unknown user get the same refusal, after the same time.

        Args:
            address_given: The user's mail address.
            password: What is said to be the password.
            workspace: Id or slug of one of the user's; None for the first.
            address: Where the request comes from.

        Raises:
            Problem: 401, or 429 after too many tries.
        """
        email = address_given.strip().casefold()
        await self._limits.take(Ask("logins", f"{email}|{address}", self._settings.rate_logins))
        found = await self._users.password_hash(email)
        right = await self._passwords.fits(None if found is None else found[1], password)
        places = await self._workspaces.of_user("" if found is None else found[0].id)
        place = _place(places, workspace)
        deed = Deed(
            workspace=place or "", actor_kind="nobody", actor_name=email, action="login", address=address
        )
        login_id = None
        if found is not None and right and found[0].disabled_at is None and place is not None:
            seconds = self._settings.refresh_token_days * DAY
            login_id = await self._logins.begin(found[0].id, seconds, password_hash=found[1] or "")
        if found is None or place is None or login_id is None:
            await self._audit.record(
                replace(deed, workspace=places[0][0].id if places else "", action="login.failed")
            )
            raise _refused("The address or the password is wrong, or this user is in no such workspace.")
        user = found[0]
        await self._audit.record(replace(deed, actor_kind="user", actor_id=user.id, actor_name=user.name))
        return self._signed(user.id, place, login_id, 1)

    async def refresh(self, refresh_token: str, workspace: str | None) -> SignedTokens:
        """Use a refresh token up for the next pair of tokens.

        Raises:
            Problem: 401.
        """
        known = self._tokens.read_refresh(refresh_token)
        seconds = self._settings.refresh_token_days * DAY
        user_id = None if known is None else await self._logins.refresh(*known, seconds)
        user = None if user_id is None else await self._users.get(user_id)
        if known is None or user is None or user.disabled_at is not None:
            raise _refused("The refresh token is unknown, used up or expired. Log in again.")
        place = _place(await self._workspaces.of_user(user.id), workspace)
        if place is None:
            await self._logins.end(known[0])
            raise _refused("The user is in no such workspace. Log in again.")
        return self._signed(user.id, place, known[0], known[1] + 1)

    async def change_password(self, caller: Caller, current: str, new: str, *, address: str) -> str:
        """Change the caller's own password, end all of their logins, and return the user's id.

        Raises:
            Problem: 401 for a wrong password, 409 for who has none, 429 after too many tries.
        """
        user = await self._users.get(caller.user_id) if caller.login_id else None
        if user is None or user.email is None:
            raise Problem(409, "not_available", "Only who logged in by a password can change it.")
        await self._limits.take(Ask("logins", f"{user.email}|{address}", self._settings.rate_logins))
        found = await self._users.password_hash(user.email)
        if found is None:
            raise not_found("user", user.id)
        if not await self._passwords.fits(found[1], current):
            raise _refused("The current password is wrong.")
        if not await self._users.set_password(user.id, await self._passwords.hash(new), was=found[1]):
            raise _refused("The password was changed meanwhile. Log in again.")
        await self._logins.end_all(user.id)
        return user.id

    def _signed(self, user_id: str, workspace: str, login_id: str, generation: int) -> SignedTokens:
        seconds = self._settings.access_token_seconds
        access, expires = self._tokens.access(
            user_id=user_id, workspace=workspace, login_id=login_id, seconds=seconds
        )
        return SignedTokens(access, expires, self._tokens.refresh(login_id, generation))


def _place(places: list[tuple[Any, str]], named: str | None) -> str | None:
    """Return the workspace that is named, of a user's, or the first of them."""
    return next((row.id for row, _ in places if named is None or named in (row.id, row.slug)), None)


def _refused(reason: str) -> Problem:
    return Problem(401, "unauthorized", reason, headers={"WWW-Authenticate": 'Bearer realm="agenticrag"'})
