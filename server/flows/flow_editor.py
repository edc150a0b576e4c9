"""Stored flows: created and changed only where they can run, and checked against what the workspace has."""

from collections.abc import Callable
from typing import Any

from msgspec import Struct

from graphs.document.flow import FlowType
from graphs.values.findings import Finding, FlowError
from persistence.identity.connections import Connections
from persistence.identity.credentials import Credentials
from persistence.identity.variables import Variables
from persistence.library.agents import Agents
from persistence.library.embeds import Embeds
from persistence.library.flow_versions import FlowDraft, Published, StaleDraft
from persistence.library.flows import FlowRow, Flows
from server.compilation.tool_setup import ServerTools
from server.flow_choice.code_flows import refuse_code_flow
from server.flow_choice.stored_flows import get_flow
from server.flows.connection_findings import connection_findings
from server.flows.execution_plans import fault_of
from server.flows.flow_checks import (
    checked,
    faults_of_parts,
    findings_of,
    known_of_server,
    refuse_faulty,
    speaks_of,
)
from server.flows.flow_documents import AgentflowChange, ChatflowChange, changed
from server.flows.flow_uses import APART, uses_of_flow
from server.flows.references import references_of
from server.flows.subflow_references import subflow_findings
from server.http.answers.etags import refuse_stale
from server.http.parameters import known_id
from server.http.problems import Fault, Problem, not_found
from server.identity.callers import Caller
from server.requests.stored_uses import refuse_uses
from server.settings.sources import Settings

__all__ = ["Checked", "FlowEditor"]


class Checked(Struct, frozen=True):
    """What a check found."""

    valid: bool
    errors: list[Fault]
    """What keeps it from running."""
    warnings: list[Fault]
    """What is odd and does not."""
    speaks: list[str] = []
    """Nodes of a chatflow whose text streams to the user."""


