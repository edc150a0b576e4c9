"""Provider ``openai`` on the wire: what is sent, and how what comes back is read, by both transports."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from langchain_core.runnables import RunnableBinding
from langchain_openai import ChatOpenAI
from msgspec.structs import replace
from pydantic import SecretStr

from graphs.chat_completions.openai_payload import payload
from graphs.chat_completions.server_capabilities import Learned
from graphs.chat_completions.server_profiles import profile_of
from graphs.conversation.messages import Citation, Message, ModelRequest, ToolCall, Usage
from graphs.model_api.model_interface import ModelError
from graphs.model_calls import OpenModels
from graphs.providers.langchain_messages import to_langchain
from graphs.providers.settings import OPENAI_URL
from tests.graphs.providers.heard import WEATHER, Heard, ask
from tests.runtimes.fake_openai import FakeOpenAI, Reply, ScriptedCall

Opener = Callable[..., OpenModels]

BOTH = pytest.mark.parametrize("transport", ["direct", "langchain"])
IMAGE = "data:image/png;base64,iVBORw0KGgo="
CONVERSATION = [
    Message(role="system", content="Be brief."),
    Message(
        role="user",
        content=[
            {"type": "text", "text": "What is this?"},
            {"type": "image_url", "image_url": {"url": IMAGE}},
        ],
    ),
    Message(
        role="assistant",
        content="",
        tool_calls=[
            ToolCall(id="a", name="get_weather", arguments={"city": "Bonn", "days": 1}),
            ToolCall(id="b", name="get_weather", invalid="{oops"),
        ],
    ),
    Message(role="tool", content="Rain", tool_call_id="a"),
    Message(role="tool", content="Not understood", tool_call_id="b"),
    Message(role="assistant", content="Rain — Regen 雨 🌧"),
    Message(role="user", content="Thanks", name="ann"),
]


@BOTH
async def test_an_answer_is_heard_token_by_token_and_counted_by_the_provider(
    models_with: Opener, fake: FakeOpenAI, transport: str
) -> None:
    fake.script(Reply(text="A stream of words", delay=0.001))
    heard = Heard()
    answer = await models_with(openai_transport=transport).answer(ask("How are you?"), heard)
    assert heard.chunks == ["A ", "stream ", "of ", "words"]
    assert (answer.content, answer.finish_reason) == ("A stream of words", "stop")
    assert answer.usage == Usage(input_tokens=3, output_tokens=4)
    (attempt,) = answer.attempts
    assert (attempt.status, attempt.usage, attempt.error) == ("completed", answer.usage, "")
    assert attempt.first_token_ms is not None
    assert 0 < attempt.first_token_ms <= attempt.duration_ms


@BOTH
async def test_an_answer_without_usage_is_estimated_and_says_so(
    models_with: Opener, fake: FakeOpenAI, transport: str
) -> None:
    fake.script(Reply(text="x" * 40, usage=False))
    answer = await models_with(openai_transport=transport).answer(ask("y" * 80), Heard())
    assert answer.usage == Usage(input_tokens=24, output_tokens=10, estimated=True)


@BOTH
async def test_reasoning_is_kept_apart(models_with: Opener, fake: FakeOpenAI, transport: str) -> None:
    fake.script(Reply(reasoning="two and two", text="Four"))
    heard = Heard()
    answer = await models_with(openai_transport=transport).answer(ask(), heard)
    assert (answer.content, answer.reasoning) == ("Four", "two and two ")
    assert (heard.said, "".join(heard.thoughts)) == ("Four", "two and two ")


@BOTH
async def test_reasoning_between_tags_is_kept_apart_too(
    models_with: Opener, fake: FakeOpenAI, transport: str
) -> None:
    fake.script(Reply(text="<think>two and two</think>\n\nFour <think> is a tag"))
    answer = await models_with(openai_transport=transport).answer(ask(), Heard())
    assert (answer.content, answer.reasoning) == ("Four <think> is a tag", "two and two")


@BOTH
@pytest.mark.parametrize("size", [0, 1, 7])
async def test_tool_calls_are_joined_from_pieces_of_any_size(
    models_with: Opener, fake: FakeOpenAI, transport: str, size: int
) -> None:
    calls = [
        ScriptedCall(id="c1", name="get_weather", arguments='{"city": "Köln ☔", "days": 3}'),
        ScriptedCall(id="c2", name="get_weather", arguments='{"city": '),
        ScriptedCall(id="c3", name="get_weather", arguments=""),
        ScriptedCall(id="c4", name="get_weather", arguments="[1]"),
        ScriptedCall(id="c5", name="get_weather", arguments='{"n": 1' + "0" * 30 + "}"),
    ]
    fake.script(Reply(tool_calls=calls, argument_bytes=size))
    answer = await models_with(openai_transport=transport).answer(ask(tools=[WEATHER]), Heard())
    assert answer.tool_calls == [
        ToolCall(id="c1", name="get_weather", arguments={"city": "Köln ☔", "days": 3}),
        ToolCall(id="c2", name="get_weather", invalid='{"city": '),
        ToolCall(id="c3", name="get_weather"),
        ToolCall(id="c4", name="get_weather", invalid="[1]"),
        ToolCall(id="c5", name="get_weather", arguments={"n": "1" + "0" * 30}),
    ]
    assert answer.finish_reason == "tool_calls"


@BOTH
@pytest.mark.parametrize("size", [1, 5, 64])
async def test_characters_split_over_reads_of_the_socket_arrive_whole(
    models_with: Opener, fake: FakeOpenAI, transport: str, size: int
) -> None:
    text = "Grüße aus 서울 👩‍🚀 \u2028 end"
    fake.script(Reply(text=text, byte_size=size))
    answer = await models_with(openai_transport=transport).answer(ask(), Heard())
    assert answer.content == text


async def test_a_character_split_into_two_surrogates_arrives_whole_and_nul_is_dropped(
    models: OpenModels, fake: FakeOpenAI
) -> None:
    halves = [r'"a\u0000b \ud83d"', r'"\ude00 c \ud83d"', r'"d"']
    before, after = 'data: {"choices":[{"index":0,"delta":{"content":', "}}]}\n\n"
    frames = "".join(before + half + after for half in halves)
    fake.script(Reply(text="!", insert_at=0, insert_hex=frames.encode().hex()))
    heard = Heard()
    answer = await models.answer(ask(), heard)
    assert answer.content == heard.said == "ab 😀 c \ufffdd!"


async def test_a_server_that_knows_no_streams_is_understood(models: OpenModels, fake: FakeOpenAI) -> None:
    body = {
        "choices": [{"message": {"content": "Whole", "reasoning_content": "hm"}, "finish_reason": "stop"}],
        "usage": {
            "prompt_tokens": 9,
            "completion_tokens": 5,
            "prompt_tokens_details": {"cached_tokens": 4},
            "completion_tokens_details": {"reasoning_tokens": 2},
        },
    }
    fake.script(Reply(body=msgspec.json.encode(body).decode()))
    answer = await models.answer(ask(), Heard())
    assert (answer.content, answer.reasoning) == ("Whole", "hm")
    assert answer.usage == Usage(input_tokens=9, output_tokens=5, cached_input_tokens=4, reasoning_tokens=2)


PAGE = Citation(url="https://example.com/otters?utm_source=openai", title="Otters")
"""What a search model cites."""
FACTS = {"url": PAGE.url, "title": PAGE.title}


@BOTH
async def test_the_sources_of_an_answer_come_with_it(
    models_with: Opener, fake: FakeOpenAI, transport: str
) -> None:
    models = models_with(openai_transport=transport)
    cited = {"type": "url_citation", "url_citation": {**FACTS, "start_index": 0, "end_index": 6}}
    others: list[Any] = [{"type": "file_citation", "file_id": "f"}, {"type": "url_citation"}]
    fake.script(
        Reply(text="Otters swim.", annotations=[cited, *others, cited]),
        Reply(text="Otters [1]", search_results=[{**FACTS, "snippet": "They swim.", "date": None}]),
    )
    annotated = await models.answer(ask(), Heard())
    assert (annotated.content, annotated.citations) == ("Otters swim.", [replace(PAGE, start=0, end=6)])
    searched = await models.answer(ask(), Heard())
    assert (searched.content, searched.citations) == ("Otters [1]", [replace(PAGE, text="They swim.")])


async def test_sources_come_with_a_whole_message_and_nonsense_in_their_place_does_not_matter(
    models: OpenModels, fake: FakeOpenAI
) -> None:
    flat = {"type": "url_citation", **FACTS, "start_index": "x", "end_index": None}
    for annotations, search, expected in (
        ([flat], {}, [PAGE]),
        ("x", {"citations": [PAGE.url, 5]}, [Citation(url=PAGE.url)]),
        ({"a": 1}, {"citations": "x", "search_results": {}}, []),
    ):
        message = {"content": "Whole", "annotations": annotations}
        body = {"choices": [{"message": message, "finish_reason": "stop"}], **search}
        fake.script(Reply(body=msgspec.json.encode(body).decode()))
        answer = await models.answer(ask(), Heard())
        assert (answer.content, answer.citations) == ("Whole", expected)


async def test_a_key_that_a_source_repeats_is_not_shown(models: OpenModels, fake: FakeOpenAI) -> None:
    url = "https://example.com/?key=sk-operators-own-key"
    fake.script(Reply(text="a", annotations=[{"type": "url_citation", "url_citation": {"url": url}}]))
    answer = await models.answer(ask(), Heard())
    assert answer.citations == [Citation(url="https://example.com/?key=***")]


@BOTH
async def test_connections_are_used_again(models_with: Opener, fake: FakeOpenAI, transport: str) -> None:
    models = models_with(openai_transport=transport)
    for _ in range(5):
        await models.answer(ask(), Heard())
    assert (len(fake.log), fake.connections) == (5, 1)


@BOTH
async def test_both_transports_send_the_same_request(
    models_with: Opener, fake: FakeOpenAI, transport: str
) -> None:
    request = ask(
        messages=CONVERSATION,
        temperature=0.3,
        top_p=0.9,
        seed=7,
        stop=["END"],
        max_tokens=50,
        tools=[WEATHER],
        tool_choice="get_weather",
        response_format={"type": "json_object"},
    )
    await models_with(openai_transport=transport).answer(request, Heard(), idempotency_key="run:task:0")
    (sent,) = fake.log
    expected = _asked(request, fake.url)
    assert _without_nulls(sent.body) == _without_nulls(expected)
    assert sent.headers["idempotency-key"] == "run:task:0"
    assert sent.headers["authorization"] == "Bearer sk-operators-own-key"


@pytest.mark.parametrize("model", ["gpt-4o", "some-model"])
def test_the_request_is_the_one_that_chat_openai_would_send(model: str) -> None:
    request = ModelRequest(
        provider="openai",
        model=model,
        messages=CONVERSATION,
        temperature=0.3,
        top_p=0.9,
        max_tokens=50,
        seed=7,
        stop=["END"],
        tools=[WEATHER],
        tool_choice="required",
    )
    chat = ChatOpenAI(
        model=model,
        temperature=0.3,
        top_p=0.9,
        max_completion_tokens=50,
        seed=7,
        api_key=SecretStr("k"),
        base_url=OPENAI_URL,
    ).bind_tools([_asked(request, OPENAI_URL)["tools"][0]], tool_choice="required")
    assert isinstance(chat, RunnableBinding)
    inner: Any = chat.bound
    theirs = inner._get_request_payload(to_langchain(CONVERSATION), stop=["END"], **chat.kwargs)
    ours = _asked(request, OPENAI_URL)
    for streaming in ("stream", "stream_options"):
        theirs.pop(streaming, None)
        ours.pop(streaming)
    assert _without_nulls(ours) == _without_nulls(theirs)


def _asked(request: ModelRequest, base_url: str) -> dict[str, Any]:
    return payload(request, profile_of(base_url), Learned())


def _without_nulls(value: Any) -> Any:
    """Leave out nulls, and read JSON in strings: spaces in it mean nothing."""
    if isinstance(value, dict):
        if value.get("role") == "tool":
            # We say which tool a result is of; LangChain does not.
            value = {key: each for key, each in value.items() if key != "name"}
        return {
            key: msgspec.json.decode(each) if key == "arguments" and each != "{oops" else _without_nulls(each)
            for key, each in value.items()
            if each is not None
        }
    return [_without_nulls(each) for each in value] if isinstance(value, list) else value


async def test_a_base_url_of_the_request_must_be_allowed(models: OpenModels, fake: FakeOpenAI) -> None:
    with pytest.raises(ModelError, match=r"http://127\.0\.0\.1:1 is not allowed here"):
        await models.answer(ask(base_url="http://127.0.0.1:1/v1"), Heard())
    assert not fake.log


@pytest.mark.parametrize("transport", ["direct", "langchain"])
async def test_the_operators_key_never_goes_to_another_address(
    models_with: Opener, fake: FakeOpenAI, transport: str
) -> None:
    async with FakeOpenAI() as other:
        models = models_with(openai_transport=transport, allowed_base_urls=(other.url,))
        await models.answer(ask(base_url=other.url), Heard())
        await models.answer(ask(base_url=other.url), Heard(), api_key="sk-callers-own-key")
        assert "operators" not in str([each.headers for each in other.log])
        assert other.log[1].headers["authorization"] == "Bearer sk-callers-own-key"
    await models.answer(ask(base_url=fake.url + "/"), Heard())
    assert fake.log[-1].headers["authorization"] == "Bearer sk-operators-own-key"


async def test_an_error_never_shows_a_key(models: OpenModels, fake: FakeOpenAI) -> None:
    fake.script(Reply(status=401, body='{"error": {"message": "Incorrect API key: sk-operators-own-key"}}'))
    heard = Heard()
    with pytest.raises(ModelError, match=r"answered 401: Incorrect API key: \*\*\*\."):
        await models.answer(ask(), heard)
    assert "operators" not in repr(heard.attempts)


async def test_without_a_key_openai_is_not_asked(models_with: Opener) -> None:
    with pytest.raises(ModelError, match="Set OPENAI_API_KEY") as caught:
        await models_with(openai_base_url=OPENAI_URL, openai_api_key="").answer(ask(), Heard())
    assert caught.value.error_class == "auth"


async def test_another_server_is_asked_without_a_key(models_with: Opener, fake: FakeOpenAI) -> None:
    await models_with(openai_api_key="").answer(ask(), Heard())
    assert "authorization" not in fake.log[0].headers
