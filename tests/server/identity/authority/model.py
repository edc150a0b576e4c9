"""The reference model: people, keys and what three workspaces hold, and who may do what with it.

It is written from docs/security.md and knows nothing of the server's code: its own table of roles, its own
rules. It says of each request which status it must get, and what is different afterwards.
"""

import json
import uuid
from dataclasses import dataclass, field

VIEWER = {
    *("flows:read", "runs:read", "costs:read", "metrics:read", "knowledge:read", "schedules:read"),
    *("webhooks:read", "account"),
}
RUNNER = VIEWER | {"runs:start"}
EDITOR = RUNNER | {
    *("flows:write", "costs:write", "credentials:read", "credentials:write"),
    *("connections:read", "connections:write", "embeds:read", "embeds:write"),
    *("tools:read", "tools:write", "knowledge:write", "variables:read", "variables:write"),
    *("schedules:write", "webhooks:write"),
}
OWNER = EDITOR | {"keys:read", "keys:write", "users:read", "users:write", "audit:read", "sessions:all"}
MAY: dict[str, set[str]] = {"viewer": VIEWER, "runner": RUNNER, "editor": EDITOR, "owner": OWNER}
ROLES = [*MAY]
SCOPES = sorted(OWNER)
VISITOR = "visitor"
"""Owner of the sessions of visitors, into which nobody else writes."""
FIRST = "default"
"""The workspace that alone may read the metrics of all."""


def may(role: str, workspace: str) -> frozenset[str]:
    """Return what a role may do in a workspace."""
    return frozenset(MAY[role] if workspace == FIRST else MAY[role] - {"metrics:read"})


@dataclass
class Person:
    """A user."""

    id: str
    email: str
    out: bool = False
    """Kept out of the whole server."""


@dataclass
class Membership:
    """A user's place in a workspace."""

    role: str
    out: bool = False


@dataclass
class Key:
    """An API key."""

    id: str
    secret: str
    workspace: str
    role: str
    scopes: list[str] | None
    user: str | None
    dead: bool = False
    """Revoked, or expired."""


@dataclass
class Login:
    """A login of a user, into one workspace."""

    user: str
    workspace: str
    token: str
    ended: bool = False


@dataclass
class Embed:
    """A chatflow on other sites."""

    token: str
    active: bool


@dataclass(frozen=True)
class Caller:
    """Who a request is from, for the model."""

    workspace: str
    may: frozenset[str]
    user: str | None
    key: str | None
    login: Login | None

    @property
    def owner(self) -> str:
        """What sessions of theirs are marked with."""
        return self.user or f"key:{self.key}"


Credential = Key | Login


