"""`agenticrag models check`: four real requests, what they tell, and exit codes that scripts can use."""

import asyncio
import json
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from graphs.model_calls import local_model_available
from graphs.providers.settings import ModelSettings
from tests.cli.conftest import Run
from tests.graphs.providers.wire_shapes import chunk, counted, finish, tool
from tests.runtimes.wire_server import Asked, Part, WireServer, http, refused, sse, tool_results


def _answers(asked: Asked) -> Sequence[Part]:
    if asked.model == "nokey":
        return [refused("Incorrect API key provided", 401)]
    if asked.model == "gone":
        return [refused("The model `gone` does not exist", 404, code="model_not_found")]
    if asked.model == "plain" and "tools" in asked.body:
        return [refused("plain does not support tools")]
    if asked.model == "plain" and "response_format" in asked.body:
        return [refused("response_format is not supported")]
    if asked.model == "whole":
        text = {"choices": [{"message": {"role": "assistant", "content": "Hello"}, "finish_reason": "stop"}]}
        return [http(200, json.dumps(text).encode())]
    if tool_results(asked):
        return [sse(chunk({"content": "It is "}), chunk({"content": "42."}), finish(), counted())]
    if "tools" in asked.body:
        call = tool(0, "call_1", "add", '{"a": 20, "b": 22}')
        return [sse(chunk({"tool_calls": [call]}), finish("tool_calls"), counted())]
    place = '{"city": "Oslo", "country": "Norway"}'
    said = str(asked.body["messages"])
    content = place if "Norway" in said else "Hello"
    rest = sse(chunk({"content": content[3:]}), finish(), counted()).partition(b"\r\n\r\n")[2]
    return [sse(chunk({"content": content[:3]}), done=False), 0.05, rest]


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Iterator[WireServer]:
    """A server in a thread of its own, as provider ``openai`` of the commands."""
    server, loop = WireServer(_answers), asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    asyncio.run_coroutine_threadsafe(server.__aenter__(), loop).result(10)
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-operator-1")
    yield server
    asyncio.run_coroutine_threadsafe(server.__aexit__(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def _checked(run: Run, model: str, *more: str) -> tuple[int, dict[str, Any]]:
    done = run("models", "check", "--provider", "openai", "--model", model, "--json", *more)
    told = json.loads(done.out)
    return done.code, {one["name"]: one for one in told["checks"]} | {"cost": told["cost_usd"]}


def test_a_server_that_takes_all_of_it(run: Run, wire: WireServer) -> None:
    code, checks = _checked(run, "gpt-4.1-mini", "--max-tokens", "64")
    assert code == 0
    assert [checks[name]["ok"] for name in ("chat", "stream", "tool", "structured")] == [True] * 4
    assert len(wire.log) == 5
    assert all(64 in (one.body.get("max_tokens"), one.body.get("max_completion_tokens")) for one in wire.log)
    assert "json_schema" in checks["structured"]["found"]
    assert checks["cost"] > 0
    assert "stream" in run("models", "check", "--provider", "openai", "--model", "gpt-4.1-mini").out


def test_what_a_server_does_not_take_is_told(run: Run, wire: WireServer) -> None:
    code, checks = _checked(run, "plain")
    assert code == 1
    assert [name for name in ("chat", "stream", "tool", "structured") if not checks[name]["ok"]] == ["tool"]
    assert "refused tools" in checks["tool"]["found"]
    assert "instruction" in checks["structured"]["found"]
    assert len(checks["structured"]["left_out"]) == 2
    code, checks = _checked(run, "whole")
    assert (code, checks["stream"]["ok"]) == (1, False)
    assert "one piece" in checks["stream"]["found"]
    assert checks["cost"] is None


def test_a_model_that_cannot_be_asked_is_asked_once(run: Run, wire: WireServer) -> None:
    for model, error_class in (("nokey", "auth"), ("gone", "unknown_model")):
        asked = len(wire.log)
        code, checks = _checked(run, model)
        assert (code, checks["chat"]["error_class"]) == (3, error_class)
        assert len(wire.log) == asked + 1
    done = run("models", "check", "--provider", "nobody", "--model", "x")
    assert done.code == 2
    assert "anthropic" in done.err


def test_a_connection_is_stored_and_checked_by_name(
    run: Run, wire: WireServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    host = wire.url.removeprefix("http://").removesuffix("/v1")
    monkeypatch.setenv("AGENTICRAG_EGRESS_ALLOW", host)
    secret = tmp_path / "secret"
    secret.write_text("sk-of-the-workspace-1\n")
    kept = ("credentials", "create", "--name", "key", "--kind", "provider_key", "--host", host)
    assert run("db", "upgrade").code == 0
    assert run(*kept, "--secret-file", str(secret)).code == 0
    prices = '{"*": {"input_price_per_1k": 1, "output_price_per_1k": 2}}'
    made = run(
        *("connections", "create", "--name", "mine", "--provider", "openai", "--base-url", wire.url),
        *("--credential", "key", "--profile", "vllm", "--header", "X-Team: blue"),
        *("--defaults", '{"temperature": 0.2}', "--prices", prices),
    )
    assert made.code == 0, made.err
    assert "mine" in run("connections", "list").out
    shown = json.loads(run("connections", "show", "mine").out)
    assert (shown["profile"], shown["headers"], shown["defaults"]) == (
        "vllm",
        {"X-Team": "blue"},
        {"temperature": 0.2},
    )
    done = run("connections", "check", "mine", "--model", "anything", "--json")
    told = json.loads(done.out)
    assert (done.code, [one["ok"] for one in told["checks"]]) == (0, [True] * 4), done.err
    assert told["cost_usd"] == pytest.approx(5 * (10 * 1 + 5 * 2) / 1000)
    sent = wire.log[-1]
    assert sent.headers["authorization"] == "Bearer sk-of-the-workspace-1"
    assert (sent.headers["x-team"], sent.body["temperature"]) == ("blue", 0.2)
    for wrong in (("--defaults", "[]"), ("--defaults", '{"nonsense": 1}'), ("--base-url", "ftp://x")):
        refused_ = run("connections", "create", "--name", "other", "--provider", "openai", *wrong)
        assert (refused_.code, bool(refused_.err)) == (2, True)
    assert run("connections", "delete", "mine").code == 0
    assert run("connections", "check", "mine", "--model", "x").code == 1


def test_the_real_local_model_chats_and_streams(run: Run) -> None:
    if not local_model_available(ModelSettings()):
        pytest.skip("The local model is not installed: agenticrag models install.")
    given = ("--provider", "local", "--model", "smollm2", "--max-tokens", "40", "--json")
    done = run("models", "check", *given)
    checks = {one["name"]: one for one in json.loads(done.out)["checks"]}
    assert done.code in (0, 1), done.err  # a model of this size calls tools as it likes
    assert checks["chat"]["ok"], checks
    assert checks["stream"]["ok"], checks
    assert not checks["chat"]["usage"].get("estimated")
