"""Templates: text with look-ups, whose values are never read as templates."""

import re
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from graphs.expressions import ExpressionError, MissingError
from graphs.expressions.json_templates import fill
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
        ("a {x} ${1} {% raw %} }} { { } %s {0} {# no #}", "a {x} ${1} {% raw %} }} { { } %s {0} {# no #}"),
        (
            '{"a": {"b": {}}} {{"a": 1}} {{7*7}} {{}} {{ }} {{',
            '{"a": {"b": {}}} {{"a": 1}} {{7*7}} {{}} {{ }} {{',
        ),
        (
            "{{x.__class__}} {{'' | attr('__class__')}} {{ \"open",
            "{{x.__class__}} {{'' | attr('__class__')}} {{ \"open",
        ),
        ("{{{ input.n }}} {{ {{ input.n }} }}", "{1.5} {{ 1.5 }}"),
        ("{{ upper(variables['any key']) }} {{ 2 * input.n }} {{ length(input.items) + 1 }}", "V 3.0 2"),
        ("{{ {a: {b: input.n}}.a.b }} {{ 'a }} b' + string(input.n) }}", "1.5 a }} b1.5"),
        ("{{ default(input.missing, 'none') }}", "none"),
        ("{% if input.yes %}a{% endif %}{% if input.nothing %}b{% endif %}", "a"),
        ("{% if input.n > 2 %}a{% elif input.n > 1 %}b{% else %}c{% endif %}", "b"),
        ("{% if false %}a{% elif false %}b{% else %}c{% endif %}", "c"),
        ("{% for x in input.items %}<{{ x.title }}>{% endfor %}", "<One>"),
        ("{% for k, v in items({a: 1, b: 2}) %}{{ k }}={{ v }};{% endfor %}", "a=1;b=2;"),
        ("{% for x in [1, 2] %}{% for y in [x, 3] %}{{ x }}{{ y }} {% endfor %}{% endfor %}", "11 13 22 23 "),
        ("{% for x in [1, 2] if x > 1 %}{{ x }}{% endfor %}", "2"),
        ("{% for x in [1, 2] if x > 2 %}{{ x }}{% else %}none{% endfor %}", "none"),
        ("{% for x in [1] %}{% for y in [] %}{% else %}-{{ x }}{% endfor %}{% else %}z{% endfor %}", "-1"),
        ("{{ true }}{{ null }}{{ false }}", "truefalse"),
        ("{% for x in [1, 2] %}{% if x == 2 %}, {% endif %}{{ x }}{% endfor %}", "1, 2"),
        ("{% for i, x in enumerate(['a', 'b']) %}{{ i + 1 }}. {{ x }}\n{% endfor %}", "1. a\n2. b\n"),
        ("a\n  {%- for x in [1, 2] -%}\n  {{ x }}\n  {%- endfor %}\nb", "a12\nb"),
        ('{{ "{%" }} if {% for x in [] %}{{ x }}{% endfor %}', "{% if "),
        ("{{ \"{{\" }} and {{ 'a }} b' }}", "{{ and a }} b"),
        ("{{\n  nodes.llm-1\n}}", "text"),
    ],
)
def test_templates_render(source: str, text: str) -> None:
    assert render(source) == text


@pytest.mark.parametrize(
    "source",
    [
        '{"a": {"b": {}}} {{"a": 1}} {{7*7}} {{}} {{ }} {{',
        "{{x.__class__}} {{'' | attr('__class__')}} {{ \"open",
        "{{ 9 ** 9 }} {{ [1, 2] }} {{ {} }} {% %} {% raw %} {%",
    ],
)
@pytest.mark.threat("R-08")
def test_braces_that_hold_no_lookup_are_text(source: str) -> None:
    assert render(source) == source


