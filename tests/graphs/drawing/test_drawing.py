"""Drawings of flows and of runs on them."""

import json
import struct
import xml.etree.ElementTree as ElementTree
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from graphs.analysis.chatflow import definition_of
from graphs.checks.check import fingerprint, read_flow
from graphs.document.flow import Edge, GraphDefinition, NodeDocument
from graphs.document.topology import survey
from graphs.drawing import DrawFormat, DrawLayout, draw
from graphs.drawing.__main__ import ROOT, pictures
from graphs.drawing.layout import Layout, lay_out
from graphs.drawing.painting import paint
from graphs.drawing.picture import Picture, RunPaint
from graphs.drawing.reading import picture_of, sub_flows
from graphs.drawing.text_width import cut, width
from graphs.engine.routing import route
from graphs.testing.driver import run_flow

SVG = "{http://www.w3.org/2000/svg}"
NASTY = (
    'a"]; click n0 "javascript:alert(1)" %% <b onload="x">\n|end| {{x}} \\ ` '
    "</text><script>alert(1)</script> &amp;"
)


def node(id: str, type: str, **data: Any) -> NodeDocument:
    return NodeDocument(id=id, type=type, data=data)


def flow(nodes: list[NodeDocument], *edges: tuple[str, ...]) -> GraphDefinition:
    return GraphDefinition(
        nodes=nodes,
        edges=[
            Edge(id=f"e{n}", source=edge[0], target=edge[1], source_handle=edge[2] if len(edge) > 2 else None)
            for n, edge in enumerate(edges)
        ],
    )


LATE = flow(
    [
        node("start", "start"),
        node("ask", "condition", label="Is it late?", expression="input.late"),
        node("bed", "template", template="Good night"),
        node("work", "template", template="Go on"),
        node("end", "end"),
    ],
    ("start", "ask"),
    ("ask", "bed", "yes"),
    ("ask", "work", "no"),
    ("bed", "end"),
    ("work", "end"),
)
LOOP = flow(
    [
        node("start", "start"),
        node("each", "loop", items="input.cities"),
        node("call", "template", template="{{ loop.item }}"),
        node("end", "end"),
        node("note", "note", label="For people"),
    ],
    ("start", "each"),
    ("each", "call", "body"),
    ("call", "each"),
    ("each", "end", "done"),
)


def overlaps(layout: Layout) -> list[tuple[str, str]]:
    places = sorted(layout.boxes.items(), key=lambda item: item[1].x)
    found: list[tuple[str, str]] = []
    for index, (first, a) in enumerate(places):
        for second, b in places[index + 1 :]:
            if b.x >= a.x + a.width:
                break
            if a.y < b.y + b.height and b.y < a.y + a.height:
                found.append((first, second))
    return found


