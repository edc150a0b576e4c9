"""Roles: which permissions each has, for whoever chooses some of them."""

from litestar import Controller, get
from litestar.di import NamedDependency
from msgspec import Struct

from server.description.operations import operation
from server.identity.authentication import Caller
from server.identity.permissions import ROLES, Permission, Role, permissions_of

__all__ = ["RolesController"]


class RoleView(Struct, frozen=True):
    """A role of users and API keys."""

    name: Role
    permissions: list[Permission]
    """What it may do in this workspace."""


class RoleList(Struct, frozen=True):
    """The roles. Each may do what the one before it may, and more."""

    roles: list[RoleView]


class RolesController(Controller):
    """What users and keys can be given."""

    path = "/roles"
    tags = ("Keys",)

    @get("/", operation_id="listRoles", opt=operation(needs="account", sdk="keys.roles"))
    async def list(self, caller: NamedDependency[Caller]) -> RoleList:
        """List the roles and their permissions."""
        return RoleList([RoleView(role, sorted(permissions_of(role, caller.workspace))) for role in ROLES])
