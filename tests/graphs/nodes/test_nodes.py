"""Node types: each is one file with its schema, its documentation and examples that run."""

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from graphs import expressions
from graphs.conversation.messages import InputAnswer, ModelAnswer, ToolCall
from graphs.expressions import templates
from graphs.node.node import Example, Node, Outcome
from graphs.nodes import NodeTypeError, decode_node, describe, node_types
from graphs.nodes.__main__ import PAGES
from graphs.nodes.start import Start
from graphs.testing.scripted_context import ScriptedContext
from graphs.values.node_error import NodeError
from graphs.values.node_view import View

EXAMPLES = [
    pytest.param(type, example, id=f"{type}: {example.title}")
    for type, kind in node_types().items()
    for example in kind.examples
]


def view(**fields: Any) -> View:
    empty: dict[str, Any] = {
        "input": {},
        "variables": {},
        "outputs": {},
        "messages": [],
        "summary": {},
        "incoming": list(fields.get("outputs", {})),
        "loop": {},
        "enclosing": {},
    }
    return View(**empty | fields)


async def run(
    type: str, data: dict[str, Any], context: ScriptedContext | None = None, **fields: Any
) -> Outcome:
    return await decode_node(type, data).run(view(**fields), context or ScriptedContext())


def test_every_file_in_the_folder_is_a_node_type_named_like_it() -> None:
    spec = importlib.util.find_spec("graphs.nodes")
    assert spec is not None
    assert spec.origin is not None
    files = {file.stem for file in Path(spec.origin).parent.glob("*.py")} - {"__init__", "__main__"}
    assert set(node_types()) == files
    assert list(node_types()) == sorted(files)


@pytest.mark.parametrize(("type", "example"), EXAMPLES)
async def test_an_example_runs_as_it_says(type: str, example: Example) -> None:
    node = decode_node(type, example.data)
    if not node.runs:
        assert node.outlets() == ()
        return
    context = ScriptedContext(
        example.answers,
        inputs=[msgspec.convert(answer, InputAnswer) for answer in example.inputs],
        results=example.results,
        passes=example.passes,
    )
    seen = view(
        input=example.input,
        variables=example.variables,
        outputs=example.outputs,
        messages=example.messages,
        loop=example.loop,
        enclosing=example.enclosing,
    )
    before = msgspec.json.encode(seen)
    outcome = await node.run(seen, context)
    assert outcome.output == example.output
    assert outcome.variables == example.sets
    assert len(context.requests) == len(example.answers)
    assert msgspec.json.encode(seen) == before, "A node must not change what it sees."
    if node.outlets():
        assert outcome.outlet == example.outlet
        assert outcome.outlet in node.outlets()


@pytest.mark.parametrize(("type", "example"), EXAMPLES)
def test_an_example_passes_its_own_checks(type: str, example: Example) -> None:
    node = decode_node(type, example.data)
    for source in node.templates().values():
        assert templates.parse(source).source == source
    for source in node.expressions().values():
        assert expressions.parse(source).source == source
    assert node.problems() == {}
    assert node.ends == (node.outlets() == () and node.runs)
    assert node.loops == (node.turns() > 0)


