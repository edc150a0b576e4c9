"""What servers send is read as it was meant, whatever its form and however it is cut."""

# ruff: noqa: E501 - chunks as they come

import contextlib
import json
import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphs.chat_completions.openai_wire import StreamReader
from graphs.conversation.messages import ModelAnswer, ToolSpec
from graphs.model_api.model_interface import ModelError
from graphs.model_calls import OpenModels
from graphs.model_output.answer_builder import AnswerBuilder
from graphs.transport.body_decoding import BodyDecoder
from graphs.transport.http_connection import Exchange
from tests.graphs.providers.heard import Heard, ask
from tests.graphs.providers.wire_answers import ANSWERS
from tests.graphs.providers.wire_calls import CALLS
from tests.graphs.providers.wire_encodings import ENCODED, ENCODED_FAILURES
from tests.graphs.providers.wire_failures import FAILURES
from tests.graphs.providers.wire_gateway_answers import GATEWAY_ANSWERS, GATEWAY_CALLS, GATEWAY_FAILURES
from tests.graphs.providers.wire_newer_answers import NEWER_ANSWERS, NEWER_CALLS
from tests.graphs.providers.wire_newer_failures import NEWER_FAILURES
from tests.graphs.providers.wire_other_protocols import OTHER_ANSWERS, OTHER_CALLS, OTHER_FAILURES
from tests.graphs.providers.wire_reported_answers import (
    REPORTED_ANSWERS,
    REPORTED_CALLS,
    REPORTED_FAILURES,
)
from tests.graphs.providers.wire_rewritten_calls import REWRITTEN_ANSWERS, REWRITTEN_CALLS, REWRITTEN_FAILURES
from tests.graphs.providers.wire_shapes import Shape
from tests.graphs.providers.wire_vendor_answers import VENDOR_ANSWERS, VENDOR_CALLS
from tests.graphs.providers.wire_vendor_failures import VENDOR_FAILURES
from tests.runtimes.wire_server import WireServer

TOOLS = [
    ToolSpec("calculator", "", {"type": "object", "properties": {"expression": {"type": "string"}}}),
    ToolSpec("current_time", "", {"type": "object", "properties": {}}),
]
WITH_TOOLS = [
    *CALLS,
    *VENDOR_CALLS,
    *REPORTED_CALLS,
    *GATEWAY_CALLS,
    *OTHER_CALLS,
    *NEWER_CALLS,
    *REWRITTEN_CALLS,
]
ANSWERED = [
    *ANSWERS,
    *VENDOR_ANSWERS,
    *REPORTED_ANSWERS,
    *GATEWAY_ANSWERS,
    *OTHER_ANSWERS,
    *NEWER_ANSWERS,
    *REWRITTEN_ANSWERS,
]
GOOD = [*ANSWERED, *ENCODED, *WITH_TOOLS]
Opener = Callable[..., OpenModels]


KINDS = ["answers", "encodings", "calls"]


async def _each(
    models_with: Opener, shapes: list[Shape], look: Callable[[Shape, ModelAnswer | ModelError, Heard], None]
) -> None:
    """Ask one server for each of the shapes, and tell all that are not what they should be."""
    wrong: list[str] = []
    async with WireServer(lambda asked: shapes[int(asked.model)].reply) as server:
        models = models_with(openai_base_url=server.url, max_attempts=1)
        for number, shape in enumerate(shapes):
            heard = Heard()
            asked = ask(model=str(number), tools=TOOLS if shape in WITH_TOOLS else [])
            try:
                found: ModelAnswer | ModelError = await models.answer(asked, heard)
            except ModelError as error:
                found = error
            try:
                look(shape, found, heard)
            except AssertionError as error:
                wrong.append(f"{shape.name}: {error}")
    assert not wrong, "\n".join(wrong)


def _is_as_meant(shape: Shape, answer: ModelAnswer | ModelError, heard: Heard) -> None:
    assert isinstance(answer, ModelAnswer), str(answer)
    assert (answer.content, answer.finish_reason) == (shape.text, shape.ending)
    assert heard.said == shape.text
    if shape.reasoning is not None:
        assert answer.reasoning == "".join(heard.thoughts) == shape.reasoning
    assert [(call.name, call.arguments, call.invalid) for call in answer.tool_calls] == [
        (name, arguments, "") for name, arguments in shape.calls
    ]
    ids = [call.id for call in answer.tool_calls]
    assert len({*ids}) == len(ids)
    assert all(ids)
    if shape.usage is not None:
        usage = answer.usage
        assert (usage.input_tokens, usage.output_tokens, usage.estimated) == (*shape.usage, False)
        assert (usage.cached_input_tokens, usage.cache_write_tokens) == (shape.cached, shape.written)
    else:
        assert answer.usage.output_tokens > 0


