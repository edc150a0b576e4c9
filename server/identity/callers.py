"""Callers: who a request is from, found by its credential, and looked at again while a stream is open."""

import time
from collections import OrderedDict
from collections.abc import Iterable

import msgspec
from msgspec import Struct

from persistence.identity.api_keys import KeyRow, Keys
from persistence.identity.logins import Logins
from persistence.identity.workspaces import Workspaces
from persistence.runs.accept import BOUND
from server.identity.actors import Actor
from server.identity.login_tokens import Ticket, Tokens
from server.identity.oidc_issuer import Issuer
from server.identity.permissions import Permission, permissions_of

__all__ = ["Caller", "Callers", "NoSuchWorkspace"]

REMEMBERED = 1024
OF_ONE_FLOW: frozenset[Permission] = frozenset({"flows:read", "runs:read", "runs:start", "account"})
"""What a key of one flow may do at most."""


class Caller(Struct, frozen=True):
    """Who a request is from."""

    workspace: str
    key_id: str
    """Empty where it is no API key: auth is off, or a user is logged in."""
    name: str = ""
    """The key's or the user's name; empty where auth is off."""
    permissions: frozenset[Permission] = frozenset()
    """What it may do."""
    user_id: str = ""
    """Whose the key is, or who is logged in; empty for a key of nobody's, and where auth is off."""
    login_id: str = ""
    """The login, where it is one of this server's."""
    expires_at: float = 0.0
    """When the credential expires, in Unix seconds; 0 where it does not."""
    flow_id: str = ""
    """The one flow that its key may use; empty for all of the workspace."""
    on_disconnect: str = ""
    """What its key says of runs whose client disconnects: ``continue`` or ``cancel``; empty for nothing."""

    @property
    def holder(self) -> str:
        """Who counts as one for what a caller may have at once: a key, a user, or all where auth is off."""
        return self.key_id or self.user_id or self.workspace

    @property
    def owner(self) -> str:
        """Whose the sessions are that it makes: its user's, else the key's; empty where auth is off.

        A key of one flow has sessions of its own, so that it reads nothing that others of its user said.
        """
        if self.flow_id:
            return f"{BOUND}{self.key_id}"
        return self.user_id or (f"key:{self.key_id}" if self.key_id else "")

    @property
    def any_session(self) -> bool:
        """Whether it may see and go on with the sessions of others."""
        return "sessions:all" in self.permissions

    @property
    def actor(self) -> Actor:
        """The caller as the audit log has it."""
        if self.key_id:
            owner = {"user_id": self.user_id} if self.user_id else {}
            return Actor(self.workspace, "key", self.key_id, self.name, details=owner)
        return Actor(
            self.workspace,
            "user" if self.user_id else "nobody",
            self.user_id,
            self.name if self.user_id else "",
        )

    @property
    def expired(self) -> bool:
        """Whether that time has come."""
        return bool(self.expires_at) and self.expires_at <= time.time()


class NoSuchWorkspace(Exception):
    """A request names a workspace that its caller is not in, or that there is not."""