def properties(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    yield from schema["properties"].items()
    for definition in schema.get("$defs", {}).values():
        yield from definition["properties"].items()


@pytest.mark.parametrize("info", describe(), ids=lambda info: info.type)
def test_a_type_documents_itself(info: Any) -> None:
    assert info.title
    assert info.group in ("flow", "model", "data", "note")
    assert info.description
    assert info.examples
    assert "type" not in info.schema["properties"]
    assert info.schema["additionalProperties"] is False
    for name, schema in properties(info.schema):
        assert name == "type" or schema.get("description"), f"{info.type}.{name} has no description"
    assert msgspec.json.decode(msgspec.json.encode(info))["schema"] == info.schema


def test_exactly_one_type_starts_and_one_ends() -> None:
    assert [type for type, kind in node_types().items() if kind.starts] == ["start"]
    assert [type for type, kind in node_types().items() if kind.ends] == ["end"]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_about_node_types_is_up_to_date(name: str) -> None:
    written = Path("docs", name).read_text(encoding="utf-8")
    assert written == PAGES[name](), f"docs/{name} is stale: run `python -m graphs.nodes`."


def test_an_unknown_type_lists_the_known_ones() -> None:
    with pytest.raises(
        NodeTypeError, match=r"no node type 'lmm'. Did you mean 'llm'\? There are .*condition, .*end, "
    ):
        decode_node("lmm", {})
    with pytest.raises(NodeTypeError, match="no node type ''"):
        decode_node("", {})


@pytest.mark.parametrize(
    ("type", "data", "says"),
    [
        ("template", {}, r"missing required field `template` - at `\$.data`"),
        ("template", {"template": 1}, r"Expected `str`, got `int` - at `\$.data.template`"),
        ("template", {"template": "", "code": "x"}, r"unknown field `code` - at `\$.data`"),
        ("template", {"template": "", "type": "llm"}, r"Invalid value 'llm' - at `\$.data.type`"),
        ("llm", {"provider": "p" * 65, "model": "m"}, r"length <= 64 - at `\$.data.provider`"),
        ("llm", {"provider": "p", "model": "m", "temperature": 2.1}, r"<= 2.0 - at `\$.data.temperature`"),
        ("llm", {"provider": "p", "model": "m", "max_tokens": 0}, r">= 1 - at `\$.data.max_tokens`"),
        ("llm", {"provider": "p", "model": "m", "api_key": "s"}, "unknown field `api_key`"),
        ("llm", {"provider": "p", "model": "m", "memory": {"type": "x"}}, r"at `\$.data.memory.type`"),
        ("llm", {"provider": "p", "model": "m", "fallbacks": [{"provider": "q"}]}, r"\$.data.fallbacks\[0\]"),
        ("switch", {"cases": []}, r"length >= 1 - at `\$.data.cases`"),
        ("switch", {"cases": [{"outlet": "a b", "expression": "1"}]}, r"\$.data.cases\[0\].outlet"),
        ("switch", {"cases": [{"outlet": "default", "expression": "1"}]}, "name the case otherwise"),
        (
            "switch",
            {"cases": [{"outlet": "a", "expression": "1"}] * 2},
            "each outlet once, found several of a",
        ),
        ("variable", {"set": {}}, r"\$.data.set"),
        ("variable", {"set": {"a.b": "1"}}, "matching regex"),
        ("variable", {"set": {"__x": "1"}}, "matching regex"),
        ("loop", {"items": "a", "while": "b"}, "Expected 'items' or 'while', found both"),
        ("loop", {"max_iterations": 1001}, "<= 1000"),
        ("end", {"output": "a", "expression": "b"}, "Expected 'output' or 'expression', found both"),
        ("start", {"inputs": [{"name": "a"}, {"name": "a"}]}, "each name once, found several of a"),
        (
            "start",
            {"inputs": [{"name": "a", "type": "integer", "default": "x"}]},
            "takes integer, found 'x'",
        ),
        ("start", {"inputs": [{"name": "a", "default": "x", "choices": ["y"]}]}, "takes one of y; found 'x'"),
    ],
)
def test_data_that_does_not_fit_is_refused_with_its_path(type: str, data: dict[str, Any], says: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=says):
        decode_node(type, data)


def test_fields_name_the_place_of_their_expressions() -> None:
    cases = [{"outlet": "a", "expression": "1"}, {"outlet": "b", "expression": "2"}]
    assert decode_node("switch", {"cases": cases}).expressions() == {
        "cases[0].expression": "1",
        "cases[1].expression": "2",
    }
    assert decode_node("transform", {"expression": {"k": "1"}}).expressions() == {"expression.k": "1"}
    assert decode_node("variable", {"set": {"v": "1"}}).expressions() == {"set.v": "1"}
    assert decode_node("loop", {"while": "true"}).expressions() == {"while": "true"}
    llm = decode_node("llm", {"provider": "p", "model": "m", "system_prompt": "s", "prompt": "q"})
    assert llm.templates() == {"system_prompt": "s", "prompt": "q"}


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, "Input 'topic' is missing"),
        ({"topic": 1}, "Input 'topic' takes string, found a number"),
        ({"topic": "t", "words": True}, "Input 'words' takes integer, found a boolean"),
        ({"topic": "t", "tone": "rude"}, "takes one of friendly, formal; found 'rude'"),
        ({"topic": "t", "PATH": "/"}, "There is no input 'PATH'; this flow takes topic, tone, words"),
    ],
)
async def test_start_refuses_input_that_does_not_fit(given: dict[str, Any], says: str) -> None:
    data = Start.examples[1].data
    with pytest.raises(NodeError, match=says) as refused:
        await run("start", data, input=given)
    assert refused.value.code == "bad_input"


