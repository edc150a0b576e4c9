"""The check finds fields that no schema has, comparisons that are always the same, and conditions of loops
that read what has not run."""

from typing import Any

import pytest

from graphs.checks.check import check
from graphs.values.findings import Finding
from tests.graphs.drawn import graph

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "title": {"type": "string"},
        "score": {"type": "number"},
        "people": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
            },
        },
    },
}
INPUTS = [
    {"name": "age", "type": "integer"},
    {"name": "city", "type": "text"},
    {"name": "member", "type": "boolean"},
    {"name": "any", "type": "json"},
]


def model(schema: dict[str, Any], **more: Any) -> tuple[str, dict[str, Any]]:
    form = {"type": "json_schema", "json_schema": {"name": "a", "schema": schema}}
    return "llm", {"provider": "demo", "model": "demo", "prompt": "p", "response_format": form, **more}


def warned(source: str, schema: dict[str, Any] = SCHEMA, **more: Any) -> list[Finding]:
    """Return what is found where a node looks something up behind a model that answers by a schema."""
    nodes = {
        "start": (
            "start",
            {"inputs": INPUTS, "variables": [{"name": "total", "reducer": "add", "type": "number"}]},
        ),
        "m": model(schema, **more),
        "w": ("llm", {"provider": "demo", "model": "demo", "prompt": "p"}),
        "t": ("transform", {"expression": source}),
    }
    found = check(graph(nodes, "start>m", "m>w", "w>t", "t>end"))
    return [one for one in found if one.code in ("unknown_field", "never_equal")]


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (
            "nodes.m.titel",
            "looks up 'titel' in nodes.m, whose schema has no such field. Did you mean 'title'?",
        ),
        ("nodes.m.author", "It has 'title', 'score', 'people'."),
        ("nodes.m.people[0].nam", "looks up 'nam' in nodes.m.people.0, whose"),
        ("[nodes.m.titel for p in nodes.m.people]", "Did you mean 'title'?"),
        (
            "input.city.length",
            "looks up 'length' in input.city, which is a text and has no fields. Write length(",
        ),
        ("nodes.m.score.value", "looks up 'value' in nodes.m.score, which is a number and has no fields."),
        ("default(nodes.m.titel, '')", "Did you mean 'title'?"),
    ],
)
def test_a_field_that_the_schema_of_a_model_has_not_is_named(source: str, said: str) -> None:
    (finding,) = warned(source)
    assert (finding.code, finding.pointer, finding.severity) == (
        "unknown_field",
        "/nodes/3/data/expression",
        "warning",
    )
    assert said in finding.message


@pytest.mark.parametrize(
    "schema",
    [
        SCHEMA | {"additionalProperties": True},
        SCHEMA | {"additionalProperties": {"type": "string"}},
        SCHEMA | {"anyOf": [{"required": ["other"]}]},
        {"type": "object"},
        {"$ref": "#/$defs/a", "$defs": {"a": {"type": "object"}}},
    ],
)
def test_a_schema_that_allows_other_fields_is_left_alone(schema: dict[str, Any]) -> None:
    assert warned("nodes.m.other", schema) == []


def test_an_output_that_may_be_a_default_is_left_alone() -> None:
    assert warned("nodes.m.other", on_error="continue", default={"other": 1}) == []
    assert warned("default(nodes.m.other, 1)") == []


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (
            "input.age == '30'",
            "compares a number with a text by '==', which is always false. Write 30 without",
        ),
        ("'3' != count(nodes.m.people)", "which is always true. Write 3 without"),
        (
            "input.member == 'true'",
            "compares a boolean with a text by '==', which is always false. Write true",
        ),
        ("nodes.m.score > '0.5'", "which fails. Write 0.5 without"),
        ("nodes.m.people[0].age == input.city", "number(…) and string(…) convert."),
        ("nodes.w == 7", "compares a text with a number"),
        ("message == 1", "compares a text with a number"),
        ("input.age in ['1', '2']", "by 'in', which is always false"),
        ("variables.total == '10'", "Write 10 without"),
        ("input.age + 1 - 1 == 'x' or input.age * 2 == 'x'", "compares a number with a text"),
        ("[p for p in nodes.m.people if input.age == '4']", "Write 4 without"),
        ("default(input.age, 0) == '0'", "Write 0 without"),
    ],
)
def test_a_comparison_that_is_always_the_same_is_told(source: str, said: str) -> None:
    (finding,) = warned(source)
    assert finding.code == "never_equal"
    assert said in finding.message


@pytest.mark.parametrize(
    "source",
    [
        "input.age == 30",
        "input.any == '30'",
        "input.city == '30'",
        "string(input.age) == '30'",
        "nodes.m.score > 0.5",
        "input.age == null",
        "default(input.age, '') == ''",
        "input.age in [1, '2']",
        "input.age in nodes.m.people",
        "nodes.m.title + 'x' == 'y'",
        "nodes.m == 'x'",
    ],
)
def test_a_comparison_that_may_hold_is_not_told(source: str) -> None:
    assert warned(source) == []


def test_a_condition_within_a_template_is_looked_at_too() -> None:
    nodes = {
        "start": ("start", {"inputs": INPUTS}),
        "t": ("template", {"template": "{% if input.age == '30' %}thirty{% endif %}"}),
    }
    (finding,) = check(graph(nodes, "start>t", "t>end"))
    assert (finding.code, finding.pointer) == ("never_equal", "/nodes/1/data/template")


def _looped(condition: str) -> list[str]:
    nodes = {
        "L": ("loop", {"while": condition, "max_iterations": 3}),
        "t": ("template", {"template": "no"}),
        "before": ("template", {"template": "yes"}),
    }
    return [
        one.message
        for one in check(graph(nodes, "start>before", "before>L", "L:body>t", "t>L", "L:done>end"))
    ]


def test_a_loop_whose_condition_reads_its_own_body_is_told() -> None:
    (said,) = _looped("nodes.t != 'yes'")
    assert "before the first round, nothing is there" in said
    assert "Write default(nodes.t, …)" in said
    assert _looped("default(nodes.t, '') != 'yes'") == []
    assert _looped("nodes.before != 'yes'") == []
    assert _looped("loop.index == 0 or nodes.t != 'yes'") == []
