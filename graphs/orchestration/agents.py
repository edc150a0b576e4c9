"""Attached agents and who leads them, as an agentflow's document has them."""

import re
from collections.abc import Iterable
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

__all__ = [
    "LATER",
    "MAX_AGENTS",
    "Attached",
    "AttachedAgent",
    "AttachedAgentChange",
    "Condition",
    "Strategy",
    "Supervisor",
    "node_ids",
]

MAX_AGENTS = 25
"""Agents that one agentflow may have attached."""

LATER = frozenset({"no_agents", "unknown_agent"})
"""Codes of what keeps a team from running but not from being stored: another agent may yet be attached."""

RESERVED = frozenset(
    (
        *("start", "end", "request", "finish", "failed", "turns", "turn", "work", "answer", "answers"),
        *("supervisor", "router", "active", "said", "hand_off", "opening", "event", "emitted", "queue"),
        *("proposals", "critiques", "vote", "agreed", "winner", "leading"),
        *("draft", "critic", "critique", "verdict", "revised"),
    )
)
"""Ids that builders give to nodes of their own; what belongs to an agent has a dot: ``ada.critique``."""

Reference = Annotated[str, Meta(min_length=1, max_length=255)]
Kind = Annotated[str, Meta(pattern=r"^(\*|[\w-]+(\.[\w-]+)*(\.\*)?)$", max_length=64)]
"""A kind of events: ``order.paid``; in a subscription also ``order.*`` or ``*``."""
Name = Annotated[str, Meta(min_length=1, max_length=255)]
AgentId = Annotated[str, Meta(min_length=1, max_length=64)]
Role = Annotated[str, Meta(max_length=2000)]
Description = Annotated[str, Meta(max_length=10_000)]
Instructions = Annotated[str, Meta(max_length=100_000)]
Capabilities = Annotated[list[Annotated[str, Meta(min_length=1, max_length=200)]], Meta(max_length=50)]
Priority = Annotated[int, Meta(ge=-1000, le=1000)]
Retries = Annotated[int, Meta(ge=0, le=9)]
Seconds = Annotated[float, Meta(gt=0, le=86_400)]
References = Annotated[list[Reference], Meta(max_length=MAX_AGENTS)]
Kinds = Annotated[list[Kind], Meta(max_length=50)]
Group = Annotated[str, Meta(max_length=64)]
Provider = Annotated[str, Meta(max_length=64)]
Model = Annotated[str, Meta(max_length=255)]
Named = Annotated[str, Meta(max_length=255)]
MaxTokens = Annotated[int, Meta(ge=1, le=1_000_000)]
Tools = Annotated[list[Any], Meta(max_length=100)]
Expressions = Annotated[
    dict[Annotated[str, Meta(pattern=r"^(?!__)[^\W\d]\w*$", max_length=64)], str], Meta(max_length=50)
]
Strategy = Literal["llm_based", "priority", "round_robin", "capability"]