def texts(svg: bytes) -> list[str]:
    return [text.text or "" for text in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def test_the_picture_has_the_nodes_and_edges_that_the_compiler_has() -> None:
    for definition in (LATE, LOOP):
        compiled = read_flow(definition, name="x", type="agentflow")
        shape, _ = survey(compiled.steps, compiled.edges)
        assert shape is not None
        places = {id: place for region in shape.regions for id, place in route(shape, region).places.items()}
        picture = picture_of(definition)
        assert {box.id for box in picture.boxes if box.group != "note"} == places.keys()
        drawn = {(line.source, line.target) for line in picture.lines}
        assert drawn == {(link.source, link.target) for place in places.values() for link in place.outgoing}


def test_mermaid_has_shapes_by_type_and_outlets_where_there_is_a_choice() -> None:
    assert draw(picture_of(LATE), "mermaid").decode() == (
        "flowchart TD\n"
        '    n0(["start"])\n'
        '    n1{"Is it late#63;"}\n'
        '    n2["bed"]\n'
        '    n3["work"]\n'
        '    n4(["end"])\n'
        "    n0 --> n1\n"
        '    n1 -->|"yes"| n2\n'
        '    n1 -->|"no"| n3\n'
        "    n2 --> n4\n"
        "    n3 --> n4\n"
    )


def test_a_container_frames_its_region_in_every_format() -> None:
    picture = picture_of(LOOP, title="Cities")
    assert {box.id: box.parent for box in picture.boxes if box.parent} == {"call": "each"}
    mermaid = draw(picture, "mermaid").decode()
    assert '    subgraph n1g["each"]\n        n1{{"each"}}\n        n2["call"]\n    end\n' in mermaid, mermaid
    assert "    n2 -.-> n1\n" in mermaid
    dot = draw(picture, "dot").decode()
    assert "    subgraph cluster_n1 {\n" in dot
    assert "n2 -> n1 [constraint=false, style=dashed];" in dot
    layout = lay_out(picture)
    (frame,) = layout.frames
    inside = {
        id
        for id, p in layout.boxes.items()
        if frame.place.x <= p.x
        and p.x + p.width <= frame.place.x + frame.place.width
        and frame.place.y <= p.y
        and p.y + p.height <= frame.place.y + frame.place.height
    }
    assert inside == {"each", "call"}
    editor = json.loads(draw(picture, "react-flow"))
    parents = {each["id"]: each.get("parentId") for each in editor["nodes"]}
    assert parents == {
        "start": None,
        "each/": None,
        "each": "each/",
        "call": "each/",
        "end": None,
        "note": None,
    }
    plain = json.loads(draw(picture, "json"))
    assert {each["id"]: each["parent"] for each in plain["nodes"]}["call"] == "each"


def test_react_flow_gives_every_node_a_position_from_the_layout_and_keeps_its_data() -> None:
    editor = json.loads(draw(picture_of(LATE), "react-flow"))
    assert [each["id"] for each in editor["nodes"]] == [each.id for each in LATE.nodes]
    assert [each["data"] for each in editor["nodes"]] == [each.data for each in LATE.nodes]
    rows = {each["id"]: each["position"]["y"] for each in editor["nodes"]}
    assert rows["start"] < rows["ask"] < rows["bed"] == rows["work"] < rows["end"]
    assert [each.get("sourceHandle") for each in editor["edges"]] == [e.source_handle for e in LATE.edges]


EXAMPLES = [path for path in sorted(Path("examples").rglob("*.json")) if b'"flow_type"' in path.read_bytes()]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
@pytest.mark.parametrize("layout", ["down", "right"])
def test_a_drawing_for_react_flow_is_the_flow_again(path: Path, layout: DrawLayout) -> None:
    before = definition_of(json.loads(path.read_bytes()))
    drawn = draw(picture_of(before), "react-flow", layout)
    after = msgspec.json.decode(drawn, type=GraphDefinition)
    assert fingerprint(after) == fingerprint(before)
    assert draw(picture_of(after), "react-flow", layout) == drawn
    told = {each["id"]: each for each in json.loads(draw(picture_of(before), "json", layout))["nodes"]}
    for each in after.nodes:
        assert each.parent_id is None
        assert all(abs(each.position[axis] - told[each.id]["position"][axis]) <= 3 for axis in ("x", "y"))


def test_a_sub_flow_is_drawn_out_in_its_place_on_demand_and_a_circle_of_them_ends() -> None:
    outer = flow(
        [node("start", "start"), node("sub", "subflow", flow_id="f"), node("end", "end")],
        ("start", "sub"),
        ("sub", "end"),
    )
    assert sub_flows(outer) == [("f", None)]
    assert [box.id for box in picture_of(outer).boxes] == ["start", "sub", "end"]
    drawn = picture_of(outer, within={("f", None): outer})
    assert [box.id for box in drawn.boxes] == ["start", "sub", "end", "sub/start", "sub/sub", "sub/end"]
    assert overlaps(lay_out(drawn)) == []
    assert b"n1 --> n3" in draw(drawn, "mermaid")


@pytest.mark.parametrize("format", get_args(DrawFormat))
def test_labels_and_ids_of_any_kind_stay_labels(format: DrawFormat) -> None:
    nasty = GraphDefinition(
        nodes=[
            NodeDocument(id=NASTY, type="start", data={"label": 5}),
            NodeDocument(id="z", type="]\n<", data={"label": NASTY * 100, "model": NASTY}),
            NodeDocument(id="z", type="end"),
        ],
        edges=[
            Edge(id="1", source=NASTY, target="z", label=NASTY),
            Edge(id="1", source="z", target=NASTY),
            Edge(id="3", source="nowhere", target="z"),
            Edge(id="4", source="z", target="z"),
        ],
    )
    drawn = draw(picture_of(nasty, title=NASTY), format)
    if format == "mermaid":
        assert len(drawn.splitlines()) == 1 + 3 + 3
        assert not any(
            meant in drawn.decode() for meant in ("<", "click n0 #34;javascript:", "`", "%%", "\\")
        )
    if format == "dot":
        unescaped = drawn.decode().replace("\\\\", "").replace('\\"', "")
        assert all(line.count('"') % 2 == 0 for line in unescaped.splitlines())
    if format == "svg":
        root = ElementTree.fromstring(drawn)
        known = {"svg", "title", "defs", "marker", "path", "rect", "g", "text", "polygon"}
        assert {element.tag.removeprefix(SVG) for element in root.iter()} <= known
        assert not any(name.startswith("on") or name == "href" for e in root.iter() for name in e.attrib)
        assert b"<script" not in drawn
    if format in ("json", "react-flow"):
        assert len(json.loads(drawn)["nodes"]) == 3


@pytest.mark.parametrize("title", ["", "契約書の要約 と 翻訳 " * 30, "👩‍👩‍👧 family", "\x00\u202e\ud800"])
def test_text_of_any_script_is_cut_to_its_width_and_is_xml(title: str) -> None:
    short = cut(title, 100, 13)
    assert width(short, 13) <= 113
    svg = draw(picture_of(flow([node("a", "start", label=title or "x")])), "svg")
    ElementTree.fromstring(svg)


def test_nothing_overlaps_and_every_line_meets_its_boxes() -> None:
    cases = [f"c{n}" for n in range(40)]
    nodes = [
        node("start", "start"),
        *(node(id, "template", template="x") for id in cases),
        node("end", "end"),
    ]
    wide = flow(nodes, *(("start", id) for id in cases), *((id, "end") for id in cases))
    for definition in (LATE, LOOP, wide):
        layout = lay_out(msgspec.structs.replace(picture_of(definition), layout="down"))
        assert overlaps(layout) == []
        for line in picture_of(definition).lines:
            (x, y), (to_x, to_y) = layout.ways[line.id][0], layout.ways[line.id][-1]
            for id, px, py in ((line.source, x, y), (line.target, to_x, to_y)):
                place = layout.boxes[id]
                framed = next((f.place for f in layout.frames if f.box == id), place)
                assert framed.x <= px <= framed.x + framed.width
                edges = {place.y, place.y + place.height, framed.y, framed.y + framed.height}
                assert min(abs(py - edge) for edge in edges) < 0.01
    down = lay_out(msgspec.structs.replace(picture_of(wide), layout="down"))
    assert down.width < 40 * 116, "forty branches stand in several rows"


def test_a_drawing_is_the_same_each_time() -> None:
    assert draw(picture_of(LOOP), "svg") == draw(picture_of(LOOP), "svg")


@pytest.mark.parametrize("kind", ["chain", "fan", "ring", "long"])
def test_a_thousand_nodes_are_laid_out_without_recursion_or_a_flood_of_lines(kind: str) -> None:
    ids = [f"n{number}" for number in range(998)]
    nodes = [node("start", "start"), *(node(id, "template", template="x") for id in ids), node("end", "end")]
    chain = [("start", "n0"), *pairwise(ids), ("n997", "end")]
    edges: dict[str, list[tuple[str, ...]]] = {
        "chain": chain,
        "fan": [*(("start", id) for id in ids), *((id, "end") for id in ids)],
        "ring": [*chain, ("n997", "n0")],
        "long": [*chain, *((id, "n997") for id in ids[:990])],
    }
    svg = draw(picture_of(flow(nodes, *edges[kind])), "svg")
    assert len([text for text in texts(svg) if text.startswith("n")]) == 998
    assert len(svg) < 3_000_000


def test_a_png_is_as_large_as_its_svg_times_two_and_never_huge() -> None:
    small = draw(picture_of(LATE), "svg")
    size = ElementTree.fromstring(small).attrib
    png = draw(picture_of(LATE), "png")
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", png[16:24]) == (2 * int(size["width"]), 2 * int(size["height"]))
    chain = [f"n{number}" for number in range(400)]
    tall = flow([node(id, "template") for id in chain], *pairwise(chain))
    across, down = struct.unpack(">II", draw(picture_of(tall), "png")[16:24])
    assert down <= 16_000
    assert across * down <= 12_100_000


async def painted(definition: GraphDefinition, status: str, **input: Any) -> Picture:
    ran = await run_flow(read_flow(definition, name="x", type="agentflow"), input=input)
    assert ran.result.status == status
    run = RunPaint(status=status, duration_ms=1234.5, error="It broke." if status == "failed" else "")
    return paint(picture_of(definition, title="x"), ran.recorder.events, run)


async def test_a_run_is_painted_with_states_times_and_the_way_it_took() -> None:
    picture = await painted(LATE, "completed", late=True)
    states = {box.id: box.paint.state for box in picture.boxes if box.paint}
    assert states == {
        "start": "completed",
        "ask": "completed",
        "bed": "completed",
        "work": "skipped",
        "end": "completed",
    }
    taken = {(line.source, line.target) for line in picture.lines if line.taken}
    assert taken == {("start", "ask"), ("ask", "bed"), ("bed", "end")}
    assert "completed · 1.2 s" in texts(draw(picture, "svg"))
    mermaid = draw(picture, "mermaid").decode()
    assert '    n1 ==>|"yes"| n2\n' in mermaid
    assert '    n1 -.->|"no"| n3\n' in mermaid
    assert "    class n0,n1,n2,n4 completed\n" in mermaid
    assert json.loads(draw(picture, "json"))["nodes"][3]["run"]["state"] == "skipped"


async def test_a_loop_counts_its_turns_and_notes_are_not_painted() -> None:
    picture = await painted(LOOP, "completed", cities=["Oslo", "Lima"])
    paints = {box.id: box.paint for box in picture.boxes}
    assert paints["note"] is None
    assert paints["call"] is not None
    assert paints["call"].runs == 2
    assert paints["each"] is not None
    assert paints["each"].outlets == ("body", "done")
    assert all(line.taken for line in picture.lines)


async def test_a_failure_says_why_where_it_happened() -> None:
    broken = flow(
        [node("start", "start"), node("t", "transform", expression="number('x')"), node("end", "end")],
        ("start", "t"),
        ("t", "end"),
    )
    picture = await painted(broken, "failed")
    shown = texts(draw(picture, "svg"))
    assert "It broke." in shown
    assert any("expected a number" in text for text in shown)
    assert {box.id: box.paint.state for box in picture.boxes if box.paint}["end"] == "pending"


def test_the_pictures_of_the_docs_are_up_to_date() -> None:
    folder = ROOT / "docs" / "pictures"
    assert {file.name: file.read_bytes() for file in folder.glob("*.svg")} == pictures(), "make docs"


def test_an_unknown_format_is_refused_with_the_known_ones() -> None:
    unknown: Any = "pdf"
    with pytest.raises(ValueError, match="svg, png, json, react-flow; found 'pdf'"):
        draw(picture_of(LATE), unknown)
