"""Flow documents: chatflows and agentflows as the API takes, keeps and gives them."""

from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from graphs.analysis.chatflow import ChatConfig, RagConfig
from graphs.document.flow import GraphDefinition
from graphs.memory import MemoryConfig
from graphs.orchestration.agents import MAX_AGENTS, AttachedAgent, Supervisor, node_ids
from graphs.values.run_options import FlowLimits
from persistence.library.flows import FlowRow
from persistence.storage.ids import new_id
from persistence.storage.slugs import LONGEST_SLUG
from server.flow_choice.code_flows import is_code_flow
from server.http.answers.sse_bytes import iso
from server.http.problems import Fault

if TYPE_CHECKING:
    pass

__all__ = [
    "Agentflow",
    "AgentflowChange",
    "AgentflowView",
    "ChatSettings",
    "Chatflow",
    "ChatflowChange",
    "ChatflowView",
    "DraftChange",
    "FlowView",
    "changed",
    "document_of",
    "view_of",
]

Name = Annotated[str, Meta(min_length=1, max_length=255)]
Description = Annotated[str, Meta(max_length=10_000)]
Tags = Annotated[list[Annotated[str, Meta(min_length=1, max_length=64)]], Meta(max_length=50)]
Category = Annotated[str, Meta(max_length=64)]
Slug = Annotated[
    str,
    Meta(
        pattern=r"^(?![0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$)[a-z0-9]+(?:-[a-z0-9]+)*$(?!\n)",
        max_length=LONGEST_SLUG,
    ),
]
Agents = Annotated[list[AttachedAgent], Meta(max_length=MAX_AGENTS)]


