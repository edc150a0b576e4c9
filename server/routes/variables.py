"""Workspace variables: named values by label that flows read as `env`. A secret value is never read again."""

from typing import Any

from litestar import Controller, Request, Response, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Struct

from persistence.identity.credentials import NameTaken
from persistence.identity.variables import OtherKind, VariableRow, Variables
from server.description.operations import operation
from server.http.answers.etags import etag, expected, refuse_stale
from server.http.answers.sse_bytes import iso
from server.http.parameters import known_id
from server.http.problems import Fault, Problem, not_found
from server.identity.authentication import Caller
from server.requests.variable_values import UnfitVariable, VariableLabel, VariableName, fit_value
from server.routes.flow_lists import Deleted
from server.settings.sources import Settings

__all__ = ["VariablesController"]


class NewVariable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new workspace variable."""

    name: VariableName
    """Flows read it as `env.<name>`."""
    label: VariableLabel = ""
    """Label of flow versions whose runs get this value. Empty: the default value."""
    value: Any
    """JSON. Of a secret variable a text of 8 to 8,192 characters, which is never returned."""
    secret: bool = False
    """Whether it is a secret: encrypted, and only for headers of requests. The same under all labels."""

    def __repr__(self) -> str:
        """Leave the value out."""
        return f"NewVariable({self.name!r})"


class VariableChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Another value of a workspace variable."""

    value: Any

    def __repr__(self) -> str:
        """Leave the value out."""
        return "VariableChange()"


class VariableView(Struct, frozen=True, kw_only=True):
    """A workspace variable under one label."""

    id: str
    name: str
    label: str
    """Empty: the default value."""
    value: Any
    """Null for a secret."""
    secret: bool
    version: int
    """1, then one more for every change; the ETag."""
    created_at: str
    updated_at: str
    created_by: str
    """The name of the API key or user that created it."""


class VariableList(Struct, frozen=True):
    """The workspace's variables, by name and label."""

    variables: list[VariableView]
    total: int


class VariablesController(Controller):
    """Create, read, change and delete workspace variables."""

    path = "/variables"
    tags = ("Variables",)

    @post(
        "/",
        operation_id="createVariable",
        opt=operation(400, 409, 413, 415, 422, needs="variables:write"),
    )
    async def create(
        self,
        data: JSONBody[NewVariable],
        settings: NamedDependency[Settings],
        variables: NamedDependency[Variables],
        caller: NamedDependency[Caller],
    ) -> Response[VariableView]:
        """Store a value under a name and a label. Runs that start from now on use it."""
        value = _fit(data.value, data.secret, settings)
        try:
            row = await variables.create(
                caller.workspace,
                name=data.name,
                label=data.label,
                value=value,
                secret=data.secret,
                created_by=caller.name,
            )
        except NameTaken:
            label = f"the label '{data.label}'" if data.label else "its default"
            detail = f"The variable '{data.name}' has a value for {label} already. Change that one."
            raise Problem(409, "name_taken", detail, errors=[Fault(detail, pointer="/name")]) from None
        except OtherKind:
            other = "is no secret" if data.secret else "is a secret"
            detail = f"The variable '{data.name}' {other} under its other labels. Give it the same here."
            raise Problem(409, "other_kind", detail, errors=[Fault(detail, pointer="/secret")]) from None
        return _tagged(row, 201)

    @get("/", operation_id="listVariables", opt=operation(needs="variables:read"))
    async def list(
        self, variables: NamedDependency[Variables], caller: NamedDependency[Caller]
    ) -> VariableList:
        """List the variables by name and label, without the values of secrets."""
        rows = await variables.list(caller.workspace)
        return VariableList([_view(row) for row in rows], len(rows))

    @get("/{variable_id:str}", operation_id="getVariable", opt=operation(404, needs="variables:read"))
    async def read(
        self,
        variable_id: FromPath[str],
        variables: NamedDependency[Variables],
        caller: NamedDependency[Caller],
    ) -> Response[VariableView]:
        """Return a variable; of a secret one everything but the value."""
        return _tagged(await _known(variables, caller, variable_id))

    @put(
        "/{variable_id:str}",
        operation_id="updateVariable",
        opt=operation(400, 404, 412, 413, 415, 422, needs="variables:write"),
    )
    async def update(
        self,
        variable_id: FromPath[str],
        data: JSONBody[VariableChange],
        request: Request[Any, Any, Any],
        settings: NamedDependency[Settings],
        variables: NamedDependency[Variables],
        caller: NamedDependency[Caller],
    ) -> Response[VariableView]:
        """Update the value. Active runs keep their value, but use a new secret from their next request."""
        tags = expected(request)
        while True:
            known = await _known(variables, caller, variable_id)
            refuse_stale(tags, known.version, f"The variable '{known.name}'")
            row = await variables.replace(known, _fit(data.value, known.secret, settings))
            if row is not None:
                return _tagged(row)

    @delete(
        "/{variable_id:str}",
        operation_id="deleteVariable",
        status_code=200,
        opt=operation(400, 404, 412, needs="variables:write"),
    )
    async def delete(
        self,
        variable_id: FromPath[str],
        request: Request[Any, Any, Any],
        variables: NamedDependency[Variables],
        caller: NamedDependency[Caller],
    ) -> Deleted:
        """Delete a variable under its label. Flows that read it fail if no other value is left."""
        tags = expected(request)
        while True:
            known = await _known(variables, caller, variable_id)
            refuse_stale(tags, known.version, f"The variable '{known.name}'")
            if await variables.delete(known):
                return Deleted(known.id, True, f"The variable '{known.name}' is deleted.")


async def _known(variables: Variables, caller: Caller, variable_id: str) -> VariableRow:
    row = await variables.get(caller.workspace, known_id("variable", variable_id))
    if row is None:
        raise not_found("variable", variable_id)
    return row


def _fit(value: Any, secret: bool, settings: Settings) -> Any:
    try:
        return fit_value(value, secret=secret, most=settings.max_variable_bytes)
    except UnfitVariable as error:
        detail = str(error)
        raise Problem(422, "invalid", detail, errors=[Fault(detail, pointer="/value")]) from None


def _tagged(row: VariableRow, status: int = 200) -> Response[VariableView]:
    return Response(_view(row), status_code=status, headers={"ETag": etag(row.version)})


def _view(row: VariableRow) -> VariableView:
    return VariableView(
        id=row.id,
        name=row.name,
        label=row.label,
        value=row.value,
        secret=row.secret,
        version=row.version,
        created_at=iso(row.created_at) or "",
        updated_at=iso(row.updated_at) or "",
        created_by=row.created_by,
    )
