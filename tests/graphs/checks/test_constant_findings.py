"""The check finds constants that can never work, and values of kinds that an operator does not take."""

from itertools import product
from typing import Any

import pytest

from graphs.checks.check import check
from graphs.expressions import ExpressionError
from graphs.expressions.bounded_evaluation import Evaluation
from graphs.expressions.functions import FUNCTIONS, Arguments
from graphs.values.clock import CLOCK, Clock, Reading
from graphs.values.findings import Finding
from tests.graphs.drawn import graph

INPUTS = [{"name": "age", "type": "integer"}, {"name": "city", "type": "text"}, {"name": "x", "type": "json"}]


def told(type: str, data: dict[str, Any]) -> list[Finding]:
    nodes: dict[str, Any] = {"start": ("start", {"inputs": INPUTS}), "t": (type, data)}
    return check(graph(nodes, "start>t", "t>end"))


WRONG: list[tuple[str, str, tuple[str, ...]]] = [
    ("match(input.city, '(a')", "wrong_constant", ("match(): expected a pattern", "'(a'", "at character 1")),
    ("find_all(input.city, '[a-')", "wrong_constant", ("find_all()", "'[a-'")),
    ("replace_pattern(input.city, 'a(?=b)', '')", "wrong_constant", ("replace_pattern()", "(?=")),
    ("split_pattern(input.city, '*')", "wrong_constant", ("split_pattern()",)),
    (r"replace_pattern(input.city, 'a', '\\1')", "wrong_constant", (r"'\1'",)),
    ("replace_pattern(input.city, '(a)', '$1!')", "wrong_constant", ("'$1' stays", r"'\\1'")),
    ("replace_pattern(input.city, '(a)', '${x}')", "wrong_constant", ("'${x}' stays",)),
    ("find_all(input.city, '/[0-9]+/g')", "wrong_constant", ("write '[0-9]+'",)),
    ("format_date(input.x, 'YYYY-MM-DD')", "wrong_constant", ("write '%Y-%m-%d'",)),
    ("1 + length(match(input.city, '(a').groups)", "wrong_constant", ("at character 12",)),
    ("now('Mars/Base')", "wrong_constant", ("now(): expected a time zone", "'Mars/Base'")),
    ("in_zone(input.x, 'CEST?')", "wrong_constant", ("time zone",)),
    ("date_add('2026-13-01', 1, 'days')", "wrong_constant", ("years 1 to 9999",)),
    ("date_add(input.x, 1, 'fortnights')", "wrong_constant", ("a unit such as seconds", "'fortnights'")),
    ("date_diff(input.x, 'yesterday')", "wrong_constant", ("expected a date such as", "'yesterday'")),
    ("format_date(input.x, '%Q')", "wrong_constant", ("after '%'", "'Q'")),
    ("parse_date(input.city, '%d.%m.%d')", "wrong_constant", ("at most once",)),
    ("parse_date(input.city, '%d %e')", "wrong_constant", ("at most once",)),
    ("sort(input.x, 'name', 'descending')", "wrong_constant", ("'asc' or 'desc'", "'descending'")),
    ("sort(input.x, true)", "wrong_constant", ("a path as text",)),
    ("hash(input.city, 'sha3')", "wrong_constant", ("'sha256'",)),
    ("pad(input.city, 5, '--')", "wrong_constant", ("one character", "found 2")),
    ("split(input.city, '')", "wrong_constant", ("found an empty one",)),
    ("chunk(input.x, 0)", "wrong_constant", ("at least 1",)),
    ("range(0, input.age, 0)", "wrong_constant", ("a step other than 0",)),
    ("join(input.x, 5)", "wrong_constant", ("expected text as argument 2",)),
    ("zip(input.x, input.x, 'a')", "wrong_constant", ("expected a list as argument 3",)),
    ("set(input.x, 'a[', 1)", "wrong_constant", ("expected a path such as",)),
    ("input.age / 0", "wrong_constant", ("cannot divide by zero",)),
    ("input.x - 'a'", "wrong_constant", ("'-' takes two numbers",)),
    ("'Sum: ' + input.x + 5", "wrong_constant", ("'+' takes", "string(…) convert")),
    ("input.x < null", "wrong_constant", ("compares two numbers or two texts",)),
    ("input.x in 5", "wrong_constant", ("'in' looks for",)),
    ("[a for a in 5]", "wrong_constant", ("Expected a list or an object after 'in'",)),
    ("[upper(5) for a in input.x]", "wrong_constant", ("upper()",)),
    ("input.x['a':]", "wrong_constant", ("whole numbers",)),
    ("[1, 2][7]", "wrong_constant", ("no index 7",)),
    ("{[null]: input.x}", "wrong_constant", ("as a key",)),
    ("'Age: ' + input.age", "wrong_kind", ("gets a text and a number", "string(…)")),
    ("input.age + ' years'", "wrong_kind", ("gets a number and a text",)),
    ("'Found ' + length(input.x) + ' items'", "wrong_kind", ("gets a text and a number",)),
    (
        "upper(split(input.city, ','))",
        "wrong_kind",
        ("upper(), which takes a text", "1, but gets a list"),
    ),
    ("join(input.city, ', ')", "wrong_kind", ("takes a list", "[x] makes a list")),
    ("round(input.city)", "wrong_kind", ("takes a number", "gets a text")),
    ("keys(split(input.city, ','))", "wrong_kind", ("takes an object", "gets a list")),
    ("lower(input.age)", "wrong_kind", ("gets a number",)),
    ("'Found: ' + sort(input.x)", "wrong_kind", ("gets a text and a list", "join(list")),
    ("[input.age] + input.city", "wrong_kind", ("gets a list and a text", "'+ [x]'")),
    ("split(input.city) * 2", "wrong_kind", ("takes two numbers, but gets a list",)),
    ("sort(input.x) < 'a'", "never_equal", ("compares a list with a text", "fails")),
    ("input.city * 2", "wrong_kind", ("takes two numbers, but gets a text",)),
]