class ChatSettings(ChatConfig, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Model and appearance of a chatflow."""

    llm_provider: Annotated[str, Meta(max_length=64)] = ""
    """`ollama`, `openai`, `local` or `demo`. Empty: the server's default model at the time of the chat."""
    llm_model: Annotated[str, Meta(max_length=255)] = ""
    """The provider's name of the model. Empty: the provider's first model."""


class Chatflow(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A chatflow. Without `graph_definition` its graph is start → llm → end, from its settings."""

    name: Name
    slug: Slug | None = None
    """Name in URLs and for other clients: lower-case letters, digits and hyphens. It is unique in the
    workspace. Null: it is made from the name."""
    description: Description = ""
    chat_config: ChatSettings | None = None
    memory_config: MemoryConfig | None = None
    rag_config: RagConfig | None = None
    graph_definition: GraphDefinition | None = None
    limits: FlowLimits | None = None
    """Limits of its runs, if they differ from the server's settings."""
    tags: Tags = []
    category: Category = ""
    is_active: bool = True
    """Whether it can run."""
    is_public: bool = False


CONFIGS = {"chat_config": ChatSettings, "memory_config": MemoryConfig, "rag_config": RagConfig}


class ChatflowChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Changes of a chatflow. Missing fields stay unchanged. Null removes a field."""

    name: Name | UnsetType = UNSET
    slug: Slug | UnsetType = UNSET
    """The old slug still leads to the flow."""
    description: Description | UnsetType = UNSET
    chat_config: ChatSettings | UnsetType | None = UNSET
    memory_config: MemoryConfig | UnsetType | None = UNSET
    rag_config: RagConfig | UnsetType | None = UNSET
    graph_definition: GraphDefinition | UnsetType | None = UNSET
    limits: FlowLimits | UnsetType | None = UNSET
    tags: Tags | UnsetType = UNSET
    category: Category | UnsetType = UNSET
    is_active: bool | UnsetType = UNSET
    is_public: bool | UnsetType = UNSET


class Agentflow(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An agentflow. It runs its `graph_definition`. Without one, it runs its attached agents."""

    name: Name
    slug: Slug | None = None
    """Name in URLs and for other clients: lower-case letters, digits and hyphens. It is unique in the
    workspace. Null: it is made from the name."""
    description: Description = ""
    orchestration_type: str = "sequential"
    """How attached agents work together. Ignored if there is a `graph_definition`."""
    supervisor_config: Supervisor | None = None
    agents: Agents = []
    """Attached agents. `POST /agentflows/{id}/agents` attaches more."""
    graph_definition: GraphDefinition | None = None
    limits: FlowLimits | None = None
    """Limits of its runs, if they differ from the server's settings."""
    tags: Tags = []
    category: Category = ""
    is_active: bool = True
    """Whether it can run."""
    is_public: bool = False


class AgentflowChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Changes of an agentflow. Missing fields stay unchanged. Null removes a field."""

    name: Name | UnsetType = UNSET
    slug: Slug | UnsetType = UNSET
    """The old slug still leads to the flow."""
    description: Description | UnsetType = UNSET
    orchestration_type: str | UnsetType = UNSET
    supervisor_config: Supervisor | UnsetType | None = UNSET
    agents: Agents | UnsetType = UNSET
    graph_definition: GraphDefinition | UnsetType | None = UNSET
    limits: FlowLimits | UnsetType | None = UNSET
    tags: Tags | UnsetType = UNSET
    category: Category | UnsetType = UNSET
    is_active: bool | UnsetType = UNSET
    is_public: bool | UnsetType = UNSET


class FlowEndpoints(Struct, frozen=True, kw_only=True):
    """Where clients of other protocols find a flow, below the server's URL."""

    openai: str | None
    """Base URL for OpenAI's clients; the model is the flow's slug. Null for an agentflow."""
    mcp: str | None
    """MCP endpoint with this flow alone. Null without a description, by which models choose tools."""
    ai_sdk: str | None
    """The `api` of a chat of Vercel's AI SDK. Null for an agentflow."""
    langgraph: str
    """URL for LangGraph's clients; the assistant is the flow's slug."""
    ag_ui: str | None
    """The `url` of an agent of AG-UI. Null for an agentflow."""


class DraftChange(AgentflowChange, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Changes of a draft of either kind. Missing fields stay unchanged. Null removes a field."""

    chat_config: ChatSettings | UnsetType | None = UNSET
    """Of a chatflow, like `memory_config` and `rag_config`."""
    memory_config: MemoryConfig | UnsetType | None = UNSET
    rag_config: RagConfig | UnsetType | None = UNSET


class FlowView(Struct, frozen=True, kw_only=True):
    """A flow as lists show it."""

    id: str
    slug: str
    """Name in URLs and for other clients; unique in the workspace."""
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
    endpoints: FlowEndpoints
    """Where clients of other protocols find it."""
    read_only: bool = False
    """Whether it is a graph in code, which the operator of the server changes."""


class ChatflowView(FlowView, frozen=True, kw_only=True, tag_field="flow_type", tag="chatflow"):
    """A chatflow as it is stored."""

    chat_config: dict[str, Any] | None
    memory_config: dict[str, Any] | None
    rag_config: dict[str, Any] | None
    graph_definition: dict[str, Any] | None
    limits: dict[str, Any] | None = None
    """Limits of its runs, if they differ from the server's settings."""
    warnings: list[Fault] = []
    """What is odd about it and does not keep it from running."""


class AttachedView(AttachedAgent, frozen=True, kw_only=True):
    """An agent at work in an agentflow, as it is stored."""

    node: str
    """Id of its node in the graph that runs: expressions read its answer as `nodes.<node>`."""


class AgentflowView(FlowView, frozen=True, kw_only=True, tag_field="flow_type", tag="agentflow"):
    """An agentflow as it is stored."""

    orchestration_type: str
    supervisor_config: dict[str, Any] | None
    agents: list[AttachedView]
    graph_definition: dict[str, Any] | None
    limits: dict[str, Any] | None = None
    """Limits of its runs, if they differ from the server's settings."""
    warnings: list[Fault] = []
    """What is odd about it and does not keep it from running."""


def document_of(flow: Chatflow | Agentflow) -> dict[str, Any]:
    """Return a flow as it is stored: what was left out or null has its defaults."""
    plain: dict[str, Any] = msgspec.to_builtins(flow)
    del plain["slug"]  # of the flow, whatever its version
    if isinstance(flow, Chatflow):
        for name, kind in CONFIGS.items():
            if plain[name] is None:
                plain[name] = msgspec.to_builtins(kind())
    return identified(plain)


def identified(document: dict[str, Any]) -> dict[str, Any]:
    """Return a flow's document in which every attached agent has an id."""
    if not (agents := document.get("agents")):
        return document
    return {**document, "agents": [{**agent, "id": agent["id"] or new_id()} for agent in agents]}


def changed(row: FlowRow, change: ChatflowChange | AgentflowChange) -> dict[str, Any]:
    """Return a stored flow's document with a change laid over it."""
    plain: dict[str, Any] = msgspec.to_builtins(change)
    plain.pop("slug", None)  # of the flow, whatever its version
    return identified({**row.document, **plain})


def view_of(row: FlowRow, warnings: list[Fault] | None = None) -> ChatflowView | AgentflowView:
    """Return a stored flow as the API gives it."""
    document = row.document
    common: dict[str, Any] = {
        "id": row.id,
        "slug": row.slug,
        "name": row.name,
        "description": row.description,
        "tags": row.tags,
        "category": row.category,
        "is_active": row.is_active,
        "is_public": row.is_public,
        "version": row.version,
        "created_at": iso(row.created_at),
        "updated_at": iso(row.updated_at),
        "endpoints": endpoints_of(row),
        "read_only": is_code_flow(row),
        "graph_definition": document.get("graph_definition"),
        "limits": document.get("limits"),
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
        agents=attached_views(document),
    )


def endpoints_of(row: FlowRow) -> FlowEndpoints:
    """Return where clients of other protocols find a flow."""
    chats = row.flow_type == "chatflow"
    return FlowEndpoints(
        openai="/v1" if chats else None,
        mcp=f"/mcp/{row.slug}" if row.description.strip() else None,
        ai_sdk=f"/ai-sdk/{row.slug}" if chats else None,
        langgraph="/langgraph",
        ag_ui=f"/ag-ui/{row.slug}" if chats else None,
    )


def attached_views(document: dict[str, Any]) -> list[AttachedView]:
    """Return the agents of an agentflow as the API gives them."""
    agents: list[dict[str, Any]] = document.get("agents") or []
    if not agents:
        return []
    nodes = node_ids([agent["name"] for agent in agents])
    return [
        msgspec.convert({**agent, "node": node}, AttachedView)
        for agent, node in zip(agents, nodes, strict=True)
    ]
