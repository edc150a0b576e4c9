"""The flows on the page about how flows run give what the page says."""

import json
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from graphs.checks.check import read_flow
from graphs.document.flow import Flow, GraphDefinition
from graphs.testing.driver import run_flow

PAGE = (Path(__file__).parents[3] / "docs" / "flows.md").read_text("utf-8")
CALLED = "greet"
"""The id under which the page has a flow stored that another one calls."""


def read(block: dict[str, Any]) -> Flow:
    """Return the flow of a block."""
    return read_flow(msgspec.convert(block, GraphDefinition), name="page", type="agentflow")


def runs() -> list[tuple[Flow, dict[str, Any], Flow | None]]:
    """Return each run of the page with its flow and the one that is stored by then."""
    found: list[tuple[Flow, dict[str, Any], Flow | None]] = []
    drawn: Flow | None = None
    stored: Flow | None = None
    place = PAGE.index(f"under the id `{CALLED}`")
    for block in re.finditer(r"```json\n(.*?)```", PAGE, re.DOTALL):
        content = json.loads(block.group(1))
        if "nodes" in content:
            drawn = read(content)
            if stored is None and block.start() > place:
                stored = drawn
        elif "output" in content:
            assert drawn is not None, "a run stands below its flow"
            found.append((drawn, content, stored))
    return found


@pytest.mark.parametrize(("flow", "told", "stored"), runs())
async def test_a_flow_of_the_page_gives_what_the_page_says(
    flow: Flow, told: dict[str, Any], stored: Flow | None
) -> None:
    subflows: dict[tuple[str, int | str | None], Flow] = {} if stored is None else {(CALLED, None): stored}
    done = await run_flow(flow, told["input"], variables=told.get("variables"), subflows=subflows)
    assert done.result.error is None
    assert done.result.output["output"] == told["output"]


def test_the_page_has_a_flow_for_each_of_its_parts() -> None:
    kinds = {type(step.node).__name__ for flow, _, _ in runs() for step in flow.steps}
    assert {"Condition", "Iteration", "Parallel", "TryCatch", "Subflow"} <= kinds