@pytest.mark.parametrize("shapes", [ANSWERED, ENCODED, WITH_TOOLS], ids=KINDS)
async def test_an_answer_is_read_as_it_was_meant(models_with: Opener, shapes: list[Shape]) -> None:
    await _each(models_with, [*shapes], _is_as_meant)


FAILED = [
    *FAILURES,
    *VENDOR_FAILURES,
    *REPORTED_FAILURES,
    *GATEWAY_FAILURES,
    *OTHER_FAILURES,
    *NEWER_FAILURES,
    *REWRITTEN_FAILURES,
]


async def test_a_failure_is_of_the_class_that_its_words_say(models_with: Opener) -> None:
    def look(shape: Shape, failure: ModelAnswer | ModelError, _: Heard) -> None:
        assert isinstance(failure, ModelError), f"no failure: {failure}"
        assert failure.error_class in shape.error, str(failure)
        if shape.wait is not None:
            assert failure.retry_after == pytest.approx(shape.wait, abs=0.01)

    await _each(models_with, [*FAILED, *ENCODED_FAILURES], look)


def _body(shape: Shape) -> bytes:
    whole = b"".join(part for part in shape.reply if isinstance(part, bytes))
    return whole.partition(b"\r\n\r\n")[2]


PLAIN = [
    shape
    for shape in [*ANSWERED, *WITH_TOOLS]
    if not any(word in shape.name for word in ("gzip", "deflate", "chunked", "than_told", "early_hints"))
]


def _read(body: bytes, cuts: list[int]) -> tuple[str, str, str, Any]:
    """Return what is read of a body that comes cut at some places."""
    request = ask(tools=TOOLS)
    reader, draft = StreamReader("openai", 1_000_000), AnswerBuilder(Heard(), request)
    at = 0
    for end in sorted({cut % (len(body) + 1) for cut in cuts} | {len(body)}):
        for piece in reader.feed(body[at:end]):
            draft.add(piece)
        at = end
    for piece in reader.end():
        draft.add(piece)
    draft.end()
    answer = draft.answer(request, draft.usage(request), [])
    calls = [(call.name, call.arguments) for call in answer.tool_calls]
    return answer.content, answer.reasoning, answer.finish_reason, (calls, answer.usage)


@settings(max_examples=300)
@given(st.sampled_from(PLAIN), st.lists(st.integers(0, 10_000), max_size=30))
def test_how_the_bytes_are_cut_makes_no_difference(shape: Shape, cuts: list[int]) -> None:
    assert _read(_body(shape), cuts) == _read(_body(shape), [])


def test_byte_by_byte_is_the_same_too() -> None:
    for shape in PLAIN:
        body = _body(shape)
        assert _read(body, list(range(len(body)))) == _read(body, []), shape.name


def _read_whole(reply: bytes, cuts: list[int]) -> Any:
    """Return what is read of a response that comes cut at some places: its head, its packing, its text."""
    exchange, body = Exchange("POST"), bytearray()
    reader, draft = StreamReader("openai", 1_000_000), AnswerBuilder(Heard(), ask())
    decoder: BodyDecoder | None = None
    at = 0
    for end in [*sorted({cut % len(reply) for cut in cuts}), len(reply)]:
        exchange.feed(reply[at:end])
        at = end
        if exchange.begun and decoder is None:
            told = {
                name.lower(): value.decode()
                for name, value in exchange.headers
                if name.isascii() and value.isascii()
            }
            packed, kind = told.get(b"content-encoding", ""), told.get(b"content-type", "")
            decoder = BodyDecoder("openai", 1_000_000, encoding=packed, content_type=kind)
        for part in exchange.parts:
            assert decoder is not None
            body += decoder.feed(part)
        exchange.parts.clear()
    assert decoder is not None, "the head is complete"
    for piece in (*reader.feed(bytes(body) + decoder.end()), *reader.end()):
        draft.add(piece)
    draft.end()
    return draft.answer(ask(), draft.usage(ask()), [])


@settings(max_examples=100)
@given(st.sampled_from(ENCODED), st.lists(st.integers(0, 10_000), max_size=30))
def test_how_a_response_is_cut_makes_no_difference(shape: Shape, cuts: list[int]) -> None:
    reply = b"".join(part for part in shape.reply if isinstance(part, bytes))
    answer = _read_whole(reply, cuts)
    assert (answer.content, answer.finish_reason) == (shape.text, shape.ending)


