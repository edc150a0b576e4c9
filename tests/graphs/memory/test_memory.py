"""Memory: which part of a history a model sees, and how a long one is folded."""

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphs.conversation.messages import Message
from graphs.embeddings.embedder import Embedded, EmbeddingModel
from graphs.embeddings.open_embeddings import OpenEmbeddings
from graphs.memory import Buffer, Hybrid, MemoryConfig, Summary, Vector, cut, read_memory, repair, strategies
from graphs.model_api.model_interface import ModelError
from graphs.nodes import decode_node
from graphs.providers.settings import ModelSettings
from graphs.testing.scripted_context import ScriptedContext
from graphs.values.node_error import NodeError
from graphs.values.node_view import View


def turns(count: int) -> list[dict[str, Any]]:
    """Return whole turns, and the question of one more."""
    history: list[dict[str, Any]] = []
    for turn in range(count):
        history.append({"role": "user", "content": f"question {turn}", "id": f"u{turn}"})
        history.append({"role": "assistant", "content": f"answer {turn}", "id": f"a{turn}"})
    return [*history, {"role": "user", "content": f"question {count}", "id": f"u{count}"}]


def called(*ids: str) -> dict[str, Any]:
    return {"role": "assistant", "tool_calls": [{"id": id, "name": "search"} for id in ids]}


def result(id: str) -> dict[str, Any]:
    return {"role": "tool", "content": f"result {id}", "tool_call_id": id}


USER = {"role": "user", "content": "Hi"}


async def nobody(texts: Sequence[str]) -> Embedded:
    """Refuse: these memories embed nothing."""
    raise AssertionError(texts)


class Asked:
    """Answers folding with what the script says, and keeps what it was asked."""

    def __init__(self, *answers: str | Exception) -> None:
        self.answers = list(answers)
        self.requests: list[list[Message]] = []

    async def __call__(self, messages: list[Message]) -> str:
        """Give the next answer."""
        self.requests.append(messages)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def contents(messages: list[Message]) -> list[Any]:
    return [message.content for message in messages]


async def test_a_buffer_shows_the_last_messages_from_a_question_on() -> None:
    window = await Buffer(max_messages=4).window(turns(10), {}, Asked(), nobody)
    before = ["question 8", "answer 8", "question 9", "answer 9"]
    assert contents(window.messages) == [*before, "question 10"]
    working = [*turns(10), called("1"), result("1")]
    window = await Buffer(max_messages=4).window(working, {}, Asked(), nobody)
    assert contents(window.messages)[:5] == [*before, "question 10"]
    assert len(window.messages) == 7, "what this turn has done so far takes no place of an older message"
    assert window.summary is None


async def test_a_buffer_shows_a_short_history_whole() -> None:
    window = await Buffer(max_messages=1000).window(turns(3), {}, Asked(), nobody)
    assert len(window.messages) == 7


def test_a_turn_that_is_longer_than_the_window_stays_whole() -> None:
    history = [
        USER,
        {"role": "assistant", "content": "Hello"},
        USER,
        called("1"),
        result("1"),
        called("2"),
        result("2"),
    ]
    assert cut(history, 2) == 2
    assert cut(history, 1) == 2
    assert cut([], 5) == 0


@pytest.mark.parametrize(
    ("history", "kept"),
    [
        ([USER, called("1"), result("1")], ["user", "assistant", "tool"]),
        ([USER, called("1"), USER], ["user", "user"]),
        ([USER, called("1", "2"), result("2"), USER], ["user", "assistant", "tool", "user"]),
        ([USER, result("9"), USER], ["user", "user"]),
        (
            [USER, called("1"), result("1"), result("1"), result("3"), USER],
            ["user", "assistant", "tool", "user"],
        ),
        ([result("1"), {"role": "assistant", "content": "Welcome"}, USER], ["user"]),
        ([USER, {"role": "assistant", "content": ""}, USER], ["user", "user"]),
        ([USER, called("1") | {"content": "Let me look."}], ["user", "assistant"]),
        ([{"role": "assistant", "content": "Welcome"}], []),
    ],
)
def test_a_history_is_repaired_before_a_model_sees_it(history: list[dict[str, Any]], kept: list[str]) -> None:
    assert [message.role for message in repair(history)] == kept


def test_repair_puts_results_in_the_order_of_their_calls() -> None:
    messages = repair([USER, called("1", "2"), result("2"), result("1")])
    assert [message.tool_call_id for message in messages[2:]] == ["1", "2"]


histories = st.lists(
    st.sampled_from(
        [USER, {"role": "assistant", "content": "x"}, called("1"), called("1", "2"), result("1"), result("2")]
    ),
    max_size=12,
)


