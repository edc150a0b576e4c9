"""Traces: what a collector receives of a run, over OTLP."""

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import UUID

import msgspec
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from server.settings.sources import Settings
from tests.runtimes.mcp_http import over_http
from tests.server.conftest import DEMO, Running, connect
from tests.server.echo import Echo
from tests.server.flows.test_subgraphs import execute, graph, stored

FLOW = {
    "name": "traced",
    "graph_definition": {
        "nodes": [
            {"id": "begin", "type": "start", "data": {}},
            {"id": "draft", "type": "llm", "data": {**DEMO, "prompt": "the secret plan"}},
            {"id": "finish", "type": "end", "data": {}},
        ],
        "edges": [
            {"id": "1", "source": "begin", "target": "draft"},
            {"id": "2", "source": "draft", "target": "finish"},
        ],
    },
}


class Collector:
    """Receives spans as an OpenTelemetry collector does."""

    def __init__(self) -> None:
        self.spans: dict[str, Any] = {}
        self.service = ""
        self.headers: dict[str, str] = {}
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                if self.headers.get("content-encoding") == "gzip":
                    import gzip

                    body = gzip.decompress(body)
                collector.take(ExportTraceServiceRequest.FromString(body))
                collector.headers = {name.lower(): text for name, text in self.headers.items()}
                self.send_response(200)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/v1/traces"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def take(self, request: Any) -> None:
        """Keep spans by their names."""
        for resource in request.resource_spans:
            self.service = attributes(resource.resource)["service.name"]
            for scope in resource.scope_spans:
                self.spans |= {span.name: span for span in scope.spans}

    def stop(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def attributes(span: Any) -> dict[str, Any]:
    return {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in span.attributes}


@pytest.fixture
def collector() -> Iterator[Collector]:
    collector = Collector()
    yield collector
    collector.stop()


@pytest.mark.parametrize("database_kind", ["sqlite"])
@pytest.mark.parametrize("content", ["off", "on"])
@pytest.mark.threat("L-04")
async def test_a_run_is_a_trace_of_its_nodes_and_calls(
    content: str, settings: Settings, start: Callable[[Settings], Running], key: str, collector: Collector
) -> None:
    server = start(
        msgspec.structs.replace(
            settings,
            otel_endpoint=collector.url,
            otel_headers=["X-Tenant=me"],
            otel_service_name="ours",
            otel_content=content,
        )
    )
    async with connect(server, key) as client:
        flow_id = (await client.post("/agentflows", json=FLOW)).json()["id"]
        ran = (await client.post(f"/agentflows/{flow_id}/execute", json={"input_data": {}})).json()
        assert ran["status"] == "completed", ran
    server.stop()
    spans = collector.spans
    assert (collector.service, collector.headers["x-tenant"]) == ("ours", "me")
    assert sorted(spans) == [
        "chat demo",
        "invoke_workflow agentflow",
        "node begin",
        "node draft",
        "node finish",
    ]
    run, node, call = spans["invoke_workflow agentflow"], spans["node draft"], spans["chat demo"]
    assert {span.trace_id for span in spans.values()} == {UUID(ran["execution_id"]).bytes}
    assert run.parent_span_id == b""
    assert node.parent_span_id == run.span_id
    assert call.parent_span_id == node.span_id
    assert run.start_time_unix_nano <= node.start_time_unix_nano <= node.end_time_unix_nano
    assert node.end_time_unix_nano <= run.end_time_unix_nano
    told = attributes(call)
    assert told["gen_ai.operation.name"] == "chat"
    assert (told["gen_ai.provider.name"], told["gen_ai.request.model"]) == ("demo", "demo")
    usage = ran["token_usage"][0]
    assert told["gen_ai.usage.input_tokens"] == usage["input_tokens"]
    assert told["gen_ai.usage.output_tokens"] == usage["output_tokens"]
    assert told["agenticrag.cost_usd"] == 0
    assert attributes(run)["agenticrag.flow.id"] == flow_id
    everything = "".join(str(span) for span in spans.values())
    assert ("secret plan" in everything) == (content == "on")


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_a_trace_names_session_user_and_the_clients_span(
    settings: Settings, start: Callable[[Settings], Running], key: str, collector: Collector
) -> None:
    parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    server = start(
        msgspec.structs.replace(
            settings, otel_endpoint=collector.url, otel_content="on", otel_openinference="on"
        )
    )
    async with connect(server, key) as client:
        config = {"llm_provider": DEMO["provider"], "llm_model": DEMO["model"]}
        flow = (await client.post("/chatflows", json={"name": "Chat", "chat_config": config})).json()
        body = {"message": "Hello", "session_id": "mine"}
        path = f"/chatflow/workflows/{flow['id']}/chat"
        ran = (await client.post(path, json=body, headers={"traceparent": parent})).json()
        assert ran["success"] is True, ran
    server.stop()
    spans = collector.spans
    run, call = spans["invoke_workflow chatflow"], spans["chat demo"]
    assert {span.trace_id.hex() for span in spans.values()} == {parent[3:35]}
    assert run.parent_span_id.hex() == parent[36:52]
    told, of_call = attributes(run), attributes(call)
    assert {attributes(span)["session.id"] for span in spans.values()} == {"mine"}
    assert told["gen_ai.workflow.name"] == "Chat"
    assert told["openinference.span.kind"] == "CHAIN"
    assert "Hello" in told["input.value"]
    assert ran["response"] in told["output.value"]
    assert of_call["openinference.span.kind"] == "LLM"
    assert of_call["llm.token_count.total"] == ran["usage"]["total_tokens"]
    assert of_call["gen_ai.response.model"] == of_call["llm.model_name"] == "demo"


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_requests_name_the_span_of_their_node_and_spans_have_what_models_were_asked(
    settings: Settings, start: Callable[[Settings], Running], key: str, collector: Collector
) -> None:
    heard: list[bytes] = []
    echo, parent = Echo(), "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    with over_http(heard=heard) as url, contextlib.closing(echo):
        server = start(
            msgspec.structs.replace(
                settings,
                otel_endpoint=collector.url,
                otel_content="on",
                egress_allow=[echo.at, url.removeprefix("http://").removesuffix("/mcp")],
                openai_base_url=f"http://{echo.at}/v1",
                openai_api_key="sk-test",
            )
        )
        model = {"provider": "openai", "model": "m", "system_prompt": "Use sk-abcdefghijklmnop if need be."}
        drawn = graph(
            {
                "fetch": ("http_request", {"url": f"http://{echo.at}/page"}),
                "add": (
                    "tool",
                    {"tool": {"name": "mcp", "server": "web", "tool": "add"}, "arguments": {"a": 1, "b": 2}},
                ),
                "ask": ("llm", {**model, "prompt": "Plan it"}),
            },
            "start>fetch",
            "fetch>add",
            "add>ask",
            "ask>end",
        )
        async with connect(server, key) as client:
            id = (await client.post("/mcp-servers", json={"name": "web", "url": url})).json()["id"]
            await client.post(f"/mcp-servers/{id}/check")
            assert (await client.post(f"/mcp-servers/{id}/approve", json={})).status_code == 200
            assert not any(b"traceparent" in body for body in heard)
            flow = await stored(client, drawn)
            client.headers["traceparent"] = parent
            ran = await execute(client, flow)
            assert ran["status"] == "completed", ran
        server.stop()
    spans = collector.spans

    def named(node: str) -> str:
        return f"00-{parent[3:35]}-{spans[f'node {node}'].span_id.hex()}-01"

    page, asked = echo.heard
    assert (page["traceparent"], asked["traceparent"]) == (named("fetch"), named("ask"))
    [called] = [json.loads(body) for body in heard if b'"tools/call"' in body]
    assert called["params"]["_meta"]["traceparent"] == named("add")
    told = attributes(spans["chat m"])
    system, user = json.loads(told["gen_ai.input.messages"])
    assert user == {"role": "user", "parts": [{"type": "text", "content": "Plan it"}]}
    assert "sk-abcdefghijklmnop" not in str(spans)
    assert "Use " in system["parts"][0]["content"]
    [said] = json.loads(told["gen_ai.output.messages"])
    assert (said["finish_reason"], said["parts"][0]["type"]) == ("stop", "text")


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_a_collector_that_is_away_disturbs_nothing(
    settings: Settings, start: Callable[[Settings], Running], key: str
) -> None:
    away = msgspec.structs.replace(settings, otel_endpoint="http://127.0.0.1:9/v1/traces")
    async with connect(start(away), key) as client:
        said = await client.post("/chatflow/chat", json={"message": "Hello", "config": DEMO})
        assert said.json()["success"] is True
