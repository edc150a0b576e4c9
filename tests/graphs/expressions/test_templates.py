"""Templates: text with look-ups, whose values are never read as templates."""

from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from graphs.expressions import ExpressionError, MissingError
from graphs.expressions.templates import parse
from tests.fuzzing import cases

HOSTILE = "{{7*7}} {x} ${1} {{input.secret}} {% if %} {{x.__class__}}"
SCOPE: dict[str, Any] = {
    "input": {"message": HOSTILE, "items": [{"title": "One"}], "n": 1.5, "yes": True, "nothing": None},
    "message": HOSTILE,
    "variables": {"any key": "v", "a": {"b-c": 1}},
    "nodes": {"llm-1": "text", "2": {"ü": "o"}},
    "loop": {},
}


def render(source: str) -> str:
    return parse(source).render(SCOPE)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("", ""),
        ("plain", "plain"),
        ("{{ nodes.llm-1 }} and {{nodes.2.ü}}", "text and o"),
        ('{{ variables["any key"] }}{{ variables.a.b-c }}', "v1"),
        ("{{ input.items[0].title }} {{ input.items[-1]['title'] }}", "One One"),
        ("{{ input.items }}", '[{"title":"One"}]'),
        ("{{ input.n }} {{ input.yes }} [{{ input.nothing }}]", "1.5 true []"),
        ("a {x} ${1} {% if x %} }} { { } %s {0}", "a {x} ${1} {% if x %} }} { { } %s {0}"),
        ("{{ \"{{\" }} and {{ 'a }} b' }}", "{{ and a }} b"),
        ("{{\n  nodes.llm-1\n}}", "text"),
    ],
)
def test_templates_render(source: str, text: str) -> None:
    assert render(source) == text


@pytest.mark.threat("R-08")
def test_a_value_is_never_rendered_again() -> None:
    assert render("You wrote: {{ message }}!") == f"You wrote: {HOSTILE}!"
    assert render("{{ input.message }}{{ message }}") == HOSTILE * 2


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("{{7*7}}", "Expected a name after '{{'"),
        ("{{x.__class__}}", "no name 'x'; there are input, message, variables, nodes, arrived, loop"),
        ("{{ message.__class__ }}", "Expected '}}' after a look-up"),
        ("{{'' | attr('__class__')}}", "Expected a name"),
        ("{{ message | upper }}", "compute in a transform node"),
        ("{{ upper(message) }}", "no name 'upper'"),
        ("{{ message() }}", "Expected '}}'"),
        ("{{ message + message }}", "Expected '}}'"),
        ("{{ input[message] }}", "Expected '}}'"),
        ("{{ message", "Expected '}}'"),
        ("{{", "Expected a name"),
        ('{{ "open', "Expected a name"),
        ('{{ "\\x" }}', "no escape"),
        ("x" * 100_001, "at most 100,000 characters, found 100,001"),
    ],
)
@pytest.mark.threat("R-08")
def test_what_is_no_lookup_is_refused_before_a_run(source: str, says: str) -> None:
    with pytest.raises(ExpressionError, match=says):
        parse(source)


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("{{ nodes.llm }}", "There is no key 'llm'; there are: 'llm-1', '2'"),
        ("{{ variables['__class__'] }}", "There is no key '__class__'; there are: 'any key', 'a'"),
        ("{{ input.items[3] }}", "no index 3; the length is 1"),
        ("{{ input.nothing.x }}", "found null"),
        ("{{ loop.item }}", "none, it is empty"),
    ],
)
def test_what_is_missing_says_what_is_there(source: str, says: str) -> None:
    with pytest.raises(MissingError, match=says):
        render(source)


def test_a_text_is_bounded() -> None:
    large = {**SCOPE, "message": "x" * 400_000, "variables": {"list": [1] * 100_000}}
    assert len(parse("{{message}}{{message}}").render(large)) == 800_000
    with pytest.raises(ExpressionError, match="at most 1,000,000 characters"):
        parse("{{message}}{{message}}{{message}}").render(large)
    with pytest.raises(ExpressionError, match="at most 1,000,000 characters"):
        parse("{{ variables.list }}").render(large)


def test_a_template_names_its_lookups() -> None:
    assert parse("{{ nodes.a['b c'][0] }} {{ message }} {{ 'x' }}").paths == (
        ("nodes", "a", "b c", "0"),
        ("message",),
    )


def test_other_names_may_be_given() -> None:
    assert parse("{{ question }}?", names=("question",)).render({"question": "Why"}) == "Why?"


PIECES = [
    "{{",
    "}}",
    "{",
    "}",
    "message",
    "input",
    ".items",
    "[0]",
    "['a']",
    '"',
    "'",
    "\\",
    " ",
    "|",
    "__class__",
]


def outcome(source: str) -> str:
    try:
        return render(source)
    except ExpressionError as error:
        return str(error)


@settings(max_examples=cases(500), deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=20).map("".join) | st.text(max_size=40))
@example("{{" * 50_000)
@example("{{'" + "\\'" * 40_000)
@example('{{"' * 30_000)
@example("{{message" + " " * 90_000)
@example("{{message" + "[0]" * 30_000 + "}}")
def test_any_text_either_renders_or_is_an_expression_error(source: str) -> None:
    assert isinstance(outcome(source), str)
    if "{{" not in source:
        assert outcome(source) == source


@given(st.text(max_size=200))
def test_any_text_of_a_user_comes_through_unchanged(text: str) -> None:
    assert parse("<{{ message }}>").render({**SCOPE, "message": text}) == f"<{text}>"
