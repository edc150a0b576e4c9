"""A document of the first release means what it meant; one without a version follows the present rules."""

from typing import Any, Literal

import pytest

from graphs.checks.check import check, read_flow
from graphs.testing.driver import run_flow
from tests.graphs.drawn import drawn, graph


async def output(nodes: dict[str, Any], *edges: str, version: Literal[1, 2, 3] | None, **given: Any) -> Any:
    done = await run_flow(drawn(nodes, *edges, version=version), given)
    assert done.result.status == "completed", done.result.error
    return done.result.output["output"]


NULL: dict[str, Any] = {
    "a": (
        "transform",
        {"expression": {"there": "exists(input.k)", "exists": "{exists: exists(input.k)}.exists"}},
    ),
    "b": ("switch", {"cases": [{"outlet": "yes", "expression": "exists( input.k )"}]}),
    "c": ("template", {"template": "there", "description": "exists(input.k)"}),
    "end": ("end", {"expression": "[nodes.a, default(nodes.c, 'not there')]"}),
}
WAY = ("start>a", "a>b", "b:yes>c", "c>end", "b:default>end")


@pytest.mark.parametrize(
    ("version", "found"),
    [
        (1, [{"there": False, "exists": False}, "not there"]),
        (2, [{"there": True, "exists": True}, "there"]),
        (None, [{"there": True, "exists": True}, "there"]),
    ],
)
async def test_exists_once_took_null_for_nothing(version: Literal[1, 2, 3] | None, found: Any) -> None:
    assert await output(NULL, *WAY, version=version, k=None) == found


async def test_tags_in_templates_were_text() -> None:
    text = "Write Jinja: {% if x %}{{ input.k }}{% endif %} and {%- for a in b -%}"
    nodes: dict[str, Any] = {"a": ("template", {"template": text})}
    found = await output(nodes, "start>a", "a>end", version=1, k="K")
    assert found == "Write Jinja: {% if x %}K{% endif %} and {%- for a in b -%}"
    assert [finding.code for finding in check(graph(nodes, "start>a", "a>end"))] == ["bad_template"]


async def test_loops_kept_what_a_turn_skipped() -> None:
    nodes: dict[str, Any] = {
        "L": ("loop", {"items": "[1, 2]"}),
        "c": ("condition", {"expression": "loop.item == 1"}),
        "a": ("template", {"template": "A{{ loop.item }}"}),
        "b": ("transform", {"expression": "default(nodes.a, 'none')"}),
    }
    edges = ("start>L", "L:body>c", "c:yes>a", "a>b", "c:no>b", "b>L", "L:done>end")
    assert await output(nodes, *edges, version=1) == ["A1", "A1"]
    assert await output(nodes, *edges, version=2) == ["A1", "none"]


def test_two_versions_of_a_document_are_two_flows() -> None:
    prints = {
        read_flow(graph(NULL, *WAY, version=version), name="f", type="agentflow").fingerprint
        for version in (None, 1, 2, 3)
    }
    assert len(prints) == 3
