"""Permissions: what a caller may do, and which of them each role has. Every route states the one it needs."""

from collections.abc import Mapping
from typing import Literal, get_args

__all__ = ["PERMISSIONS", "ROLES", "WORKSPACE", "Permission", "Role", "beyond", "permissions_of"]

WORKSPACE = "default"
"""The workspace of a server whose auth is off, and of the key that a first start makes."""

Permission = Literal[
    "flows:read",  # flows, agents, node types, tools, exports and pictures of flows
    "flows:write",  # to make, change, import and delete flows and agents
    "runs:read",  # executions and sessions with all that was said in them, pictures of runs, open inputs
    "runs:start",  # to chat, execute, cancel, answer inputs, and change or delete sessions
    "sessions:all",  # sessions of other users and keys, and the runs in them
    "costs:read",  # costs, prices and budgets
    "costs:write",
    "metrics:read",
    "credentials:read",  # names of credentials, never their values
    "credentials:write",
    "variables:read",  # variables of the workspace; of secret ones never the value
    "variables:write",
    "connections:read",  # named addresses of models
    "connections:write",
    "tools:read",  # MCP servers and their tools
    "tools:write",  # to change, check and approve them
    "embeds:read",
    "embeds:write",
    "schedules:read",
    "schedules:write",
    "webhooks:read",  # webhooks, webhook targets and their logs, never their secrets
    "webhooks:write",
    "knowledge:read",  # knowledge bases, their documents, and searches in them
    "knowledge:write",
    "keys:read",
    "keys:write",
    "users:read",  # users, workspaces and who is a member
    "users:write",
    "audit:read",
    "account",  # what is the caller's own: who am I, a new password, tickets
]
Role = Literal["viewer", "runner", "editor", "owner"]
"""Each may do what the one before it may, and more."""

PERMISSIONS: frozenset[Permission] = frozenset(get_args(Permission))

VIEWER: frozenset[Permission] = frozenset(
    {
        "flows:read",
        "runs:read",
        "costs:read",
        "metrics:read",
        "schedules:read",
        "webhooks:read",
        "knowledge:read",
        "account",
    }
)
RUNNER: frozenset[Permission] = frozenset({*VIEWER, "runs:start"})
EDITOR: frozenset[Permission] = frozenset(
    {
        *RUNNER,
        "flows:write",
        "costs:write",
        "credentials:read",
        "credentials:write",
        "variables:read",
        "variables:write",
        "connections:read",
        "connections:write",
        "tools:read",
        "tools:write",
        "embeds:read",
        "embeds:write",
        "knowledge:write",
        "schedules:write",
        "webhooks:write",
    }
)
ROLES: Mapping[Role, frozenset[Permission]] = {
    "viewer": VIEWER,
    "runner": RUNNER,
    "editor": EDITOR,
    "owner": PERMISSIONS,
}
OF_THE_SERVER: frozenset[Permission] = frozenset({"metrics:read"})
"""What tells of all workspaces together: only who is in the first one has it."""


def permissions_of(role: str, workspace: str) -> frozenset[Permission]:
    """Return what a role may do in a workspace; nothing for a word that is no role."""
    allowed = next((given for known, given in ROLES.items() if known == role), frozenset[Permission]())
    return allowed if workspace == WORKSPACE else allowed - OF_THE_SERVER


def beyond(role: str, workspace: str, allowed: frozenset[Permission]) -> list[Permission]:
    """Return what a role may do in a workspace beyond some permissions, in order; empty where it may no more.

    Who gives a role, or acts on somebody who has it, needs all that it may do.
    """
    return sorted(permissions_of(role, workspace) - allowed)