async def test_start_fills_defaults_into_the_runs_input() -> None:
    outcome = await run("start", Start.examples[1].data, input={"topic": "t", "message": "Hi"})
    assert outcome.input == {"topic": "t", "message": "Hi", "tone": "friendly", "words": 100}
    assert (await run("start", {}, input={"anything": 1})).input is None


async def test_a_failing_expression_fails_its_node_with_a_sentence() -> None:
    with pytest.raises(NodeError, match="There is no key 'score'; there are: none") as failed:
        await run("condition", {"expression": "variables.score > 1"})
    assert failed.value.code == "expression_failed"


@pytest.mark.parametrize(
    ("type", "data"),
    [
        ("condition", {"expression": "true"}),
        ("switch", {"cases": [{"outlet": "a", "expression": "true"}]}),
        ("variable", {"set": {"x": "1"}}),
        ("end", {}),
    ],
)
async def test_a_node_that_only_steers_passes_on_what_arrived(type: str, data: dict[str, Any]) -> None:
    assert (await run(type, data, outputs={"a": "one", "other": "x"}, incoming=["a"])).output == "one"
    both = {"a": "one", "b": [2]}
    assert (await run(type, data, outputs=both)).output == both


async def test_variables_are_set_from_what_they_were_before() -> None:
    outcome = await run(
        "variable", {"set": {"a": "variables.b", "b": "variables.a"}}, variables={"a": 1, "b": 2}
    )
    assert outcome.variables == {"a": 2, "b": 1}


async def turned(data: dict[str, Any], **fields: Any) -> tuple[list[dict[str, Any]], Any]:
    """Turn a loop to its end, with a body that answers with the index; return the records and the output."""
    loop = decode_node("loop", data)
    records: list[dict[str, Any]] = []
    kept: dict[str, Any] = {}
    outcome = await loop.run(view(**fields), ScriptedContext())
    while outcome.outlet == "body":
        assert outcome.loop is not None
        records.append(outcome.loop)
        kept |= outcome.keeps
        kept |= {name: [*kept[name], item] for name, item in outcome.adds.items()}
        outputs = {"body": f"turn {outcome.loop['index']}"}
        outcome = await loop.run(
            view(**fields | {"outputs": outputs, "loop": {**kept, **outcome.loop}}), ScriptedContext()
        )
    assert outcome.loop == {}
    return records, outcome.output


async def test_a_loop_takes_one_turn_for_each_item() -> None:
    records, output = await turned({"items": "variables.all"}, variables={"all": ["a", None, {"c": 1}]})
    assert [(record["index"], record["item"], record["count"]) for record in records] == [
        (0, "a", 3),
        (1, None, 3),
        (2, {"c": 1}, 3),
    ]
    assert output == ["turn 0", "turn 1", "turn 2"]


async def test_a_loop_over_nothing_is_done_at_once() -> None:
    assert await turned({"items": "[]"}) == ([], [])


