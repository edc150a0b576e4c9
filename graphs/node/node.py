"""Node: a frozen value that can run. One node type is one file in `graphs/nodes/`."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal

from msgspec import Meta, Struct, field

from graphs.conversation.messages import Message
from graphs.node.context import Context
from graphs.node.retry import Retry
from graphs.node.variables import VariableDeclaration, VariableName
from graphs.values.effects import Effects
from graphs.values.node_view import View

__all__ = ["ERROR", "Example", "Node", "Outcome"]

FLOW_TOOL = "flow"
"""The tool that runs a flow."""
MCP_TOOL = "mcp"
"""The tool that stands for tools of an MCP server."""
API_TOOL = "openapi"
"""The tool that stands for operations of an API."""
ERROR = "error"
"""The outlet that `Node.on_error` adds."""

Seconds = Annotated[float, Meta(gt=0, le=31_536_000)]


class Outcome(Struct, frozen=True, kw_only=True):
    """What a node's run gave: its output, the outlet the run leaves by, and updates of the state."""

    output: Any = None
    """Plain JSON. Others read it as ``nodes.<id>``."""
    outlet: str = "out"
    messages: list[Message] = []
    """Messages to add to the session's history."""
    variables: dict[str, Any] = field(default_factory=dict[str, Any])
    """Updates of variables: new values, or what the reducer of a declared one takes."""
    updates: list[tuple[str, Any]] = []
    """Further updates, in order: several of one variable where a body made them."""
    summary: dict[str, Any] | None = None
    loop: dict[str, Any] | None = None
    """A loop node's new record; empty when it is done, so that it starts afresh when entered again."""
    keeps: dict[str, Any] = field(default_factory=dict[str, Any])
    """What a loop node puts beside its record until it is done: seen in `View.loop`, written once."""
    adds: dict[str, Any] = field(default_factory=dict[str, Any])
    """Items by the name of a list in `keeps` that they are added to."""
    answer: Message | None = None
    """What a model said, where that is the output: the message of the history where it is the run's answer.
    """
    input: dict[str, Any] | None = None
    """The run's input with declared defaults filled in, or masked: replaces ``input`` in the state. Only
    start nodes and guardrails give it."""


class Example(Struct, frozen=True, kw_only=True):
    """A run of a node type that is its documentation and its test."""

    title: str
    data: dict[str, Any]
    """The node's configuration, as in ``graph_definition.nodes[].data``."""
    input: dict[str, Any] = field(default_factory=dict[str, Any])
    variables: dict[str, Any] = field(default_factory=dict[str, Any])
    outputs: dict[str, Any] = field(default_factory=dict[str, Any])
    """Outputs of the nodes that came in, by id, in the order of `View.incoming`."""
    loop: dict[str, Any] = field(default_factory=dict[str, Any])
    """The node's own loop record."""
    enclosing: dict[str, Any] = field(default_factory=dict[str, Any])
    """The record of the loop around the node."""
    messages: list[dict[str, Any]] = []
    answers: list[str] = []
    """What a scripted model answers, in turn."""
    inputs: list[dict[str, Any]] = []
    """What people answer, in turn: `graphs.conversation.messages.InputAnswer`."""
    results: list[Any] = []
    """What the world outside gives, in turn, as text or JSON."""
    passes: list[Any] = []
    """What the bodies of a container give, in turn; an object with ``error`` alone is how one fails."""
    output: Any = None
    """The output that the run must give."""
    outlet: str = "out"
    sets: dict[str, Any] = field(default_factory=dict[str, Any])
    """The variables that the run must set."""


