"""Expressions: a closed grammar that computes what flows need, refuses everything else and always ends."""

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from graphs.expressions import NAMES, ExpressionError, MissingError, parse, scope
from graphs.expressions.functions import FUNCTIONS
from graphs.node.node import View
from tests.fuzzing import cases

SCOPE: dict[str, Any] = {
    "input": {"message": "Hello", "n": 3, "items": [{"a": 1}, {"a": 2}], "none": None, "class": "x"},
    "message": "Hello",
    "variables": {"name": "Ada", "list": [3, 1, 2], "big": 2**63, "flag": True, "empty": ""},
    "nodes": {"llm-1": "text", "2": {"score": 0.5}},
    "arrived": "text",
    "loop": {"index": 1, "item": "b", "count": 2},
}


def value(source: str) -> Any:
    return parse(source).evaluate(SCOPE)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("1 + 2 * 3 - 4 / 2", 5.0),
        ("(1 + 2) * 3", 9),
        ("-2 * -3", 6),
        ("7 % 4", 3),
        ("'a' + \"b\"", "ab"),
        ("[1] + [2, 3,]", [1, 2, 3]),
        ("{a: 1, 'b c': [true, null],}", {"a": 1, "b c": [True, None]}),
        ("1e3", 1000.0),
        ("18446744073709551615", 2**64 - 1),
        (r"'\u00e9\n\'\ud83d\ude00'", "é\n'😀"),
        (r"'\ud83d|\u0000|'", "||"),
        ("message", "Hello"),
        ("input.items[1].a", 2),
        ("input.items[-1].a", 2),
        ("input.items.0.a", 1),
        ("input['items'][loop.index]['a']", 2),
        ("input.class", "x"),
        ("nodes['llm-1']", "text"),
        ("nodes.2.score", 0.5),
        ("message[0]", "H"),
        ("not 1 == 2 and 2 in [1, 2]", True),
        ("'ell' in message", True),
        ("'name' in variables", True),
        ("5 not in variables.list", True),
        ("1 == 1.0", True),
        ("true == 1", False),
        ("[1, {a: [2]}] == [1.0, {a: [2.0]}]", True),
        ("{a: 1} != {a: 1, b: 2}", True),
        ("'a' < 'b' and 2 >= 2.0 and 1 <= 1 and 3 > 2", True),
        ("variables.empty or 'nobody'", "nobody"),
        ("variables.flag and 'yes'", "yes"),
        ("true or input.missing", True),
        ("false and input.missing", False),
        ("'big' if input.n > 5 else 'middle' if input.n > 2 else 'small'", "middle"),
        ("default(input.missing.deeper, 7)", 7),
        ("default(input.none, 7)", 7),
        ("default(input.none.deeper, 7)", 7),
        ("default(input.n, 7)", 3),
        ("exists(variables.name) and not exists(variables.nobody)", True),
        ("length(message) + length(input.items) + length({})", 7),
        ("upper(message) + lower('ABC') + trim(' x ')", "HELLOabcx"),
        ("replace('a-b-c', '-', '+')", "a+b+c"),
        ("split('a,b', ',')", ["a", "b"]),
        ("join([1, 'b', null, {c: 1}], ', ')", '1, b, , {"c":1}'),
        ("starts_with(message, 'He') and ends_with(message, 'lo')", True),
        ("slice(message, 1, 3) + slice(message, -2)", "ello"),
        ("slice([1, 2, 3], 1)", [2, 3]),
        ("string(1.5) + string(null) + string([1])", "1.5[1]"),
        ("number(' 12 ') + number('1.5e1') + number(true)", 28.0),
        ("boolean([]) or boolean('x')", True),
        ("json({a: 'ü'})", '{"a":"ü"}'),
        ("parse_json('{\"a\": [1, 100000000000000000000000000]}')", {"a": [1, "1" + "0" * 26]}),
        (
            "kind(message) + ', ' + kind(null) + ', ' + kind(1) + ', ' + kind([])",
            "text, null, a number, a list",
        ),
        ("round(2.567, 1)", 2.6),
        ("round(2.4)", 2),
        ("abs(-3)", 3),
        ("min(3, 1, 2) + max(variables.list)", 4),
        ("sum(pluck(input.items, 'a'))", 3),
        ("range(3) + range(5, 7)", [0, 1, 2, 5, 6]),
        ("[first(variables.list), last(variables.list), first([])]", [3, 2, None]),
        ("sort(variables.list) + sort(['b', 'a']) + sort([])", [1, 2, 3, "a", "b"]),
        ("keys({a: 1}) + values({a: 1})", ["a", 1]),
        (" + ".join(["1"] * 1000), 1000),
        ("(" * 50 + "1" + ")" * 50, 1),
    ],
)
def test_expressions_compute(source: str, expected: Any) -> None:
    assert value(source) == expected
    assert type(value(source)) is type(expected)


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("", "Expected a value, found the end"),
        ("1 2", "Expected an operator or the end, found '2'"),
        ("'abc", "Expected a closing quote"),
        (r"'\x41'", "no escape"),
        ("x", "no name 'x'; there are input, message, variables, nodes, arrived, loop"),
        ("x.__class__", "no name 'x'"),
        ("input.__class__", "cannot start with '__'"),
        ("message.__class__.__mro__", "cannot start with '__'"),
        ("__import__('os')", "no function '__import__'"),
        ("lenght(message)", "did you mean length?"),
        ("whatever(1)", "there are length, lower"),
        ("upper()", r"Expected upper\(text\), found 0 arguments"),
        ("default(1)", r"Expected default\(x, otherwise\), found 1"),
        ("message.upper()", "Expected an operator or the end"),
        ("9**9**9", "no power operator"),
        ("'a'*10**9", "no power operator"),
        ("message && true", "Write 'and'"),
        ("message || true", "Write 'or'"),
        ("!message", "Write 'not'"),
        ("message === 'x'", "Write '=='"),
        ("message = 'x'", "Write '==' to compare"),
        ("message ? 1 : 2", "if condition else"),
        ("{{ message }}", "stands without"),
        ("1 < 2 < 3", "Join comparisons with 'and'"),
        ("lambda: 1", "no name 'lambda'"),
        ("[x for x in message]", "no name 'x'"),
        ("18446744073709551616", "within 64 bits"),
        ("1e999", "within 64 bits"),
        ("(" * 10_000, "at most 4,000 characters, found 10,000"),
        ("(" * 51 + "1" + ")" * 51, "at most 50 nested parts"),
        ("not " * 51 + "1", "at most 50 nested parts"),
        ("-" * 3_999 + "1", "at most 50 nested parts"),
        ("[" * 3_999, "at most 50 nested parts"),
        ("1 if 1 else " * 60 + "1", "at most 50 nested parts"),
        ("a" * 1_000_000, "found 1,000,000"),
    ],
)
def test_what_is_not_in_the_grammar_is_refused_before_a_run(source: str, says: str) -> None:
    with pytest.raises(ExpressionError, match=says):
        parse(source)


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("'a' * 1000", "'\\*' takes two numbers, found text and a number"),
        ("1 + 'a'", "two numbers, two texts or two lists, found a number and text"),
        ("1 / 0", "cannot divide by zero"),
        ("1 % 0", "cannot divide by zero"),
        ("variables.big * variables.big", "within 64 bits"),
        ("1e308 * 10", "within 64 bits"),
        ("-message", "Expected a number after '-', found text"),
        ("1 < '2'", "compares two numbers or two texts, found a number and text"),
        ("1 in 2", "'in' looks for"),
        ("variables['__class__']", "There is no key '__class__'; there are: 'name', 'list'"),
        ("nodes.llm-1", "There is no key 'llm'; there are: 'llm-1'"),
        ("nodes.nobody", "There is no key 'nobody'; there are: 'llm-1', '2'"),
        ("{}.a", "none, it is empty"),
        ("input.items[5]", "no index 5; the length is 2"),
        ("input.none.x", "Expected an object with 'x', found null"),
        ("input.n.x", "Expected a key of a number, found 'x'"),
        ("input.items.a", "Expected a key of a list, found 'a'"),
        ("message['__len__']", "Expected a key of text"),
        ("upper(1)", r"upper\(\): expected text as argument 1, found a number"),
        ("range(1000000000)", "at most 10,000 numbers"),
        ("replace(message, '', 'x')", "found an empty one"),
        ("split(message, '')", "found an empty one"),
        ("parse_json('[1')", "expected JSON, found '\\[1'"),
        ("number('0x10')", "expected a number, found '0x10'"),
        ("number('inf')", "expected a number"),
        ("number([])", "expected text or a number, found a list"),
        ("round(1.5, 99)", "0 to 15 digits"),
        ("sum(['a'])", "a list of numbers"),
        ("min([])", "at least one"),
        ("max(1, 'a')", "numbers only or texts only"),
        ("length(1)", "expected text, a list or an object"),
        ("slice(1, 2)", "expected text or a list"),
        ("pluck([{a: 1}, {}], 'a')", "no key 'a'"),
    ],
)
def test_what_cannot_be_computed_says_what_was_found(source: str, says: str) -> None:
    with pytest.raises(ExpressionError, match=says) as failed:
        value(source)
    assert failed.value.code == "expression_failed"


