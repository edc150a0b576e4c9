"""Drawings of definitions."""

import json
from typing import Any, get_args

import msgspec
import pytest

from graphs.draw import DrawFormat, draw
from graphs.flow import Edge, GraphDefinition, NodeDocument

FLOW = GraphDefinition(
    nodes=[
        NodeDocument(id="start", type="start"),
        NodeDocument(id="ask", type="condition", data={"label": "Is it late?", "expression": "true"}),
        NodeDocument(id="end", type="end", position={"x": 1.0, "y": 2.0}),
    ],
    edges=[
        Edge(id="1", source="start", target="ask"),
        Edge(id="2", source="ask", target="end", source_handle="yes"),
    ],
)
NASTY = 'a"]; click n0 "javascript:alert(1)" %% <b>\n|end| {{x}} \\ `'


def test_mermaid_has_shapes_by_type_and_outlets_at_edges() -> None:
    assert draw(FLOW, "mermaid") == (
        "flowchart TD\n"
        '    n0(["start"])\n'
        '    n1{"Is it late#63;"}\n'
        '    n2(["end"])\n'
        "    n0 --> n1\n"
        '    n1 -->|"yes"| n2\n'
    )


def test_dot_has_the_same() -> None:
    assert draw(FLOW, "dot") == (
        "digraph flow {\n"
        "    rankdir=TB;\n"
        '    node [shape=box, style="rounded"];\n'
        '    n0 [label="start", shape=oval];\n'
        '    n1 [label="Is it late?", shape=diamond];\n'
        '    n2 [label="end", shape=oval];\n'
        "    n0 -> n1;\n"
        '    n1 -> n2 [label="yes"];\n'
        "}\n"
    )


def test_json_is_what_the_flow_does() -> None:
    drawn = json.loads(draw(FLOW, "json"))
    assert drawn["nodes"][2] == {"id": "end", "type": "end", "data": {}}
    assert drawn["edges"][1] == {"id": "2", "source": "ask", "sourceHandle": "yes", "target": "end"}


def test_react_flow_gives_the_definition_with_a_place_for_every_node() -> None:
    drawn = msgspec.json.decode(draw(FLOW, "react-flow"), type=GraphDefinition)
    assert [node.position for node in drawn.nodes] == [
        {"x": 0.0, "y": 0.0},
        {"x": 0.0, "y": 120.0},
        {"x": 1.0, "y": 2.0},
    ]
    assert drawn.edges == FLOW.edges
    assert drawn.nodes[1].data == FLOW.nodes[1].data


@pytest.mark.parametrize("format", get_args(DrawFormat))
def test_labels_and_ids_of_any_kind_stay_labels(format: DrawFormat) -> None:
    nasty = GraphDefinition(
        nodes=[
            NodeDocument(id=NASTY, type="start", data={"label": 5}),
            NodeDocument(id="z", type="]\n", data={"label": NASTY * 1000}),
            NodeDocument(id="z", type="end"),
        ],
        edges=[
            Edge(id="1", source=NASTY, target="z", label=NASTY),
            Edge(id="2", source="z", target=NASTY),
            Edge(id="3", source="nowhere", target="z"),
        ],
    )
    drawn = draw(nasty, format)
    if format == "mermaid":
        assert len(drawn.splitlines()) == 1 + 3 + 2
        assert not any(meant in drawn for meant in ("<", "click n0 #34;javascript:", "`", "%%", "\\"))
    if format == "dot":
        assert len(drawn.splitlines()) == 3 + 3 + 2 + 1
        unescaped = drawn.replace("\\\\", "").replace('\\"', "")
        assert all(line.count('"') % 2 == 0 for line in unescaped.splitlines())


def test_circles_and_large_flows_are_drawn_without_recursion() -> None:
    ids = [f"n{number}" for number in range(1000)]
    edges = [Edge(id=id, source=id, target=ids[(number + 1) % 1000]) for number, id in enumerate(ids)]
    ring = GraphDefinition(nodes=[NodeDocument(id=id, type="llm") for id in ids], edges=edges)
    places = msgspec.json.decode(draw(ring, "react-flow"), type=GraphDefinition).nodes
    assert places[-1].position == {"x": 0.0, "y": 999 * 120.0}


def test_an_unknown_format_is_refused_with_the_known_ones() -> None:
    unknown: Any = "pdf"
    with pytest.raises(ValueError, match="mermaid, dot, json, react-flow; found 'pdf'"):
        draw(FLOW, unknown)
