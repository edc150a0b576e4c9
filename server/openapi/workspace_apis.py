"""APIs: what a workspace has of them, and the operations that its runs may call."""

import difflib
import time
from collections.abc import Sequence
from urllib.parse import urljoin

from msgspec import structs

from graphs.openapi.document_reader import DocumentReader
from graphs.openapi.operations import APIDocument, DocumentError, Operation
from graphs.openapi.pinned_operations import (
    ALL,
    MAX_CHOSEN,
    APISettings,
    OfferedOperation,
    PinnedAPI,
    offered_operations,
)
from graphs.outbound.egress import Egress
from graphs.outbound.http_messages import EgressError, Outbound
from persistence.identity.credentials import Credentials
from persistence.identity.openapi_apis import AboutAPI, APIRow, APIRows, new_api
from server.settings.sources import Settings

__all__ = ["APIs"]

_LISTED = 20
"""Problems of a list that are named."""


class APIs:
    """The APIs of all workspaces. Opens nothing before the first use."""

    def __init__(self, settings: Settings, rows: APIRows, credentials: Credentials) -> None:
        self.rows = rows
        self._reader = DocumentReader(settings.openapi_reading())
        self._egress = Egress(settings.egress())
        self._credentials = credentials

    async def close(self) -> None:
        """Close connections."""
        await self._egress.close()

    async def create(
        self, workspace: str, name: str, settings: APISettings, content: bytes | None = None
    ) -> APIRow:
        """Read a document, from its text or from `settings.url`, and store its API.

        Raises:
            DocumentError: it cannot be had or used.
            NameTaken: there is an API of this name.
        """
        document = await self._read(settings, content)
        row = new_api(workspace, name, settings, _about(document, settings.url))
        row = structs.replace(row, chosen=_chosen(settings.operations, document.operations))
        await self.rows.create(row, document)
        return row

    async def change(
        self,
        row: APIRow,
        name: str,
        settings: APISettings,
        content: bytes | None = None,
        *,
        fetch: bool = False,
    ) -> APIRow | None:
        """Give an API another name, other settings or another document; None if it was changed or deleted
        since it was read.

        Args:
            row: As it is.
            name: Its name from now on.
            settings: Its settings from now on.
            content: Another document.
            fetch: Whether to download the document again.

        Raises:
            DocumentError: the document cannot be had or used, or lacks a chosen operation.
            NameTaken: there is another API of this name.
        """
        fresh, known = None, row
        if content is not None or fetch:
            fresh = await self._read(settings, content)
            row = structs.replace(row, about=_about(fresh, settings.url), read_at=time.time())
        if fresh is not None or settings.operations != row.settings.operations:
            document = fresh or await self.rows.document(row.workspace, row.id)
            if document is None:
                return None
            row = structs.replace(row, chosen=_chosen(settings.operations, document.operations))
        return await self.rows.replace(known, structs.replace(row, name=name, settings=settings), fresh)

    def offered(self, row: APIRow) -> Sequence[OfferedOperation]:
        """Return the chosen operations, and which of them flows may use."""
        return offered_operations(row.name, row.settings, row.about.base_url, row.chosen)

    async def warnings(self, row: APIRow) -> list[str]:
        """Return how the credential differs from what the document asks for, in sentences."""
        if not row.about.schemes or not any(one.authorized for one in row.chosen):
            return []
        schemes = [scheme for scheme in row.about.schemes if scheme.kind != "other"]
        if not schemes:
            names = ", ".join(f"'{scheme.name[:80]}'" for scheme in row.about.schemes[:5])
            return [
                f"No kind of credential fits what the document asks for ({names}), such as a cookie or a "
                "client certificate. Calls fail, unless the API takes another credential or 'headers'."
            ]
        expected = " or ".join(
            dict.fromkeys(
                f"'{scheme.kind}'" + (f" with the field '{scheme.field}'" if scheme.field else "")
                for scheme in schemes
            )
        )
        name = row.settings.credential
        if not name:
            return [f"The document asks for a credential of kind {expected}. Name one in 'credential'."]
        known = [one for one in await self._credentials.list(row.workspace) if one.name == name]
        if not known:
            return [f"There is no credential '{name}' in this workspace. Store one of kind {expected}."]
        kind, field = known[0].kind, known[0].field
        if kind == "oauth2":  # it is sent as a bearer token
            kind, field = "bearer", ""
        for scheme in schemes:
            if scheme.kind == kind and (not scheme.field or scheme.field.lower() == field.lower()):
                return []
        return [
            f"The document asks for a credential of kind {expected}; '{name}' is of kind '{kind}'"
            + (f" with the field '{field}'." if field else ".")
        ]

    async def pin(self, workspace: str, name: str, wanted: Sequence[str], pins: dict[str, PinnedAPI]) -> None:
        """Enter the operations of an API that a run uses."""
        row = await self.rows.find(workspace, name)
        if row is None:
            return
        if not row.settings.enabled:
            pins[name] = PinnedAPI(problem=f"The API '{name}' is disabled. Enable it.")
            return
        before = pins.get(name, PinnedAPI())
        operations = {one.operation.id: one for one in before.operations}
        refused = dict(before.refused)
        for one in self.offered(row):
            id = one.pinned.operation.id
            if wanted and id not in wanted:
                continue
            if one.why:
                refused[id] = one.why
            else:
                operations[id] = one.pinned
        pins[name] = PinnedAPI(operations=[*operations.values()], refused=refused)

    async def _read(self, settings: APISettings, content: bytes | None) -> APIDocument:
        if content is None:
            try:
                answer = await self._egress.fetch(
                    Outbound(url=settings.url, max_bytes=self._reader.limits.max_bytes)
                )
            except EgressError as error:
                raise DocumentError(f"The document cannot be downloaded. {error}", code=error.code) from None
            if answer.status != 200:
                raise DocumentError(
                    f"The document cannot be downloaded: {answer.url} answered {answer.status}."
                )
            content = answer.content
        return await self._reader.read(content)


def _about(document: APIDocument, url: str) -> AboutAPI:
    base = document.servers[0] if document.servers else ""
    return AboutAPI(
        version=document.version,
        title=document.title,
        api_version=document.api_version,
        base_url=urljoin(url, base or "/") if url else base,
        schemes=document.schemes,
        operations=len(document.operations),
    )


def _chosen(wanted: Sequence[str], operations: Sequence[Operation]) -> list[Operation]:
    """Return the operations that were chosen.

    Raises:
        DocumentError: there is none of an ID, or there are too many (code ``openapi_operations``).
    """
    if ALL in wanted:
        found = [*operations]
    else:
        known = {one.id: one for one in operations}
        missing = [id for id in wanted if id not in known]
        if missing:
            near = difflib.get_close_matches(missing[0], known, 3)
            hint = f" Did you mean {', '.join(near)}?" if near else ""
            named = ", ".join(f"'{id[:80]}'" for id in missing[:_LISTED])
            raise DocumentError(f"The document has no operation {named}.{hint}", code="openapi_operations")
        found = [known[id] for id in dict.fromkeys(wanted)]
    if len(found) > MAX_CHOSEN:
        raise DocumentError(
            f"{len(found):,} operations were chosen; {MAX_CHOSEN} are allowed. Choose those that flows need.",
            code="openapi_operations",
        )
    return found