def test_an_error_points_into_the_source() -> None:
    with pytest.raises(MissingError, match="at character 17, near") as failed:
        value("'Dear ' + input.whom")
    assert failed.value.position == 16


LARGE = {**SCOPE, "message": "x" * 900_000, "input": {"list": ["y" * 1000] * 900}}


@pytest.mark.parametrize(
    "source",
    [
        "message + message",
        "[message, message]",
        "{a: message, b: message}",
        "replace(message, 'x', message)",
        "join([message, message])",
        "join(split(message, 'x'), message)",
        "json([message, message])",
        "input.list + input.list",
        " + ".join(["upper(message)[0]"] * 100),
        "split(message, 'x')",
        "sort([message, message, message])",
        " or ".join(["'z' in message"] * 100),
        "parse_json('[' + message + ']')",
    ],
)
@pytest.mark.threat("R-09")
def test_work_and_results_are_bounded_whatever_the_values(source: str) -> None:
    with pytest.raises(ExpressionError, match=r"at most [0-9,]+ characters|work on at most"):
        parse(source).evaluate(LARGE)


def doubled(times: int) -> Any:
    result: Any = "some text"
    for _ in range(times):
        result = parse("[variables.x, variables.x]").evaluate({"variables": {"x": result}})
    return result


def test_a_value_that_doubles_every_turn_is_stopped() -> None:
    assert len(doubled(10)) == 2
    with pytest.raises(ExpressionError, match="found a larger one"):
        doubled(100)


