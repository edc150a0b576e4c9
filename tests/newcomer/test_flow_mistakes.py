"""Twenty mistakes in flows: each is told before the run, with its place and its remedy."""

from typing import Any

import msgspec
import pytest

from graphs.checks.check import check
from graphs.checks.data_flow import References
from graphs.values.findings import Finding
from graphs.values.run_options import Limits
from tests.graphs.drawn import graph

Nodes = dict[str, tuple[str, dict[str, Any]] | str]


def text(source: str) -> tuple[str, dict[str, Any]]:
    return "template", {"template": source}


CHOICE: Nodes = {"c": ("condition", {"expression": "length(message) > 3"}), "long": text("long")}
CALLED = graph({"start": ("start", {"inputs": [{"name": "city", "required": True}]})}, "start>end")
EACH = ("start>each", "each:body>ask", "ask>each", "each:done>end")


def each(items: str, **data: Any) -> Nodes:
    return {"each": ("iteration", {"items": items, **data}), "ask": ("llm", {"history": False})}


def calls(**given: Any) -> Nodes:
    return {"call": ("subflow", {"flow_id": "weather", "input": given})}


def tool(**given: Any) -> Nodes:
    return {"sum": ("tool", {"tool": "calculator", "arguments": given})}


ONE = ("start>a", "a>end")
MISTAKES: dict[str, tuple[Nodes, tuple[str, ...], str, tuple[str, ...]]] = {
    "a node's name is misspelt": (
        {"summary": text("x"), "a": text("{{ nodes.sumary }}")},
        ("start>summary", "summary>a", "a>end"),
        "/nodes/2/data/template",
        ("'sumary'", "Did you mean 'summary'?"),
    ),
    "one brace is no look-up": (
        {"a": text("Hello {input.name}")},
        ONE,
        "/nodes/1/data/template",
        ("'{input.name}' is text here", "{{ input.name }}"),
    ),
    "nor is a dollar sign": (
        {"a": text("Hello ${input.name}")},
        ONE,
        "/nodes/1/data/template",
        ("{{ input.name }}",),
    ),
    "a loop has no index0": (
        {**each("input.list"), "ask": text("{{ loop.index0 }}")},
        EACH,
        "/nodes/2/data/template",
        ("'index0'", "Did you mean 'index'?"),
    ),
    "a retry has no attempts": (
        {"a": ("template", {"template": "a", "retry": {"attempts": 3}})},
        ONE,
        "/nodes/1/data/retry/attempts",
        ("unknown field 'attempts'", "max_attempts"),
    ),
    "templates set no names": (
        {"a": text("{% set a = 1 %}")},
        ONE,
        "/nodes/1/data/template",
        ("'{% set' is text here", "{% for %} and {% if %}"),
    ),
    "nor what Dify has": ({"a": text("{{#start.name#}}")}, ONE, "/nodes/1/data/template", ("is text here",)),
    "nor what n8n has": ({"a": text("{{ $json.name }}")}, ONE, "/nodes/1/data/template", ("is text here",)),
    "a function is called as a method": (
        {"a": ("transform", {"expression": "input.name.upper()"})},
        ONE,
        "/nodes/1/data/expression",
        ("Write 'upper(x)' for 'x.upper()'",),
    ),
    "an item is named without its loop": (
        {**each("input.list"), "ask": text("{{ item }}")},
        EACH,
        "/nodes/2/data/template",
        ("did you mean loop.item?",),
    ),
    "a schema is none": (
        {
            "a": (
                "llm",
                {
                    "response_format": {
                        "type": "json_schema",
                        "json_schema": {"name": "s", "schema": {"type": "strng"}},
                    }
                },
            )
        },
        ONE,
        "/nodes/1/data/response_format/json_schema/schema",
        ("strng",),
    ),
    "a branch that may be skipped is read": (
        {**CHOICE, "short": text("{{ nodes.long }}")},
        ("start>c", "c:yes>long", "c:no>short", "long>short", "short>end"),
        "/nodes/3/data/template",
        ("'long'", "skipped", "default(nodes.long, …)"),
    ),
    "a node beside is read": (
        {"a": text("a"), "b": text("{{ nodes.a }}")},
        ("start>a", "start>b", "a>end", "b>end"),
        "/nodes/2/data/template",
        ("'a'", "Lead an edge from 'a'"),
    ),
    "a node behind is read": (
        {"a": text("{{ nodes.b }}"), "b": text("b")},
        ("start>a", "a>b", "b>end"),
        "/nodes/1/data/template",
        ("'b'", "runs only after it"),
    ),
    "a node that is not there is read": (
        {"a": text("{{ nodes.nobody }}")},
        ("start>a", "a>end"),
        "/nodes/1/data/template",
        ("'nobody'", "no such node", "Name an existing one"),
    ),
    "a node in a body is read from outside": (
        {**each("input.list"), "after": text("{{ nodes.ask }}")},
        ("start>each", "each:body>ask", "ask>each", "each:done>after", "after>end"),
        "/nodes/3/data",
        ("'ask'", "Look up 'each' instead"),
    ),
    "a field of a text": (
        {"ask": ("llm", {}), "a": text("{{ nodes.ask.title }}")},
        ("start>ask", "ask>a", "a>end"),
        "/nodes/2/data/template",
        ("'title'", "is text", "response_format"),
    ),
    "an input that is not declared": (
        {"start": ("start", {"inputs": [{"name": "topic"}]}), "a": text("{{ input.topci }}")},
        ("start>a", "a>end"),
        "/nodes/1/data/template",
        ("'topci'", "Did you mean 'topic'?"),
    ),
    "a variable that nothing sets": (
        {"v": ("variable", {"set": {"counter": "1"}}), "a": text("{{ variables.conter }}")},
        ("start>v", "v>a", "a>end"),
        "/nodes/2/data/template",
        ("'conter'", "Did you mean 'counter'?"),
    ),
    "a loop's item outside of a loop": (
        {"a": text("{{ loop.item }}")},
        ("start>a", "a>end"),
        "/nodes/1/data/template",
        ("'loop'", "Move it into one"),
    ),
    "two that write one variable": (
        {"a": ("variable", {"set": {"x": "1"}}), "b": ("variable", {"set": {"x": "2"}})},
        ("start>a", "start>b", "a>end", "b>end"),
        "/nodes/2/data/set/x",
        ("'x'", "reducer"),
    ),
    "a list that items overwrite": (
        {
            "each": ("iteration", {"items": "[1, 2]"}),
            "v": ("variable", {"set": {"all": "default(variables.all, []) + [loop.item]"}}),
        },
        ("start>each", "each:body>v", "v>each", "each:done>end"),
        "/nodes/2/data/set/all",
        ("'all'", "'append'"),
    ),
    "more items than a run has model calls": (
        each("range(60)"),
        EACH,
        "/nodes/1/data/items",
        ("60 items", "a run has 50", "max_model_calls"),
    ),
    "an argument that a tool does not take": (
        tool(expresion="1 + 1", expression="2"),
        ("start>sum", "sum>end"),
        "/nodes/1/data/arguments/expresion",
        ("'calculator'", "Did you mean 'expression'?"),
    ),
    "an argument that is missing": (
        tool(),
        ("start>sum", "sum>end"),
        "/nodes/1/data/arguments",
        ("needs the argument 'expression'", "It takes expression"),
    ),
    "an argument of another type": (
        tool(expression=42),
        ("start>sum", "sum>end"),
        "/nodes/1/data/arguments/expression",
        ("42", "string"),
    ),
    "an address without a scheme": (
        {"get": ("http_request", {"url": "api.example.com/orders/{{ input.id }}"})},
        ("start>get", "get>end"),
        "/nodes/1/data/url",
        ("no scheme", "https://"),
    ),
    "an input that a sub-flow does not take": (
        calls(city="Oslo", contry="Norway"),
        ("start>call", "call>end"),
        "/nodes/1/data/input/contry",
        ("'contry'", "It takes city"),
    ),
    "an input that a sub-flow needs": (
        calls(),
        ("start>call", "call>end"),
        "/nodes/1/data/input",
        ("needs the input 'city'",),
    ),
    "a setting that is none": (
        {"ask": ("llm", {"temprature": 1})},
        ("start>ask", "ask>end"),
        "/nodes/1/data/temprature",
        ("'temprature'", "Did you mean 'temperature'?"),
    ),
    "a value that is none": (
        {"ask": ("llm", {"memory": {"type": "sumary"}})},
        ("start>ask", "ask>end"),
        "/nodes/1/data/memory/type",
        ("'sumary'", "Did you mean 'summary'?", "buffer"),
    ),
    "a field in a list that is none": (
        {"ask": ("llm", {"fallbacks": [{"provder": "demo", "model": "demo"}]})},
        ("start>ask", "ask>end"),
        "/nodes/1/data/fallbacks/0/provder",
        ("'provder'", "Did you mean 'provider'?"),
    ),
    "an edge back without a loop": (
        {"a": text("a"), "b": text("b")},
        ("start>a", "a>b", "b>a", "b>end"),
        "/nodes/1",
        ("circle", "loop node"),
    ),
}


