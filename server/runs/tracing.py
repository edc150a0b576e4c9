"""Tracing: runs as OpenTelemetry traces, made from the events that this process has committed.

A trace is a run, its id the execution's, unless a client names one of its own spans: then the run is part of
that. Spans are named and described by the conventions for generative AI
(https://opentelemetry.io/docs/specs/semconv/gen-ai/). A span is made when what it tells of has ended, so a
crash costs the spans that were open and no other. The libraries are imported when a trace is asked for.
"""

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from graphs.conversation.messages import ModelRequest
from graphs.outbound.trace_context import parent_of, span_id_of, trace_id_of
from graphs.parsing.text import as_text
from graphs.values.events import TERMINAL, Event
from persistence.storage.execution_rows import ExecutionRow
from server.http.secrets_in_logs import without_credentials
from server.runs.trace_attributes import LONGEST, input_messages, openinference_of, output_messages

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import SpanProcessor

    from server.settings.sources import Settings

__all__ = ["Tracing", "open_tracing"]

REMEMBERED = 5_000
"""Runs under way that are followed at most."""

log = logging.getLogger("agenticrag.tracing")


class _Open(Struct, frozen=True):
    """What has begun."""

    seq: int
    ts: float
    facts: dict[str, Any]


class _Run(Struct):
    """What is known of a run under way."""

    nodes: dict[tuple[str, str], _Open]
    tools: dict[tuple[str, str, str], _Open]
    said: dict[tuple[str, str], dict[str, Any]]
    """Facts of the last message of each node."""
    asked: dict[tuple[str, str], "_Asked"]
    """Requests to models that are under way, of each node."""


class _Asked(Struct):
    """Requests of a node that are under way."""

    under_way: int
    request: ModelRequest | None
    """The only one; None where there were several at once: which has ended, no event says."""


def open_tracing(settings: "Settings") -> "Tracing | None":
    """Return what sends traces where the settings say; None where they name no endpoint."""
    if not settings.otel_endpoint:
        return None
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    headers = dict(one.split("=", 1) for one in settings.otel_headers if "=" in one)
    exporter = OTLPSpanExporter(endpoint=settings.otel_endpoint, headers=headers, timeout=10)
    return Tracing(
        BatchSpanProcessor(exporter, schedule_delay_millis=1000),
        service=settings.otel_service_name,
        content=settings.otel_content == "on",
        openinference=settings.otel_openinference == "on",
    )


