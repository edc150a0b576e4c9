"""Expressions: a closed grammar that computes what flows need, refuses everything else and always ends."""

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from graphs.expressions import NAMES, ExpressionError, MissingError, parse, scope
from graphs.expressions.functions import FUNCTIONS
from graphs.values.clock import CLOCK, Clock, Reading
from graphs.values.node_view import View
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
        ("1 + 2 * 3 - 4 / 2", 5),
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
        ("sum([1, null, 2])", 3),
        ("average([1, null, 3])", 2),
        ("max([1, null])", 1),
        ("min(null, 2)", 2),
        ("sum([{n: 1}, {}, {n: null}], 'n')", 1),
        ("set({}, 'a.b[0].c', 1)", {"a": {"b": [{"c": 1}]}}),
        ("{k: v * 2 for k, v in {a: 1, b: 2} if v > 1}", {"b": 4}),
        ("10 / 5", 2),
        ("5 / 2", 2.5),
        ("4.0 / 2", 2),
        ("variables.list[4 / 2]", 2),
        ("range(4 / 2)", [0, 1]),
        ("input.items[1.0].a", 2),
        ("2 ** 10", 1024),
        ("-2 ** 2", -4),
        ("2 ** -1", 0.5),
        ("2 ** 3 ** 2", 512),
        ("20% * 50", 10.0),
        ("50 * 20%", 10.0),
        ("[10%, (5)% + 1]", [0.1, 1.05]),
        ("7 % 3", 1),
        ("floor(2.7) + ceil(2.1) + floor(-0.5)", 4),
        ("power(2, 3) + sqrt(16) + root(27, 3)", 15),
        ("root(-8, 3)", -2),
        ("percent(1, 4)", 25),
        ("exists(input.none)", True),
        ("exists(input.nothing) or exists(input.none.deeper)", False),
        ("has_value(input.none) or not has_value(input.n)", False),
        ("message[1:3] + message[:-3] + message[::-1]", "elHeolleH"),
        ("variables.list[1:]", [1, 2]),
        ("variables.list[1:][0]", 1),
        ("[x.a for x in input.items]", [1, 2]),
        ("[x.a * 2 for x in input.items if x.a > 1]", [4]),
        ("[a + b for a in [1, 2] for b in [10, 20] if a + b != 21]", [11, 12, 22]),
        ("[[y for y in range(x)] for x in range(3)]", [[], [0], [0, 1]]),
        ("{x: length(x) for x in ['a', 'bb']}", {"a": 1, "bb": 2}),
        ("{k: v + 1 for k, v in items({a: 1, b: 2})}", {"a": 2, "b": 3}),
        ("[k for k in {a: 1, b: 2}]", ["a", "b"]),
        ("[i for i, x in enumerate(['a', 'b']) if x == 'b']", [1]),
        ("sum(x.a for x in input.items)", 3),
        ("any(x.a > 1 for x in input.items) and not all(x.a > 1 for x in input.items)", True),
        ("{[message]: 1, ('a' + 'b'): 2, [3]: 4}", {"Hello": 1, "ab": 2, "3": 4}),
        ("{for: 1, in: 2}.for", 1),
        ("[message for message in ['x']] + [message]", ["x", "Hello"]),
        ("sort(input.items, 'a', 'desc')", [{"a": 2}, {"a": 1}]),
        ("sort([{a: 2}, {}, {a: null}, {a: 1}], 'a')", [{"a": 1}, {"a": 2}, {}, {"a": None}]),
        ("sort([{a: {b: 2}}, {a: {b: 1}}], 'a.b')[0].a.b", 1),
        ("sort([1, 3, 2], 'desc')", [3, 2, 1]),
        ("unique([1, 1.0, '1', true, [1], [1.0], null])", [1, "1", True, [1], None]),
        ("unique(input.items + input.items, 'a')", [{"a": 1}, {"a": 2}]),
        ("flatten([1, [2, [3, [4]]]])", [1, 2, [3, [4]]]),
        ("flatten([1, [2, [3, [4]]]], 2)", [1, 2, 3, [4]]),
        (
            "group([{k: 'x', n: 1}, {k: 'y'}, {k: 'x'}], 'k')",
            {"x": [{"k": "x", "n": 1}, {"k": "x"}], "y": [{"k": "y"}]},
        ),
        ("zip([1, 2], ['a', 'b', 'c'])", [[1, "a"], [2, "b"]]),
        ("count([1, 2, 1], 1) + count([1, 2])", 4),
        ("reverse([1, 2]) + [reverse('ab')]", [2, 1, "ba"]),
        ("chunk('abcde', 2) + chunk([1, 2, 3], 2)", ["ab", "cd", "e", [1, 2], [3]]),
        ("difference([1, 2, 3], [2.0]) + intersection([1, 2], [2, 3])", [1, 3, 2]),
        ("min(input.items, 'a').a + max(input.items, 'a').a + sum(input.items, 'a')", 6),
        ("average([1, 2])", 1.5),
        ("pluck([{a: 1}, {}], 'a') + pluck([{}], 'a', 0)", [1, None, 0]),
        ("merge({a: 1, b: 1}, {b: 2}, null)", {"a": 1, "b": 2}),
        ("pick({a: 1, b: 2}, ['a', 'c'])", {"a": 1}),
        ("omit({a: 1, b: 2}, 'a')", {"b": 2}),
        ("get(input, 'items[1].a') + get(input, ['items', 0, 'a']) + get(input, 'x.y', 5)", 8),
        ("set({a: [{b: 1}]}, 'a[0].c.d', 2)", {"a": [{"b": 1, "c": {"d": 2}}]}),
        (
            "paths({a: [1, {b: null}]})",
            [{"path": ["a", 0], "value": 1}, {"path": ["a", 1, "b"], "value": None}],
        ),
        ("[set(1, [], 2), get(5, [])]", [2, 5]),
        (
            "title('the grand TOUR') + pad('7', 3, '0', 'start') + pad('x', 2) + repeat('ab', 2)",
            "The Grand Tour007x abab",
        ),
        ("split(' a  b ') + lines('c\nd')", ["a", "b", "c", "d"]),
        ("match('order 42 and 43', '([0-9]+)').groups[0]", "42"),
        ("match('a-1', '(?P<letter>[a-z])-').named.letter", "a"),
        ("match('abc', 'x')", None),
        ("find_all('a1b22ü3', '[0-9]+')", ["1", "22", "3"]),
        ("find_all('k=v, l=w', '([a-z])=([a-z])')", [["k", "v"], ["l", "w"]]),
        ("replace_pattern('2026-03-01', '([0-9]+)-([0-9]+)-([0-9]+)', '\\\\3.\\\\2.\\\\1')", "01.03.2026"),
        ("split_pattern('a, b;c', '[,;] *')", ["a", "b", "c"]),
        ("url_encode('a b/ü') + url_decode('%C3%BC')", "a%20b%2F%C3%BCü"),
        ("base64_decode(base64_encode('ü')) + base64_encode('hi')", "üaGk="),
        ("hash('a', 'md5')", "0cc175b9c0f1b6a831c399e269772661"),
        ("slice(hash('a'), 0, 8)", "ca978112"),
        ('parse_json(\'Sure! {"a": "x",} Bye\')', {"a": "x"}),
        ("parse_json('nothing', {})", {}),
        ("json({a: [1]}, 2)", '{\n  "a": [\n    1\n  ]\n}'),
        ("integer(2.0)", 2),
        (
            "date_add('2026-01-31', 1, 'month') + ' ' + date_add('2026-01-31T10:00:00Z', -90, 'minutes')",
            "2026-02-28 2026-01-31T08:30:00Z",
        ),
        ("date_diff('2026-03-01', '2026-02-01') + date_diff('2026-03-01', '2025-02-28', 'years')", 29),
        ("in_zone('2026-07-01T12:00:00Z', 'Europe/Oslo')", "2026-07-01T14:00:00+02:00"),
        (
            "format_date('2026-03-01T12:05:00Z', '%A %e %B %Y, %H:%M %Z', 'Asia/Tokyo')",
            "Sunday 1 March 2026, 21:05 JST",
        ),
        ("parse_date('1 Mar 2026 9:05 PM', '%d %b %Y %I:%M %p')", "2026-03-01T21:05:00Z"),
        (
            "parse_date(0) + parse_date('2026-03-01 10:00+0200')",
            "1970-01-01T00:00:00Z2026-03-01T10:00:00+02:00",
        ),
        ("date_parts('2026-03-01').weekday + timestamp('1970-01-02')", 86407),
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
        ("boolean(' False') or boolean('no') or boolean('OFF') or boolean('0')", False),
        ("boolean('nothing')", True),
        ("pluck([{a: 1}, 5, null], 'a')", [1, None, None]),
        ("pluck([{b: 1}], 'a')", [None]),
        ("sort([{b: 2}, {b: 1}], 'x')", [{"b": 2}, {"b": 1}]),
        ("pluck(['abc'], 0) + pluck([1], 'name', 'none')", ["a", "none"]),
        ("sum([{p: 1}, {q: 2}], 'discount')", 0),
        ("pick({a: 1, b: 2, c: 3}, ['a'], 'b')", {"a": 1, "b": 2}),
        ("get({'$.a': 1, '*': 2}, '$.a') + get({'*': 2}, '*')", 3),
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
        ("x", "no name 'x'; there are input, message, variables, nodes, arrived, loop, session"),
        ("x.__class__", "no name 'x'"),
        ("input.__class__", "cannot start with '__'"),
        ("message.__class__.__mro__", "cannot start with '__'"),
        ("__import__('os')", "no function '__import__'"),
        ("lenght(message)", "did you mean length?"),
        ("whatever(1)", "there are length, lower"),
        ("upper()", r"Expected upper\(text\), found 0 arguments"),
        ("default(1)", r"Expected default\(x, otherwise\), found 1"),
        ("message.upper()", r"Write 'upper\(x\)' for 'x.upper\(\)'"),
        ("message.strip()", "Expected an operator or the end"),
        ("7 // 2", r"Write 'floor\(a / b\)'"),
        ("message ?? 1", r"Write 'default\(a, b\)'"),
        ("message | upper", "functions stand before"),
        ("mesage", "no name 'mesage'; did you mean message"),
        ("[x for x in y]", "no name 'y'"),
        ("[x.y for z in input.items]", "no name 'x'"),
        ("[x for x in input.items if]", "Expected a value"),
        ("[1 for if in input.items]", "Expected a name for the items"),
        ("[1 for __x in input.items]", "Expected a name for the items"),
        ("[x for x in input.items, 1]", "Expected 'for', 'if' or ']'"),
        ("{x for x in input.items}", "Expected ':'"),
        ("[x for x in input.items for y in z]", "no name 'z'"),
        ("message && true", "Write 'and'"),
        ("message || true", "Write 'or'"),
        ("!message", "Write 'not'"),
        ("message === 'x'", "Write '=='"),
        ("message = 'x'", "Write '==' to compare"),
        ("message ? 1 : 2", "if condition else"),
        ("{{ message }}", "stands without"),
        ("1 < 2 < 3", "Join comparisons with 'and'"),
        ("lambda: 1", "no name 'lambda'"),
        ("(x for x in message)", "no name 'x'"),
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
        ("input.items.a", "Expected an index of a list, found 'a'; pluck"),
        ("message['__len__']", "Expected a key of text"),
        ("upper(1)", r"upper\(\): expected text as argument 1, found a number"),
        ("range(1000000000)", "at most 100,000 numbers"),
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
        ("[x for x in message]", "Expected a list or an object after 'in', found text"),
        ("[a for a, b in [[1]]]", "Expected items of 2 for a, b"),
        ("9 ** 9 ** 9", "within 64 bits"),
        ("0 ** -1", "cannot divide by zero"),
        ("(-8) ** 0.5", "whole exponent"),
        ("'a' ** 2", r"'\*\*' takes two numbers"),
        ("message[1:'x']", "whole numbers"),
        ("{[null]: 1}", "text or a number as a key"),
        ("sort([1, 'a'])", "numbers only or texts only"),
        ("match(message, '(')", "a pattern in RE2's syntax"),
        ("replace_pattern('a', 'a', '\\\\1')", "a group that the pattern has"),
        ("now()", "there is no clock here"),
        ("parse_date('tomorrow')", "expected a date such as"),
        ("sort([3, 1], 'k')", "expected objects with 'k', found a number"),
        ("unique([1, 2], 'k')", "expected objects with 'k', found a number"),
        ("group(['a'], 'k')", "expected objects with 'k', found text"),
        ("min(['b', 'a'], 'k')", "expected objects with 'k', found text"),
        ("pluck([[{k: 1}]], 'k')", "found a list; flatten"),
        ("sum([{price: 1}], 'prise')", "did you mean 'price'"),
        ("average([{price: 1}], 'Price')", "did you mean 'price'"),
        ("max([{price: 1}], 'prices')", "did you mean 'price'"),
        ("unique([{a: 1}, {b: 1}], 'id')", "they have 'a', 'b'"),
        ("sort([{k: 2}, {k: 1}], 'desc')", "expected a key before the order"),
        ("sort([{k: 2}, {k: 1}])", "found an object; sort.list, 'key'. goes by a key"),
        ("omit({a: 1}, ['a'], 1)", "expected keys as text, found a number"),
        ("merge({a: 1}, [1])", "expected objects only, found a list"),
        ("get({a: 1}, '$.a')", r"without '\$'"),
        ("get({a: [{b: 1}]}, 'a[*].b')", "pluck"),
        ("set({}, 'a.*.b', 1)", "pluck"),
        ("match('ABC', '/abc/i')", r"write '\(\?i\)abc'"),
        ("[1, 2] + 'a'", r"'\+ \[x\]' adds x to a list, and join"),
        ("{a: 1} + {b: 2}", "merge"),
        ("[1] * 2", "calculates with each item"),
        ("1 in '123'", "string"),
        ("format_date('2026-03-01', 'YYYY-MM-DD')", "write '%Y-%m-%d'"),
        ("format_date('2026-03-01', 'M/D/YY h:mm a')", "write '%m/%e/%y %I:%M %p'"),
        ("format_date('2026-03-01', '%d.MM.%Y')", "write '%d.%m.%Y'"),
        ("format_date('2026-03-01', 'today')", "expected a format such as"),
        (f"format_date('2026-03-01', '{'M' * 199}x')", "expected a format such as"),
        ("format_date('2026-03-01', '')", "expected a format such as"),
        ("format_date('2026-03-01', '%-d')", "'%e' is the day without"),
        ("format_date('2026-03-01', '%Y-%M-%d')", "the month is '%m'"),
        ("format_date('2026-03-01', '%H:%m')", "the minute is '%M'"),
        ("format_date(1772323200000, '%Y')", "divide milliseconds by 1000"),
        ("parse_date('2026-03-01', 'yyyy-MM-ddTHH:mm')", "write '%Y-%m-%dT%H:%M'"),
        ("parse_date('2026-', '%Y-%')", "found ''"),
        ("parse_date('3 March', '%d %B')", "expected a format with a year"),
        ("parse_date('03:00 PM', '%H:%M %p')", "'%p' needs '%I'"),
        ("parse_date('03:00', '%I:%M')", "needs '%p'"),
        ("parse_date('15:00 AM', '%I:%M %p')", "an hour up to 12"),
        ("parse_date('2026', '%Q')", "found 'Q'"),
        ("date_add('2026-01-01', 1, 'fortnight')", "expected a unit such as"),
        ("date_add('9999-12-31', 2, 'days')", "years 1 to 9999"),
        ("in_zone('2026-01-01', 'Mars/Base')", "expected a time zone"),
        ("set([1], 'a', 2)", "expected an index from 0 to 1"),
        ("get({}, 'a..b')", "expected a path"),
        ("root(-1)", "at least 0"),
        ("base64_decode('%%')", "expected text in Base64"),
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
        "[x for x in range(100000) for y in range(100000)]",
        "[upper(message) for x in range(10000)]",
        "{x: message for x in [1, 2]}",
        "[sort(input.list) for x in range(1000)]",
        "find_all(message, 'x')",
        "replace_pattern(message, 'x', message)",
        "split_pattern(message, 'x')",
        "repeat(message, 2)",
        "pad('x', 2000000)",
        "flatten([input.list for x in range(1000)])",
        "unique([input.list for x in range(10)])",
        "chunk(message, 1)",
        "[set({}, 'a', x) for x in range(100000) for y in range(1000)]",
        "base64_encode(message)",
        "url_encode(message + message)",
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
    assert tuple(name for name in scope(view) if not name.startswith("__")) == NAMES
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


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("0.1 + 0.2", 0.3),
        ("1.1 * 3", 3.3),
        ("1 / 3 * 3", 1),
        ("sqrt(2)", 1.4142135623730951),
        ("sqrt(2) ** 2", 2),
        ("2 ** 0.5", 1.4142135623730951),
        ("7 % 3", 1),
        ("-7 % 3", 2),
        ("-7.5 % 2", 0.5),
        ("20% * 50", 10),
        ("19.99 * 3", 59.97),
        ("round(2.675, 2)", 2.68),
        ("round(sum([0.1, 0.2, 0.3]), 2)", 0.6),
        ("sum([0.1] + [0.2]) == 0.3", True),
        ("0.1 + 0.2 == 0.3 and 0.1 + 0.2 <= 0.3", True),
        ("max(0.1 + 0.2, 0.3) - 0.3", 0),
        ("floor(0.1 * 3 * 10)", 3),
        ("[0.1 + 0.2, {a: 4 / 2}]", [0.3, {"a": 2}]),
        ("[x / 10 for x in range(1, 4)]", [0.1, 0.2, 0.3]),
        ("string(0.1 + 0.2)", "0.3"),
        ("power(10, 2) + average([0.1, 0.3])", 100.2),
        ("1e200 * 1e90", 1e290),
    ],
)
def test_exact_evaluations_count_in_decimals(source: str, expected: Any) -> None:
    found = parse(source, names=()).evaluate({}, exact=True)
    assert found == expected
    assert json.loads(json.dumps(found)) == expected