@given(histories)
def test_whatever_the_history_every_call_has_its_result_and_every_result_its_call(
    history: list[dict[str, Any]],
) -> None:
    messages = repair(history)
    waiting: list[str] = []
    for message in messages:
        if message.role == "tool":
            assert message.tool_call_id == waiting.pop(0)
        else:
            assert not waiting
            waiting = [call.id for call in message.tool_calls]
    assert not waiting
    assert not messages or messages[0].role == "user"
    assert repair(msgspec.to_builtins(messages)) == messages


async def test_summary_asks_nobody_below_its_threshold() -> None:
    window = await Summary(max_messages=4).window(turns(3), {}, Asked(), nobody)
    assert len(window.messages) == 7
    assert window.summary is None


async def test_summary_folds_what_is_older_than_the_window() -> None:
    asked = Asked("  The user counts questions. ")
    window = await Summary(max_messages=4).window(turns(5), {}, asked, nobody)
    assert window.summary == {"text": "The user counts questions.", "until": "a2"}
    ((instruction, material),) = asked.requests
    assert instruction.role == "system"
    assert "Summary so far:\n(empty)" in str(material.content)
    assert "user: question 0\nassistant: answer 0" in str(material.content)
    assert "question 3" not in str(material.content)
    first, *others = window.messages
    assert first.role == "user"
    assert str(first.content).startswith("[Summary of our conversation so far]\nThe user counts questions.\n")
    assert str(first.content).endswith("question 3")
    assert contents(others) == ["answer 3", "question 4", "answer 4", "question 5"]


async def test_the_messages_of_the_present_turn_are_not_counted() -> None:
    working = [*turns(2), called("a"), result("a"), called("b"), result("b")]
    window = await Summary(max_messages=4).window(working, {}, Asked(), nobody)
    assert contents(window.messages)[:5] == ["question 0", "answer 0", "question 1", "answer 1", "question 2"]
    assert len(window.messages) == 9
    assert window.summary is None


async def test_a_stored_summary_is_shown_and_not_made_again() -> None:
    stored = {"text": "They count.", "until": "a2"}
    window = await Summary(max_messages=4).window(turns(4), stored, Asked(), nobody)
    assert window.summary is None
    assert str(window.messages[0].content).startswith("[Summary of our conversation so far]\nThey count.")
    assert len(window.messages) == 3


async def test_a_long_session_is_folded_now_and_then_and_nothing_is_lost_between() -> None:
    stored: dict[str, Any] = {}
    asked = Asked(*(f"summary {number}" for number in range(50)))
    for turn in range(40):
        history = turns(turn)
        window = await Summary(max_messages=6).window(history, stored, asked, nobody)
        stored = window.summary or stored
        folded = [message["id"] for message in history].index(stored["until"]) + 1 if stored else 0
        assert len(window.messages) == len(history) - folded
        assert 1 + min(6, 2 * turn) <= len(window.messages) <= 12 + 1
    assert len(asked.requests) == 9
    assert "Summary so far:\nsummary 7" in str(asked.requests[-1][1].content)


async def test_a_summary_of_messages_that_are_gone_counts_for_nothing() -> None:
    window = await Summary(max_messages=4).window(
        turns(1), {"text": "old secret", "until": "gone"}, Asked(), nobody
    )
    assert "old secret" not in str(contents(window.messages))


async def test_a_threshold_says_when_to_fold() -> None:
    memory = Summary(max_messages=2, summary_threshold=10)
    assert (await memory.window(turns(5), {}, Asked(), nobody)).summary is None
    assert (await memory.window(turns(6), {}, Asked("s"), nobody)).summary == {"text": "s", "until": "a4"}
    low = Summary(max_messages=6, summary_threshold=1)
    assert (await low.window(turns(2), {}, Asked(), nobody)).summary is None


def provider_failed() -> NodeError:
    failed = NodeError("overloaded", code="overloaded")
    failed.__cause__ = ModelError("overloaded", error_class="overloaded")
    return failed


@pytest.mark.parametrize(
    "failure", [ModelError("overloaded", error_class="overloaded"), provider_failed(), "   "]
)
async def test_a_turn_goes_on_where_folding_fails(failure: str | Exception) -> None:
    window = await Summary(max_messages=4).window(
        turns(9), {"text": "s", "until": "a0"}, Asked(failure), nobody
    )
    assert window.summary is None
    assert "summar" in window.warning
    assert len(window.messages) == 5
    assert str(window.messages[0].content).startswith("[Summary of our conversation so far]\ns\n")


async def test_a_cap_that_is_reached_while_folding_ends_the_turn() -> None:
    with pytest.raises(NodeError, match="cap"):
        await Summary(max_messages=4).window(
            turns(9), {}, Asked(NodeError("cap", code="limit_reached")), nobody
        )