async def test_a_loop_turns_as_long_as_its_expression_holds() -> None:
    records, output = await turned({"while": "loop.index < 3"})
    assert [record["index"] for record in records] == [0, 1, 2]
    assert output == ["turn 0", "turn 1", "turn 2"]
    assert await turned({"while": "false"}) == ([], [])


@pytest.mark.parametrize("data", [{"max_iterations": 4}, {"while": "true", "max_iterations": 4}])
async def test_a_loop_stops_after_its_iterations(data: dict[str, Any]) -> None:
    records, output = await turned(data)
    assert len(records) == 4
    assert output == ["turn 0", "turn 1", "turn 2", "turn 3"]


async def test_the_items_of_a_nested_loop_may_come_from_the_one_around_it() -> None:
    outcome = await run("loop", {"items": "loop.item.parts"}, enclosing={"index": 0, "item": {"parts": [7]}})
    assert outcome.output == 7


@pytest.mark.parametrize(
    ("items", "says", "code"),
    [
        ("range(11)", "gave 11 items, 'max_iterations' allows 10", "limit_reached"),
        ("{length: 1000000000}", "must give a list, found an object", "node_failed"),
        ("'abc'", "must give a list, found text", "node_failed"),
    ],
)
async def test_a_loop_refuses_what_it_cannot_walk(items: str, says: str, code: str) -> None:
    with pytest.raises(NodeError, match=says) as refused:
        await run("loop", {"items": items})
    assert refused.value.code == code


MODEL = {"provider": "p", "model": "m"}
HISTORY: list[dict[str, Any]] = [
    {"role": "user", "content": "One?", "id": "1", "created_at": 1.0, "metadata": {"execution_id": "e"}},
    {"role": "assistant", "content": "One.", "id": "2"},
    {"role": "user", "content": "Two? {{7*7}} {x} ${1}", "id": "3"},
]
PICTURE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}


def sent(context: ScriptedContext) -> list[Any]:
    return [(message.role, message.content) for message in context.requests[-1].messages]


async def test_llm_sends_the_history_and_adds_its_answer() -> None:
    context = ScriptedContext(["Two."])
    outcome = await run(
        "llm",
        MODEL | {"system_prompt": "Be {{ variables.tone }}."},
        context,
        messages=HISTORY,
        variables={"tone": "brief"},
    )
    assert sent(context) == [
        ("system", "Be brief."),
        ("user", "One?"),
        ("assistant", "One."),
        ("user", "Two? {{7*7}} {x} ${1}"),
    ]
    assert all(not message.id and not message.metadata for message in context.requests[0].messages)
    assert outcome.output == "Two."
    (added,) = outcome.messages
    assert (added.role, added.content, added.id) == ("assistant", "Two.", "")
    assert added.metadata == {"provider": "p", "model": "m", "usage": {"input_tokens": 7, "output_tokens": 1}}


async def test_llm_passes_its_settings_to_the_model() -> None:
    context = ScriptedContext(["{}"])
    schema = {"name": "answer", "schema": {"type": "object"}}
    settings = {
        "temperature": 0.5,
        "max_tokens": 9,
        "top_p": 0.9,
        "stop": ["END"],
        "seed": 4,
        "response_format": {"type": "json_schema", "json_schema": schema},
        "fallbacks": [{"provider": "q", "model": "n"}],
        "base_url": "http://models.example/v1",
    }
    await run("llm", MODEL | settings, context, messages=HISTORY)
    request = msgspec.json.decode(msgspec.json.encode(context.requests[0]))
    del request["messages"]
    assert request == MODEL | settings | {"fallbacks": [["q", "n"]]}


async def test_pictures_in_a_message_reach_the_model_unchanged() -> None:
    parts = [{"type": "text", "text": "What is this?"}, PICTURE]
    context = ScriptedContext(["A cat.", "A cat."])
    history = [{"role": "user", "content": parts, "id": "1"}]
    await run("llm", MODEL, context, messages=history, input={"message": parts})
    assert sent(context) == [("user", parts)]
    await run(
        "llm",
        MODEL | {"prompt": "Briefly: {{ message }}"},
        context,
        messages=history,
        input={"message": parts},
    )
    assert sent(context) == [("user", [{"type": "text", "text": "Briefly: What is this?"}, PICTURE])]