def found(nodes: Nodes, *edges: str) -> list[Finding]:
    return check(
        graph(nodes, *edges),
        elsewhere=References(flows={"weather": CALLED}),
        limits=msgspec.structs.replace(Limits(), max_model_calls=50),
    )


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_before_the_run_with_its_place_and_its_remedy(mistake: str) -> None:
    nodes, edges, pointer, says = MISTAKES[mistake]
    (told,) = [finding for finding in found(nodes, *edges) if finding.pointer.startswith(pointer)]
    print(f"{mistake}: {told.message}")
    assert told.pointer == pointer
    assert [phrase for phrase in says if phrase not in told.message] == [], told.message


SOUND: dict[str, tuple[Nodes, tuple[str, ...]]] = {
    "a default": (
        {**CHOICE, "short": text("{{ default(nodes.long, 'short') }}")},
        ("start>c", "c:yes>long", "c:no>short", "long>short", "short>end"),
    ),
    "a condition": (
        {**CHOICE, "short": text("{% if exists(nodes.long) %}{{ nodes.long }}{% endif %}")},
        ("start>c", "c:yes>long", "c:no>short", "long>short", "short>end"),
    ),
    "all branches lead there": (
        {**CHOICE, "short": text("s"), "both": text("b"), "last": text("{{ nodes.both }}")},
        ("start>c", "c:yes>long", "c:no>short", "long>both", "short>both", "both>last", "last>end"),
    ),
    "two behind one outlet": (
        {**CHOICE, "other": text("o"), "last": text("{{ nodes.long }}{{ nodes.other }}")},
        ("start>c", "c:yes>long", "c:yes>other", "long>last", "other>last", "last>end", "c:no>end"),
    ),
    "a join of all": (
        {"a": text("a"), "b": text("b"), "last": text("{{ nodes.a }}{{ nodes.b[0] }}")},
        ("start>a", "start>b", "a>last", "b>last", "last>end"),
    ),
    "what a loop's body gave": (
        {"L": ("loop", {"items": "input.list"}), "a": text("{{ loop.item }}"), "last": text("{{ nodes.a }}")},
        ("start>L", "L:body>a", "a>L", "L:done>last", "last>end"),
    ),
    "arguments by look-ups": (tool(expression="{{ message }}"), ("start>sum", "sum>end")),
    "an address that is looked up": (
        {"get": ("http_request", {"url": "{{ variables.base }}/orders"})},
        ("start>get", "get>end"),
    ),
    "few enough items": (each("range(50)"), EACH),
    "what a sub-flow takes": (calls(city="{{ input.city }}", message="Hi"), ("start>call", "call>end")),
}


@pytest.mark.parametrize("name", SOUND)
def test_what_is_right_has_no_finding(name: str) -> None:
    nodes, edges = SOUND[name]
    assert found(nodes, *edges) == []
