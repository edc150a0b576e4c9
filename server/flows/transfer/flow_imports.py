"""Flow imports: a bundle brought in: checked whole, bound to what is here, stored where nothing is missing.

Nothing is executed or fetched. Ids that the workspace knows are bound to what is there, the others are made
anew.
"""

from collections.abc import Collection, Mapping
from typing import Any

import msgspec

from graphs.document.flow import FlowSize
from graphs.tools import ToolKinds
from graphs.values.findings import FlowError
from graphs.values.run_options import Limits
from persistence.knowledge.bases import KnowledgeBases
from persistence.library.agents import AgentRow, Agents
from persistence.library.flows import FlowRow, Flows
from persistence.storage.ids import new_id
from server.flows.flow_checks import checked, refuse_faulty
from server.flows.flow_documents import Agentflow, Chatflow
from server.flows.references import references_of
from server.flows.transfer.bundle_variables import bound_variables
from server.flows.transfer.import_reports import Bound, ImportReport
from server.flows.transfer.read_bundles import ReadBundle
from server.http.problems import Fault, Problem
from server.identity.permissions import PERMISSIONS, Permission
from server.requests.stored_uses import refuse_uses

__all__ = ["bring_in"]


LONGEST_ID = 64


async def bring_in(
    flows: Flows,
    agents: Agents,
    bases: KnowledgeBases,
    workspace: str,
    bundle: dict[str, Any],
    *,
    max_steps: int,
    tools: ToolKinds | None,
    credentials: Collection[str] | None = None,
    variables: Mapping[str, bool] | None = None,
    size: FlowSize | None = None,
    limits: Limits | None = None,
    permissions: frozenset[Permission] = PERMISSIONS,
    dry_run: bool = False,
    replace: str | None = None,
) -> ImportReport:
    """Check a bundle, and store it where nothing is missing or wrong.

    Args:
        flows: Where flows are stored.
        agents: Where agents are.
        bases: Where knowledge bases are.
        workspace: Whose they become.
        bundle: What `bundle_of` gave, or a flow alone.
        max_steps: Supersteps that a run may take.
        tools: The tools that there are; None to leave them unchecked.
        credentials: Names of the workspace's credentials; None to leave them unchecked.
        variables: Its variables, each with whether it is secret; None to leave them unchecked.
        size: How large a flow may be; None for the defaults.
        limits: What a run may use at most; None to leave the flows' own limits unchecked.
        permissions: What the importer may do: the bundle may name what these allow to use.
        dry_run: Check, and store nothing.
        replace: Id of a flow whose next version this becomes; None for a new flow.

    Raises:
        Problem: 422 for what is no bundle, 403 for one that names what the importer may not use.
    """
    reading = ReadBundle(bundle, max_steps=max_steps, tools=tools, size=size, limits=limits)
    refuse_uses(permissions, reading.uses(tools))
    names = {id: agent.name for id, agent in reading.agents.items()}
    names |= {id: flow.name for id, (_, flow) in reading.flows.items()}
    ids: dict[str, str] = {}
    bound: dict[str, dict[str, Bound]] = {"agent": {}, "flow": {}}
    for kind, holder, field in reading.references():
        wanted = holder[field]
        if wanted in bound[kind]:
            continue
        known: AgentRow | FlowRow | None = None
        if 0 < len(wanted) <= LONGEST_ID:
            known = await (agents if kind == "agent" else flows).get(workspace, wanted)
        included = wanted in (reading.agents if kind == "agent" else reading.flows)
        id = wanted if known is not None else new_id() if included else None
        how = "existing" if known is not None else "created" if included else "missing"
        name = known.name if known is not None else names.get(wanted, "")
        bound[kind][wanted] = Bound(wanted=wanted, id=id, name=name, how=how)
        if id is not None:
            ids[wanted] = id
    reading.rewrite(ids)
    bound_bases = await _bind_bases(bases, workspace, reading)
    errors = [
        Fault(
            f"The flow names the {kind} '{one.wanted}', which is neither in the file nor here. Export it "
            "with the flow, or choose another.",
            code="missing",
        )
        for kind, ones in bound.items()
        for one in ones.values()
        if one.how == "missing"
    ]
    warnings = [
        Fault(
            f"There is no knowledge base '{one.name}' here. Create one of this name and add documents: until "
            "then the flow cannot search it.",
            code="missing_knowledge_base",
        )
        for one in bound_bases
        if one.how == "missing"
    ]
    created = {one.wanted for one in bound["flow"].values() if one.how == "created"}
    for id, (_, flow) in [("", (reading.flow_type, reading.flow)), *reading.flows.items()]:
        if id and id not in created:
            continue
        prefix = f"/includes/flows/{id}" if id else ""
        document = reading.document(flow)
        try:
            told = await checked(
                document,
                refuse_faulty,
                document,
                max_steps=max_steps,
                tools=tools,
                credentials=credentials,
                variables=variables,
                size=size,
                limits=limits,
                elsewhere=await references_of(
                    flows, agents, None, workspace, document, included=reading.included(ids)
                ),
            )
            warnings += [msgspec.structs.replace(each, pointer=prefix + each.pointer) for each in told]
        except FlowError as error:
            errors += [
                Fault(f.message, pointer=prefix + f.pointer, code=f.code, node=f.node, edge=f.edge)
                for f in error.findings
                if f.severity == "error"
            ]
    row: FlowRow | None = None
    if not errors and not dry_run:
        row = await _store(flows, agents, workspace, reading, bound, replace)
        if row is None:
            message = f"There is no {reading.flow_type} '{replace}' to replace."
            raise Problem(404, "not_found", message)
    return ImportReport(
        imported=row is not None,
        id=row.id if row else None,
        name=reading.flow.name,
        flow_type=reading.flow_type,
        version=row.version if row else None,
        agents=[*bound["agent"].values()],
        flows=[*bound["flow"].values()],
        knowledge_bases=bound_bases,
        models=reading.models(),
        tools=reading.tools(),
        variables=bound_variables(bundle, variables),
        secrets_removed=reading.secrets_removed,
        errors=errors,
        warnings=warnings,
    )