class Node(Struct, frozen=True, kw_only=True, tag_field="type", forbid_unknown_fields=True):
    """Base of all node types: a subclass's fields are its configuration, its docstring its documentation."""

    label: Annotated[str, Meta(description="Name in diagrams. Empty: the node's ID.")] = ""
    description: Annotated[str, Meta(description="A comment.")] = ""
    retry: Annotated[
        Retry | None, Meta(description="How the node is retried after a failure. Null: no retry.")
    ] = None
    timeout_seconds: Annotated[
        Seconds | None,
        Meta(description="Maximum time of one attempt, without waiting for approval. Null: no limit."),
    ] = None
    idle_timeout_seconds: Annotated[
        Seconds | None,
        Meta(description="Maximum time without a token, tool call or event. Null: no limit."),
    ] = None
    on_error: Annotated[
        Literal["fail", "continue", "outlet"],
        Meta(
            description="After the last attempt failed: `fail` fails the run, `continue` continues with "
            "`default` as output, `outlet` continues at the outlet `error` with the output `{code, "
            "message, node}`."
        ),
    ] = "fail"
    default: Annotated[Any, Meta(description="The output if `on_error` is `continue`.")] = None
    set: Annotated[
        dict[VariableName, str],
        Meta(
            max_length=100,
            description="Variables to update after the node ran: expressions by name. `output` is the output "
            "of the node.",
        ),
    ] = field(default_factory=dict[str, str])
    cache_seconds: Annotated[
        Seconds | None,
        Meta(
            description="How long the result is reused by all runs of the flow with the same "
            "configuration and inputs, in seconds. Null: it is not reused."
        ),
    ] = None

    examples: ClassVar[tuple[Example, ...]] = ()
    title: ClassVar[str] = ""
    """The type's name for people; made from the tag where it is empty."""
    group: ClassVar[str] = "flow"
    """Where a palette shows it: ``flow``, ``model``, ``data`` or ``note``."""
    runs: ClassVar[bool] = True
    """False for a node that is only drawn: it has no edges and never runs."""
    starts: ClassVar[bool] = False
    """True for the node that a run enters by: a flow has exactly one."""
    ends: ClassVar[bool] = False
    """True for a node whose output is the run's; it has no outlets."""
    loops: ClassVar[bool] = False
    """True for a node with outlets ``body`` and ``done``, the only kind that a cycle may go through.

    It runs once when it is entered, with ``view.loop == {}``, and again each time its body came back, with
    the record of its last `Outcome.loop`; ``view.incoming`` then names the body's last nodes. It chooses
    ``body`` for one more turn, at most `turns` times, or ``done``.
    """

    sets_itself: ClassVar[bool] = False
    """True for a type whose `run` gives the variables of its `set`."""
    asks_context: ClassVar[bool] = False
    """True for a type that does nothing outside but by its `Context`. Before any other runs, all that the run
    has written is committed; a call by the context waits for that itself."""
    pure: ClassVar[bool] = False
    """True for a type that only computes: it asks no model, tool, server or person. Such nodes share a
    step, and a checkpoint, with the node before or after them."""
    speaks_text: ClassVar[bool] = False
    """True for a type that tells its text while it comes: a model's, or that of another flow. A type where
    the configuration decides overrides `tells`."""
    frames: ClassVar[bool] = False
    """True for a container: its `bodies` run inside its own run, each time that it enters one."""

    def outlets(self) -> tuple[str, ...]:
        """Return the names of the exits that this configuration has; empty for a node that ends the run."""
        return ("out",)

    def ways_out(self) -> tuple[str, ...]:
        """Return the outlets that edges may leave by: the type's, and those that every node may have."""
        outlets = self.outlets()
        return (*outlets, ERROR) if self.on_error == "outlet" and outlets else outlets

    def falls_back(self) -> "dict[str, str]":
        """Return outlets that need not be drawn, and the one that a run leaves by in place of each."""
        return {}

    def bodies(self) -> tuple[str, ...]:
        """Return the outlets behind which lies a body: nodes that all lead back to this one."""
        return ("body",) if self.loops else ()

    def enters(self, outlet: str) -> bool:
        """Say whether each run of this node goes through a body at least once, whatever its input is."""
        return False

    def needs(self) -> int:
        """Return how many live edges must have come in before this node runs; 0 for all that still may."""
        return 0

    def turns(self) -> int:
        """Return how often a loop may choose ``body`` at most: `check` counts a run's worst case with it."""
        return 0

    def templates(self) -> dict[str, str]:
        """Return the templates of this configuration by field: `check` parses them before a run."""
        return {}

    def expressions(self) -> dict[str, str]:
        """Return the expressions of this configuration by field: `check` parses them before a run."""
        return {}

    def declares(self) -> "Sequence[VariableDeclaration]":
        """Return the variables that the flow has by this node: a start node's."""
        return ()

    def tool_entries(self) -> dict[str, Any]:
        """Return the tools that this configuration names, by field: `check` looks them up before a run."""
        return {}

    def problems(self) -> dict[str, str]:
        """Return what decodes but cannot run, a sentence by field: `check` refuses it."""
        return {}

    def takes_secrets(self, field: str) -> str:
        """Return why a secret workspace variable may not be looked up in a field; empty where it may."""
        return "A secret variable may be looked up in headers of requests alone."

    def credentials(self) -> dict[str, str]:
        """Return the stored credentials that this configuration names, by field."""
        return {}

    def connections(self) -> dict[str, str]:
        """Return the connections that this configuration names, by field."""
        return {}

    def advice(self) -> dict[str, str]:
        """Return what runs and had better be otherwise, a sentence by field: `check` warns of it."""
        return {}

    def touches(self) -> list[Effects]:
        """Return what comes in from outside by this node and what may leave by it: `check` warns where too
        much of it meets. What its `tool_entries` touch is asked of the tools."""
        return []

    def calls_flows(self) -> bool:
        """Say whether tools of this configuration run flows, as those of an agent may."""
        entries = self.tool_entries().values()
        return any(isinstance(entry, Mapping) and entry.get("name") == FLOW_TOOL for entry in entries)

    def reads_arrived(self) -> bool:
        """Say whether it works on what arrived also where no template or expression of it looks that up."""
        return True

    def passes_on(self) -> bool:
        """Say whether its output is what arrived, or what comes out of its body."""
        return False

    def tells(self) -> bool:
        """Say whether it tells its text itself where that is the answer."""
        return self.speaks_text

    def gives(self) -> str:
        """Return the template of its text, or the expression of its output; empty where it has none."""
        return ""

    def gives_text(self) -> bool:
        """Say whether its output is text in every run: `check` warns of look-ups of fields in it."""
        return False

    def gives_schema(self) -> Mapping[str, Any] | None:
        """Return the JSON Schema that its output fits in every run; None where it has none: `check` warns of
        look-ups of fields that it does not have."""
        return None

    def agreed(self) -> tuple[str, ...]:
        """Return the outlets that a run leaves by only if a person of the team has agreed."""
        return ()

    async def run(self, view: View, context: Context) -> Outcome:
        """Do the node's work.

        Raises:
            NodeError: the work cannot be done.
        """
        raise NotImplementedError(f"{type(self).__name__} does not run.")