@pytest.mark.threat("R-09")
def test_values_are_looked_up_and_never_read_as_expressions() -> None:
    hostile = "{{7*7}} {x} ${1} input.n __import__('os')"
    assert parse("message").evaluate({**SCOPE, "message": hostile}) == hostile
    assert parse("[message][0] + ''").evaluate({**SCOPE, "message": hostile}) == hostile


def test_an_expression_names_its_lookups() -> None:
    expression = parse("nodes.a['b c'][0] + variables[input.key].x + length(nodes['q'])")
    assert expression.paths == (("nodes", "a", "b c", "0"), ("input", "key"), ("variables",), ("nodes", "q"))


def test_other_names_may_be_given() -> None:
    assert parse("x + y", names=("x", "y")).evaluate({"x": 1, "y": 2}) == 3
    with pytest.raises(MissingError, match="There is no name 'y'; there are x"):
        parse("x + y", names=("x", "y")).evaluate({"x": 1})


def test_the_scope_of_a_node_has_all_names() -> None:
    view = View(
        input={
            "message": [
                {"type": "text", "text": "What is"},
                {"type": "image_url"},
                {"type": "text", "text": "it?"},
            ]
        },
        variables={"v": 1},
        outputs={"n": 2},
        messages=[],
        summary={},
        incoming=["n"],
        loop={"index": 9},
        enclosing={"index": 4},
    )
    assert tuple(scope(view)) == NAMES
    assert parse("[message, variables.v, nodes.n, arrived, loop.index]").evaluate(scope(view)) == [
        "What is\nit?",
        1,
        2,
        2,
        4,
    ]
    assert scope(view, loop=view.loop)["loop"] == {"index": 9}


PIECES = [
    *[
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ",",
        ":",
        ".",
        "+",
        "-",
        "*",
        "/",
        "%",
        "==",
        "!=",
        "<",
        ">=",
        "'a'",
        '"b"',
    ],
    *[
        "1",
        "2.5",
        "input",
        "message",
        "variables",
        "nodes",
        "loop",
        "and",
        "or",
        "not",
        "in",
        "if",
        "else",
        "null",
    ],
    *[
        "true",
        "items",
        "name",
        "list",
        "__class__",
        "**",
        "&&",
        "{{",
        "}}",
        "'",
        "\\",
        " ",
        "\n",
        "9" * 30,
        "😀",
    ],
    *["default(", "exists(", *(f"{name}(" for name in FUNCTIONS)],
]


def outcome(source: str) -> Any:
    try:
        return value(source)
    except ExpressionError as error:
        return str(error)


@settings(max_examples=cases(500), deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=30).map(" ".join) | st.text(max_size=60))
@example("input" + "[0]" * 1300)
@example("input" + ".a" * 1900)
@example("'" * 4000)
@example("\\" * 4000)
@example("1." * 2000)
@example("[" * 50 + "]" * 50)
@example("(a or b and c < d + e * (" * 60)
@pytest.mark.threat("R-09")
def test_any_text_either_computes_json_or_is_an_expression_error(source: str) -> None:
    assert json.loads(json.dumps(outcome(source), allow_nan=False)) == outcome(source)


sums = st.recursive(
    st.integers(-9, 9).map(str),
    lambda parts: st.builds(
        "{0}{1} {2} {3}{4}".format,
        st.sampled_from(["", "-"]),
        parts,
        st.sampled_from(["+", "-", "*"]),
        st.just(""),
        parts | parts.map("({})".format),
    ),
    max_leaves=8,
)
comparisons = st.builds("{} {} {}".format, sums, st.sampled_from(["==", "!=", "<", "<=", ">", ">="]), sums)
logic = st.recursive(
    comparisons,
    lambda parts: st.builds(
        "{} {} {}".format,
        parts,
        st.sampled_from(["and", "or", "and not", "or not"]),
        parts | parts.map("({})".format),
    ),
    max_leaves=6,
)


@settings(max_examples=cases(300), deadline=None)
@given(sums | logic | st.builds("{} if {} else {}".format, sums, logic, sums))
def test_precedence_is_that_of_ordinary_languages(source: str) -> None:
    assert value(source) == eval(source, {"__builtins__": {}})
