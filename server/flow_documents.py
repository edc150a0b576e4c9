"""Flow documents: chatflows and agentflows as the API takes, keeps and gives them."""

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from graphs.chatflow import ChatConfig, RagConfig, definition_of
from graphs.findings import Finding, FlowError
from graphs.flow import GraphDefinition
from graphs.memory import MemoryConfig
from persistence.flows import FlowRow
from server.problems import Fault, Problem
from server.projections.frames import iso

__all__ = [
    "ORCHESTRATION",
    "Agentflow",
    "AgentflowChange",
    "AgentflowView",
    "ChatSettings",
    "Chatflow",
    "ChatflowChange",
    "ChatflowView",
    "FlowView",
    "Supervisor",
    "changed",
    "document_of",
    "findings_of",
    "refuse_faulty",
    "view_of",
]

Name = Annotated[str, Meta(min_length=1, max_length=255)]
Description = Annotated[str, Meta(max_length=10_000)]
Tags = Annotated[list[Annotated[str, Meta(min_length=1, max_length=64)]], Meta(max_length=50)]
Category = Annotated[str, Meta(max_length=64)]
ORCHESTRATION = (
    "sequential",
    "parallel",
    "hierarchical",
    "adaptive",
    "consensus_building",
    "dynamic_routing",
    "swarm_intelligence",
    "event_driven",
    "reflection",
)