def test_a_packed_body_may_come_byte_by_byte() -> None:
    for shape in ENCODED:
        reply = b"".join(part for part in shape.reply if isinstance(part, bytes))
        assert _read_whole(reply, [*range(len(reply))]).content == shape.text, shape.name


OTHER_TYPES: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    7,
    -1.5,
    "",
    "word",
    [],
    [1],
    ["x"],
    {},
    {"a": 1},
    [[{}]],
)
WELL = [
    {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "system_fingerprint": "f",
     "choices": [{"index": 0, "delta": {"role": "assistant", "content": "Hel", "reasoning_content": None}, "logprobs": None, "finish_reason": None}]},
    {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "service_tier": "default",
     "choices": [{"index": 0, "delta": {"tool_calls": [{"index": 0, "id": "a", "type": "function", "function": {"name": "calculator", "arguments": "{}"}}]}, "finish_reason": None}]},
    {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m",
     "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], "usage": None},
    {"id": "c", "choices": [], "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15,
     "prompt_tokens_details": {"cached_tokens": 1}, "completion_tokens_details": {"reasoning_tokens": 1}}},
]  # fmt: skip


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        inner = [*value.items()]
    elif isinstance(value, list):
        inner = [*enumerate(value)]
    return [path, *(place for key, each in inner for place in _places(each, (*path, key)))]


def _with(value: Any, path: tuple[Any, ...], other: Any) -> Any:
    if not path:
        return other
    copied = value.copy()
    copied[path[0]] = _with(value[path[0]], path[1:], other)
    return copied


def test_no_field_of_another_type_fails_an_answer_that_ended_well() -> None:
    for number, chunk in enumerate(WELL):
        for place in _places(chunk):
            for other in OTHER_TYPES:
                chunks = [*WELL[:number], _with(chunk, place, other), *WELL[number + 1 :]]
                events = b"".join(b"data: " + json.dumps(each).encode() + b"\n\n" for each in chunks)
                text, _, ending, _ = _read(events + b"data: [DONE]\n\n", [])
                assert ending, (place, other)
                assert number == 0 or text.startswith("Hel"), (place, other)


MOST_CHANGES = 40
"""Changes of each answer, unless ``--cases`` says how many."""
_OF_ERRORS = frozenset(
    {"error", "errors", "code", "status_code", "status", "type", "base_resp", "detail", "success"}
)
"""Fields that say that an answer failed where they hold something."""


def _events(body: bytes) -> list[Any]:
    """Return the chunks of a body that has one on each line; none for other forms."""
    found: list[Any] = []
    for line in body.splitlines():
        text = line.removeprefix(b"data:").strip()
        if not text or line.startswith((b":", b"event:", b"id:", b"retry:")) or text == b"[DONE]":
            continue
        try:
            found.append(json.loads(text))
        except ValueError:
            return []
    return found if all(isinstance(each, dict) and "choices" in each for each in found) else []


def test_no_field_of_another_type_fails_any_answer_that_ended_well(request: pytest.FixtureRequest) -> None:
    wanted = request.config.getoption("--cases") or MOST_CHANGES
    for shape in PLAIN:
        chance = random.Random(shape.name)
        chunks = _events(_body(shape))
        changes = [
            (number, place, other)
            for number, chunk in enumerate(chunks)
            for place in _places(chunk)
            if not _OF_ERRORS & {*place} and (len(chunks) > 1 or len(place) > 1)
            for other in OTHER_TYPES
        ]
        for number, place, other in chance.sample(changes, min(wanted, len(changes))):
            changed = [*chunks[:number], _with(chunks[number], place, other), *chunks[number + 1 :]]
            events = b"".join(b"data: " + json.dumps(each).encode() + b"\n\n" for each in changed)
            _, _, ending, _ = _read(events + b"data: [DONE]\n\n", [])
            assert ending, (shape.name, place, other)


def test_bytes_of_any_kind_give_an_answer_or_an_error_of_the_provider() -> None:
    chance = random.Random(18)
    bodies = [_body(shape) for shape in PLAIN]
    for _ in range(3000):
        body = bytearray(chance.choice(bodies))
        for _ in range(chance.randrange(1, 6)):
            if not body:
                break
            at = chance.randrange(len(body))
            match chance.randrange(3):
                case 0:
                    body[at] = chance.randrange(256)
                case 1:
                    del body[at : at + chance.randrange(1, 20)]
                case _:
                    body[at:at] = chance.choice(bodies)[:40]
        with contextlib.suppress(ModelError):
            text, *_ = _read(bytes(body), [])
            text.encode()
