"""Flow imports: a bundle brought in: checked whole, bound to what is here, stored where nothing is missing.

Nothing is executed or fetched. Ids that the workspace knows are bound to what is there, the others are made
anew.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Literal

import msgspec

from graphs.document.called_flows import flow_tools
from graphs.document.flow import FlowSize, FlowType
from graphs.parsing.numbers import converted
from graphs.tools import ToolKinds
from graphs.values.findings import FlowError
from graphs.values.run_options import Limits
from persistence.library.agents import AgentRow, Agents
from persistence.library.flows import FlowRow, Flows
from persistence.storage.ids import new_id
from server.flows.agent_documents import Agent
from server.flows.bundle_variables import FIELD, bound_variables
from server.flows.flow_bundles import MAX_INCLUDED, node_data, references
from server.flows.flow_checks import faults_of_parts, refuse_faulty
from server.flows.flow_documents import Agentflow, Chatflow, document_of
from server.flows.import_report import Bound, ImportReport, UsedModel
from server.flows.references import references_of
from server.http.bodies import faults_of, invalid
from server.http.problems import Fault, Problem

__all__ = ["Bound", "ImportReport", "UsedModel", "bring_in"]


LONGEST_ID = 64


async def bring_in(
    flows: Flows,
    agents: Agents,
    workspace: str,
    bundle: dict[str, Any],
    *,
    max_steps: int,
    tools: ToolKinds | None,
    credentials: Collection[str] | None = None,
    variables: Mapping[str, bool] | None = None,
    size: FlowSize | None = None,
    limits: Limits | None = None,
    dry_run: bool = False,
    replace: str | None = None,
) -> ImportReport:
    """Check a bundle, and store it where nothing is missing or wrong.

    Args:
        flows: Where flows are stored.
        agents: Where agents are.
        workspace: Whose they become.
        bundle: What `bundle_of` gave, or a flow alone.
        max_steps: Supersteps that a run may take.
        tools: The tools that there are; None to leave them unchecked.
        credentials: Names of the workspace's credentials; None to leave them unchecked.
        variables: Its variables, each with whether it is secret; None to leave them unchecked.
        size: How large a flow may be; None for the defaults.
        limits: What a run may use at most; None to leave the flows' own limits unchecked.
        dry_run: Check, and store nothing.
        replace: Id of a flow whose next version this becomes; None for a new flow.

    Raises:
        Problem: 422 for what is no bundle.
    """
    reading = _Reading(bundle, max_steps=max_steps, tools=tools, size=size, limits=limits)
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
    warnings: list[Fault] = []
    created = {one.wanted for one in bound["flow"].values() if one.how == "created"}
    for id, (_, flow) in [("", (reading.flow_type, reading.flow)), *reading.flows.items()]:
        if id and id not in created:
            continue
        prefix = f"/includes/flows/{id}" if id else ""
        document = reading.document(flow)
        try:
            told = refuse_faulty(
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
        models=reading.models(),
        tools=reading.tools(),
        variables=bound_variables(bundle, variables),
        secrets_removed=reading.secrets_removed,
        errors=errors,
        warnings=warnings,
    )


async def _store(
    flows: Flows,
    agents: Agents,
    workspace: str,
    reading: "_Reading",
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


class _Reading:
    """A bundle, decoded strictly.

    Raises:
        Problem: 422 with everything that does not fit.
    """

    def __init__(self, bundle: dict[str, Any], **known: Any) -> None:
        self._known = known
        self._faults: list[Fault] = []
        content = dict(bundle)
        includes = content.pop("includes", None) or {}
        removed = content.pop("secrets_removed", None) or []
        content.pop(FIELD, None)
        self.secrets_removed = [each for each in removed if isinstance(each, str)][:1000]
        if not isinstance(includes, dict) or not includes.keys() <= {"agents", "flows"}:
            raise _invalid("'includes' must be an object with 'agents' and 'flows'.", "/includes")
        kinds: dict[str, dict[str, Any]] = {}
        for name in ("agents", "flows"):
            kinds[name] = includes.get(name) or {}
            if not isinstance(kinds[name], dict):
                raise _invalid(f"'includes.{name}' must be an object by id.", f"/includes/{name}")
        if sum(map(len, kinds.values())) > MAX_INCLUDED:
            raise _invalid(f"A bundle includes {MAX_INCLUDED} agents and flows at most.", "/includes")
        self._plain: dict[int, dict[str, Any]] = {}
        read = self._read(content, "")
        agents = {
            id: self._decoded(each, Agent, f"/includes/agents/{id}") for id, each in kinds["agents"].items()
        }
        flows = {id: self._read(each, f"/includes/flows/{id}") for id, each in kinds["flows"].items()}
        if self._faults or read is None:
            raise invalid(self._faults)
        self.flow_type: FlowType = read[0]
        self.flow = read[1]
        self.agents: dict[str, Agent] = {id: agent for id, agent in agents.items() if agent is not None}
        self.flows: dict[str, tuple[FlowType, Chatflow | Agentflow]] = {
            id: flow for id, flow in flows.items() if flow is not None
        }

    def document(self, flow: Chatflow | Agentflow) -> dict[str, Any]:
        """Return what is stored of a flow, its references as they are rewritten by then."""
        return self._plain[id(flow)]

    def included(self, ids: dict[str, str]) -> dict[str, dict[str, Any]]:
        """Return the documents that come along by the ids that they get here."""
        documents: dict[str, dict[str, Any]] = {
            id: self.document(flow) for id, (_, flow) in self.flows.items()
        }
        documents |= {id: msgspec.to_builtins(agent) for id, agent in self.agents.items()}
        return {ids[id]: document for id, document in documents.items() if id in ids}

    def references(self) -> Iterator[tuple[Literal["agent", "flow"], dict[str, Any], str]]:
        """Yield every place that names an agent or a flow, those of the flow itself first."""
        for _, flow in [(self.flow_type, self.flow), *self.flows.values()]:
            yield from references(self._plain[id(flow)])
        for agent in self.agents.values():
            for called in flow_tools(agent.tools):
                yield "flow", called.holder, "flow_id"

    def rewrite(self, ids: dict[str, str]) -> None:
        """Put other ids in the places of those that the bundle names."""
        for _, holder, field in self.references():
            holder[field] = ids.get(holder[field], holder[field])
        for _, flow in [(self.flow_type, self.flow), *self.flows.values()]:
            document = self._plain[id(flow)]
            supervisor = document.get("supervisor_config") or {}
            if supervisor.get("fallback_agent_id") in ids:
                supervisor["fallback_agent_id"] = ids[supervisor["fallback_agent_id"]]
            for agent in document.get("agents") or []:
                agent["dependencies"] = [ids.get(each, each) for each in agent.get("dependencies") or []]

    def models(self) -> list[UsedModel]:
        """Return the models that are asked, each once."""
        found: dict[tuple[str, str], None] = {}
        for _, flow in [(self.flow_type, self.flow), *self.flows.values()]:
            document = self._plain[id(flow)]
            chat = document.get("chat_config")
            if chat and not document.get("graph_definition"):
                found[chat.get("llm_provider", ""), chat.get("llm_model", "")] = None
            for data in node_data(document):
                if isinstance(data.get("model"), str):
                    found[str(data.get("provider", "")), data["model"]] = None
        for agent in self.agents.values():
            found[agent.llm_provider, agent.llm_model] = None
        return [UsedModel(provider, model) for provider, model in found]

    def tools(self) -> list[str]:
        """Return the tools that are used, in alphabetical order."""
        entries: list[Any] = [entry for agent in self.agents.values() for entry in agent.tools]
        for _, flow in [(self.flow_type, self.flow), *self.flows.values()]:
            for data in node_data(self._plain[id(flow)]):
                listed = data.get("tools")
                entries += [*(listed if isinstance(listed, list) else []), data.get("tool")]
        named = [entry.get("name") if isinstance(entry, dict) else entry for entry in entries]
        return sorted({name for name in named if isinstance(name, str) and name})

    def _read(self, content: Any, pointer: str) -> tuple[FlowType, Chatflow | Agentflow] | None:
        if not isinstance(content, dict):
            self._faults.append(Fault("A flow must be an object.", pointer=pointer))
            return None
        plain: dict[str, Any] = dict(content)  # pyright: ignore[reportUnknownArgumentType]
        flow_type = plain.pop("flow_type", "chatflow" if "chat_config" in plain else "agentflow")
        if flow_type not in ("chatflow", "agentflow"):
            sentence = f"flow_type must be chatflow or agentflow; it is '{flow_type}'."
            self._faults.append(Fault(sentence, pointer=f"{pointer}/flow_type"))
            return None
        flow = self._decoded(plain, Chatflow if flow_type == "chatflow" else Agentflow, pointer)
        if flow is None:
            return None
        self._plain[id(flow)] = document_of(flow)
        return flow_type, flow

    def _decoded(self, value: Any, kind: Any, pointer: str) -> Any:
        """Return the value as a type; None where it does not fit, which is then told."""
        try:
            return converted(value, kind)
        except msgspec.ValidationError:
            self._faults += faults_of(value, kind, whole="The file", pointer=pointer)
            if kind is not Agent:
                self._faults += [
                    msgspec.structs.replace(one, pointer=pointer + one.pointer)
                    for one in faults_of_parts(value, kind, **self._known)
                ]
            return None


def _columns(flow: Chatflow | Agentflow) -> dict[str, Any]:
    names = ("name", "description", "tags", "category", "is_active", "is_public")
    return {name: getattr(flow, name) for name in names}


def _invalid(message: str, pointer: str) -> Problem:
    return Problem(422, "invalid", message, errors=[Fault(message, pointer=pointer)])