class ChatSettings(ChatConfig, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The model of a chatflow and how the chat presents itself."""

    llm_provider: Annotated[str, Meta(max_length=64)] = ""
    """`ollama`, `openai`, `local` or `demo`. Empty: the server's default model at the time of the chat."""
    llm_model: Annotated[str, Meta(max_length=255)] = ""
    """The model's name there. Empty: what the provider offers."""


class Chatflow(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A chatflow. Without `graph_definition` it is start → llm → end, by its configs."""

    name: Name
    description: Description = ""
    chat_config: ChatSettings | None = None
    memory_config: MemoryConfig | None = None
    rag_config: RagConfig | None = None
    graph_definition: GraphDefinition | None = None
    tags: Tags = []
    category: Category = ""
    is_active: bool = True
    """Whether it answers; a flow that is switched off refuses to run."""
    is_public: bool = False


class ChatflowChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to change of a chatflow. A field that is left out stays as it is; null takes it away."""

    name: Name | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    chat_config: ChatSettings | UnsetType | None = UNSET
    memory_config: MemoryConfig | UnsetType | None = UNSET
    rag_config: RagConfig | UnsetType | None = UNSET
    graph_definition: GraphDefinition | UnsetType | None = UNSET
    tags: Tags | UnsetType = UNSET
    category: Category | UnsetType = UNSET
    is_active: bool | UnsetType = UNSET
    is_public: bool | UnsetType = UNSET


class Supervisor(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who leads the agents of an agentflow. Kept with the flow; it has no effect on a `graph_definition`."""

    enabled: bool = False
    llm_provider: str = ""
    llm_model: str = ""
    max_iterations: Annotated[int, Meta(ge=1, le=1000)] = 10
    decision_strategy: str = "llm_based"
    fallback_agent_id: str | None = None


class Agentflow(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An agentflow. It runs its `graph_definition`."""

    name: Name
    description: Description = ""
    orchestration_type: str = "sequential"
    """How attached agents work together. Kept with the flow; a `graph_definition` says it by its edges."""
    supervisor_config: Supervisor | None = None
    graph_definition: GraphDefinition | None = None
    tags: Tags = []
    category: Category = ""
    is_active: bool = True
    """Whether it runs."""
    is_public: bool = False


class AgentflowChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to change of an agentflow. A field that is left out stays as it is; null takes it away."""

    name: Name | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    orchestration_type: str | UnsetType = UNSET
    supervisor_config: Supervisor | UnsetType | None = UNSET
    graph_definition: GraphDefinition | UnsetType | None = UNSET
    tags: Tags | UnsetType = UNSET
    category: Category | UnsetType = UNSET
    is_active: bool | UnsetType = UNSET
    is_public: bool | UnsetType = UNSET


class FlowView(Struct, frozen=True, kw_only=True):
    """A flow as lists show it."""

    id: str
    name: str
    description: str
    tags: list[str]
    category: str
    is_active: bool
    is_public: bool
    version: int
    """1 for a new flow, one more for each change."""
    created_at: str
    updated_at: str


class ChatflowView(FlowView, frozen=True, kw_only=True, tag_field="flow_type", tag="chatflow"):
    """A chatflow as it is stored."""

    chat_config: dict[str, Any] | None
    memory_config: dict[str, Any] | None
    rag_config: dict[str, Any] | None
    graph_definition: dict[str, Any] | None
    warnings: list[Fault] = []
    """What is odd about it and does not keep it from running."""


class AgentflowView(FlowView, frozen=True, kw_only=True, tag_field="flow_type", tag="agentflow"):
    """An agentflow as it is stored."""

    orchestration_type: str
    supervisor_config: dict[str, Any] | None
    graph_definition: dict[str, Any] | None
    warnings: list[Fault] = []
    """What is odd about it and does not keep it from running."""


def document_of(flow: Chatflow | Agentflow) -> dict[str, Any]:
    """Return a flow as it is stored."""
    plain: dict[str, Any] = msgspec.to_builtins(flow)
    return plain


def changed(row: FlowRow, change: ChatflowChange | AgentflowChange) -> dict[str, Any]:
    """Return a stored flow's document with a change laid over it."""
    plain: dict[str, Any] = msgspec.to_builtins(change)
    return {**row.document, **plain}


def findings_of(document: dict[str, Any], *, max_steps: int) -> list[Finding]:
    """Return what is wrong or odd with a flow's document; an agentflow may be without a graph."""
    if "chat_config" not in document and not document.get("graph_definition"):
        return []
    from graphs.check import check  # with the parsers and every node type

    try:
        definition = definition_of(document)
    except FlowError as error:
        return error.findings
    prefix = "/graph_definition" if document.get("graph_definition") else ""
    return [
        msgspec.structs.replace(finding, pointer=prefix + finding.pointer)
        for finding in check(definition, max_steps=max_steps)
    ]


def refuse_faulty(document: dict[str, Any], *, max_steps: int) -> list[Fault]:
    """Return the warnings of a flow's document.

    Raises:
        FlowError: it has errors; all of them are in it.
        Problem: 400 for an orchestration type that is not known.
    """
    orchestration = document.get("orchestration_type", "sequential")
    if orchestration not in ORCHESTRATION:
        detail = f"There is no orchestration type '{orchestration}'. There are {', '.join(ORCHESTRATION)}."
        raise Problem(400, "invalid", detail, errors=[Fault(detail, pointer="/orchestration_type")])
    findings = findings_of(document, max_steps=max_steps)
    if any(finding.severity == "error" for finding in findings):
        raise FlowError(findings)
    return [
        Fault(
            finding.message, pointer=finding.pointer, code=finding.code, node=finding.node, edge=finding.edge
        )
        for finding in findings
    ]


def view_of(row: FlowRow, warnings: list[Fault] | None = None) -> ChatflowView | AgentflowView:
    """Return a stored flow as the API gives it."""
    document = row.document
    common: dict[str, Any] = {
        "id": row.id,
        "name": row.name,
        "description": row.description,
        "tags": row.tags,
        "category": row.category,
        "is_active": row.is_active,
        "is_public": row.is_public,
        "version": row.version,
        "created_at": iso(row.created_at),
        "updated_at": iso(row.updated_at),
        "graph_definition": document.get("graph_definition"),
        "warnings": warnings or [],
    }
    if row.flow_type == "chatflow":
        return ChatflowView(
            **common,
            chat_config=document.get("chat_config"),
            memory_config=document.get("memory_config"),
            rag_config=document.get("rag_config"),
        )
    return AgentflowView(
        **common,
        orchestration_type=document.get("orchestration_type", "sequential"),
        supervisor_config=document.get("supervisor_config"),
    )