async def test_a_prompt_stands_in_the_place_of_the_message() -> None:
    context = ScriptedContext(["ok"])
    await run(
        "llm",
        MODEL | {"prompt": "Context. {{ message }}"},
        context,
        messages=HISTORY,
        input={"message": "Two?"},
    )
    assert sent(context) == [("user", "One?"), ("assistant", "One."), ("user", "Context. Two?")]


async def test_after_another_answer_llm_is_asked_what_arrived() -> None:
    context = ScriptedContext(["Zwei."])
    history = [*HISTORY, {"role": "assistant", "content": "Two.", "id": "4"}]
    await run("llm", MODEL, context, messages=history, outputs={"llm-1": "Two."}, input={"message": "Two?"})
    assert sent(context)[-2:] == [("assistant", "Two."), ("user", "Two.")]


@pytest.mark.parametrize(
    ("fields", "asked"),
    [
        ({"input": {"message": "Hi"}, "outputs": {"start": {"message": "Hi"}}}, "Hi"),
        ({"input": {"message": [PICTURE]}, "outputs": {"start": {"message": [PICTURE]}}}, [PICTURE]),
        (
            {"input": {"message": "Hi"}, "outputs": {"template": "Hello from a template"}},
            "Hello from a template",
        ),
        ({"input": {"topic": "otters"}, "outputs": {"start": {"topic": "otters"}}}, '{"topic":"otters"}'),
    ],
)
async def test_without_history_llm_is_asked_what_arrived_and_adds_nothing(
    fields: dict[str, Any], asked: Any
) -> None:
    context = ScriptedContext(["ok"])
    outcome = await run("llm", MODEL | {"history": False}, context, messages=HISTORY, **fields)
    assert sent(context) == [("user", asked)]
    assert outcome.messages == []


async def test_llm_says_so_where_there_is_nothing_to_ask() -> None:
    with pytest.raises(NodeError, match="nothing to ask the model"):
        await run("llm", MODEL)


@pytest.mark.parametrize(
    ("answer", "output"),
    [
        ('{"a": 1}', {"a": 1}),
        ('```json\n{"a": [1]}\n```', {"a": [1]}),
        ('{"n": 100000000000000000000000000}', {"n": "1" + "0" * 26}),
        ('{"t": "a\\u0000b"}', {"t": "ab"}),
    ],
)
async def test_llm_gives_parsed_json(answer: str, output: Any) -> None:
    data = MODEL | {"response_format": {"type": "json_object"}}
    outcome = await run("llm", data, ScriptedContext([answer]), messages=HISTORY)
    assert outcome.output == output
    assert outcome.messages[0].content == answer


@pytest.mark.parametrize("answer", ["I would rather not.", '{"a": ', "[" * 100_000, "[" * 100 + "]" * 100])
async def test_llm_says_so_where_the_answer_is_no_json(answer: str) -> None:
    data = MODEL | {"response_format": {"type": "json_object"}}
    context = ScriptedContext([answer, answer])
    with pytest.raises(
        NodeError, match="Expected an answer of model 'm' that fits 'response_format'"
    ) as failed:
        await run("llm", data, context, messages=HISTORY)
    assert failed.value.code == "bad_response"
    assert len(context.requests) == 2
    assert "That cannot be used. It " in str(context.requests[1].messages[-1].content)


SHAPE = {
    "type": "json_schema",
    "json_schema": {
        "name": "shape",
        "schema": {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]},
    },
}