class FlowEditor:
    """Stores flows that can run, and says what is wrong with those that cannot."""

    def __init__(
        self,
        settings: Settings,
        flows: Flows,
        agents: Agents,
        embeds: Embeds,
        credentials: Credentials,
        connections: Connections,
        variables: Variables,
        tools: ServerTools,
    ) -> None:
        self._settings = settings
        self._flows = flows
        self._agents = agents
        self._embeds = embeds
        self._credentials = credentials
        self._connections = connections
        self._variables = variables
        self._tools = tools

    async def create(
        self, caller: Caller, flow_type: FlowType, document: dict[str, Any], slug: str | None = None
    ) -> tuple[FlowRow, list[Fault]]:
        """Store a flow that can run, and return it with its warnings.

        Raises:
            Problem: 403 if it names what the caller may not use, 404 for a stored agent that is not there.
            FlowError: it cannot run.
            SlugTaken: another flow has the slug.
        """
        workspace = caller.workspace
        self.refuse_uses(caller, document)
        known = await self._known_of(workspace, document)
        warnings = await checked(document, refuse_faulty, document, **known)
        warnings += _warnings(await self._about_others(workspace, document))
        await self._refuse_unknown_agents(workspace, document, {})
        row = await self._flows.create(
            workspace,
            flow_type,
            document=document,
            slug=slug or "",
            exact=slug is not None,
            **_columns(document),
        )
        return row, warnings

    async def replace(
        self,
        caller: Caller,
        flow_id: str,
        flow_type: FlowType,
        change: ChatflowChange | AgentflowChange,
        tags: frozenset[str] | None = None,
    ) -> tuple[FlowRow, list[Fault]]:
        """Change a flow, and return it with its warnings.

        Raises:
            Problem: 403, 404; 412 if the flow's version is none of the `tags`.
            FlowError: it could not run.
            SlugTaken: another flow has the slug.
        """
        return await self.edit(
            caller, flow_id, flow_type, lambda known: changed(known, change), change.slug or "", tags=tags
        )

    async def restore(
        self, caller: Caller, row: FlowRow, old: FlowRow, tags: frozenset[str] | None
    ) -> tuple[FlowRow, list[Fault]]:
        """Store what a flow was in another version as its next one; whether it is switched on, and public,
        stays as it is.

        Raises:
            Problem: 403, 404; 412 if the flow's version is none of the `tags`.
            FlowError: it can no longer run.
        """

        def restored(known: FlowRow) -> dict[str, Any]:
            return {**old.document, "is_active": known.is_active, "is_public": known.is_public}

        notes = Published(f"Restored from version {old.version}." if old.version else "Taken from the draft.")
        return await self.edit(caller, row.id, row.flow_type, restored, tags=tags, published=notes)

    async def publish(
        self, caller: Caller, row: FlowRow, draft: FlowDraft, notes: str, labels: list[str], based_on: int
    ) -> tuple[FlowRow, list[Fault]]:
        """Store a draft as the next version of its flow, where that is still at the version `based_on`.

        Raises:
            Problem: 403, 404; 409 if the flow is at another version, 412 if the draft is.
            FlowError: it could not run.
        """

        def drafted(known: FlowRow) -> dict[str, Any]:
            if known.version != based_on:
                raise behind(known, based_on)
            return draft.document

        published = Published(notes, labels, draft.revision)
        try:
            return await self.edit(caller, row.id, row.flow_type, drafted, published=published)
        except StaleDraft as error:
            refuse_stale(frozenset({str(draft.revision)}), error.revision, "The draft")
            raise

    async def edit(
        self,
        caller: Caller,
        flow_id: str,
        flow_type: FlowType,
        edit: Callable[[FlowRow], dict[str, Any]],
        slug: str = "",
        *,
        tags: frozenset[str] | None = None,
        published: Published | None = None,
    ) -> tuple[FlowRow, list[Fault]]:
        """Store what `edit` makes of a flow as its next version, and return it with its warnings.

        Where somebody else changed the flow meanwhile, `edit` is asked again, so that no change is lost.

        Raises:
            Problem: 403 if it comes to name what the caller may not use; 404; 412 if the flow's version is
                none of the `tags`.
            FlowError: it could not run.
            SlugTaken: another flow has the slug.
            StaleDraft: the draft that is published was changed meanwhile.
        """
        workspace = caller.workspace
        while True:
            known = await get_flow(self._flows, workspace, flow_id, flow_type)
            refuse_code_flow(known)
            refuse_stale(tags, known.version, f"The {known.flow_type} '{known.name}'")
            document = edit(known)
            self.refuse_uses(caller, document, known.document)
            others = await self._known_of(workspace, document, known.id)
            warnings = await checked(document, refuse_faulty, document, **others)
            warnings += _warnings(await self._about_others(workspace, document, known.id))
            await self._refuse_unknown_agents(workspace, document, known.document)
            row = await self._flows.replace(
                workspace,
                known.id,
                document=document,
                version=known.version,
                slug=slug,
                published=published,
                **_columns(document),
            )
            if row is not None:
                return row, warnings

    def refuse_uses(
        self, caller: Caller, document: dict[str, Any], before: dict[str, Any] | None = None
    ) -> None:
        """Return if a caller may store a flow with the credentials, connections and variables that it names.

        Args:
            caller: Who stores it.
            document: The flow as it would be.
            before: The flow as it is: only another name and the like make nobody an author of its uses.

        Raises:
            Problem: 403.
        """
        if before is None or _running_part(document) != _running_part(before):
            refuse_uses(caller.permissions, uses_of_flow(document, self._tools.loaded.kinds))

    async def check(self, row: FlowRow) -> Checked:
        """Return what is wrong or odd with a stored flow."""
        known = await self._known_of(row.workspace, row.document, row.id)
        found = await checked(row.document, findings_of, row.document, **known)
        found += await self._about_others(row.workspace, row.document, row.id)
        errors = [fault_of(finding) for finding in found if finding.severity == "error"]
        warnings = [fault_of(one) for one in found if one.severity == "warning"]
        return Checked(not errors, errors, warnings, speaks_of(row.document) if not errors else [])

    def faults_of_parts(self, value: Any, kind: type[Struct]) -> list[Fault]:
        """Return what is wrong with the parts of a flow that fit their types, where another part does not."""
        return faults_of_parts(value, kind, **self._known_of_server())

    async def known_here(self, workspace: str) -> dict[str, Any]:
        """Return what a flow is held against: what `refuse_faulty` takes beside the document."""
        return self._known_of_server() | {
            "credentials": await self._credentials.names(workspace),
            "variables": await self._variables.kinds(workspace),
        }

    def _known_of_server(self) -> dict[str, Any]:
        return known_of_server(self._settings, self._tools)

    async def _known_of(self, workspace: str, document: dict[str, Any], flow_id: str = "") -> dict[str, Any]:
        """Return what one document is held against: `known_here`, and what it leaves to others."""
        elsewhere = await references_of(
            self._flows, self._agents, self._embeds, workspace, document, flow_id=flow_id
        )
        return await self.known_here(workspace) | {"elsewhere": elsewhere}

    async def _about_others(
        self, workspace: str, document: dict[str, Any], flow_id: str = ""
    ) -> list[Finding]:
        """Return what is odd with the connections and the flows that a document names."""
        tools = self._tools.loaded.kinds
        connections = await self._connections.names(workspace)
        found = await checked(document, connection_findings, document, connections, tools)
        return found + await subflow_findings(self._flows, workspace, document, flow_id, tools=tools)

    async def _refuse_unknown_agents(
        self, workspace: str, document: dict[str, Any], before: dict[str, Any]
    ) -> None:
        """Return if all stored agents are there that a document names and did not name before.

        Raises:
            Problem: 404.
        """
        known = {agent["agent_id"] for agent in before.get("agents") or []}
        for agent in document.get("agents") or []:
            id = agent["agent_id"]
            if id is None or id in known:
                continue
            if await self._agents.get(workspace, known_id("agent", id)) is None:
                raise not_found("agent", id)


def _warnings(findings: list[Finding]) -> list[Fault]:
    """Return warnings as the API shows them.

    Raises:
        FlowError: there are errors among them.
    """
    if any(finding.severity == "error" for finding in findings):
        raise FlowError(findings)
    return [fault_of(finding) for finding in findings]


def _running_part(document: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name not in APART}


def _columns(document: dict[str, Any]) -> dict[str, Any]:
    names = ("name", "description", "tags", "category", "is_active", "is_public")
    return {name: document[name] for name in names}


def behind(row: FlowRow, based_on: int) -> Problem:
    """Return the problem that a flow was changed since its draft was begun."""
    detail = (
        f"The {row.flow_type} '{row.name}' is at version {row.version}; its draft was made from version "
        f"{based_on}. GET /flows/{row.id}/diff?from={based_on} tells what the draft lacks. To publish it all "
        f"the same, send based_on {row.version}."
    )
    return Problem(409, "behind", detail)