@pytest.mark.parametrize(("source", "code", "said"), WRONG)
def test_a_constant_that_never_works_is_told_once_with_its_place(
    source: str, code: str, said: tuple[str, ...]
) -> None:
    (finding,) = told("transform", {"expression": source})
    assert (finding.code, finding.severity, finding.pointer) == (code, "warning", "/nodes/1/data/expression")
    assert "field 'expression': " in finding.message
    assert all(part.lower() in finding.message.lower() for part in said), finding.message


def test_constants_in_templates_and_updates_are_judged_too() -> None:
    source = (
        "{% for a in input.x if match(a, '(') %}{{ now('Mars') }}{% else %}{{ hash(a.b, 'x') }}{% endfor %}"
    )
    found = told(
        "template", {"template": source.replace("a.b", "input.city"), "set": {"v": "match(output, '[')"}}
    )
    assert [(one.code, one.pointer) for one in found] == [
        *[("wrong_constant", "/nodes/1/data/template")] * 3,
        ("wrong_constant", "/nodes/1/data/set/v"),
    ]


def test_the_output_of_a_container_is_a_list() -> None:
    nodes: dict[str, Any] = {
        "start": ("start", {"inputs": INPUTS}),
        "each": ("iteration", {"items": "input.x"}),
        "one": ("template", {"template": "{{ loop.item }}"}),
        "t": ("template", {"template": "{{ upper(nodes.each) }} {{ nodes.each.name }}"}),
    }
    found = check(graph(nodes, "start>each", "each:body>one", "one>each", "each:done>t", "t>end"))
    assert [one.code for one in found] == ["unknown_field", "wrong_kind"], found
    assert "pluck(nodes.each, 'name')" in found[0].message


VARIABLES = [{"name": "all", "reducer": "extend"}, {"name": "sum", "type": "number"}]