@dataclass
class Model:
    """Everything that there is, in the order in which it was made."""

    workspaces: list[str]
    people: dict[str, Person] = field(default_factory=dict[str, Person])
    members: dict[tuple[str, str], Membership] = field(default_factory=dict[tuple[str, str], Membership])
    credentials: list[Credential] = field(default_factory=list[Credential])
    invitations: dict[str, tuple[str, str, str]] = field(default_factory=dict[str, tuple[str, str, str]])
    """By id: workspace, address, role."""
    awaited: set[str] = field(default_factory=set[str])
    """Those of them that stand among the users until they are accepted."""
    owned: dict[str, dict[str, str]] = field(
        default_factory=lambda: {"flows": {}, "secrets": {}, "connections": {}, "variables": {}}
    )
    """What has no owner but its workspace, by kind and id."""
    embeds: dict[str, Embed] = field(default_factory=dict[str, Embed])
    """By the id of their chatflow."""
    old_tokens: list[str] = field(default_factory=list[str])
    """Tokens of embeds that open nothing any more."""
    visits: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    """Sessions of visitors, each with the token that it was begun by."""
    runs: dict[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])
    """Workspace and session of runs, by id."""
    needed: dict[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    """Of chats that are over, what it takes to send them."""
    messages: dict[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])
    """Workspace and session of messages of users, by id."""
    sessions: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])
    """Owners, by workspace and name; empty where there is none."""

    @property
    def keys(self) -> list[Key]:
        """Return all keys, those that work no more too."""
        return [each for each in self.credentials if isinstance(each, Key)]

    @property
    def waiting(self) -> list[str]:
        """Return those who stand among the users of a workspace before they accept."""
        return [id for id in self.invitations if id in self.awaited]

    @property
    def waiting_here(self) -> set[tuple[str, str]]:
        """Return them with their workspaces."""
        return {(self.invitations[id][0], id) for id in self.waiting}

    def waiting_in(self, workspace: str) -> list[str]:
        """Return those of a workspace."""
        return [id for place, id in self.waiting_here if place == workspace]

    def waits(self, workspace: str, id: str) -> Membership | None:
        """Return what one of them would be in a workspace."""
        return Membership(self.invitations[id][2]) if (workspace, id) in self.waiting_here else None

    def has_address(self, workspace: str, email: str) -> bool:
        """Say whether a user of a workspace has an address, or one whom it awaits."""
        waiting = (self.invitations[id][:2] for id in self.waiting)
        return (workspace, email) in {
            *((place, self.people[user].email) for place, user in self.members),
            *waiting,
        }

    def standing(self, user: str, workspace: str) -> Membership | None:
        """Return a user's membership if it counts: they are kept out neither here nor everywhere."""
        found = self.members.get((workspace, user))
        return None if found is None or found.out or self.people[user].out else found

    def caller(self, credential: Credential, named: str = "") -> Caller | int:
        """Return who calls with a credential, or the status of who may not call at all.

        Args:
            credential: A key or login.
            named: The workspace of the header `X-Workspace`; empty where there is none.
        """
        if isinstance(credential, Key):
            allowed = may(credential.role, credential.workspace)
            if credential.dead:
                return 401
            if credential.user is not None:
                membership = self.standing(credential.user, credential.workspace)
                if membership is None:
                    return 401
                allowed &= may(membership.role, credential.workspace)
            if credential.scopes is not None:
                allowed &= {*credential.scopes, "account"}
            if named not in ("", credential.workspace):
                return 404
            return Caller(credential.workspace, allowed, credential.user, credential.id, None)
        membership = self.standing(credential.user, credential.workspace)
        if credential.ended or membership is None:
            return 401
        workspace = named or credential.workspace
        if (membership := self.standing(credential.user, workspace)) is None:
            return 404
        return Caller(workspace, may(membership.role, workspace), credential.user, None, credential)

    def covers(self, caller: Caller, role: str) -> bool:
        """Say whether a caller has all that a role may do: to give it or act on who has it."""
        return may(role, caller.workspace) <= caller.may

    def is_last_owner(self, workspace: str, user: str) -> bool:
        """Say whether a workspace would be without an owner if it lost this one."""
        owners = [
            one
            for place, one in self.members
            if place == workspace
            and (found := self.standing(one, place)) is not None
            and found.role == "owner"
        ]
        return owners == [user]

    def places(self, user: str) -> list[str]:
        """Return the workspaces of which a user is a member, kept out or not."""
        return [place for place, one in self.members if one == user]

    def members_of(self, workspace: str) -> set[str]:
        """Return the users of a workspace."""
        return {user for place, user in self.members if place == workspace}

    def in_workspace(self, kind: str, workspace: str) -> set[str]:
        """Return the ids of what a workspace holds of a kind."""
        return {id for id, place in self.owned[kind].items() if place == workspace}

    def here(self, kind: str, id: str, caller: Caller) -> int:
        """Return the status of what is asked about something: 404 where it is in another workspace."""
        return 200 if self.owned[kind].get(id) == caller.workspace else 404

    def sees(self, caller: Caller, name: str) -> bool:
        """Say whether a session is there for a caller: own, nobody's, or anybody's with the permission."""
        owner = self.sessions.get((caller.workspace, name))
        return owner is not None and (owner in ("", caller.owner) or "sessions:all" in caller.may)

    def seen_sessions(self, caller: Caller) -> set[str]:
        """Return the names of the sessions that are there for a caller."""
        return {
            name for place, name in self.sessions if place == caller.workspace and self.sees(caller, name)
        }

    def is_invited(self, caller: Caller, id: str) -> bool:
        """Say whether an invitation is the caller's to accept: it names their address."""
        found = self.invitations.get(id)
        return found is not None and caller.user is not None and found[1] == self.people[caller.user].email

    def end_logins(self, user: str) -> None:
        """End all logins of a user."""
        for each in self.credentials:
            if isinstance(each, Login) and each.user == user:
                each.ended = True

    def forget_session(self, place: tuple[str, str], *, cleared: bool = False) -> None:
        """Forget what a session had, and itself unless it was `cleared` alone."""
        for run, where in [*self.runs.items()]:
            if where == place:
                self.needed.pop(run, None)
                if not cleared:
                    del self.runs[run]
        self.messages = {id: where for id, where in self.messages.items() if where != place}
        if not cleared:
            del self.sessions[place]

    def said(self, run: str, place: tuple[str, str], needed: frozenset[str]) -> None:
        """Keep that a chat is over. The id of its message comes from the run's."""
        self.runs[run], self.needed[run] = place, needed
        self.messages[str(uuid.uuid5(uuid.NAMESPACE_OID, f"{run}/input/0"))] = place

    def held(self) -> dict[str, set[tuple[object, ...]]]:
        """Return all of it as the database must hold it, by table."""
        return {
            "members": {(place, user, one.role, one.out) for (place, user), one in self.members.items()},
            "keys": {
                (
                    key.id,
                    key.workspace,
                    key.role,
                    None if key.scopes is None else json.dumps(key.scopes, separators=(",", ":")),
                    key.user,
                )
                for key in self.keys
            },
            "invitations": {(id, *one) for id, one in self.invitations.items()},
            **{kind: {*kept.items()} for kind, kept in self.owned.items()},
            "embeds": {(flow, one.token, one.active) for flow, one in self.embeds.items()},
            "sessions": {(place, name, owner or None) for (place, name), owner in self.sessions.items()},
        }
