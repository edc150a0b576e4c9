"""A read bundle: a file of a flow, decoded strictly, with the places that name what it refers to."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from graphs.document.called_flows import flow_tools
from graphs.document.flow import FlowType
from graphs.parsing.numbers import converted
from graphs.tools import ToolKinds
from server.flows.agent_documents import Agent
from server.flows.flow_checks import faults_of_parts
from server.flows.flow_documents import Agentflow, Chatflow, document_of
from server.flows.flow_uses import uses_of_agent, uses_of_flow
from server.flows.transfer.bundle_variables import FIELD
from server.flows.transfer.flow_bundles import MAX_INCLUDED, base_lists, node_data, references
from server.flows.transfer.import_reports import UsedModel
from server.http.bodies import faults_of, invalid
from server.http.problems import Fault, Problem
from server.requests.stored_uses import Use

__all__ = ["ReadBundle"]

_INCLUDED = ("agents", "flows", "knowledge_bases")


class _IncludedBase(Struct, frozen=True, forbid_unknown_fields=True):
    """What a bundle says of a knowledge base. Its documents stay where they are."""

    name: Annotated[str, Meta(min_length=1, max_length=255)]
    description: str = ""


class ReadBundle:
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
        if not isinstance(includes, dict) or not includes.keys() <= {*_INCLUDED}:
            message = "'includes' must be an object with 'agents', 'flows' and 'knowledge_bases'."
            raise _invalid(message, "/includes")
        kinds: dict[str, dict[str, Any]] = {}
        for name in _INCLUDED:
            kinds[name] = includes.get(name) or {}
            if not isinstance(kinds[name], dict):
                raise _invalid(f"'includes.{name}' must be an object by id.", f"/includes/{name}")
        if sum(map(len, kinds.values())) > MAX_INCLUDED:
            raise _invalid(
                f"A bundle includes {MAX_INCLUDED} agents, flows and knowledge bases at most.", "/includes"
            )
        self._plain: dict[int, dict[str, Any]] = {}
        read = self._read(content, "")
        agents = {
            id: self._decoded(each, Agent, f"/includes/agents/{id}") for id, each in kinds["agents"].items()
        }
        flows = {id: self._read(each, f"/includes/flows/{id}") for id, each in kinds["flows"].items()}
        bases = {
            wanted: self._decoded(each, _IncludedBase, f"/includes/knowledge_bases/{wanted}")
            for wanted, each in kinds["knowledge_bases"].items()
        }
        if self._faults or read is None:
            raise invalid(self._faults)
        self.flow_type: FlowType = read[0]
        self.flow = read[1]
        self.agents: dict[str, Agent] = {id: agent for id, agent in agents.items() if agent is not None}
        self.flows: dict[str, tuple[FlowType, Chatflow | Agentflow]] = {
            id: flow for id, flow in flows.items() if flow is not None
        }
        self.bases: dict[str, str] = {wanted: base.name for wanted, base in bases.items()}

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

    def base_lists(self) -> Iterator[list[str]]:
        """Yield every list of knowledge bases, to be changed in place."""
        for _, flow in [(self.flow_type, self.flow), *self.flows.values()]:
            yield from base_lists(self._plain[id(flow)])
        for agent in self.agents.values():
            yield from base_lists({"tools": agent.tools})

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

    def uses(self, tools: ToolKinds | None) -> Iterator[Use]:
        """Yield every credential and connection that the bundle names."""
        found = {"": uses_of_flow(self.document(self.flow), tools)}
        for id, (_, flow) in self.flows.items():
            found[f"/includes/flows/{id}"] = uses_of_flow(self.document(flow), tools)
        for id, agent in self.agents.items():
            found[f"/includes/agents/{id}"] = uses_of_agent(msgspec.to_builtins(agent), tools)
        for place, uses in found.items():
            yield from (msgspec.structs.replace(use, pointer=place + use.pointer) for use in uses)

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
            if kind in (Chatflow, Agentflow):
                self._faults += [
                    msgspec.structs.replace(one, pointer=pointer + one.pointer)
                    for one in faults_of_parts(value, kind, **self._known)
                ]
            return None


def _invalid(message: str, pointer: str) -> Problem:
    return Problem(422, "invalid", message, errors=[Fault(message, pointer=pointer)])