class Callers:
    """Finds callers, and remembers for a moment whom it found, so that a busy client costs no query. Who lost
    a right has it that long."""

    def __init__(
        self,
        keys: Keys,
        logins: Logins,
        workspaces: Workspaces,
        tokens: Tokens,
        issuer: Issuer | None,
        *,
        seconds: float,
        editors_see_all: bool = False,
    ) -> None:
        self.tokens = tokens
        self._keys = keys
        self._logins = logins
        self._workspaces = workspaces
        self._issuer = issuer
        self._seconds = seconds
        self._editors_see_all = editors_see_all
        self._known: OrderedDict[tuple[str, str] | Caller, tuple[float, Caller]] = OrderedDict()

    async def find(self, credential: str, workspace: str = "") -> Caller | None:
        """Return whose an API key or a JWT is; None for one that is unknown, revoked or expired.

        Args:
            credential: The key or token.
            workspace: Id or slug of the workspace that the request names; empty for the credential's own.

        Raises:
            NoSuchWorkspace: the caller is not in the workspace that it names.
        """
        place = (credential, workspace)
        if (known := self._remembered(place)) is not None:
            return known
        now = time.monotonic()
        found = await (self._of_token(credential) if credential.count(".") == 2 else self._of_key(credential))
        if found is not None and workspace and workspace != found.workspace:
            found = await self._elsewhere(found, workspace)
        if found is not None:
            self._remember(place, now, found)
        return found

    async def lately(self, caller: Caller) -> Caller | None:
        """Return a caller as it is, or was a moment ago; None for one who may not call any more."""
        known = None if caller.expired else self._remembered(caller)
        if known is not None:
            return known
        now = time.monotonic()
        found = (await self.now([caller])).get(caller)
        if found is not None:
            self._remember(caller, now, found)
        return found

    async def by_ticket(self, token: str, target: str) -> Caller | None:
        """Return whose a ticket is; None for one that is unknown, expired or for something else.

        Args:
            token: The ticket.
            target: What the address names: the execution or the flow.
        """
        ticket = self.tokens.read_ticket(token)
        if ticket is None or (ticket.target and ticket.target != target):
            return None
        asked = _of_ticket(ticket)
        return (await self.now([asked])).get(asked)

    async def now(self, callers: Iterable[Caller]) -> dict[Caller, Caller]:
        """Return callers as they are at this moment; who may not call any more is left out."""
        alive = [each for each in set(callers) if not each.expired]
        found = {each: each for each in alive if not each.key_id and not each.user_id}  # auth is off
        if key_ids := [each.key_id for each in alive if each.key_id]:
            keys = await self._keys.standing(key_ids)
            found |= {each: self._caller_of(keys[each.key_id]) for each in alive if each.key_id in keys}
        people = [each for each in alive if each.user_id and not each.key_id]
        if people:
            places = {each: (each.user_id, each.workspace, each.login_id) for each in people}
            standing = await self._logins.standing([*places.values()])
            for each, place in places.items():
                if (stands := standing.get(place)) is not None:
                    found[each] = msgspec.structs.replace(
                        each, name=stands.name, permissions=self._allowed(stands.role, each.workspace)
                    )
        return found

    def _remembered(self, place: tuple[str, str] | Caller) -> Caller | None:
        moment, known = self._known.get(place, (0.0, None))
        if known is not None and time.monotonic() - moment < self._seconds and not known.expired:
            return known
        self._known.pop(place, None)
        return None

    def _remember(self, place: tuple[str, str] | Caller, moment: float, found: Caller) -> None:
        self._known[place] = (moment, found)
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)

    async def _of_key(self, key: str) -> Caller | None:
        row = await self._keys.find(key)
        return None if row is None else self._caller_of(row)

    async def _of_token(self, token: str) -> Caller | None:
        claims = self.tokens.read_access(token)
        if claims is not None:
            asked = Caller(
                claims.workspace, "", user_id=claims.sub, login_id=claims.sid, expires_at=claims.exp
            )
        elif self._issuer is not None and (outside := await self._issuer.find(token)) is not None:
            asked = Caller(outside.workspace, "", user_id=outside.user_id, expires_at=outside.expires_at)
        else:
            return None
        return (await self.now([asked])).get(asked)

    async def _elsewhere(self, caller: Caller, named: str) -> Caller:
        """Return the caller in another workspace, of which a user may be a member too, and a key never is."""
        row = await self._workspaces.find(named)
        if row is not None and row.id == caller.workspace:
            return caller
        if row is not None and not caller.key_id and caller.user_id:
            asked = msgspec.structs.replace(caller, workspace=row.id)
            if (found := (await self.now([asked])).get(asked)) is not None:
                return found
        raise NoSuchWorkspace(named)

    def _caller_of(self, row: KeyRow) -> Caller:
        """Return the caller that a key makes: it may do what its role, its scopes and its user allow."""
        allowed = self._allowed(row.role, row.workspace)
        if row.user_role is not None:
            allowed &= self._allowed(row.user_role, row.workspace)
        if row.scopes is not None:
            allowed = frozenset[Permission](
                each for each in allowed if each in row.scopes or each == "account"
            )
        if row.flow_id:
            allowed &= OF_ONE_FLOW
        return Caller(
            row.workspace,
            row.id,
            row.name,
            allowed,
            row.user_id or "",
            "",
            row.expires_at or 0.0,
            row.flow_id or "",
            row.on_disconnect or "",
        )

    def _allowed(self, role: str, workspace: str) -> frozenset[Permission]:
        """Return what a role may do here: editors see the sessions of others where the operator says so."""
        allowed = permissions_of(role, workspace)
        more: frozenset[Permission] = frozenset({"sessions:all"})
        return allowed | more if self._editors_see_all and "flows:write" in allowed else allowed


def _of_ticket(ticket: Ticket) -> Caller:
    return Caller(
        ticket.workspace, ticket.key_id, "", frozenset(), ticket.user_id, ticket.login_id, ticket.until
    )
