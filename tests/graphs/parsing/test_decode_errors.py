"""What does not fit is told in words, not in the names of Python's types."""

from typing import Annotated, Any, Literal

import msgspec
import pytest
from msgspec import Meta, Struct

from graphs.parsing.decode_errors import in_words


class Form(Struct, forbid_unknown_fields=True):
    """Something to fill in."""

    name: Annotated[str, Meta(min_length=1, max_length=5)]
    count: Annotated[int, Meta(ge=1)] | None = None
    kind: Literal["a", "b"] = "a"
    tags: Annotated[list[str], Meta(max_length=1)] = []


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"name": 1}, "Expected text, found a whole number."),
        ({"name": ""}, "Expected text, found an empty one."),
        ({"name": "toolong"}, "Expected text of at most 5 characters."),
        ({"name": "x", "count": "1"}, "Expected a whole number or null, found text."),
        ({"name": "x", "count": 0}, "Expected a whole number of at least 1."),
        (
            {"name": "x", "kind": "c"},
            "'c' is none of the values that it may have. It may be name, count, kind, tags.",
        ),
        ({"name": "x", "tags": ["a", "b"]}, "Expected a list of at most 1 items."),
        ({"name": "x", "tags": None}, "Expected a list, found null."),
        ({"name": "x", "tgas": []}, "It has the unknown field 'tgas'. Did you mean 'tags'?"),
        ({"name": "x", "zzz": []}, "It has the unknown field 'zzz'. It takes name, count, kind, tags."),
        ({}, "It needs the field 'name'."),
    ],
)
def test_a_value_that_does_not_fit_is_told_in_words(given: Any, said: str) -> None:
    with pytest.raises(msgspec.ValidationError) as failed:
        msgspec.convert(given, Form)
    text, _, _ = str(failed.value).partition(" - at ")
    assert in_words(text, known=Form.__struct_fields__) == said
