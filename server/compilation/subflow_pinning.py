"""Version pinning: looks up the versions that a run uses to its end, when it is accepted."""

from collections import OrderedDict
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from graphs.analysis.chatflow import definition_of
from graphs.document.flow import GraphDefinition
from graphs.values.environment import Environment
from persistence.identity.variables import Variables
from persistence.library.agents import Agents
from persistence.library.flow_versions import FlowVersions
from persistence.library.flows import FlowRow, Flows
from server.settings.default_model import DefaultModel

if TYPE_CHECKING:
    from graphs.analysis.pinned_versions import Missing, PinnedVersions
    from server.mcp.mcp_servers import MCPServers
    from server.openapi.workspace_apis import APIs

__all__ = ["VersionPinning"]

MOST_NAMES = 1_000
"""Workspace variables of one run."""
REMEMBERED = 1024
"""Flow versions of which it is remembered what they leave to the server."""


class VersionPinning:
    """Looks up the stored agents, default models and sub-flows that a flow leaves to the server."""

    def __init__(
        self,
        agents: Agents,
        flows: Flows,
        versions: FlowVersions,
        default_model: DefaultModel,
        servers: "MCPServers | None" = None,
        apis: "APIs | None" = None,
        variables: Variables | None = None,
    ) -> None:
        self._versions = versions
        self._servers = servers
        self._apis = apis
        self._variables = variables
        self._flows = flows
        self._agents = agents
        self._default_model = default_model
        self._missing: OrderedDict[tuple[str, int], Missing] = OrderedDict()

    async def pins(
        self, workspace: str, flow: FlowRow | None, document: Mapping[str, Any] | None
    ) -> dict[str, Any]:
        """Return a run's `PinnedVersions` as plain JSON; empty where its flow says everything itself.

        Args:
            workspace: Whose agents and sub-flows count.
            flow: The stored flow.
            document: What is run in its place; None for the flow's own.

        Raises:
            FlowError: an agent is not there, or the flow does not decode.
        """
        from graphs.analysis.pinned_versions import PinnedVersions, missing_of, with_pinned_versions

        key = (flow.id, flow.version) if flow is not None and document is None else None
        missing = self._missing.get(key) if key is not None else None
        if missing is not None and missing.nothing:
            return {}
        definition = definition_of(document or (flow.document if flow is not None else {}))
        missing = missing_of(definition)
        if key is not None:
            self._missing[key] = missing
            if len(self._missing) > REMEMBERED:
                self._missing.popitem(last=False)
        if missing.nothing:
            return {}
        pins = PinnedVersions()
        await self._pin(workspace, definition, pins)
        names = {*missing_of(definition, pins).env}
        await self._pin_called(workspace, missing_of(definition, pins), pins, names)
        names |= {name for server in pins.servers.values() for name in server.env}
        names |= {name for api in pins.apis.values() for name in api.env}
        if names and self._variables is not None:
            pins = msgspec.structs.replace(
                pins, env=await self._environment(workspace, "" if flow is None else flow.label, names)
            )
        with_pinned_versions(definition, pins)
        plain: dict[str, Any] = msgspec.to_builtins(pins)
        return plain

    async def _pin(self, workspace: str, definition: GraphDefinition, pins: "PinnedVersions") -> None:
        """Look up the agents and models of a definition."""
        from graphs.analysis.pinned_versions import missing_of

        for id in sorted(missing_of(definition).agents - pins.agents.keys()):
            row = await self._agents.get(workspace, id)
            if row is not None:
                pins.agents[id] = row.document
        for server, tools in sorted(missing_of(definition, pins).servers):
            if self._servers is not None:
                await self._servers.pin(workspace, server, tools, pins.servers)
        for api, operations in sorted(missing_of(definition, pins).apis):
            if self._apis is not None:
                await self._apis.pin(workspace, api, operations, pins.apis)
        for provider, model in sorted(missing_of(definition, pins).models):
            if (name := f"{provider}/{model}") not in pins.models:
                pins.models[name] = await self._default_model.complete(provider, model)

    async def _environment(self, workspace: str, label: str, names: Collection[str]) -> Environment:
        """Look up the workspace variables of these names; those that are not there are left out."""
        assert self._variables is not None
        rows = await self._variables.chosen(workspace, label, sorted(names)[:MOST_NAMES])
        return Environment(
            label=label,
            values={row.name: row.value for row in rows if not row.secret},
            secrets=[row.name for row in rows if row.secret],
        )

    async def _pin_called(
        self, workspace: str, missing: "Missing", pins: "PinnedVersions", names: set[str]
    ) -> None:
        """Look up the flows that a flow calls, and those that they call; what is not there is left out.

        The workspace variables that they read are added to `names`.
        """
        from graphs.analysis.pinned_versions import PinnedFlow, missing_of
        from graphs.checks.subflow_inputs import parameters_of

        asked = sorted(missing.subflows, key=str)
        for id, wanted in asked:  # grows while it is walked
            row = await self._flows.get(workspace, id)
            if row is None or not row.is_active:
                continue
            version: int | None
            if isinstance(wanted, str):
                version = await self._versions.labelled(workspace, id, wanted)
                if version is None:
                    continue
            else:
                version = wanted or row.version
            document = row.document if version == row.version else await self._flows.version(id, version)
            if document is None:
                continue
            definition = definition_of(document)
            pinned = PinnedFlow(
                id,
                wanted,
                version,
                row.flow_type,
                name=row.name,
                description=row.description[:4000],
                parameters=parameters_of(definition, is_chat=row.flow_type == "chatflow"),
            )
            pins.flows.append(pinned)
            await self._pin(workspace, definition, pins)
            left = missing_of(definition, pins)
            names |= left.env
            asked += sorted(left.subflows.difference(asked), key=str)
