"""Graphs in code: loaded from files and configurations, or refused with the reason."""

import json
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from langchain_core.messages import AIMessage, HumanMessage
from langgraph.types import Interrupt, Send
from msgspec import Struct
from pydantic import BaseModel

from graphs.code_graphs.code_graph import CodeGraphError
from graphs.code_graphs.graph_loading import load_code_graphs
from graphs.code_graphs.shown_values import shown
from graphs.code_graphs.stored_values import StoredValues, UnstorableError

HEAD = '''"""About the graph."""
import dataclasses
from typing import Annotated, Any, Callable, TypedDict
from langgraph.graph import StateGraph, START, MessagesState
from langgraph.checkpoint.memory import InMemorySaver
'''
GRAPH = """
def node(state): return {}
graph = StateGraph(State).add_node("node", node).add_edge(START, "node")
"""


class Color(Enum):
    """A type that the operator allows."""

    RED = "red"


class Point(BaseModel):
    """Another."""

    x: int
    when: datetime


def written(folder: Path, text: str, name: str = "one.py") -> str:
    """Write a file and return the entry of its graph."""
    (folder / name).write_text(HEAD + text, encoding="utf-8")
    return f"{folder / name}:graph"


def loaded(*entries: str, types: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return what entries of the setting name."""
    return load_code_graphs(entries, StoredValues(types))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1/0", "ZeroDivisionError: division by zero."),
        ("", "'one.py' has no 'graph'."),
        ("graph = 1", "found int"),
        ("graph = lambda: 1", "found function"),
        ("class Point: pass\nclass State(TypedDict):\n    a: list[Point]" + GRAPH, ":Point"),
        (
            "@dataclasses.dataclass\nclass P:\n    x: int\nclass State(TypedDict):\n    p: P" + GRAPH,
            "State.p holds",
        ),
        ("class State(TypedDict):\n    f: Callable[[], int] | None" + GRAPH, "State.f holds"),
        (
            "class State(TypedDict):\n    a: str" + GRAPH + "graph = graph.compile(interrupt_after=['node'])",
            "interrupt_after is not supported",
        ),
    ],
)
def test_a_graph_that_cannot_be_used_is_refused_with_the_reason(
    tmp_path: Path, text: str, reason: str
) -> None:
    with pytest.raises(CodeGraphError) as refused:
        loaded(written(tmp_path, text))
    assert reason in str(refused.value)
    assert "one.py" in str(refused.value)


def test_graphs_of_every_shape_are_loaded(tmp_path: Path) -> None:
    state = "class State(TypedDict):\n    a: str\n    b: Annotated[list[dict[str, Any]], 1]\n"
    plain = written(tmp_path, state + GRAPH)
    compiled = written(
        tmp_path, state + GRAPH + "graph = graph.compile(checkpointer=InMemorySaver())", "two.py"
    )
    made = written(
        tmp_path,
        "State = MessagesState" + GRAPH + "built = graph\ndef graph(config): return built",
        "my_chat.py",
    )
    found = loaded(plain, f"other={compiled}", made)
    assert {name: one.chat for name, one in found.items()} == {"one": False, "other": False, "my-chat": True}
    assert found["one"].drawing["nodes"] == [{"id": "node", "label": "node"}]
    assert found["one"].description == "About the graph."
    (tmp_path / "langgraph.json").write_text(json.dumps({"graphs": {"My_Agent": "./one.py:graph"}}))
    assert [*loaded(str(tmp_path))] == ["my-agent"]
    with pytest.raises(CodeGraphError, match="is the name of"):
        loaded(plain, f"one={compiled}")
    with pytest.raises(CodeGraphError, match="There is no file"):
        loaded(str(tmp_path / "none.py:graph"))


def test_a_changed_import_changes_the_hash(tmp_path: Path) -> None:
    (tmp_path / "words.py").write_text("WORD = 'a'\n")
    entry = written(tmp_path, "import words\nclass State(TypedDict):\n    a: str" + GRAPH)
    before = loaded(entry)["one"].source_hash
    assert loaded(entry)["one"].source_hash == before
    (tmp_path / "words.py").write_text("WORD = 'b'\n")
    assert loaded(entry)["one"].source_hash != before


def test_state_is_stored_as_plain_json_and_comes_back() -> None:
    values = StoredValues([f"{__name__}:Color", f"{__name__}:Point"])
    state = {
        "messages": [
            HumanMessage("Hi", id="1"),
            AIMessage("", tool_calls=[{"name": "t", "args": {}, "id": "c"}]),
        ],
        "at": datetime(2026, 1, 2, tzinfo=UTC),
        "id": UUID(int=1),
        "pair": (1, {2}),
        "color": Color.RED,
        "point": Point(x=1, when=datetime(2026, 1, 2, tzinfo=UTC)),
        "odd": {"__type": "datetime", "value": "x"},
        "send": Send("node", {"m": HumanMessage("x")}),
        "asked": Interrupt({"color": Color.RED}, id="i"),
    }
    plain = values.plain(state)
    assert values.revived(plain) == state
    assert json.loads(json.dumps({name: plain[name] for name in state if name not in ("send", "asked")}))
    assert shown(state)["messages"][0]["content"] == "Hi"

    class Other(Struct):
        pass

    with pytest.raises(UnstorableError, match="Other"):
        values.plain({"a": [Other()]})
    with pytest.raises(UnstorableError, match="lacks now"):
        StoredValues().revived(plain["point"])
    with pytest.raises(ValueError, match="takes pydantic models"):
        StoredValues(["pathlib:Path"])