@pytest.mark.threat("R-08")
def test_a_value_is_never_rendered_again() -> None:
    assert render("You wrote: {{ message }}!") == f"You wrote: {HOSTILE}!"
    assert render("{{ input.message }}{{ message }}") == HOSTILE * 2


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("{{ x }}", "no name 'x'; there are input, message, variables, nodes, arrived, loop"),
        ("{{ mesage }}", "did you mean message"),
        ("{{ message.__class__ }}", "cannot start with '__'"),
        ("{{ message | upper }}", "functions stand before what they work on"),
        ("{{ upper(mesage) }}", "did you mean message"),
        ("{{ a + b }}", "no name 'a'"),
        ("{{ uper(message) }}", "did you mean upper"),
        ("{{ message() }}", "no function 'message'"),
        ("{{ message", "Expected '}}'"),
        ("{{ message {{ input }}", "Expected '}}'"),
        ('{{ "\\x" }}', "no escape"),
        ("{% if %}a{% endif %}", "Expected a value"),
        ("{% if message %}a", "Expected '{% endif %}' for this block"),
        ("{% if message", "Expected '%}'"),
        ("{% for x of message %}{% endfor %}", "Expected 'in'"),
        ("{% for x in [1] %}{% else %}{{ x }}{% endfor %}", "no name 'x'"),
        ("{% for x in [1] %}{% else %}{% else %}{% endfor %}", "Expected '{% if … %}'"),
        ("{% for x in [1] %}{% endif %}", "Expected '{% endfor %}', found '{% endif %}'"),
        ("{% endif %}", "Expected '{% if … %}' before, found '{% endif %}'"),
        ("{% else %}", "Expected '{% if … %}' before"),
        ("{% if message %}{% else %}{% else %}{% endif %}", "Expected '{% if … %}' before"),
        ("{% for x in [1] %}{% endfor %}{{ x }}", "no name 'x'"),
        ("{% if message %}" * 21 + "{% endif %}" * 21, "at most 20 nested blocks"),
        ("x" * 100_001, "at most 100,000 characters, found 100,001"),
    ],
)
@pytest.mark.threat("R-08")
def test_what_is_no_lookup_is_refused_before_a_run(source: str, says: str) -> None:
    with pytest.raises(ExpressionError, match=re.escape(says)):
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
    large = {**SCOPE, "message": "x" * 400_000, "variables": {"list": [1] * 600_000}}
    assert len(parse("{{message}}{{message}}").render(large)) == 800_000
    with pytest.raises(ExpressionError, match="at most 1,000,000 characters"):
        parse("{{message}}{{message}}{{message}}").render(large)
    with pytest.raises(ExpressionError, match="at most 1,000,000 characters"):
        parse("{{ variables.list }}").render(large)
    with pytest.raises(ExpressionError, match="at most 1,000,000 characters"):
        parse("{% for x in [1, 2, 3] %}{{ message }}{% endfor %}").render(large)
    nested = "{% for x in range(50000) %}{% for y in range(50000) %}{% endfor %}{% endfor %}"
    with pytest.raises(ExpressionError, match="work on at most"):
        parse(nested).render(large)


@pytest.mark.threat("D-17")
def test_the_templates_of_one_value_are_bounded_together() -> None:
    whole = {"fields": ["x" * 99_000] * 9}
    scope = {**SCOPE, "message": "x" * 900_000, "variables": whole}
    assert fill(["{{ message }}"] * 11, scope) == [scope["message"]] * 11
    for source in ("{{ message }}", "{{message}}!", "{{ variables }}", "{{ join(variables.fields, ',') }}"):
        with pytest.raises(ExpressionError, match="10,000,000 characters together"):
            fill({"a": [source] * 8, "b": {"c": [source] * 8}}, scope)


def test_a_url_encodes_what_it_is_given() -> None:
    template = parse("{{ input.base }}/{% for x in input.parts %}{{ x }}/{% endfor %}?q={{ input.q }}")
    scope = {"input": {"base": "https://example.com", "parts": ["a/b", "c"], "q": "x&y"}}
    url = template.render(scope, encode=lambda text: quote(text, safe=""))
    assert url == "https://example.com/a%2Fb/c/?q=x%26y"


def test_a_template_names_its_lookups() -> None:
    source = "{{ nodes.a['b c'][0] }} {{ message }} {{ 'x' }} {% for x in nodes.b %}{{ x.y }}{% endfor %}"
    paths = parse(source + "{% if exists(input.k) %}{{ 1 + input.n }}{% endif %}").paths
    assert paths == (
        ("nodes", "a", "b c", "0"),
        ("message",),
        ("nodes", "b"),
        ("input", "k"),
        ("input", "n"),
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
    "{% if ",
    "{% for x in ",
    "{% else %}",
    "{% endif %}",
    "{%- endfor -%}",
    " %}",
    "x",
    "upper(",
    ")",
]


def outcome(source: str) -> str:
    try:
        return render(source)
    except ExpressionError as error:
        return str(error)


@settings(max_examples=cases(500), deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=20).map("".join) | st.text(max_size=40))
@example("{{" * 50_000)
@example("{{ 1 " * 20_000)
@example("{{ 1 " * 20_000 + "}}")
@example("{{'a" * 25_000 + "}}" * 4)
@example("{{ message" * 9_000)
@example("{{1}}" * 20_000)
@example("{{ (1 }}" * 12_000)
@example("{% if " * 16_000)
@example("{% if message %}" * 6_000)
@example("{% else" * 14_000)
@example("{{'" + "\\'" * 40_000)
@example('{{"' * 30_000)
@example("{{message" + " " * 90_000)
@example("{{message" + "[0]" * 30_000 + "}}")
def test_any_text_either_renders_or_is_an_expression_error(source: str) -> None:
    assert isinstance(outcome(source), str)
    if "{{" not in source and "{%" not in source:
        assert outcome(source) == source


@given(st.text(max_size=200))
def test_any_text_of_a_user_comes_through_unchanged(text: str) -> None:
    assert parse("<{{ message }}>").render({**SCOPE, "message": text}) == f"<{text}>"
