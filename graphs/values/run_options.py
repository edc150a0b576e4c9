"""Run options: what one run of a flow is given, its limits, and its result."""

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct, field, structs

from graphs.conversation.files import FileRef
from graphs.values.call_settings import CallSettings
from graphs.values.environment import Environment
from graphs.values.run_origin import RunOrigin

__all__ = ["Branch", "FlowLimits", "Limits", "Result", "RunOptions", "Spent"]


class Limits(Struct, frozen=True, kw_only=True):
    """Caps of one run. It ends ``failed`` with code ``limit_reached`` at one of them but ``max_seconds``.

    They are the run's: no node catches them, as an item's error or otherwise.
    """

    max_steps: int = 10_000
    """Supersteps: nodes that run side by side share one."""
    max_model_calls: int = 1000
    max_tool_calls: int = 5000
    """Tools used and requests sent, by whatever node."""
    max_depth: int = 8
    """Sub-flows within one another."""
    max_tokens: int = 2_000_000
    """Input and output tokens of all calls. Looked at before each call: one under way is not cut."""
    max_node_runs: int = 50_000
    """Node runs of the run with all its containers and sub-flows: each pass through one has at least one."""
    max_parallel_passes: int = 50
    """Passes through containers and sub-flows at once, of each depth; more wait their turn."""
    max_run_bytes: int = 200_000_000
    """Bytes of JSON that the run may store: its events, and what its calls and nodes gave."""
    max_memory_bytes: int = 200_000_000
    """Bytes of JSON that what its nodes gave may take at once, in all graphs that are under way."""
    max_seconds: float = 900.0
    """Wall clock without the time that it waits for people; the run ends ``timeout``."""


class FlowLimits(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Limits of a run, set by a flow or a request. Missing ones come from the settings."""

    max_steps: Annotated[int, Meta(ge=1)] | None = None
    """Maximum number of steps. Nodes that run in parallel count as one step."""
    max_model_calls: Annotated[int, Meta(ge=1)] | None = None
    """Maximum number of model calls."""
    max_tool_calls: Annotated[int, Meta(ge=1)] | None = None
    """Maximum number of tool calls and outbound requests."""
    max_tokens: Annotated[int, Meta(ge=1)] | None = None
    """Maximum number of input and output tokens."""
    max_seconds: Annotated[float, Meta(gt=0)] | None = None
    """Maximum time in seconds, without waiting for approval."""

    def over(self, other: "FlowLimits") -> "FlowLimits":
        """Return these, and where one is left out, the other's."""
        return FlowLimits(
            **{
                name: getattr(other, name) if getattr(self, name) is None else getattr(self, name)
                for name in self.__struct_fields__
            }
        )

    def within(self, limits: Limits) -> Limits:
        """Return a run's limits with these in the place of their like, none above what it was."""
        set_here = {name: getattr(self, name) for name in self.__struct_fields__}
        lower = {
            name: min(value, getattr(limits, name)) for name, value in set_here.items() if value is not None
        }
        return structs.replace(limits, **lower)

    def above(self, limits: Limits) -> dict[str, str]:
        """Return a sentence for each that is above what the server allows, by its name."""
        found: dict[str, str] = {}
        for name in self.__struct_fields__:
            value, most = getattr(self, name), getattr(limits, name)
            if value is not None and value > most:
                found[name] = (
                    f"'{name}' is {value:,}; this server allows {most:,} at most. Lower it, or let the "
                    f"operator raise {'max_run_' + name[4:] if name in _RUN else name}."
                )
        return found


_RUN = frozenset({"max_tokens", "max_seconds"})
"""Limits whose setting has another name: ``max_run_tokens``."""


class Spent(Struct, frozen=True, kw_only=True):
    """What earlier attempts of a run have used of its limits, as the journal knows it."""

    model_calls: int = 0
    tool_calls: int = 0
    node_runs: int = 0
    """Those within containers and sub-flows, which the journal keeps."""
    tokens: int = 0
    seconds: float = 0.0


class Branch(Struct, frozen=True):
    """Where a run goes on with its session, other than at the end of the chosen line."""

    after: str
    """Id of the message that the run's messages follow; empty for the beginning of the conversation."""
    says: bool = True
    """Whether the input's message is added. False: ``after`` is the message, and gets another answer."""


class RunOptions(Struct, frozen=True, kw_only=True):
    """One run of a compiled flow."""

    execution_id: str
    thread_id: str
    """LangGraph's thread: the session's, or the execution's own."""
    fresh_thread: bool = False
    """Whether it is known that the thread has no checkpoint: then none is looked for."""
    workspace: str = ""
    """Whose run it is."""
    session_id: str = ""
    """The caller's name of the session; empty where the run has none."""
    input: dict[str, Any] = field(default_factory=dict[str, Any])
    """Clean JSON. A ``message`` in it becomes the user's message in the session's history."""
    user_id: str = ""
    """For whom it runs; empty where that is not known."""
    created_at: float = 0.0
    """When it was accepted, in Unix seconds."""
    history: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    """Messages that come before the input's: `graphs.conversation.messages.Message` as plain JSON. They
    become the session's history; those of role ``system`` are told models before a node's own prompt."""
    branch: Branch | None = None
    """None: the run goes on at the end of the session's chosen line."""
    message_id: str = ""
    """What the client calls its message; empty for an id of ours."""
    files: list[FileRef] = field(default_factory=list[FileRef])
    """What came with the message. No input can name a file: what a caller writes there stays what it is."""
    variables: dict[str, Any] = field(default_factory=dict[str, Any])
    env: Environment = Environment()
    """What it reads of the workspace's variables."""
    memory: dict[str, Any] = field(default_factory=dict[str, Any])
    """The session's own memory settings; empty where the flow's count."""
    limits: Limits = Limits()
    visitor: bool = False
    """Whether an anonymous visitor of an embedded chat asks for it."""
    api_key: str = ""
    """A key for this run's model calls alone; never stored, logged or shown."""
    attempt: int = 1
    """1, and one more each time that the run is taken up again after a crash or a drain, not a pause."""
    spent: Spent = Spent()
    by_place: bool = True
    """Whether node runs are known by node and visit; False for runs that an older release has begun, whose
    node runs are known by LangGraph's task ids."""
    origin: RunOrigin | None = None
    """Which run it goes on from; None for a run of its own."""
    alone: str = ""
    """The one node that is run; empty for the flow."""
    call_settings: CallSettings | None = None
    """What the client asks of the model of a plain chat; None where it asks nothing."""

    def __repr__(self) -> str:
        """Name the run without what it was given: inputs are private, the key is secret."""
        return f"Run(execution_id={self.execution_id!r}, attempt={self.attempt})"


class Result(Struct, frozen=True, kw_only=True):
    """What came of a run."""

    status: Literal["completed", "failed", "timeout", "paused", "drained"]
    """``paused`` waits for an input, ``drained`` for another process; both go on from the checkpoint."""
    output: dict[str, Any] = field(default_factory=dict[str, Any])
    """``{"response": str, "output": Json}`` of a completed run: its end's output, as text and as it is. Where
    several ends ran, ``output`` is an object by node id. ``tool_calls`` are
    those that the client is to make."""
    error: dict[str, str] | None = None
    """``{"code", "message"}`` of a run that failed or timed out."""
    message_count: int = 0
    """Messages in the thread's history now, as far as the run got to see it."""