class Condition(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When an agent runs."""

    condition: Annotated[str, Meta(min_length=1, max_length=4000)]
    """An expression that must be true: `input.plan == 'pro'`."""


class AttachedAgent(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An agent that is attached to an agentflow."""

    id: Annotated[str, Meta(pattern=r"^[\w-]*$", max_length=64)] = ""
    """Its ID in this flow. Empty: the server creates one."""
    agent_id: AgentId | None = None
    """The stored agent to use: its model, prompt and tools. Null: the fields here define the agent."""
    name: Name
    role: Role = ""
    """Its role in the team, such as `researcher` or `critic`."""
    description: Description = ""
    """What it does. Models that choose an agent read this."""
    instructions: Instructions = ""
    """Template for additional instructions to its model. Only without `agent_id`."""
    capabilities: Capabilities = []
    """What it is good at. Models that choose an agent read this, and `capability` compares it."""
    priority: Priority = 0
    """A higher number comes first. Agents with the same priority keep the order in which they were attached.
    """
    max_retries: Retries = 3
    """How often it is retried after a failure."""
    timeout_seconds: Seconds = 300
    """Maximum time of one attempt, in seconds."""
    dependencies: References = []
    """Agents of this flow that must run before it: by id, agent_id or name."""
    input_mapping: Expressions | None = None
    """Its input in place of the request: a name and an expression, or a template with `{{ … }}`."""
    output_mapping: Expressions | None = None
    """Variables to set: a name and an expression in which `arrived` is the answer."""
    conditional_logic: str | Condition | None = None
    """When it runs: an expression, or `{"condition": "…"}`. Null: always."""
    parallel_group: Group | None = None
    """Agents of the same group run in parallel. Groups run one after the other."""
    subscribes_to: Kinds = []
    """Events that start it in `event_driven`: `order.paid`, `order.*`, `*`. Empty: `start`."""
    emits: Kinds = []
    """Events that it emits in `event_driven`, in addition to `<its node>.completed`. If there are several,
    its model chooses one."""
    llm_provider: Provider = ""
    """Provider of its model. Empty: the one of the stored agent, the supervisor or the server."""
    llm_model: Model = ""
    """The provider's name of its model. Empty: as for `llm_provider`."""
    credential: Named = ""
    """Name of a credential with the key for its model. Empty: the one of the stored agent or the supervisor,
    if it uses their model. Otherwise the server's key."""
    max_tokens: MaxTokens | None = None
    """Maximum tokens of an answer. Null: the value of the stored agent or the supervisor."""
    tools: Tools = []
    """Tools that it may use, in the same form as in an agent node."""

    @property
    def condition(self) -> str:
        """The expression that says when it takes part; empty for always."""
        logic = self.conditional_logic
        return logic.condition if isinstance(logic, Condition) else (logic or "").strip()


class AttachedAgentChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Changes of an attached agent. Missing fields stay unchanged."""

    agent_id: AgentId | UnsetType | None = UNSET
    name: Name | UnsetType = UNSET
    role: Role | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    instructions: Instructions | UnsetType = UNSET
    capabilities: Capabilities | UnsetType = UNSET
    priority: Priority | UnsetType = UNSET
    max_retries: Retries | UnsetType = UNSET
    timeout_seconds: Seconds | UnsetType = UNSET
    dependencies: References | UnsetType = UNSET
    input_mapping: Expressions | UnsetType | None = UNSET
    output_mapping: Expressions | UnsetType | None = UNSET
    conditional_logic: str | Condition | UnsetType | None = UNSET
    parallel_group: Group | UnsetType | None = UNSET
    subscribes_to: Kinds | UnsetType = UNSET
    emits: Kinds | UnsetType = UNSET
    llm_provider: Provider | UnsetType = UNSET
    llm_model: Model | UnsetType = UNSET
    credential: Named | UnsetType = UNSET
    max_tokens: MaxTokens | UnsetType | None = UNSET
    tools: Tools | UnsetType = UNSET


class Supervisor(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Rules for the agents of an agentflow. It has no effect on a `graph_definition`."""

    enabled: bool = False
    """Whether a model combines the answers of the agents, if the type does not do that anyway."""
    llm_provider: Provider = ""
    """Provider of the supervisor's model, and of agents without a model. Empty: the server's default."""
    llm_model: Model = ""
    """The provider's name of that model."""
    credential: Named = ""
    """Name of a credential with the key for this model, also for agents without a model. Empty: the server's
    key."""
    max_tokens: MaxTokens | None = None
    """Maximum tokens of an answer, also for agents without a value. Null: the model's own limit."""
    max_iterations: Annotated[int, Meta(ge=1, le=1000)] = 10
    """Maximum number of rounds, in types that have rounds."""
    decision_strategy: Strategy = "llm_based"
    """How the next agent is chosen: by a model, by `priority`, in turn (`round_robin`), or by `capabilities`
    that the request mentions."""
    fallback_agent_id: Reference | None = None
    """The next agent if the model's decision is invalid: by id, agent_id or name."""
    instructions: Instructions = ""
    """Template for additional instructions to the supervisor."""
    voting: Literal["majority", "unanimous", "weighted"] = "majority"
    """Rule of the vote in `consensus_building`. `weighted` votes count by `priority`, at least 1."""
    aggregation: Literal["", "object", "text", "model"] = ""
    """How parallel answers are combined: an object by node, one text, or one answer written by a model.
    Empty: `model` if the supervisor is enabled, otherwise `object`."""


class Attached(Struct, frozen=True, kw_only=True):
    """What of an agentflow's document says how its agents work together; other fields are of no matter."""

    orchestration_type: str = "sequential"
    supervisor_config: Supervisor | None = None
    agents: Annotated[list[AttachedAgent], Meta(max_length=MAX_AGENTS)] = field(
        default_factory=list[AttachedAgent]
    )


def node_ids(names: Iterable[str]) -> list[str]:
    """Return an id for the node of each agent by its name, readable and each once."""
    given: list[str] = []
    for name in names:
        slug = re.sub(r"[^\w-]+", "_", name.casefold()).strip("_-")[:40] or "agent"
        node = f"{slug}_agent" if slug in RESERVED else slug
        number = 2
        while node in given:
            node, number = f"{slug}_{number}", number + 1
        given.append(node)
    return given