class Tracing:
    """A watcher of the journal that hands spans to a processor."""

    def __init__(
        self, processor: "SpanProcessor", *, service: str, content: bool, openinference: bool = False
    ) -> None:
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.util.instrumentation import InstrumentationScope

        self._processor = processor
        self._resource = Resource.create({"service.name": service})
        self._scope = InstrumentationScope("agenticrag")
        self._content = content
        self._openinference = openinference
        self._runs: dict[str, _Run] = {}

    def seen(self, row: ExecutionRow, events: Sequence[Event]) -> None:
        """Make spans of what has ended; what goes wrong here never touches a run."""
        try:
            for event in events:
                self._see(row, event)
        except Exception:
            log.exception("A trace could not be made.")

    def asked(self, row: ExecutionRow, path: str, node: str, request: ModelRequest) -> None:
        """Keep a request to a model for its span, where traces carry messages."""
        if self._content:
            asked = self._followed(row).asked
            known = asked.get((path, node))
            more = 1 if known is None else known.under_way + 1
            asked[path, node] = _Asked(more, request if known is None else None)

    def close(self) -> None:
        """Send what waits. Blocks for a few seconds at most."""
        self._processor.shutdown()

    def _see(self, row: ExecutionRow, event: Event) -> None:
        run = self._followed(row)
        place, facts = (event.path, event.node), event.data
        tool = (*place, str(facts.get("call_id") or facts.get("name", "")))
        match event.type:
            case "node.started":
                run.nodes[place] = _Open(event.seq, event.ts, facts)
            case "node.completed" | "node.failed":
                self._node(row, event, run.nodes.pop(place, None))
            case "tool.started":
                run.tools[tool] = _Open(event.seq, event.ts, facts)
            case "tool.completed" | "tool.failed":
                self._tool(row, event, run, run.tools.pop(tool, None))
            case "message.completed":
                run.said[place] = facts
            case "usage":
                self._model(row, event, run)
            case _ if event.type in TERMINAL:
                self._run(row, event)
                self._runs.pop(row.id, None)
            case "run.paused":
                self._runs.pop(row.id, None)
            case _:
                pass

    def _followed(self, row: ExecutionRow) -> _Run:
        run = self._runs.setdefault(row.id, _Run({}, {}, {}, {}))
        if len(self._runs) > REMEMBERED:  # runs that other processes took over never end here
            self._runs.pop(next(iter(self._runs)))
        return run

    def _run(self, row: ExecutionRow, event: Event) -> None:
        facts = event.data
        usage: dict[str, Any] = facts.get("usage") or {}
        error: dict[str, Any] = facts.get("error") or {}
        attributes = {
            "gen_ai.operation.name": "invoke_workflow",
            "gen_ai.workflow.name": row.options.get("flow_name"),
            "gen_ai.conversation.id": row.session,
            "gen_ai.usage.input_tokens": usage.get("input_tokens"),
            "gen_ai.usage.output_tokens": usage.get("output_tokens"),
            "agenticrag.execution.id": row.id,
            "agenticrag.flow.id": row.flow_id,
            "agenticrag.flow.type": row.flow_type,
            "agenticrag.status": facts.get("status"),
            "agenticrag.cost_usd": facts.get("cost_usd"),
            "error.type": error.get("code"),
            **self._said("agenticrag.input", row.input),
            **self._said("agenticrag.output", facts.get("output")),
        }
        began = row.started_at or row.created_at
        self._emit(row, f"invoke_workflow {row.flow_type}", "", None, began, event.ts, attributes, "CHAIN")

    def _node(self, row: ExecutionRow, event: Event, begun: _Open | None) -> None:
        facts = event.data
        if begun is None:
            return
        node_type = str(begun.facts.get("node_type", ""))
        agent = node_type == "agent"
        attributes = {
            "gen_ai.operation.name": "invoke_agent" if agent else None,
            "gen_ai.agent.name": event.node if agent else None,
            "agenticrag.node.id": event.node,
            "agenticrag.node.path": event.path or None,
            "agenticrag.node.type": node_type,
            "agenticrag.node.attempt": event.attempt,
            "error.type": facts.get("code", "failed") if event.type == "node.failed" else None,
            **self._said("agenticrag.input", begun.facts.get("input")),
            **self._said("agenticrag.output", facts.get("output")),
        }
        name = f"invoke_agent {event.node}" if agent else f"node {event.node}"
        key, parent = f"node/{begun.seq}", self._around(row, event.path)
        kind = {"agent": "AGENT", "retrieve": "RETRIEVER"}.get(node_type, "CHAIN")
        self._emit(row, name, key, parent, begun.ts, event.ts, attributes, kind)

    def _model(self, row: ExecutionRow, event: Event, run: _Run) -> None:
        facts = event.data
        completed = facts["status"] == "completed"
        message = run.said.pop((event.path, event.node), {}) if completed else {}
        asked = _answered(run, (event.path, event.node))
        reason = message.get("finish_reason")
        first = facts["first_token_ms"]
        attributes = {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": facts["provider"],
            "gen_ai.request.model": facts["model"],
            "gen_ai.usage.input_tokens": facts["input_tokens"],
            "gen_ai.usage.output_tokens": facts["output_tokens"],
            "gen_ai.usage.cache_read.input_tokens": facts["cached_input_tokens"] or None,
            "gen_ai.usage.cache_creation.input_tokens": facts.get("cache_write_tokens") or None,
            "gen_ai.usage.reasoning.output_tokens": facts.get("reasoning_tokens") or None,
            "gen_ai.conversation.id": row.session,
            "gen_ai.response.model": facts["model"] if completed else None,
            "gen_ai.response.finish_reasons": [str(reason)] if reason else None,
            "gen_ai.response.time_to_first_chunk": None if first is None else first / 1000,
            "agenticrag.usage.estimated": facts["estimated"] or None,
            "agenticrag.cost_usd": facts["cost_usd"],
            "agenticrag.first_token_ms": facts["first_token_ms"],
            "error.type": facts["error_class"],
            **self._said("gen_ai.input.messages", None if asked is None else input_messages(asked)),
            **self._said(
                "gen_ai.output.messages",
                output_messages(message) if message else None,
            ),
        }
        began = event.ts - (facts["duration_ms"] or 0.0) / 1000
        name, parent = f"chat {facts['model']}", self._within(row, event, run)
        self._emit(row, name, f"usage/{event.seq}", parent, began, event.ts, attributes, "LLM")

    def _tool(self, row: ExecutionRow, event: Event, run: _Run, begun: _Open | None) -> None:
        facts = event.data
        began = begun.ts if begun else event.ts - (facts.get("duration_ms") or 0.0) / 1000
        attributes = {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": facts.get("name"),
            "gen_ai.tool.call.id": facts.get("call_id") or None,
            "error.type": "tool_failed" if event.type == "tool.failed" else None,
            **self._said("gen_ai.tool.call.arguments", begun.facts.get("input") if begun else None),
            **self._said("gen_ai.tool.call.result", facts.get("output")),
        }
        name, parent = f"execute_tool {facts.get('name', '')}", self._within(row, event, run)
        self._emit(row, name, f"tool/{event.seq}", parent, began, event.ts, attributes, "TOOL")

    def _within(self, row: ExecutionRow, event: Event, run: _Run) -> str:
        """Return the key of the span of the node that an event is of."""
        begun = run.nodes.get((event.path, event.node))
        return f"node/{begun.seq}" if begun else self._around(row, event.path)

    def _around(self, row: ExecutionRow, path: str) -> str:
        """Return the key of the span of the frame that a path ends with; of the run where there is none."""
        run = self._runs[row.id]
        outer, _, last = path.rpartition("/")
        begun = run.nodes.get((outer, last.partition("[")[0])) or run.nodes.get((outer, last))
        return f"node/{begun.seq}" if path and begun else ""

    def _said(self, name: str, value: Any) -> dict[str, Any]:
        """Return what was said as an attribute, where traces are to carry that."""
        if not self._content or value is None:
            return {}
        text = value if name.endswith(".messages") else as_text(value)[:LONGEST]
        return {name: without_credentials(text)}

    def _emit(
        self,
        row: ExecutionRow,
        name: str,
        key: str,
        parent: str | None,
        began: float,
        ended: float,
        attributes: dict[str, Any],
        kind: str,
    ) -> None:
        from opentelemetry.sdk.trace import ReadableSpan
        from opentelemetry.trace import SpanKind, Status, StatusCode

        failed = attributes.get("error.type") is not None
        attributes = {**attributes, "session.id": row.session, "user.id": row.options.get("user_id")}
        if self._openinference:
            attributes |= openinference_of(attributes, kind)
        outer = None if parent is None else _context(row, parent)
        self._processor.on_end(
            ReadableSpan(
                name=name,
                context=_context(row, key),
                parent=_of_client(row) if outer is None else outer,
                resource=self._resource,
                attributes={name: value for name, value in attributes.items() if value is not None},
                kind=SpanKind.CLIENT if kind == "LLM" else SpanKind.INTERNAL,
                status=Status(StatusCode.ERROR if failed else StatusCode.UNSET),
                start_time=int(min(began, ended) * 1e9),
                end_time=int(ended * 1e9),
                instrumentation_scope=self._scope,
            )
        )


def _answered(run: _Run, place: tuple[str, str]) -> ModelRequest | None:
    """Return the request of a node that has ended; None where that is not clear."""
    known = run.asked.get(place)
    if known is None:
        return None
    known.under_way -= 1
    if known.under_way == 0:
        del run.asked[place]
    return known.request


def _of_client(row: ExecutionRow) -> Any:
    """Return the ids of the client's span that a run belongs to; None where it named none."""
    from opentelemetry.trace import SpanContext, TraceFlags

    found = parent_of(str(row.options.get("traceparent") or ""))
    if found is None:
        return None
    return SpanContext(*found, is_remote=True, trace_flags=TraceFlags(TraceFlags.SAMPLED))


def _context(row: ExecutionRow, key: str) -> Any:
    """Return the ids of a span: the same in whichever process it is made."""
    from opentelemetry.trace import SpanContext, TraceFlags

    return SpanContext(
        trace_id=trace_id_of(row.id, str(row.options.get("traceparent") or "")),
        span_id=span_id_of(row.id, key),
        is_remote=False,
        trace_flags=TraceFlags(TraceFlags.SAMPLED),
    )