async def test_a_long_backlog_is_folded_over_several_turns() -> None:
    history = turns(200)
    for message in history:
        message["content"] = str(message["content"]) + " word" * 500
    asked = Asked("s1", "s2", "s3", "s4")
    window = await Summary(max_messages=4).window(history, {}, asked, nobody)
    assert len(asked.requests) == 4
    assert all(len(str(request[1].content)) < 15_000 for request in asked.requests)
    assert window.summary is not None
    assert window.summary["text"] == "s4"
    folded = [message["id"] for message in history].index(window.summary["until"]) + 1
    assert 10 < folded < 100
    assert len(window.messages) == 5


async def test_a_summary_stands_beside_pictures() -> None:
    parts = [{"type": "text", "text": "And this?"}, {"type": "image_url", "image_url": {"url": "data:,"}}]
    history = [*turns(1)[:2], {"role": "user", "content": parts, "id": "u9"}]
    window = await Summary(max_messages=2).window(history, {"text": "s", "until": "a0"}, Asked(), nobody)
    content = window.messages[0].content
    assert isinstance(content, list)
    assert content[0]["text"].startswith("[Summary of our conversation so far]\ns")
    assert content[1:] == parts


async def test_folding_reads_pictures_and_tool_calls_as_words() -> None:
    history = [
        {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:SECRET"}}], "id": "1"},
        called("c") | {"id": "2"},
        result("c") | {"id": "3"},
        {"role": "assistant", "content": "A cat.", "id": "4"},
        {
            "role": "user",
            "content": [{"type": "text", "text": "Read"}, {"type": "file", "id": "f", "name": "a.txt"}],
            "id": "5",
        },
        *turns(1),
    ]
    asked = Asked("s")
    await Summary(max_messages=1).window(history, {}, asked, nobody)
    material = str(asked.requests[0][1].content)
    assert "user: Read (sent a.txt)" in material
    assert "user: (no text)" in material
    assert "assistant (called search): " in material
    assert "tool: result c" in material
    assert "SECRET" not in material


SUBJECTS = ("the garden pump", "train tickets", "a birthday cake", "winter tyres", "piano lessons")


def talk(count: int) -> list[dict[str, Any]]:
    """Return turns about some subjects, and a question about the first of them."""
    history: list[dict[str, Any]] = []
    for turn in range(count):
        about = SUBJECTS[turn] if turn < len(SUBJECTS) else f"matter {turn}"
        history.append({"role": "user", "content": f"Tell me of {about}", "id": f"u{turn}"})
        history.append({"role": "assistant", "content": f"All about {about}.", "id": f"a{turn}"})
    return [*history, {"role": "user", "content": "What of the garden pump?", "id": f"u{count}"}]


class Embedding:
    """Embeds with the built-in demo, and counts texts."""

    def __init__(self) -> None:
        self.texts: list[int] = []

    async def __call__(self, texts: Sequence[str]) -> Embedded:
        """Give their vectors."""
        self.texts.append(len(texts))
        async with OpenEmbeddings(ModelSettings()) as embedder:
            return await embedder.embed(EmbeddingModel(provider="demo"), texts)


async def test_a_vector_memory_shows_the_turns_that_are_near_and_embeds_each_once() -> None:
    embedding = Embedding()
    memory = Vector(max_messages=2, top_k=1)
    window = await memory.window(talk(20), {}, Asked(), embedding)
    assert len(window.messages) == 3
    first = str(window.messages[0].content)
    assert "User: Tell me of the garden pump\nAssistant: All about the garden pump." in first
    assert "winter tyres" not in first
    assert window.summary is not None
    assert len(window.summary["turns"]["bits"]) == 19
    again = await memory.window(talk(21), window.summary, Asked(), embedding)
    assert embedding.texts == [20, 2], "the question and the turns that are new"
    assert again.summary is not None
    assert "garden pump" in str(again.messages[0].content)
    assert len(msgspec.json.encode(again.summary)) < 20 * 700


async def test_turns_of_another_embedding_model_are_embedded_anew() -> None:
    embedding = Embedding()
    kept = {"turns": {"fingerprint": "other/model/3", "bits": {"u0": "00"}}}
    window = await Vector(max_messages=2, top_k=1).window(talk(5), kept, Asked(), embedding)
    assert window.summary is not None
    assert window.summary["turns"]["fingerprint"].startswith("demo/")
    assert set(window.summary["turns"]["bits"]) == {"u0", "u1", "u2", "u3"}


async def test_a_threshold_leaves_out_what_is_not_near() -> None:
    memory = Vector(max_messages=2, top_k=5, score_threshold=1.0)
    window = await memory.window(talk(20), {}, Asked(), Embedding())
    assert str(window.messages[0].content) == "Tell me of matter 19"


async def test_a_memory_whose_embedding_fails_shows_the_last_messages_and_says_so() -> None:
    async def failing(texts: Sequence[str]) -> Embedded:
        raise NodeError("No such model.", code="not_found")

    window = await Vector(max_messages=2).window(talk(20), {}, Asked(), failing)
    assert contents(window.messages)[0] == "Tell me of matter 19"
    assert "No such model." in window.warning
    assert window.summary is None


async def test_a_hybrid_memory_keeps_a_summary_and_turns() -> None:
    memory = Hybrid(max_messages=2, summary_threshold=4, top_k=1)
    window = await memory.window(talk(5), {}, Asked("Pumps and cakes."), Embedding())
    first = str(window.messages[0].content)
    assert first.index("garden pump") < first.index("Pumps and cakes.") < first.index("piano lessons")
    assert window.summary is not None
    assert set(window.summary) == {"text", "until", "turns"}
    later = await memory.window(talk(6), window.summary, Asked(), Embedding())
    assert later.summary is not None
    assert later.summary["text"] == "Pumps and cakes."


def test_the_four_strategies_are_described_with_their_options() -> None:
    found = {info.type: (info.available, list(info.options)) for info in strategies()}
    assert found == {
        "buffer": (True, ["max_messages"]),
        "summary": (True, ["max_messages", "summary_threshold"]),
        "vector": (True, ["max_messages", "top_k", "score_threshold"]),
        "hybrid": (True, ["max_messages", "summary_threshold", "top_k", "score_threshold"]),
    }
    assert all(info.title and info.description for info in strategies())
    assert {info.type: info.options["max_messages"]["default"] for info in strategies()} == dict.fromkeys(
        found, 10
    )


def test_a_configuration_gives_its_strategy() -> None:
    assert MemoryConfig().strategy() == Buffer()
    assert read_memory({"max_messages": 3}) == Buffer(max_messages=3)
    assert read_memory({"type": "summary", "summary_threshold": 30}) == Summary(summary_threshold=30)
    assert read_memory({"type": "vector", "top_k": 2}) == Vector(top_k=2)
    assert read_memory({"type": "hybrid", "score_threshold": 0.1}) == Hybrid(score_threshold=0.1)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"type": "elephant"}, "elephant"),
        ({"max_messages": 0}, ">= 1"),
        ({"max_messages": "10"}, "Expected `int`"),
        ({"forget": True}, "unknown field `forget`"),
    ],
)
def test_settings_that_do_not_fit_are_refused(settings: dict[str, Any], says: str) -> None:
    with pytest.raises(NodeError, match=says):
        read_memory(settings)


