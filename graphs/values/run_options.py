"""Run: what one run of a flow is given, what it may use, and what comes of it."""

from typing import Any, Literal

from msgspec import Struct, field

from graphs.values.files import FileRef

__all__ = ["Limits", "Result", "RunOptions", "Spent"]


class Limits(Struct, frozen=True, kw_only=True):
    """Caps of one run. It ends ``failed`` with code ``limit_reached`` at one of them but ``max_seconds``."""

    max_steps: int = 1000
    """Supersteps: nodes that run side by side share one."""
    max_model_calls: int = 25
    max_tool_calls: int = 50
    """Tools used and requests sent, by whatever node."""
    max_depth: int = 8
    """Sub-flows within one another."""
    max_tokens: int = 200_000
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


class Spent(Struct, frozen=True, kw_only=True):
    """What earlier attempts of a run have used of its limits, as the journal knows it."""

    model_calls: int = 0
    tool_calls: int = 0
    node_runs: int = 0
    """Those within containers and sub-flows, which the journal keeps."""
    tokens: int = 0
    seconds: float = 0.0


class RunOptions(Struct, frozen=True, kw_only=True):
    """One run of a compiled flow."""

    execution_id: str
    thread_id: str
    """LangGraph's thread: the session's, or the execution's own."""
    session_id: str = ""
    """The caller's name of the session; empty where the run has none."""
    input: dict[str, Any] = field(default_factory=dict[str, Any])
    """Clean JSON. A ``message`` in it becomes the user's message in the session's history."""
    files: list[FileRef] = field(default_factory=list[FileRef])
    """What came with the message. No input can name a file: what a caller writes there stays what it is."""
    variables: dict[str, Any] = field(default_factory=dict[str, Any])
    memory: dict[str, Any] = field(default_factory=dict[str, Any])
    """The session's own memory settings; empty where the flow's count."""
    limits: Limits = Limits()
    api_key: str = ""
    """A key for this run's model calls alone; never stored, logged or shown."""
    attempt: int = 1
    """1, and one more each time that the run is taken up again after a crash or a drain, not a pause."""
    spent: Spent = Spent()

    def __repr__(self) -> str:
        """Name the run without what it was given: inputs are private, the key is secret."""
        return f"Run(execution_id={self.execution_id!r}, attempt={self.attempt})"


class Result(Struct, frozen=True, kw_only=True):
    """What came of a run."""

    status: Literal["completed", "failed", "timeout", "paused", "drained"]
    """``paused`` waits for an input, ``drained`` for another process; both go on from the checkpoint."""
    output: dict[str, Any] = field(default_factory=dict[str, Any])
    """``{"response": str, "output": Json}`` of a completed run: its end's output, as text and as it is. Where
    several ends ran, ``output`` is an object by node id."""
    error: dict[str, str] | None = None
    """``{"code", "message"}`` of a run that failed or timed out."""
    message_count: int = 0
    """Messages in the thread's history now, as far as the run got to see it."""
