"""OpenAPI tools: the APIs of a workspace whose operations flows can use."""

from typing import Annotated, Any

import msgspec
from litestar import Controller, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import UNSET

from graphs.openapi.answer_paths import path_problem
from graphs.openapi.operations import DocumentError
from graphs.openapi.pinned_operations import APISettings
from graphs.outbound.credentials import LEFT_TO_OTHERS
from graphs.outbound.variable_addresses import address_problem
from graphs.outbound.variable_headers import template_problem
from persistence.identity.credentials import NameTaken
from persistence.identity.openapi_apis import APIRow
from server.description.operations import operation
from server.http.answers.sse_bytes import iso
from server.http.field_problems import HEADER, distinct, invalid_field, name_taken, readable_url
from server.http.parameters import known_id
from server.http.problems import Fault, Problem, not_found
from server.identity.authentication import Caller
from server.openapi.workspace_apis import APIs
from server.requests.stored_uses import Use, credential_uses, refuse_uses, variable_uses
from server.routes.flow_lists import Deleted
from server.routes.openapi_views import (
    APIChange,
    APIList,
    APIOperation,
    APIOperationList,
    APITool,
    APIToolList,
    APIView,
    NewAPI,
)

__all__ = ["OpenAPIToolsController"]


class OpenAPIToolsController(Controller):
    """Create, read, change, refresh and delete APIs, and show their operations."""

    path = "/openapi-tools"
    tags = ("Tools",)

    @post("/", operation_id="createAPI", opt=operation(400, 409, 413, 415, 422, needs="tools:write"))
    async def create(
        self,
        data: JSONBody[NewAPI],
        openapi_apis: NamedDependency[APIs],
        caller: NamedDependency[Caller],
    ) -> APIView:
        """Read an OpenAPI document and store its API. A document at a URL is downloaded now."""
        if bool(data.url) == (data.document is not None):
            raise invalid_field("document", "Give the document in 'document', or where it is in 'url'.")
        said = {
            name: value
            for name, value in msgspec.structs.asdict(data).items()
            if name not in ("name", "document")
        }
        settings = _checked(APISettings(**said))
        refuse_uses(caller.permissions, _uses(settings))
        if await openapi_apis.rows.find(caller.workspace, data.name) is not None:
            raise name_taken("an API", data.name)
        content = None if data.document is None else _content(data.document)
        try:
            row = await openapi_apis.create(caller.workspace, data.name, settings, content)
        except NameTaken:
            raise name_taken("an API", data.name) from None
        except DocumentError as error:
            raise _unusable(error, "url" if content is None else "document") from None
        return await _view(openapi_apis, row)

    @get("/", operation_id="listAPIs", opt=operation(needs="tools:read"))
    async def list(self, openapi_apis: NamedDependency[APIs], caller: NamedDependency[Caller]) -> APIList:
        """List the APIs by name."""
        rows = await openapi_apis.rows.list(caller.workspace)
        return APIList([await _view(openapi_apis, row) for row in rows], len(rows))

    @get("/{api_id:str}", operation_id="getAPI", opt=operation(404, needs="tools:read"))
    async def read(
        self, api_id: FromPath[str], openapi_apis: NamedDependency[APIs], caller: NamedDependency[Caller]
    ) -> APIView:
        """Return an API."""
        return await _view(openapi_apis, await _known(openapi_apis, caller, api_id))

    @put(
        "/{api_id:str}",
        operation_id="updateAPI",
        opt=operation(400, 404, 409, 413, 415, 422, needs="tools:write"),
    )
    async def update(
        self,
        api_id: FromPath[str],
        data: JSONBody[APIChange],
        openapi_apis: NamedDependency[APIs],
        caller: NamedDependency[Caller],
    ) -> APIView:
        """Update an API. Active runs go on with what they began with."""
        said = {name: value for name, value in msgspec.structs.asdict(data).items() if value is not UNSET}
        name = said.pop("name", None)
        document = said.pop("document", None)
        if document is not None and said.get("url"):
            raise invalid_field("document", "Give the document in 'document', or where it is in 'url'.")
        if document is not None:
            said["url"] = ""
        content = None if document is None else _content(document)
        while True:
            known = await _known(openapi_apis, caller, api_id)
            settings = _checked(msgspec.structs.replace(known.settings, **said))
            if settings != known.settings or document is not None:
                refuse_uses(caller.permissions, _uses(settings))
            fetch = bool(settings.url) and settings.url != known.settings.url
            row = await _changed(openapi_apis, known, name or known.name, settings, content, fetch=fetch)
            if row is not None:
                return await _view(openapi_apis, row)

    @post(
        "/{api_id:str}/refresh",
        operation_id="refreshAPI",
        status_code=200,
        opt=operation(404, 409, 422, needs="tools:write"),
    )
    async def refresh(
        self, api_id: FromPath[str], openapi_apis: NamedDependency[APIs], caller: NamedDependency[Caller]
    ) -> APIView:
        """Download the document again. Operations stay as they were if it lacks one that was chosen."""
        while True:
            known = await _known(openapi_apis, caller, api_id)
            if not known.settings.url:
                raise invalid_field("url", f"The API '{known.name}' has no 'url'. Send its document instead.")
            row = await _changed(openapi_apis, known, known.name, known.settings, None, fetch=True)
            if row is not None:
                return await _view(openapi_apis, row)

    @delete(
        "/{api_id:str}", operation_id="deleteAPI", status_code=200, opt=operation(404, needs="tools:write")
    )
    async def delete(
        self, api_id: FromPath[str], openapi_apis: NamedDependency[APIs], caller: NamedDependency[Caller]
    ) -> Deleted:
        """Delete an API. Its credential stays."""
        known = await _known(openapi_apis, caller, api_id)
        if not await openapi_apis.rows.delete(caller.workspace, known.id):
            raise not_found("api", api_id)
        return Deleted(known.id, True, f"The API '{known.name}' is deleted.")

    @get("/{api_id:str}/operations", operation_id="listAPIOperations", opt=operation(404, needs="tools:read"))
    async def operations(
        self,
        api_id: FromPath[str],
        openapi_apis: NamedDependency[APIs],
        caller: NamedDependency[Caller],
        search: Annotated[
            FromQuery[str],
            QueryParameter(max_length=200, description="Part of an ID, a path or a description."),
        ] = "",
    ) -> APIOperationList:
        """List the operations of the document, from which `operations` chooses."""
        known = await _known(openapi_apis, caller, api_id)
        document = await openapi_apis.rows.document(caller.workspace, known.id)
        if document is None:
            raise not_found("api", api_id)
        chosen = {one.id for one in known.chosen}
        wanted = search.casefold()
        found = [
            APIOperation(
                id=one.id,
                method=one.method,
                path=one.path,
                description=one.description,
                chosen=one.id in chosen,
                message=one.problem,
            )
            for one in document.operations
            if wanted in f"{one.id} {one.method} {one.path} {one.description}".casefold()
        ]
        return APIOperationList(found, len(found))

    @get("/{api_id:str}/tools", operation_id="listAPITools", opt=operation(404, needs="tools:read"))
    async def tools(
        self, api_id: FromPath[str], openapi_apis: NamedDependency[APIs], caller: NamedDependency[Caller]
    ) -> APIToolList:
        """List the chosen operations as tools, with the JSON Schema of their arguments."""
        known = await _known(openapi_apis, caller, api_id)
        found = [
            APITool(
                operation=one.pinned.operation.id,
                name=one.pinned.name,
                description=one.pinned.operation.description,
                input_schema=one.schema,
                method=one.pinned.operation.method,
                path=one.pinned.operation.path,
                approval=one.pinned.approval,
                repeatable=one.pinned.operation.repeatable,
                message=one.why,
            )
            for one in openapi_apis.offered(known)
        ]
        return APIToolList(found, len(found))


