"""What operators import: one place for good, and the paths of the last release with a warning."""

import importlib
import sys

import pytest

from graphs import extend

OLD = {
    "graphs.tool": ("ToolContext", "ToolError", "tool"),
    "graphs.node": ("Example", "Node", "Outcome", "View"),
    "graphs.context": ("Context",),
    "graphs.touches": ("Touches",),
}
"""What README and docs of the last release told people to import."""


@pytest.mark.parametrize(
    ("module", "name"), [(module, name) for module, names in OLD.items() for name in names]
)
def test_a_path_of_the_last_release_still_works_and_warns(module: str, name: str) -> None:
    sys.modules.pop(module, None) if module in ("graphs.context", "graphs.touches") else None

    with pytest.warns(DeprecationWarning, match=r"graphs\.extend"):
        found = getattr(importlib.import_module(module), name)

    assert found is getattr(extend, name)


def test_templates_are_still_found_beside_expressions() -> None:
    sys.modules.pop("graphs.templates", None)

    with pytest.warns(DeprecationWarning, match="import templates"):
        templates = importlib.import_module("graphs.templates")

    assert templates.parse is extend.templates.parse
    assert importlib.import_module("graphs.expressions") is extend.expressions


def test_a_module_that_never_was_is_missing_as_ever() -> None:
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("graphs.nothing")
    with pytest.raises(AttributeError):
        _ = importlib.import_module("graphs.node").nothing


def test_the_door_offers_what_it_says() -> None:
    assert all(hasattr(extend, name) for name in extend.__all__)