def seen(history: list[dict[str, Any]], summary: dict[str, Any] | None = None) -> View:
    return View(
        input={"message": "x"},
        variables={},
        outputs={},
        messages=history,
        summary=summary or {},
        incoming=[],
        loop={},
    )


async def test_an_llm_node_folds_with_its_own_model_unseen_by_the_user() -> None:
    data = {"provider": "p", "model": "m", "stop": ["x"], "response_format": {"type": "json_object"}}
    node = decode_node("llm", data | {"memory": {"type": "summary", "max_messages": 2}})
    context = ScriptedContext(["They count.", '{"a": 1}'])
    outcome = await node.run(seen(turns(3)), context)
    assert context.published == [False, True]
    folding, asking = context.requests
    assert (folding.provider, folding.model, folding.response_format, folding.stop) == ("p", "m", None, [])
    assert (folding.temperature, folding.max_tokens) == (None, None)
    assert asking.response_format == {"type": "json_object"}
    assert outcome.summary == {"text": "They count.", "until": "a1"}
    assert [message.role for message in outcome.messages] == ["assistant"]
    later = await node.run(seen(turns(3), outcome.summary), ScriptedContext(["{}"]))
    assert later.summary is None


async def test_an_llm_node_says_so_where_folding_failed() -> None:
    node = decode_node(
        "llm", {"provider": "p", "model": "m", "memory": {"type": "summary", "max_messages": 2}}
    )
    context = ScriptedContext([ModelError("no answer", error_class="server"), "Fine."])
    outcome = await node.run(seen(turns(3)), context)
    assert outcome.output == "Fine."
    assert outcome.summary is None
    ((type, data),) = context.events
    assert (type, data["name"]) == ("custom", "memory_warning")
    assert "no answer" in data["message"]


async def test_a_session_may_have_a_memory_of_its_own() -> None:
    node = decode_node(
        "llm", {"provider": "p", "model": "m", "memory": {"type": "buffer", "max_messages": 10}}
    )
    context = ScriptedContext(["ok"], memory={"type": "buffer", "max_messages": 1})
    await node.run(seen(turns(3)), context)
    assert contents(context.requests[0].messages) == ["question 3"]