@pytest.mark.parametrize(
    ("type", "data", "pointer", "said"),
    [
        ("iteration", {"items": "'a, b'"}, "items", "must give a list, and always gives text"),
        ("loop", {"items": "{a: 1}"}, "items", "must give a list, and always gives an object"),
        ("template", {"template": "x", "set": {"all": "'a'"}}, "set/all", "must be a list, found text"),
        ("variable", {"set": {"sum": "'a'"}}, "set/sum", "takes number, found text"),
        ("delay", {"until": "tomorrow"}, "until", "an ISO 8601 time such as"),
        (
            "tool",
            {"tool": "calculator", "arguments": {"expression": "2^3"}},
            "arguments/expression",
            "a ** b",
        ),
    ],
)
def test_a_constant_that_a_node_never_takes_is_told(
    type: str, data: dict[str, Any], pointer: str, said: str
) -> None:
    start = ("start", {"variables": VARIABLES})
    if type in ("iteration", "loop"):
        nodes: dict[str, Any] = {"start": start, "t": (type, data), "b": ("template", {"template": "b"})}
        found = check(graph(nodes, "start>t", "t:body>b", "b>t", "t:done>end"))
    else:
        found = check(graph({"start": start, "t": (type, data)}, "start>t", "t>end"))
    (finding,) = found
    assert (finding.code, finding.pointer) == ("wrong_constant", f"/nodes/1/data/{pointer}")
    assert said in finding.message


@pytest.mark.parametrize(
    "source",
    [
        "match(input.city, '(?i)a+')",
        "upper(input.city) + join(split(input.city), '-')",
        "[input.age] + [1] + sort(input.x)",
        "round(input.age, null)",
        "pad(input.age, 5)",
        "range(input.age)",
        "[upper(c) for c in split(input.city)]",
        "match(input.city, '/api/v1/')",
        "replace_pattern(input.city, 'EUR', '$')",
        "default([1][5], 0)",
        "exists({}.a)",
        "'a' + input.city",
        "input.x + 1 + 2.5",
        "[] + input.x",
        "group(input.x, 'Price [USD]')",
        "sort(input.x, 'desc')",
        "now('Europe/Oslo')",
        "[[b for b in b] for b in [[1]]]",
        "sum(range(100000)) + input.age",
        "slice(input.city, 1, null)",
        "date_add(input.x, 1, 'day')",
        "input.x == null or input.x in ['a', null]",
        "'Age: ' + string(input.age)",
    ],
)
def test_what_works_is_not_told(source: str) -> None:
    assert told("transform", {"expression": source}) == []


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_takes_what_only_a_run_knows(name: str) -> None:
    function = FUNCTIONS[name]
    for count in range(function.least, min(function.most, 4) + 1):
        for constant in range(count + 1):
            given = ["input.x"] * constant + ["null"] * min(1, count - constant)
            given += ["input.x"] * (count - len(given))
            found = told("transform", {"expression": f"{name}({', '.join(given)})"})
            assert all(one.code == "wrong_constant" for one in found)


VALUES: list[Any] = [
    None,
    True,
    0,
    2,
    -1,
    1.5,
    2_000,
    "",
    "a",
    "days",
    "asc",
    "2026-01-02",
    [1],
    ["a"],
    {"a": 1},
]


def call(name: str, values: list[Any]) -> Arguments:
    return Arguments(name, values, Evaluation({CLOCK: Clock(Reading(0.0, ""))}, ""), 0)


def fails(given: Arguments) -> bool:
    try:
        FUNCTIONS[given.name].apply(given)
    except ExpressionError:
        return True
    return False


@pytest.mark.parametrize("name", [name for name, one in FUNCTIONS.items() if one.reads])
def test_what_is_judged_by_itself_fails_whatever_the_other_arguments_are(name: str) -> None:
    function, judged = FUNCTIONS[name], 0
    for count in range(max(1, function.least), min(function.most, 3) + 1):
        calls = [(values, fails(call(name, [*values]))) for values in product(VALUES, repeat=count)]
        for index, (at, value) in product(range(count), enumerate(VALUES)):
            reader = function.reader(index)
            try:
                if reader is not None:
                    reader(call(name, [*[None] * index, value]), index)
            except ExpressionError:
                judged += 1
                assert all(failed for values, failed in calls if values[index] is VALUES[at]), (index, value)
    assert judged
