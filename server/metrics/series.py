"""The series: their names, kinds, labels and what they tell. Labels come from small, known sets."""

from typing import Literal

from msgspec import Struct

from persistence.spending.rollups import BOUNDS

__all__ = ["DURATIONS", "PREFIX", "QUICK", "SERIES", "Series"]

PREFIX = "agenticrag_"
DURATIONS = (0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
"""Seconds: upper ends of the buckets for nodes, tools and model calls."""
QUICK = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 30.0)
"""Seconds: upper ends of the buckets for what should take no time."""

WAITS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0, 5.0)
"""Seconds: upper ends of the buckets for waits that are short by design."""


class Series(Struct, frozen=True):
    """A metric: one series for each set of label values."""

    name: str
    """Without `PREFIX`; of a counter without ``_total``."""
    kind: Literal["counter", "gauge", "histogram"]
    help: str
    labels: tuple[str, ...] = ()
    bounds: tuple[float, ...] = ()

    @property
    def shown(self) -> str:
        """The name as it is exposed."""
        return PREFIX + self.name + ("_total" if self.kind == "counter" else "")


MODEL = ("provider", "model")
_ALL = (
    Series("workflow_executions", "counter", "Runs that ended.", ("flow_type", "status")),
    Series(
        "workflow_execution_duration_seconds",
        "histogram",
        "Time from the start of a run to its end, including waits.",
        ("flow_type",),
        BOUNDS,
    ),
    Series("agent_executions", "counter", "Runs of agent nodes.", ("status",)),
    Series("agent_execution_duration_seconds", "histogram", "Duration of agent nodes.", (), DURATIONS),
    Series("node_executions", "counter", "Runs of nodes.", ("node_type", "status")),
    Series("node_execution_duration_seconds", "histogram", "Duration of nodes.", ("node_type",), DURATIONS),
    Series("node_retries", "counter", "Retries of nodes.", ("node_type",)),
    Series("llm_requests", "counter", "Requests to models, including every attempt.", (*MODEL, "status")),
    Series("llm_input_tokens", "counter", "Input tokens of model requests.", MODEL),
    Series("llm_output_tokens", "counter", "Output tokens of model requests.", MODEL),
    Series("llm_cached_input_tokens", "counter", "Input tokens from a provider's cache.", MODEL),
    Series("llm_reasoning_tokens", "counter", "Output tokens for reasoning.", MODEL),
    Series("llm_cost_usd", "counter", "Cost of requests with a known price, in US dollars.", MODEL),
    Series("llm_unpriced_requests", "counter", "Requests without a known price.", MODEL),
    Series("llm_estimated_requests", "counter", "Requests with estimated tokens.", MODEL),
    Series("llm_request_duration_seconds", "histogram", "Duration of requests to models.", MODEL, DURATIONS),
    Series(
        "llm_time_to_first_token_seconds",
        "histogram",
        "Time from a request to a model's first token.",
        MODEL,
        DURATIONS,
    ),
    Series("llm_errors", "counter", "Requests to models that failed.", ("provider", "error_class")),
    Series(
        "llm_retries",
        "counter",
        "Retries of model requests, by the error of the failed request.",
        ("provider", "error_class"),
    ),
    Series("llm_cost_last_24h", "gauge", "Known cost of the last 24 hours, in US dollars."),
    Series("llm_tokens_last_24h", "gauge", "Tokens of the last 24 hours."),
    Series("tool_calls", "counter", "Tool calls.", ("status",)),
    Series(
        "tool_calls_by_source",
        "counter",
        "Tool calls by where the tool comes from: builtin, python, mcp or flow.",
        ("source", "status"),
    ),
    Series("tool_call_duration_seconds", "histogram", "Duration of tool calls.", (), DURATIONS),
    Series(
        "guardrail_actions",
        "counter",
        "Texts that guardrails blocked, by the check, and personal data that they masked, by its kind.",
        ("action", "check"),
    ),
    Series("run_errors", "counter", "Runs that failed or were cancelled.", ("code",)),
    Series("run_resumptions", "counter", "Runs that resumed after a crash or a pause."),
    Series("queue_wait_seconds", "histogram", "Time from a run's acceptance to its start.", (), QUICK),
    Series("inputs_requested", "counter", "Approval requests and timers.", ("kind",)),
    Series("budget_refusals", "counter", "Model calls that a budget or a limit rejected.", ("reason",)),
    Series("budget_alerts", "counter", "Budgets that reached 50, 80 or 100 %.", ("level",)),
    Series("requests_refused", "counter", "Requests that a limit rejected.", ("limit",)),
    Series("limit_store_failures", "counter", "Failures of the store of limits."),
    Series("journal_events", "counter", "Events that were committed."),
    Series("journal_writes", "counter", "Commits of events."),
    Series(
        "database_read_wait_seconds",
        "histogram",
        "Wait for a database connection, of reads that waited more than 1 ms.",
        (),
        WAITS,
    ),
    Series(
        "schedule_runs",
        "counter",
        "Times of schedules: runs that started in time or late, times missed or refused, schedules paused.",
        ("outcome",),
    ),
    Series(
        "webhook_calls",
        "counter",
        "Calls of webhooks: runs started, deliveries repeated, checks answered, calls refused; and pauses.",
        ("outcome",),
    ),
    Series(
        "webhook_deliveries",
        "counter",
        "Attempts to deliver to webhook targets: delivered, failed, dead at the last one; targets paused.",
        ("outcome",),
    ),
    Series(
        "webhook_deliveries_open",
        "gauge",
        "Deliveries to webhook targets that wait, or were given up and are kept.",
        ("status",),
    ),
    Series("mcp_calls", "counter", "Calls of tools of MCP servers.", ("outcome",)),
    Series("mcp_sessions", "gauge", "Open sessions with MCP servers, processes among them."),
    Series("knowledge_documents", "gauge", "Documents of knowledge bases.", ("status",)),
    Series("knowledge_passages_embedded", "counter", "Passages of documents that were embedded."),
    Series(
        "knowledge_search_duration_seconds",
        "histogram",
        "Duration of searches of knowledge bases, without the embedding of the question.",
        (),
        WAITS,
    ),
    Series("knowledge_hits_dropped", "counter", "Passages that a search dropped for its score threshold."),
    Series("active_runs", "gauge", "Active runs."),
    Series("queued_runs", "gauge", "Runs that wait for a worker.", ("queue",)),
    Series("oldest_queued_run_seconds", "gauge", "How long the oldest of them has waited.", ("queue",)),
    Series("open_streams", "gauge", "Open event streams and WebSockets."),
    Series("journal_writes_waiting", "gauge", "Writes that wait for the database."),
    Series("event_loop_lag_seconds", "gauge", "Delay of the event loops, summed over all processes."),
    Series(
        "event_loop_longest_hold_seconds",
        "gauge",
        "Longest time in the last minute in which an event loop did only one thing: the task, and its code.",
        ("task", "code"),
    ),
    Series("processes", "gauge", "Running server processes."),
    Series("system_cpu_percent", "gauge", "CPU of this machine in use."),
    Series("system_memory_percent", "gauge", "Memory of this machine in use."),
    Series("system_memory_used_bytes", "gauge", "Memory of this machine in use."),
    Series("system_memory_available_bytes", "gauge", "Available memory of this machine."),
    Series("system_disk_percent", "gauge", "The data folder's disk in use."),
    Series("process_resident_memory_bytes", "gauge", "Memory of the process that answers."),
    Series("process_open_fds", "gauge", "Files and sockets open in the process that answers."),
    # Names of the system before this one, for dashboards that were made for it.
    Series("workflow_executions_by_status", "gauge", "Runs by status, including open runs.", ("status",)),
    Series("workflow_executions_last_hour", "gauge", "Runs that ended in the last hour."),
    Series("workflow_execution_duration_seconds_avg", "gauge", "Mean duration of all ended runs."),
    Series("agent_executions_by_status", "gauge", "Runs of agent nodes by status.", ("status",)),
    Series("llm_tokens", "counter", "Input and output tokens."),
    Series("llm_tokens_by_provider", "gauge", "Tokens by provider.", ("provider",)),
    Series("llm_cost_by_provider", "gauge", "Known cost by provider, in US dollars.", ("provider",)),
    Series("llm_tokens_by_model", "gauge", "Tokens by model.", ("model",)),
    Series("llm_requests_by_model", "gauge", "Requests by model.", ("model",)),
)
SERIES = {series.name: series for series in _ALL}
"""Every metric, by its name without `PREFIX`."""
