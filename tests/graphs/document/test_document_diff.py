"""What changed between two documents, and the changes applied to the first."""

import copy
import random
from typing import Any

from graphs.document.document_diff import applied, changes_between, without_appearance

KEYS = ("prompt", "model", "temperature", "items", "a.b", "", "übung")
TYPES = ("llm", "start", "end", "set", "loop")


def value(random: random.Random, depth: int = 0) -> Any:
    """Return some JSON."""
    kind = random.randrange(8 if depth < 3 else 6)
    plain: tuple[Any, ...] = (None, True, 1, 1.0, "text", "1")
    if kind < 6:
        return plain[kind]
    if kind == 6:
        return [value(random, depth + 1) for _ in range(random.randrange(3))]
    return {random.choice(KEYS): value(random, depth + 1) for _ in range(random.randrange(3))}


def node(random: random.Random, id: str) -> dict[str, Any]:
    """Return some node."""
    return {
        "id": id,
        "type": random.choice(TYPES),
        "data": {random.choice(KEYS): value(random) for _ in range(random.randrange(4))},
        "position": {"x": random.random(), "y": 0.0},
    }


def document(random: random.Random) -> dict[str, Any]:
    """Return some flow."""
    nodes = [node(random, f"n{each}") for each in range(random.randrange(6))]
    edges = [{"id": f"e{each}", "source": "n0", "target": f"n{each}"} for each in range(random.randrange(5))]
    graph = {"nodes": nodes, "edges": edges} if random.random() < 0.9 else None
    agents = [{"id": f"a{each}", "name": random.choice(KEYS)} for each in range(random.randrange(3))]
    return {
        "name": "Flow",
        "tags": ["a"],
        "limits": value(random),
        "graph_definition": graph,
        "agents": agents,
    }


def edited(random: random.Random, old: dict[str, Any]) -> dict[str, Any]:
    """Return a flow after a few edits."""
    new = copy.deepcopy(old)
    for _ in range(random.randrange(1, 5)):
        graph = new["graph_definition"]
        match random.randrange(9):
            case 0:
                new[random.choice(("name", "limits", "extra"))] = value(random)
            case 1:
                new["graph_definition"] = document(random)["graph_definition"]
            case 2 if graph and graph["nodes"]:
                graph["nodes"].pop(random.randrange(len(graph["nodes"])))
            case 3 if graph:
                place = random.randrange(len(graph["nodes"]) + 1)
                graph["nodes"].insert(place, node(random, f"m{random.random()}"))
            case 4 if graph and graph["nodes"]:
                one = random.choice(graph["nodes"])
                one["data"][random.choice(KEYS)] = value(random)
            case 5 if graph and graph["nodes"]:
                random.choice(graph["nodes"])["data"].popitem() if graph["nodes"][0]["data"] else None
            case 6 if graph:
                random.shuffle(graph["edges"])
            case 7:
                new["agents"] = document(random)["agents"]
            case 8 if graph:
                graph.pop("edges") if random.random() < 0.3 else graph.update(version=3)
            case _:
                pass
        if (graph := new["graph_definition"]) and "edges" not in graph and random.random() < 0.5:
            graph["edges"] = []
    return new


def test_the_changes_make_the_other_document() -> None:
    source = random.Random(7)
    changed = 0
    for round in range(1_000):
        old = document(source)
        new = copy.deepcopy(old)
        try:
            new = edited(source, old)
        except (KeyError, IndexError):
            continue
        changes = changes_between(old, new)
        changed += bool(changes)
        assert without_appearance(applied(old, changes)) == without_appearance(new), (round, old, new)
        assert not changes_between(new, copy.deepcopy(new))
    assert changed > 500


def test_a_moved_box_is_no_change_and_a_changed_prompt_is_one_sentence() -> None:
    old: dict[str, Any] = {
        "name": "Flow",
        "graph_definition": {
            "nodes": [{"id": "ask", "type": "llm", "data": {"prompt": "Hi"}, "position": {"x": 1.0}}],
            "edges": [],
        },
    }
    new = copy.deepcopy(old)
    new["graph_definition"]["nodes"][0] |= {"position": {"x": 900.0}, "measured": {"width": 3.0}}
    assert changes_between(old, new) == []
    new["graph_definition"]["nodes"][0]["data"]["prompt"] = "Bye"
    (change,) = changes_between(old, new)
    assert (change.kind, change.what, change.id, change.path) == (
        "changed",
        "node",
        "ask",
        ["data", "prompt"],
    )
    assert change.sentence == "The node 'ask' (llm): 'data.prompt' changed from \"Hi\" to \"Bye\"."


def test_a_number_that_became_a_truth_value_is_a_change() -> None:
    assert changes_between({"limits": 1}, {"limits": True})
    assert changes_between({"limits": {"a": [1]}}, {"limits": {"a": [1.0]}})