@pytest.mark.parametrize(
    ("form", "answers", "output"),
    [
        (SHAPE, ['{"a": 1}', '{"a": "x"}'], {"a": "x"}),
        (SHAPE, ["[1]", '{"a": "x"}'], {"a": "x"}),
        (SHAPE, ['Sure! {"a": "x",}'], {"a": "x"}),
        (SHAPE, ['As in {"b": 1}: {"a": "x"}'], {"a": "x"}),
        ({"type": "json_object"}, ["[1]", '{"b": [1]}'], {"b": [1]}),
        ({"type": "json_object"}, ['See [1] and {"b": 2}'], {"b": 2}),
    ],
)
async def test_llm_has_an_answer_repaired_once(form: dict[str, Any], answers: list[str], output: Any) -> None:
    context = ScriptedContext(answers)
    outcome = await run("llm", MODEL | {"response_format": form}, context, messages=HISTORY)
    assert outcome.output == output
    assert len(context.requests) == len(answers)
    assert [message.content for message in outcome.messages] == [answers[-1]]
    resets = [type for type, _ in context.events if type == "message.reset"]
    assert len(resets) == len(answers) - 1


@pytest.mark.parametrize("type", ["llm", "agent"])
async def test_prompts_may_have_several_roles(type: str) -> None:
    shown = [
        {"role": "user", "content": "2 and {{ input.n }}"},
        {"role": "assistant", "content": "{{ 2 + input.n }}"},
        {"role": "user", "content": "{{ input.empty }}"},
    ]
    context = ScriptedContext(["8"])
    data = MODEL | {"messages": shown, "prompt": "3 and 5"}
    first = {"llm": "system_prompt", "agent": "instructions"}[type]
    await run(type, data | {first: "Add."}, context, input={"n": 3, "empty": ""})
    assert [(message.role, message.content) for message in context.requests[0].messages] == [
        ("system", "Add."),
        ("user", "2 and 3"),
        ("assistant", "5"),
        ("user", "3 and 5"),
    ]


async def test_a_tool_call_that_nobody_offered_is_an_error_unless_there_is_text() -> None:
    call = ToolCall(id="c", name="delete_all")
    silent = ModelAnswer(provider="p", model="m", tool_calls=[call])
    with pytest.raises(
        NodeError, match="found a call of the tool 'delete_all', though none was offered"
    ) as failed:
        await run("llm", MODEL, ScriptedContext([silent]), messages=HISTORY)
    assert failed.value.code == "bad_response"
    spoken = ModelAnswer(provider="p", model="m", content="Hello.", tool_calls=[call])
    outcome = await run("llm", MODEL, ScriptedContext([spoken]), messages=HISTORY)
    assert outcome.output == "Hello."
    assert outcome.messages[0].tool_calls == []


def test_a_note_never_runs() -> None:
    assert not decode_node("note", {"text": "x"}).runs


def test_a_node_is_a_value() -> None:
    node = decode_node("template", {"template": "x"})
    assert node == decode_node("template", {"template": "x"})
    assert isinstance(node, Node)
    with pytest.raises(AttributeError):
        node.label = "other"  # pyright: ignore[reportAttributeAccessIssue]  # what is tested


@pytest.mark.parametrize(
    ("fallback", "code", "taken"),
    [
        ("no", "unavailable", True),
        ("", "unavailable", False),
        ("no", "budget", False),
        ("no", "limit_reached", False),
    ],
)
async def test_decide_takes_its_fallback_where_the_model_fails(fallback: str, code: str, taken: bool) -> None:
    data = MODEL | {"choices": [{"outlet": "yes"}, {"outlet": "no"}], "fallback": fallback, "prompt": "?"}
    failed = NodeError("The model answered 500.", code=code)
    if not taken:
        with pytest.raises(NodeError, match="answered 500"):
            await run("decide", data, ScriptedContext([failed]))
        return
    context = ScriptedContext([failed])
    outcome = await run("decide", data, context)
    assert (outcome.outlet, outcome.output["by"]) == ("no", "fallback")
    assert [event["code"] for type, event in context.events if type == "custom"] == ["decision_failed"]
