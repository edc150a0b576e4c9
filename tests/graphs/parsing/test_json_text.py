"""JSON as models write it is found, and nothing else is taken for it."""

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from graphs.parsing.json_text import json_values, read_json
from tests.fuzzing import cases


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": 1}', {"a": 1}),
        ('  "text" ', "text"),
        ('\ufeff{"a": 1}', {"a": 1}),
        ('{"a": "x",}', {"a": "x"}),
        ("[1, 2, // three\n 3, /* and */ # that\n]", [1, 2, 3]),
        ('Sure! {"a": "x",} Is that right?', {"a": "x"}),
        ('```json\n{"a": 1}\n```', {"a": 1}),
        ("```JSON5 title=x\n[1,]\n```", [1]),
        ("~~~\n[1]\n~~~", [1]),
        ('Here:\n\n```js\n{"a": 1}\n```\nDone {"b": 2}', {"a": 1}),
        ('> ```\n{"a": 1}\n> ```', {"a": 1}),
        ('``` {"a": 1} ```', {"a": 1}),
        ('{"a": "two\nlines"}', {"a": "two\nlines"}),
        ('{"url": "https://x", "no": "/* comment */ #"}', {"url": "https://x", "no": "/* comment */ #"}),
        ('As in {x} and [y], but {"a": [true, null, -1.5e2]}', {"a": [True, None, -150.0]}),
        ('{"a": "\\ud800\\u0000b"}', {"a": "b"}),
    ],
)
def test_json_is_found(text: str, value: Any) -> None:
    assert read_json(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "None",
        "[1",
        '{"a": 1',
        "{a: 1}",
        "{'a': 1}",
        "[1 2]",
        "is 7",
        "```\nx\n```",
        "[NaN]",
        "[" * 100,
    ],
)
def test_what_is_no_json_is_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        read_json(text)


def test_all_values_between_words_are_told_in_turn() -> None:
    assert [*json_values('First [1], then {"a": 2} and {"b": [3]}.')] == [[1], {"a": 2}, {"b": [3]}]


words = st.text(alphabet="ab .,\n:-", max_size=12)
whole = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
).filter(lambda value: isinstance(value, list | dict))

PIECES = ["{", "}", "[", "]", '"', "a", ",", ":", "1", "```", "\n", "//", "/*", "*/", "\\", "#"]


def kept(value: Any) -> Any:
    from graphs.parsing.text import clean

    return clean(value)


@settings(max_examples=cases(200), deadline=None)
@given(words, whole, words)
def test_any_json_between_words_is_found(before: str, value: Any, after: str) -> None:
    assert read_json(f"{before}{json.dumps(value)}{after}") == kept(value)
    assert read_json(f"{before}\n```json\n{json.dumps(value, indent=1)}\n```\n{after}") == kept(value)


@settings(max_examples=cases(300), deadline=None)
@given(st.text(max_size=60) | st.lists(st.sampled_from(PIECES), max_size=40).map("".join))
@example("[" * 100_000)
@example('{"a":' * 50_000)
@example("/*" * 100_000)
@example('["' * 100_000)
@example("```\n" * 50_000)
@example("{ /* " * 50_000)
def test_any_text_ends(text: str) -> None:
    for value in json_values(text):
        assert json.loads(json.dumps(value, allow_nan=False)) == value