async def _bind_bases(bases: KnowledgeBases, workspace: str, reading: ReadBundle) -> list[Bound]:
    """Put the bases of this workspace in place of those that the bundle names; a missing one by its name."""
    found: dict[str, Bound] = {}
    for names in reading.base_lists():
        for place, wanted in enumerate(names):
            if wanted not in found:
                name = reading.bases.get(wanted, wanted)
                base = await bases.find(workspace, wanted) or await bases.find(workspace, name)
                found[wanted] = Bound(
                    wanted=wanted,
                    id=None if base is None else base.id,
                    name=name if base is None else base.name,
                    how="missing" if base is None else "existing",
                )
            if wanted in reading.bases and wanted != found[wanted].name:  # named by its id
                names[place] = found[wanted].id or found[wanted].name
    return [*found.values()]


async def _store(
    flows: Flows,
    agents: Agents,
    workspace: str,
    reading: ReadBundle,
    bound: dict[str, dict[str, Bound]],
    replace: str | None,
) -> FlowRow | None:
    """Store what is new, what others name first."""
    if replace is not None and await flows.get(workspace, replace, reading.flow_type) is None:
        return None
    for one in bound["agent"].values():
        if one.how == "created":
            agent = reading.agents[one.wanted]
            plain: dict[str, Any] = msgspec.to_builtins(agent)
            await agents.create(
                workspace, name=agent.name, description=agent.description, document=plain, id=one.id
            )
    for one in [*bound["flow"].values()][::-1]:
        if one.how == "created":
            flow_type, flow = reading.flows[one.wanted]
            await flows.create(
                workspace,
                flow_type,
                **_columns(flow),
                document=reading.document(flow),
                id=one.id,
                slug=flow.slug or "",
            )
    fields: dict[str, Any] = {**_columns(reading.flow), "document": reading.document(reading.flow)}
    if replace is None:
        return await flows.create(workspace, reading.flow_type, **fields, slug=reading.flow.slug or "")
    return await flows.replace(workspace, replace, **fields, flow_type=reading.flow_type)


def _columns(flow: Chatflow | Agentflow) -> dict[str, Any]:
    names = ("name", "description", "tags", "category", "is_active", "is_public")
    return {name: getattr(flow, name) for name in names}
