"""Pictures from left to right and compact ones: as asked for, and by themselves for wide and long flows."""

import msgspec
import pytest

from graphs.document.flow import GraphDefinition
from graphs.drawing import DrawLayout, draw
from graphs.drawing.layout import Layout, lay_out
from graphs.drawing.reading import picture_of
from tests.graphs.drawn import graph

TEXT = ("template", {"template": "x"})
LOOP = graph(
    {"L": ("loop", {"items": "[1]"}), "c": ("condition", {"expression": "true"}), "a": TEXT, "b": TEXT},
    *("start>L", "L:body>c", "c:yes>a", "c:no>b", "a>L", "b>L", "L:done>end"),
)
WIDE = graph(
    {f"n{n}": TEXT for n in range(20)},
    *(f"start>n{n}" for n in range(20)),
    *(f"n{n}>end" for n in range(20)),
)
LONG = graph(
    {f"n{n}": TEXT for n in range(40)}, "start>n0", *(f"n{n}>n{n + 1}" for n in range(39)), "n39>end"
)


def laid_out(definition: GraphDefinition, layout: DrawLayout = "auto") -> Layout:
    return lay_out(msgspec.structs.replace(picture_of(definition), layout=layout))


@pytest.mark.parametrize(
    ("definition", "style", "mermaid", "dot"),
    [
        (LOOP, "down", b"flowchart TD", b"rankdir=TB"),
        (WIDE, "right", b"flowchart LR", b"rankdir=LR"),
        (LONG, "compact", b"nodeSpacing", b"ranksep"),
    ],
)
def test_a_wide_or_long_flow_is_laid_out_to_be_seen(
    definition: GraphDefinition, style: DrawLayout, mermaid: bytes, dot: bytes
) -> None:
    assert laid_out(definition).style == style
    assert mermaid in draw(picture_of(definition), "mermaid")
    assert dot in draw(picture_of(definition), "dot")


def test_what_is_asked_for_is_drawn() -> None:
    assert b"flowchart LR" in draw(picture_of(LOOP), "mermaid", "right")
    assert b"flowchart TD" in draw(picture_of(WIDE), "mermaid", "down")
    nodes = msgspec.json.decode(draw(picture_of(LOOP), "react-flow", "right"))["nodes"]
    assert {node.get("sourcePosition") for node in nodes if node["type"] != "group"} == {"right"}


@pytest.mark.parametrize("definition", [LOOP, WIDE, LONG])
@pytest.mark.parametrize("layout", ["down", "right", "compact"])
def test_boxes_do_not_lie_on_each_other_and_edges_lead_on(
    definition: GraphDefinition, layout: DrawLayout
) -> None:
    found = laid_out(definition, layout)
    places = [*found.boxes.values()]
    for number, one in enumerate(places):
        assert 0 <= one.x <= one.x + one.width <= found.width + 0.1
        assert 0 <= one.y <= one.y + one.height <= found.height + 0.1
        for other in places[number + 1 :]:
            apart = one.x + one.width <= other.x or other.x + other.width <= one.x
            assert apart or one.y + one.height <= other.y or other.y + other.height <= one.y
    first, last = found.boxes["start"], found.boxes["end"]
    assert (first.x < last.x) if layout == "right" else (first.y < last.y)
    assert len(found.ways) == len(definition.edges)


def test_a_flow_with_a_tool_that_only_its_server_knows_is_drawn_with_its_bodies() -> None:
    agent = ("agent", {"tools": ["order_status"]})
    drawn = picture_of(
        graph({"L": ("loop", {"items": "[1]"}), "a": agent}, "start>L", "L:body>a", "a>L", "L:done>end")
    )
    assert [(box.id, box.parent) for box in drawn.boxes if box.parent] == [("a", "L")]
    assert [frame.box for frame in lay_out(drawn).frames] == ["L"]
