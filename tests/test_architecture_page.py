"""The page about the architecture names files and functions that are there."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
STEP = re.compile(r"`((?:graphs|persistence|server|tests)/[\w/]+(?:\.py|/))`(?: `(\w+)`)?")
STEPS = STEP.findall((ROOT / "docs" / "architecture.md").read_text("utf-8").partition("## Folders")[0])


def test_every_way_has_its_steps() -> None:
    assert len(STEPS) >= 40


@pytest.mark.parametrize(("path", "name"), sorted(set(STEPS)))
def test_a_step_names_a_file_and_what_is_in_it(path: str, name: str) -> None:
    file = ROOT / path
    if path == "server/protocols/" and not file.exists():
        return  # where a protocol of somebody else's will go
    assert file.exists(), f"docs/architecture.md names {path}"
    if name:
        defined = {
            node.name
            for node in ast.walk(ast.parse(file.read_text("utf-8")))
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        }
        assert name in defined, f"docs/architecture.md names {name} in {path}"
