"""The check finds look-ups that find nothing, and updates of variables that others overwrite."""

from typing import Any

import pytest

from graphs.checks.check import check
from graphs.values.findings import Finding
from tests.graphs.drawn import graph


def found(nodes: dict[str, Any], *edges: str) -> list[Finding]:
    return check(graph(nodes, *edges))


def told(nodes: dict[str, Any], *edges: str) -> list[tuple[str, str | None, str]]:
    return [(finding.code, finding.node, finding.pointer) for finding in found(nodes, *edges)]


def text(source: str) -> tuple[str, dict[str, Any]]:
    return "template", {"template": source}


def sets(**updates: str) -> tuple[str, dict[str, Any]]:
    return "variable", {"set": updates}


def test_an_input_that_is_not_declared_is_named() -> None:
    nodes = {"start": ("start", {"inputs": [{"name": "topic"}]}), "t": text("{{ input.topc }} {{ message }}")}
    (finding,) = found(nodes, "start>t", "t>end")
    assert (finding.code, finding.pointer) == ("unknown_input", "/nodes/1/data/template")
    assert "does not declare. Did you mean 'topic'?" in finding.message
    assert told({"t": text("{{ input.anything }}")}, "start>t", "t>end") == []


def test_a_variable_that_nothing_sets_is_named_where_it_looks_like_a_slip() -> None:
    nodes = {"v": sets(counter="1"), "t": text("{{ variables.conter }} {{ variables.given_by_the_run }}")}
    (finding,) = found(nodes, "start>v", "v>t", "t>end")
    assert finding.code == "unknown_variable"
    assert "Did you mean 'counter'?" in finding.message


def test_loop_outside_of_a_loop_is_told() -> None:
    assert told({"t": text("{{ loop.item }}")}, "start>t", "t>end") == [
        ("loop_outside", "t", "/nodes/1/data/template")
    ]
    nodes = {"L": ("loop", {"while": "loop.index < 2"}), "t": text("{{ loop.item }}")}
    assert told(nodes, "start>L", "L:body>t", "t>L", "L:done>end") == []


def test_a_node_that_is_read_before_it_can_have_run_is_told() -> None:
    nodes = {"a": text("{{ nodes.b }}"), "b": text("b")}
    assert told(nodes, "start>a", "a>b", "b>end") == [("read_too_early", "a", "/nodes/1/data/template")]
    looped = {"L": ("loop", {"items": "[1]"}), "a": text("{{ nodes.b }}"), "b": text("b")}
    assert told(looped, "start>L", "L:body>a", "a>b", "b>L", "L:done>end") == []


def test_two_that_set_a_variable_side_by_side_are_told() -> None:
    nodes: dict[str, Any] = {"a": sets(x="1"), "b": sets(x="2"), "m": "merge"}
    edges = ("start>a", "start>b", "a>m", "b>m", "m>end")
    assert told(nodes, *edges) == [("lost_update", "b", "/nodes/2/data/set/x")]
    declared = {"start": ("start", {"variables": [{"name": "x", "reducer": "append"}]}), **nodes}
    assert told(declared, *edges) == []
    chosen = {"c": ("condition", {"expression": "true"}), **nodes}
    assert told(chosen, "start>c", "c:yes>a", "c:no>b", "a>m", "b>m", "m>end") == []
    assert told(nodes, "start>a", "a>b", "b>m", "m>end") == []


def test_branches_of_a_parallel_that_set_a_variable_are_told() -> None:
    nodes = {"p": ("parallel", {"branches": ["l", "r"]}), "a": sets(x="1"), "b": text("b")}
    nodes["b"] = ("template", {"template": "b", "set": {"x": "output"}})
    edges = ("start>p", "p:l>a", "a>p", "p:r>b", "b>p", "p:done>end")
    assert told(nodes, *edges) == [("lost_update", "b", "/nodes/3/data/set/x")]


def test_an_accumulation_in_an_iteration_is_told() -> None:
    nodes = {"i": ("iteration", {"items": "[1]"}), "v": sets(acc="default(variables.acc, []) + [loop.item]")}
    edges = ("start>i", "i:body>v", "v>i", "i:done>end")
    assert told(nodes, *edges) == [("lost_update", "v", "/nodes/2/data/set/acc")]


def test_an_update_that_reads_a_variable_with_a_reducer_is_told() -> None:
    nodes = {
        "start": ("start", {"variables": [{"name": "x", "reducer": "extend"}]}),
        "v": sets(x="variables.x + ['a']"),
    }
    assert told(nodes, "start>v", "v>end") == [("update_reads_itself", "v", "/nodes/1/data/set/x")]


@pytest.mark.parametrize("source", ["outptu", "1 +"])
def test_a_wrong_update_is_refused_with_its_place(source: str) -> None:
    nodes = {"t": ("template", {"template": "t", "set": {"x": source}})}
    assert told(nodes, "start>t", "t>end") == [("bad_expression", "t", "/nodes/1/data/set/x")]
