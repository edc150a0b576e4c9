"""What `check` says about bodies that leak, never come back, or are looked into from outside."""

from typing import Any

import pytest

from graphs.checks.check import check
from graphs.values.findings import Finding
from tests.graphs.flows import definition
from tests.graphs.subgraph_flows import decode

FAN = ("parallel", {"branches": ["left", "right"]})
EACH = ("iteration", {"items": "[1]"})


def found(nodes: dict[str, Any], *edges: str) -> list[Finding]:
    return check(definition({"start": "start", "end": "end"} | nodes, *edges), decode=decode)


@pytest.mark.parametrize(
    ("nodes", "edges", "node", "edge", "message"),
    [
        (
            {"each": EACH, "b": "work"},
            ["start>each", "each:body>b", "each:done>end"],
            "b",
            None,
            "Node 'b' lies in the body of iteration 'each' but does not lead back to it. Lead it back to "
            "'each', or lead to it from the 'done' outlet of 'each' instead.",
        ),
        (
            {"each": EACH, "b": "work", "stop": "end"},
            ["start>each", "each:body>b", "b>each", "b>stop", "each:done>end"],
            "stop",
            None,
            "Node 'stop' ends the run, but lies in the body of iteration 'each'. Lead to it from the 'done' "
            "outlet of 'each' instead, and from the last node of the body back to 'each'.",
        ),
        (
            {"guard": "try_catch", "b": "work"},
            ["start>guard", "start>b", "guard:body>b", "b>guard", "guard:catch>end", "guard:done>end"],
            None,
            "start>b",
            "Edge 'start>b' leads into the body of try catch 'guard', to 'b'. A body is entered by its "
            "'body' outlet alone: take the edge away, or lead what is to come after the try catch from its "
            "'done' outlet.",
        ),
        (
            {"fan": FAN, "b": "work"},
            ["start>fan", "fan:left>b", "b>fan", "fan:done>end"],
            "fan",
            None,
            "Parallel 'fan' has nothing to do behind outlet 'right'. Lead an edge from its 'right' outlet "
            "to the first node to do, and one from the last such node back to 'fan'.",
        ),
        (
            {"each": EACH, "b": "work", "c": "work"},
            ["start>each", "each:body>b", "b>each", "each:done>c", "c>each", "c>end"],
            None,
            None,
            "The way back to iteration 'each' must begin at its 'body' outlet.",
        ),
    ],
)
def test_a_body_that_is_not_closed_is_told_with_what_to_do(
    nodes: dict[str, Any], edges: list[str], node: str | None, edge: str | None, message: str
) -> None:
    errors = [finding for finding in found(nodes, *edges) if finding.severity == "error"]
    told = [one for one in errors if message in one.message]
    assert told
    assert node in (None, told[0].node)
    assert edge in (None, told[0].edge)


def test_branches_do_not_lead_into_each_other() -> None:
    nodes = {"fan": FAN, "a": "work", "b": "work"}
    errors = found(nodes, "start>fan", "fan:left>a", "fan:right>b", "a>b", "a>fan", "b>fan", "fan:done>end")
    assert {(one.code, one.edge) for one in errors} == {("body", "a>b"), ("body", "fan:right>b")}
    assert any("into the body 'right' of parallel 'fan'" in one.message for one in errors)


def test_containers_lie_in_each_other_to_a_depth() -> None:
    nodes = {f"t{n}": "try_catch" for n in range(9)} | {"work": "work"}
    edges = [f"t{n}:body>t{n + 1}" for n in range(8)] + [f"t{n + 1}:done>t{n}" for n in range(8)]
    errors = found(nodes, "start>t0", *edges, "t8:body>work", "work>t8", "t0:done>end")
    (told,) = [one for one in errors if one.severity == "error"]
    assert (told.code, told.node) == ("too_deep", "t8")
    assert "'t8' is the 9th container within one another; at most 8 are allowed" in told.message


def test_a_look_up_into_a_body_from_outside_is_warned_of() -> None:
    nodes = {
        "each": EACH, "fan": FAN, "a": "work",
        "b": ("transform", {"expression": "nodes.a"}), "c": ("transform", {"expression": "nodes.b"}),
        "after": ("template", {"template": "{{ nodes.c }} {{ nodes.each }}"}),
    }  # fmt: skip
    told = found(
        nodes, "start>each", "each:body>a", "a>fan", "fan:left>b", "b>fan", "fan:right>c", "c>fan",
        "fan:done>each", "each:done>after", "after>end",
    )  # fmt: skip
    hidden = [(one.node, one.severity, one.pointer) for one in told if one.code == "hidden_reference"]
    assert hidden == [("c", "warning", "/nodes/6/data"), ("after", "warning", "/nodes/7/data")]
    assert "of node 'c', which is only seen inside the body of 'fan'" in told[-1].message


@pytest.mark.parametrize(("most", "codes"), [(103, []), (102, ["too_many_steps"])])
def test_a_body_counts_its_steps_once_however_many_items_there_are(most: int, codes: list[str]) -> None:
    chain = {f"w{n}": "work" for n in range(100)}
    edges = [f"w{n}>w{n + 1}" for n in range(99)]
    nodes: dict[str, Any] = {"each": ("iteration", {"items": "[1]", "max_items": 10_000})} | chain
    edges += ["start>each", "each:body>w0", "w99>each", "each:done>end"]
    drawn = definition({"start": "start", "end": "end"} | nodes, *edges)
    assert [one.code for one in check(drawn, max_steps=most, decode=decode)] == codes