@pytest.mark.parametrize("source", ["1e200 * 1e200", "10.5 ** 1e6", "9 ** 99", "1e300 ** 99", "0.1 ** -400"])
def test_exact_evaluations_are_bounded_too(source: str) -> None:
    with pytest.raises(ExpressionError, match="within 64 bits"):
        parse(source, names=()).evaluate({}, exact=True)


def test_the_clock_stands_still_and_chance_repeats_itself() -> None:
    source = "[now(), now('Asia/Tokyo'), today(), random() < 1, random(3), random(5, 5), uuid(), uuid()]"
    first, again, other = (
        parse(source, names=()).evaluate({CLOCK: Clock(Reading(seconds=1_772_366_400.9, seed=seed))})
        for seed in ("a", "a", "b")
    )
    assert first[:3] == ["2026-03-01T12:00:00Z", "2026-03-01T21:00:00+09:00", "2026-03-01"]
    assert first == again != other
    assert first[5] == 5
    assert first[6] != first[7]
    assert parse(source, names=()).reads_clock()
    assert not parse("1", names=()).reads_clock()


values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(["", "a", "b"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=12,
)


@settings(max_examples=cases(200), deadline=None)
@given(values)
def test_paths_lead_to_what_they_name(given_value: Any) -> None:
    scope = {"x": given_value}
    for place in parse("paths(x)", names=("x",)).evaluate(scope):
        found = parse("get(x, p)", names=("x", "p")).evaluate({**scope, "p": place["path"]})
        assert found == place["value"]
        changed = parse("get(set(x, p, 'new'), p)", names=("x", "p")).evaluate({**scope, "p": place["path"]})
        assert changed == "new"


@settings(max_examples=cases(200), deadline=None)
@given(
    st.lists(st.integers(-5, 5) | st.sampled_from(["a", "b"]), max_size=8),
    st.lists(st.integers(-3, 3), max_size=5),
)
def test_list_work_is_what_ordinary_languages_do(items: list[Any], numbers: list[int]) -> None:
    scope = {"items": items, "numbers": numbers}

    def of(source: str) -> Any:
        return parse(source, names=("items", "numbers")).evaluate(scope)

    assert of("[x for x in items]") == items
    assert of("[x * 2 for x in numbers if x > 0]") == [x * 2 for x in numbers if x > 0]
    assert of("[[a, b] for a in items for b in numbers]") == [[a, b] for a in items for b in numbers]
    assert of("{string(x): x for x in items}") == {str(x): x for x in items}
    assert of("unique(items)") == [*dict.fromkeys(items)]
    assert of("sort(numbers, null, 'desc')") == sorted(numbers, reverse=True)
    assert of("items[1:3] + items[::-1] + items[-2:]") == items[1:3] + items[::-1] + items[-2:]
    assert of("zip(items, numbers)") == [[a, b] for a, b in zip(items, numbers, strict=False)]
    assert of("flatten(chunk(items, 3))") == items
    assert of("[x for x in items if x not in numbers]") == of("difference(items, numbers)")


def test_list_work_costs_what_the_lists_hold() -> None:
    people: list[dict[str, Any]] = [{"name": f"p{number}", "age": number % 90} for number in range(20_000)]
    source = "sort([p.name for p in input.people if p.age > 30])"
    assert len(parse(source).evaluate({"input": {"people": people}})) == sum(p["age"] > 30 for p in people)
    assert len(parse("[x for x in range(100000)]").evaluate({})) == 100_000
