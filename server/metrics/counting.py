"""Counting: what a process's committed events say, as counts; a projection of the journal like any other."""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from typing import Any

from graphs.values.events import TERMINAL, Event
from persistence.counters.process_metrics import SEPARATOR, Exemplar, Measured, Seen
from persistence.storage.execution_rows import ExecutionRow
from server.metrics.named_models import NamedModels
from server.metrics.series import SERIES

__all__ = ["OTHER", "Counting"]

OTHER = "other"
MODELS = 20
"""Models of each provider that are timed under their own names; further ones share `OTHER`."""
UNANSWERED = 5
"""Further models of each that have not answered yet and are timed under their own names all the same."""
WORDS = 60
"""Different values of any other label; a flow cannot make more."""
REMEMBERED = 5_000
"""Runs under way that are followed at most."""
ENDS = {"node.completed": "completed", "node.failed": "failed", "node.skipped": "skipped"}


class Counting:
    """Counts events. `seen` is told of them as they are committed; `measured` has what they came to.

    Args:
        models: Knows which models may have series of their own before they have answered.
    """

    def __init__(self, models: NamedModels) -> None:
        self._models = models
        self.measured = Measured()
        self._nodes: dict[str, dict[tuple[str, str], str]] = {}
        self._words: dict[str, set[str]] = {}
        self._count_events, self._count_writes = (
            self.measured.counters.setdefault(name, {"": 0.0})
            for name in ("journal_events", "journal_writes")
        )
        self._kinds: dict[str, Callable[[ExecutionRow, Event], None]] = {
            "run.started": self._started,
            "run.resumed": self._resumed,
            "run.failed": self._failed,
            "run.cancelled": self._failed,
            "node.started": self._node_started,
            "node.completed": self._node_ended,
            "node.failed": self._node_ended,
            "node.skipped": self._node_ended,
            "node.retrying": self._node_retried,
            "tool.completed": self._tool_ended,
            "tool.failed": self._tool_ended,
            "usage": self._asked,
            "input.requested": self._input_requested,
            "budget.refused": self._refused,
            "budget.alert": self._alerted,
            "custom": self._custom,
        }

    def seen(self, row: ExecutionRow, events: Sequence[Event]) -> None:
        """Count events that are committed."""
        self._count_events[""] += len(events)
        self._count_writes[""] += 1
        kinds = self._kinds
        for event in events:
            count = kinds.get(event.type)
            if count is not None:
                count(row, event)
            if event.type in TERMINAL or event.type == "run.paused":
                self._nodes.pop(row.id, None)

    def read_waited(self, seconds: float) -> None:
        """Count how long a read waited for a connection to the database."""
        self._put("database_read_wait_seconds", "", seconds)

    def searched(self, seconds: float, dropped: int) -> None:
        """Count a search of knowledge bases, and the passages that its threshold dropped."""
        self._put("knowledge_search_duration_seconds", "", seconds)
        self._count("knowledge_hits_dropped", by=dropped)

    def embedded(self, passages: int) -> None:
        """Count passages of documents that were embedded."""
        self._count("knowledge_passages_embedded", by=passages)

    def _started(self, row: ExecutionRow, event: Event) -> None:
        self._observe("queue_wait_seconds", (), (row.started_at or event.ts) - row.created_at, event)

    def _resumed(self, row: ExecutionRow, event: Event) -> None:
        self._count("run_resumptions")

    def _failed(self, row: ExecutionRow, event: Event) -> None:
        error: dict[str, Any] = event.data.get("error") or {}
        self._count("run_errors", str(error.get("code", "failed")))

    def _node_started(self, row: ExecutionRow, event: Event) -> None:
        begun = self._nodes.setdefault(row.id, {})
        if len(self._nodes) > REMEMBERED:  # runs that other processes took over never end here
            self._nodes.pop(next(iter(self._nodes)))
        begun[event.path, event.node] = str(event.data.get("node_type", ""))

    def _node_ended(self, row: ExecutionRow, event: Event) -> None:
        node_type = self._nodes.get(row.id, {}).pop((event.path, event.node), "")
        status = ENDS[event.type]
        self._count("node_executions", node_type, status)
        seconds = (event.data.get("duration_ms") or 0.0) / 1000
        self._observe("node_execution_duration_seconds", (node_type,), seconds, event)
        if node_type == "agent":
            self._count("agent_executions", status)
            self._observe("agent_execution_duration_seconds", (), seconds, event)

    def _node_retried(self, row: ExecutionRow, event: Event) -> None:
        self._count("node_retries", self._nodes.get(row.id, {}).get((event.path, event.node), ""))

    def _tool_ended(self, row: ExecutionRow, event: Event) -> None:
        status = "completed" if event.type == "tool.completed" else "failed"
        self._count("tool_calls", status)
        if source := event.data.get("source"):
            self._count("tool_calls_by_source", str(source), status)
        self._observe("tool_call_duration_seconds", (), (event.data.get("duration_ms") or 0.0) / 1000, event)

    def _asked(self, row: ExecutionRow, event: Event) -> None:
        facts = event.data
        provider, model = facts["provider"], facts["model"]
        fits = self._fits(provider, model, answered=not facts["error_class"])
        names = (provider, model if fits else OTHER)
        self._observe("llm_request_duration_seconds", names, (facts["duration_ms"] or 0.0) / 1000, event)
        if facts["first_token_ms"] is not None:
            self._observe("llm_time_to_first_token_seconds", names, facts["first_token_ms"] / 1000, event)
        if facts["error_class"]:
            self._count("llm_errors", provider, facts["error_class"])
        if retry_of := facts.get("retry_of"):
            self._count("llm_retries", provider, retry_of)

    def _fits(self, provider: str, model: str, *, answered: bool) -> bool:
        """Say whether a model is timed under its own name: callers can name models that are none."""
        name = SEPARATOR.join((provider, model))
        known = answered or self._models.trusted(provider, model)
        groups = f"models of {provider}", f"unanswered models of {provider}"
        group, most = (groups[0], MODELS) if known else (groups[1], UNANSWERED)
        return (
            self._models.pinned(provider, model)
            or any(name in self._words.get(each, ()) for each in groups)
            or self._known(group, name, most) != OTHER
        )

    def _input_requested(self, row: ExecutionRow, event: Event) -> None:
        self._count("inputs_requested", str(event.data.get("kind", "")))

    def _refused(self, row: ExecutionRow, event: Event) -> None:
        self._count("budget_refusals", str(event.data.get("reason") or event.data.get("limit") or OTHER))

    def _alerted(self, row: ExecutionRow, event: Event) -> None:
        self._count("budget_alerts", str(event.data.get("level")))

    def _custom(self, row: ExecutionRow, event: Event) -> None:
        if event.data.get("name") != "guardrail":
            return
        if blocked := event.data.get("blocked"):
            self._count("guardrail_actions", "blocked", str(blocked))
        for kind, found in (event.data.get("masked") or {}).items():
            self._count("guardrail_actions", "masked", str(kind), by=found)

    def _count(self, name: str, *values: str, by: float = 1) -> None:
        labels = SEPARATOR.join(
            self._known(label, value, WORDS) for label, value in zip(SERIES[name].labels, values, strict=True)
        )
        series = self.measured.counters.setdefault(name, {})
        series[labels] = series.get(labels, 0.0) + by

    def _observe(self, name: str, values: Sequence[str], value: float, event: Event) -> None:
        value = max(0.0, value)
        seen, place = self._put(name, SEPARATOR.join(values), value)
        seen.exemplars[place] = Exemplar(event.execution_id, value, event.ts)

    def _put(self, name: str, labels: str, value: float) -> tuple[Seen, int]:
        """Count one observation; return its histogram and its bucket."""
        bounds = SERIES[name].bounds
        series = self.measured.histograms.setdefault(name, {})
        if (seen := series.get(labels)) is None:
            seen = series[labels] = Seen([0] * (len(bounds) + 1))
        place = bisect_left(bounds, value)
        seen.counts[place] += 1
        seen.sum += value
        return seen, place

    def _known(self, label: str, value: str, most: int) -> str:
        """Return the value, or `OTHER` once there are more different ones than fit."""
        known = self._words.setdefault(label, set())
        if value in known:
            return value
        if len(known) >= most or len(value) > 320:
            return OTHER
        known.add(value)
        return value
