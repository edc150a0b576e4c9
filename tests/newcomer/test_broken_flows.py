"""Ten broken flows: each has several errors, and POST, import and the command line tell all of them alike."""

import asyncio
import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.cli.conftest import Run, folder, run
from tests.server.conftest import Running, make_key

__all__ = ["folder", "run"]

START, END = {"id": "start", "type": "start"}, {"id": "end", "type": "end"}


def edge(source: str, target: str, **more: Any) -> dict[str, Any]:
    return {"id": f"{source}-{target}", "source": source, "target": target, **more}


def drawn(*nodes: dict[str, Any], edges: list[Any] | None = None, **more: Any) -> dict[str, Any]:
    chain = [START, *nodes, END]
    ids = [str(node.get("id")) for node in chain]
    given = [edge(*pair) for pair in pairwise(ids)] if edges is None else edges
    return {"name": "Mine", "graph_definition": {"nodes": chain, "edges": given}, **more}


def node(id: str, kind: str, **data: Any) -> dict[str, Any]:
    return {"id": id, "type": kind, "data": data}


BROKEN: dict[str, tuple[str, dict[str, Any], tuple[str, ...]]] = {
    "fields misspelt at several depths": (
        "chatflow",
        {"name": "Mine", "chat_confg": {}, "chat_config": {"temprature": 1, "max_tokens": "many"}},
        ("/chat_confg", "/chat_config/temprature", "/chat_config/max_tokens"),
    ),
    "values of other kinds": (
        "chatflow",
        {"name": "", "tags": ["ok", 7, ""], "is_active": "yes", "memory_config": {"max_messages": 0}},
        ("/name", "/tags/1", "/tags/2", "/is_active", "/memory_config/max_messages"),
    ),
    "what is not available, and a tool that is not there": (
        "chatflow",
        {
            "name": "Mine",
            "chat_config": {"tools": ["calculater"], "response_format": {"type": "json_object"}},
            "rag_config": {"enabled": True},
        },
        ("/rag_config/knowledgebase_ids", "/chat_config/response_format", "/chat_config/tools/0"),
    ),
    "a wrong setting beside a field misspelt": (
        "chatflow",
        {"name": "Mine", "descripton": "x", "rag_config": {"enabled": True}},
        ("/descripton", "/rag_config/knowledgebase_ids"),
    ),
    "several fields of one node, and another node": (
        "agentflow",
        drawn(node("ask", "llm", promt="Hi", temperature="hot", stop=7), node("say", "template", template=3)),
        (
            "/graph_definition/nodes/1/data/promt",
            "/graph_definition/nodes/1/data/temperature",
            "/graph_definition/nodes/1/data/stop",
            "/graph_definition/nodes/2/data/template",
        ),
    ),
    "nodes, edges and ids": (
        "agentflow",
        drawn(
            node("one", "lmm"),
            node("two", "condition", expression="a &&"),
            edges=[edge("start", "one"), edge("one", "two"), edge("two", "nowhere"), edge("start", "gone")],
        ),
        (
            "/graph_definition/nodes/1/type",
            "/graph_definition/nodes/2/data/expression",
            "/graph_definition/edges/3/target",
        ),
    ),
    "nodes without an id beside nodes with wrong data": (
        "agentflow",
        drawn({"type": "template"}, node("ask", "llm", promt="Hi"), edges=[{"id": "1", "source": "start"}]),
        (
            "/graph_definition/nodes/1/id",
            "/graph_definition/edges/0/target",
            "/graph_definition/nodes/2/data/promt",
        ),
    ),
    "a sound graph's error beside wrong fields around it": (
        "agentflow",
        drawn(node("ask", "llm", promt="Hi"), descripton="x", tags="none"),
        ("/descripton", "/tags", "/graph_definition/nodes/1/data/promt"),
    ),
    "attached agents": (
        "agentflow",
        {
            "name": "Mine",
            "agents": [{"name": ""}, {"name": "Ada", "priorty": 1}, {"role": "critic"}],
            "supervisor_config": {"max_iterations": "three"},
        },
        ("/agents/0/name", "/agents/1/priorty", "/agents/2/name", "/supervisor_config/max_iterations"),
    ),
    "limits above the server's, and a node": (
        "agentflow",
        drawn(node("ask", "llm", promt="Hi"), limits={"max_model_calls": 10**9, "max_tool_calls": 10**9}),
        ("/limits/max_model_calls", "/limits/max_tool_calls", "/graph_definition/nodes/1/data/promt"),
    ),
}


def messages(body: dict[str, Any]) -> list[str]:
    return sorted(one["message"].replace("The body", "The file") for one in body["errors"])


@pytest.mark.parametrize("case", BROKEN)
def test_every_error_of_a_flow_is_told_at_once_and_everywhere_alike(
    running: Running, run: Run, folder: Path, case: str
) -> None:
    flow_type, body, places = BROKEN[case]
    key = asyncio.run(make_key(running.settings, "default"))
    file = folder / "flow.json"
    file.write_text(json.dumps({"flow_type": flow_type, **body}), "utf-8")
    with httpx.Client(
        base_url=f"{running.url}/api/agent-builder", headers={"Authorization": f"Bearer {key}"}
    ) as client:
        posted = client.post(f"/{flow_type}s", json=body)
        brought = client.post("/flows/import", json={"flow_type": flow_type, **body})
    assert posted.status_code == 422, posted.text
    told = posted.json()
    pointers = sorted(one.get("pointer", "") for one in told["errors"])
    assert [place for place in places if place not in pointers] == []
    assert f"And {len(told['errors']) - 1} more" in told["detail"]
    assert messages(brought.json()) == messages(told), brought.text
    checked = json.loads(run("flow", "check", "flow.json", "--json").out)
    errors = [one for one in checked["findings"] if one["severity"] == "error"]
    assert sorted(one["message"] for one in errors) == messages(told)
    assert sorted(one["pointer"] for one in errors) == pointers
    run("db", "upgrade")
    for command in (["import", "flow.json"], ["run", "flow.json", "--message", "Hi"]):
        done = run("flow", *command)
        assert done.code == 1
        assert [one for one in messages(told) if one not in done.err] == [], done.err
    (stored,) = [run("flow", "export", "Mine")]
    assert "There is no flow" in stored.err
