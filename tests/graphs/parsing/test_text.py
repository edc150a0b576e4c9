"""Text: what comes in is cleaned alike for every database, and what cannot be kept is refused."""

import json
import re
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct

from graphs.parsing.heavy_values import as_json, heavy
from graphs.parsing.text import MAX_DEPTH, TextError, as_text, clean
from tests.fuzzing import cases

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(), children, max_size=4),
    max_leaves=20,
)
any_text = st.text(alphabet=st.characters(), max_size=20)


def character(pair: re.Match[str]) -> str:
    high, low = map(ord, pair[0])
    return chr(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))


def nested(depth: int) -> Any:
    value: Any = "inside"
    for _ in range(depth):
        value = [value]
    return value


@settings(max_examples=cases(100), deadline=None)
@given(json_values)
def test_whatever_json_comes_in_goes_out_as_utf8_without_nul(value: Any) -> None:
    written = json.dumps(clean(value), ensure_ascii=False).encode()
    assert b"\\u0000" not in written


@settings(max_examples=cases(100), deadline=None)
@given(json_values)
def test_what_is_clean_stays_as_it_is(value: Any) -> None:
    once = clean(value)
    assert clean(once) == once


@settings(max_examples=cases(100), deadline=None)
@given(st.lists(any_text | st.sampled_from(["\ud83d", "\ude00", "\0", "\ud83d\ude00"]), max_size=6))
def test_only_nul_and_lone_surrogates_are_taken_out(parts: list[str]) -> None:
    text = "".join(parts).replace("\0", "")
    paired = re.sub("[\ud800-\udbff][\udc00-\udfff]", character, text)
    assert clean("".join(parts)) == re.sub("[\ud800-\udfff]", "", paired)


def test_keys_are_cleaned_too_and_the_given_value_is_not_touched() -> None:
    given_value = {"a\0b": ["x\ud800", {"\udfffkey": 1}]}
    assert clean(given_value) == {"ab": ["x", {"key": 1}]}
    assert given_value == {"a\0b": ["x\ud800", {"\udfffkey": 1}]}


def test_a_surrogate_pair_becomes_its_character() -> None:
    assert clean("\ud83d\ude00 and \u2028 and é") == "😀 and \u2028 and é"


@pytest.mark.parametrize(
    ("number", "kept"),
    [
        (2**64 - 1, 2**64 - 1),
        (-(2**63), -(2**63)),
        (2**64, str(2**64)),
        (-(2**63) - 1, str(-(2**63) - 1)),
        (10**30, "1" + "0" * 30),
        (True, True),
    ],
)
@pytest.mark.threat("D-04")
def test_an_integer_beyond_64_bits_becomes_text(number: int, kept: int | str) -> None:
    assert clean({"n": number}) == {"n": kept}
    assert type(clean(number)) is type(kept)


def test_a_subclass_of_text_becomes_plain_text() -> None:
    class Loud(str):
        __slots__ = ()

        def __str__(self) -> str:
            return "something else"

    assert clean(Loud("said")) == "said"
    assert type(clean(Loud("said"))) is str


def test_nesting_is_bounded_and_never_a_recursion_error() -> None:
    assert clean(nested(MAX_DEPTH)) == nested(MAX_DEPTH)
    for depth in (MAX_DEPTH + 1, 100_000):
        with pytest.raises(TextError, match="at most 64 nested lists and objects"):
            clean(nested(depth))


def test_a_value_that_holds_itself_is_refused() -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(TextError, match="nested"):
        clean(endless)


@pytest.mark.parametrize(
    ("value", "pointer", "says"),
    [
        ({"a": [1, float("nan")]}, "/a/1", "finite number, found nan"),
        ({"a/b": {"c~d": float("inf")}}, "/a~1b/c~0d", "finite number, found inf"),
        ({"a": {1: "x"}}, "/a", "strings as keys, found a Python int"),
        ({"a": {"x", "y"}}, "/a", "Expected JSON, found a Python set"),
        ([b"bytes"], "/0", "Expected JSON, found a Python bytes"),
        ([10**5000], "/0", "at most 1,200 digits"),
    ],
)
def test_what_cannot_be_kept_is_refused_with_its_place(value: Any, pointer: str, says: str) -> None:
    with pytest.raises(TextError, match=says) as refused:
        clean(value)
    assert refused.value.pointer == pointer


@pytest.mark.parametrize(
    ("value", "text"),
    [("as it is", "as it is"), (None, ""), (True, "true"), (1.5, "1.5"), ({"ü": [1]}, '{"ü":[1]}')],
)
def test_values_have_one_text(value: Any, text: str) -> None:
    assert as_text(value) == text


@settings(max_examples=cases(50), deadline=None)
@given(json_values)
def test_the_text_of_a_value_that_is_no_text_is_its_json(value: Any) -> None:
    value = clean(value)
    if value is not None and not isinstance(value, str):
        assert json.loads(as_text(value)) == value


class Shown(Struct, omit_defaults=True):
    """What the server answers with."""

    name: str = "a"
    held: Any = None
    more: str = msgspec.field(default="", name="andMore")


@pytest.mark.parametrize(
    "value",
    [
        [[index * 1.5 for index in range(1_000)] for _ in range(60)],
        {'a\u00e9"': [{"b": "x" * 900_000, "c": [None, True]} for _ in range(3)], "d": [], "e": {}},
        [*range(70_000)],
        [{"a": 1}] * 45_000,
        Shown(held={"x": [1] * 50_000}),
        Shown(name="b", held="\u00e9" * 2_000_000, more="c"),
        [Shown(held=[1] * 30_000)] * 2,
        {},
        "\u00e9\0" * 3,
    ],
)
def test_json_in_pieces_is_the_same_json(value: Any) -> None:
    assert as_json(value) == msgspec.json.encode(value)


def test_a_look_at_a_value_takes_a_bounded_time_however_large_it_is() -> None:
    looked: list[Any] = []
    nested = [[[0] * 10 for _ in range(10)] for _ in range(10_000)]
    assert heavy(nested, known=lambda value: looked.append(value))
    assert len(looked) < 25_000
    assert not heavy([[0] * 100 for _ in range(100)], "a" * 100_000, {"a": None})
    assert heavy({"a": ["x" * 600_000] * 2})