async def _changed(
    openapi_apis: APIs,
    known: APIRow,
    name: str,
    settings: APISettings,
    content: bytes | None,
    *,
    fetch: bool,
) -> APIRow | None:
    """Return an API as it was changed; None if it was changed or deleted since it was read.

    Raises:
        Problem: 409 for a name that is taken, 422 for a document that cannot be used.
    """
    try:
        return await openapi_apis.change(known, name, settings, content, fetch=fetch)
    except NameTaken:
        raise name_taken("an API", name) from None
    except DocumentError as error:
        raise _unusable(error, "document" if content is not None else "url") from None


async def _known(openapi_apis: APIs, caller: Caller, api_id: str) -> APIRow:
    row = await openapi_apis.rows.get(caller.workspace, known_id("api", api_id))
    if row is None:
        raise not_found("api", api_id)
    return row


def _content(document: str | dict[str, Any]) -> bytes:
    return document.encode() if isinstance(document, str) else msgspec.json.encode(document)


def _uses(settings: APISettings) -> list[Use]:
    """Return the credential and the variables that an API's settings name."""
    uses = credential_uses({"credential": settings.credential})
    return [
        *uses,
        *variable_uses(settings.base_url, "/base_url"),
        *variable_uses(settings.headers, "/headers"),
    ]


def _checked(settings: APISettings) -> APISettings:
    """Return settings that requests can go by.

    Raises:
        Problem: 422, with what is wrong.
    """
    if settings.url:
        readable_url("url", settings.url)
    if settings.base_url:
        if wrong := address_problem(settings.base_url):
            raise invalid_field("base_url", wrong)
        if "?" in settings.base_url:
            raise invalid_field("base_url", "'base_url' has a query; it may have none.")
    for name in settings.headers:
        if name.lower() in LEFT_TO_OTHERS or not HEADER.fullmatch(name):
            raise invalid_field("headers", f"The header '{name[:80]}' cannot be set. Leave it out.")
    if wrong := template_problem(settings.headers):
        raise invalid_field("headers", wrong)
    for id, paths in settings.answer_paths.items():
        for path in paths:
            if problem := path_problem(path):
                raise invalid_field("answer_paths", f"Operation '{id[:80]}': {problem}")
    distinct(settings.rename, "operations")
    return settings


def _unusable(error: DocumentError, place: str) -> Problem:
    place = "operations" if error.code == "openapi_operations" else place
    detail = str(error)
    return Problem(422, error.code, detail, errors=[Fault(detail, pointer=f"/{place}")])


async def _view(openapi_apis: APIs, row: APIRow) -> APIView:
    said = msgspec.structs.asdict(row.settings)
    said["base_url"] = row.settings.base_url or row.about.base_url
    return APIView(
        id=row.id,
        name=row.name,
        title=row.about.title,
        openapi=row.about.version,
        api_version=row.about.api_version,
        auth=row.about.schemes,
        operations_total=row.about.operations,
        tools=sum(not one.why for one in openapi_apis.offered(row)),
        warnings=await openapi_apis.warnings(row),
        read_at=iso(row.read_at) or "",
        created_at=iso(row.created_at) or "",
        updated_at=iso(row.updated_at) or "",
        **said,
    )
