"""The retry loop: what is repeated, how long it waits, and what a listener hears of it."""

import asyncio
import random
import socket
import time
from collections.abc import Callable
from email.utils import formatdate

import pytest

from graphs.model_api.model_interface import ModelError
from graphs.model_calls import OpenModels
from tests.graphs.providers.conftest import Waits
from tests.graphs.providers.heard import Heard, ask
from tests.runtimes.fake_openai import FakeOpenAI, Reply

Opener = Callable[..., OpenModels]

GARBAGE = b"data: {nonsense}\n\n".hex()
INVALID_UTF8 = (b'data: {"choices":[{"index":0,"delta":{"content":"\xff\xfe"}}]}\n\n').hex()
ERROR_EVENT = b'data: {"error":{"message":"Slot broke","type":"server_error","code":500}}\n\n'.hex()
UNKNOWN_EVENT = b": comment\nevent: telemetry\ndata: not json\n\nid: 7\nretry: 10\n\n".hex()
EMPTY_CHOICES = b'data: {"choices":[]}\n\n'.hex()

NEVER_REPEATED = [
    (Reply(status=400), "bad_request"),
    (Reply(status=401), "auth"),
    (Reply(status=403), "auth"),
    (Reply(status=404), "bad_request"),
    (Reply(status=422), "bad_request"),
    (Reply(status=400, error_code="context_length_exceeded"), "context_length"),
    (Reply(status=429, error_code="insufficient_quota"), "quota"),
    (Reply(status=402), "quota"),
    (Reply(status=400, error_code="content_filter"), "content_filter"),
]
REPEATED = [
    (Reply(status=429), "rate_limited"),
    (Reply(status=500), "server"),
    (Reply(status=502, body="<html>Bad gateway</html>", content_type="text/html"), "server"),
    (Reply(status=503), "overloaded"),
    (Reply(status=529), "overloaded"),
    (Reply(status=307, headers={"location": "http://127.0.0.1:1/v1"}), "bad_response"),
    (Reply(body="<html>Welcome</html>", content_type="text/html"), "bad_response"),
    (Reply(body="{}"), "bad_response"),
    (Reply(body='{"choices": []}'), "bad_response"),
    (Reply(body="not json"), "bad_response"),
    (Reply(body="", content_type="text/event-stream"), "bad_response"),
    (Reply(cut_after=0), "network"),
    (Reply(cut_after=3), "network"),
    (Reply(cut_after=3, cut="reset"), "network"),
    (Reply(cut_after=3, cut="half"), "network"),
    (Reply(finish_reason=None, done=False, usage=False), "bad_response"),
    (Reply(text="a b c", finish_reason="content_filter"), "content_filter"),
    (Reply(text=""), "empty_answer"),
    (Reply(insert_at=4, insert_hex=GARBAGE), "bad_response"),
    (Reply(insert_at=4, insert_hex=ERROR_EVENT), "server"),
]


@pytest.mark.parametrize(("reply", "error_class"), NEVER_REPEATED)
async def test_an_error_that_a_repetition_cannot_mend_is_raised_at_once(
    models: OpenModels, fake: FakeOpenAI, waits: Waits, reply: Reply, error_class: str
) -> None:
    fake.script(reply)
    heard = Heard()
    with pytest.raises(ModelError) as caught:
        await models.answer(ask(), heard)
    assert caught.value.error_class == error_class
    assert [attempt.error_class for attempt in heard.attempts] == [error_class]
    assert (len(fake.log), waits.slept) == (1, [])


@pytest.mark.parametrize(("reply", "error_class"), REPEATED)
async def test_a_passing_fault_is_repeated_and_the_client_ends_with_the_whole_answer(
    models: OpenModels, fake: FakeOpenAI, waits: Waits, reply: Reply, error_class: str
) -> None:
    fake.script(reply)
    heard = Heard()
    answer = await models.answer(ask(), heard, idempotency_key="run:1:0")
    whole = "".join(f"word{number} " for number in range(32))
    assert (answer.content, heard.said) == (whole, whole)
    assert [attempt.status for attempt in heard.attempts] == ["failed", "completed"]
    assert heard.attempts[0].error_class == error_class
    assert [attempt.retry_of for attempt in heard.attempts] == [None, error_class]
    assert heard.attempts == answer.attempts
    assert waits.slept == [0.5]
    assert [each.headers["idempotency-key"] for each in fake.log] == ["run:1:0"] * 2


@pytest.mark.parametrize(
    ("reply", "error_class"),
    [case for case in REPEATED if case[0].status in (200, 429, 503)][:9:2]
    + [case for case in REPEATED if case[0].insert_at is not None],
)
async def test_through_chat_openai_the_same_faults_have_the_same_end(
    models_with: Opener, fake: FakeOpenAI, reply: Reply, error_class: str
) -> None:
    fake.script(reply)
    heard = Heard()
    answer = await models_with(openai_transport="langchain").answer(ask(), heard)
    assert answer.content == heard.said == "".join(f"word{number} " for number in range(32))
    assert [attempt.status for attempt in heard.attempts] == ["failed", "completed"]
    assert heard.attempts[0].error_class in (error_class, "bad_response", "network")


@pytest.mark.parametrize("transport", ["direct", "langchain"])
@pytest.mark.parametrize("seed", range(10))
async def test_an_answer_cut_anywhere_is_never_taken_for_whole(
    models_with: Opener, fake: FakeOpenAI, transport: str, seed: int
) -> None:
    chance = random.Random(seed)
    cuts = [chance.randrange(32) for _ in range(2)]
    fake.script(*(Reply(cut_after=cut, cut=chance.choice(("close", "reset", "half"))) for cut in cuts))
    heard = Heard()
    answer = await models_with(openai_transport=transport).answer(ask(), heard)
    assert answer.content == heard.said == "".join(f"word{number} " for number in range(32))
    assert heard.resets == sum(attempt.first_token_ms is not None for attempt in heard.attempts[:2])
    assert all(
        attempt.usage.estimated for attempt in heard.attempts[:2] if attempt.first_token_ms is not None
    )


async def test_a_reset_is_heard_only_where_something_was_said(models: OpenModels, fake: FakeOpenAI) -> None:
    fake.script(Reply(status=500), Reply(cut_after=5))
    heard = Heard()
    await models.answer(ask(), heard)
    assert heard.resets == 1


async def test_the_last_failure_leaves_what_was_heard_to_the_caller(
    models: OpenModels, fake: FakeOpenAI
) -> None:
    fake.script(*[Reply(cut_after=2)] * 3)
    heard = Heard()
    with pytest.raises(ModelError):
        await models.answer(ask(), heard)
    assert (heard.said, heard.resets) == ("word0 word1 ", 2)


async def test_three_attempts_are_all(models: OpenModels, fake: FakeOpenAI, waits: Waits) -> None:
    fake.script(*[Reply(status=500)] * 5)
    with pytest.raises(ModelError, match="answered 500"):
        await models.answer(ask(), Heard())
    assert (len(fake.log), waits.slept) == (3, [0.5, 1.0])


async def test_an_answer_that_reached_its_limit_is_whole_and_says_so(
    models: OpenModels, fake: FakeOpenAI
) -> None:
    fake.script(Reply(tokens=3, finish_reason="length"))
    answer = await models.answer(ask(), Heard())
    assert (answer.content, answer.finish_reason) == ("word0 word1 word2 ", "length")


async def test_a_missing_done_after_a_finish_reason_is_forgiven(models: OpenModels, fake: FakeOpenAI) -> None:
    fake.script(Reply(tokens=2, done=False))
    answer = await models.answer(ask(), Heard())
    assert (answer.content, len(fake.log)) == ("word0 word1 ", 1)


@pytest.mark.parametrize("inserted", [UNKNOWN_EVENT, EMPTY_CHOICES])
async def test_what_is_no_part_of_an_answer_is_passed_over(
    models: OpenModels, fake: FakeOpenAI, inserted: str
) -> None:
    fake.script(Reply(tokens=2, insert_at=1, insert_hex=inserted))
    answer = await models.answer(ask(), Heard())
    assert (answer.content, len(fake.log)) == ("word0 word1 ", 1)


async def test_an_endless_answer_is_refused(models_with: Opener, fake: FakeOpenAI) -> None:
    fake.script(*[Reply(tokens=50_000)] * 3)
    with pytest.raises(ModelError, match="more than this server takes"):
        await models_with(max_answer_bytes=100_000).answer(ask(), Heard())


@pytest.mark.parametrize(
    ("value", "waited"),
    [
        ("0", 0.5),
        ("1", 1.0),
        ("60", 60.0),
        ("-3", 0.5),
        ("soon", 0.5),
        ("Wed, 99 Foo 2020 99:99:99 GMT", 0.5),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.5),
    ],
)
async def test_retry_after_is_honoured_and_nonsense_in_it_ignored(
    models: OpenModels, fake: FakeOpenAI, waits: Waits, value: str, waited: float
) -> None:
    fake.script(Reply(status=429, headers={"retry-after": value}))
    await models.answer(ask(), Heard())
    assert waits.slept == [waited]


async def test_retry_after_may_be_a_date(models: OpenModels, fake: FakeOpenAI, waits: Waits) -> None:
    fake.script(Reply(status=503, headers={"retry-after": formatdate(time.time() + 40, usegmt=True)}))
    await models.answer(ask(), Heard())
    assert 30 < waits.slept[0] <= 40


async def test_a_retry_after_of_minutes_is_not_waited_for(
    models: OpenModels, fake: FakeOpenAI, waits: Waits
) -> None:
    fake.script(Reply(status=429, headers={"retry-after": "120"}))
    with pytest.raises(ModelError) as caught:
        await models.answer(ask(), Heard())
    assert (caught.value.error_class, caught.value.retry_after) == ("rate_limited", 120.0)
    assert (len(fake.log), waits.slept) == (1, [])


async def test_the_deadline_leaves_no_time_for_a_repetition(
    models: OpenModels, fake: FakeOpenAI, waits: Waits
) -> None:
    await models.answer(ask(), Heard())  # opens the client, which takes its time on a busy machine
    fake.script(Reply(status=500))
    with pytest.raises(ModelError, match="answered 500"):
        await models.answer(ask(), Heard(), deadline=waits.now + 0.4)
    assert (len(fake.log), waits.slept) == (2, [])


async def test_repetitions_stay_a_tenth_of_the_calls(models: OpenModels, fake: FakeOpenAI) -> None:
    chance = random.Random(7)
    calls, faults, failed = 200, 0, 0
    for _ in range(calls):
        if chance.random() < 0.1:
            fake.script(Reply(status=500))
            faults += 1
        try:
            await models.answer(ask(), Heard())
        except ModelError:
            failed += 1
    assert len(fake.log) <= 1.1 * calls
    assert failed < faults / 2


async def test_a_spent_budget_stops_repetitions_and_comes_back_with_time(
    models_with: Opener, fake: FakeOpenAI, waits: Waits
) -> None:
    models = models_with(retry_floor=1, breaker_in_a_row=100)
    fake.script(*[Reply(status=500)] * 5)
    for _ in range(2):
        with pytest.raises(ModelError):
            await models.answer(ask(), Heard())
    assert len(fake.log) == 3
    waits.now += 61
    fake.queue.clear()
    fake.script(Reply(status=500))
    await models.answer(ask(), Heard())
    assert len(fake.log) == 5


async def test_silence_before_the_first_token_ends_in_its_own_error(
    models_with: Opener, fake: FakeOpenAI
) -> None:
    fake.default = Reply(silence=3600)
    heard = Heard()
    expected = r"gave no sign of life \(0\.05 s, model_first_token_seconds\)\. It was tried 3 times\."
    with pytest.raises(ModelError, match=expected):
        await models_with(first_token_seconds=0.05, load_seconds=0.05).answer(ask(), heard)
    assert [attempt.error_class for attempt in heard.attempts] == ["timeout_first_token"] * 3
    await fake.until(lambda: fake.open == 0)


async def test_headers_and_comments_are_no_token(models_with: Opener, fake: FakeOpenAI) -> None:
    fake.default = Reply(stall_at=0)
    heard = Heard()
    with pytest.raises(ModelError):
        await models_with(first_token_seconds=0.05, load_seconds=0.05).answer(ask(), heard)
    assert heard.attempts[0].error_class == "timeout_first_token"


async def test_silence_between_tokens_ends_in_its_own_error(models_with: Opener, fake: FakeOpenAI) -> None:
    fake.script(Reply(stall_at=3))
    heard = Heard()
    answer = await models_with(idle_seconds=0.5).answer(ask(), heard)
    assert [attempt.error_class for attempt in heard.attempts] == ["timeout_idle", None]
    assert heard.resets == 1
    assert answer.content == heard.said


async def test_a_model_has_time_outs_of_its_own(models_with: Opener, fake: FakeOpenAI) -> None:
    models = models_with(max_attempts=1)
    fake.script(Reply(silence=3600))
    expected = r"0\.05 s, model_first_token_seconds, set for this model\)\. It was tried once\."
    with pytest.raises(ModelError, match=expected):
        await models.answer(ask(model_first_token_seconds=0.05), Heard())
    fake.script(Reply(stall_at=3))
    heard = Heard()
    with pytest.raises(ModelError, match=r"0\.3 s, model_idle_seconds, set for this model"):
        await models.answer(ask(model_idle_seconds=0.3), heard)
    assert heard.attempts[0].usage.estimated
    assert heard.attempts[0].usage.output_tokens > 0
    assert "model_idle_seconds" not in fake.log[-1].body
    fake.script(Reply(tokens=3, delay=0.4))
    patient = ask(model_first_token_seconds=60, model_idle_seconds=60)
    await models_with(first_token_seconds=0.1, load_seconds=0.1, idle_seconds=0.1).answer(patient, Heard())


async def test_slow_tokens_are_waited_for(models_with: Opener, fake: FakeOpenAI) -> None:
    fake.script(Reply(tokens=6, delay=0.2))
    answer = await models_with(first_token_seconds=1, load_seconds=1, idle_seconds=1).answer(ask(), Heard())
    assert answer.content.split() == [f"word{number}" for number in range(6)]


async def test_a_call_never_outlasts_its_total_time(models_with: Opener, fake: FakeOpenAI) -> None:
    fake.default = Reply(tokens=10_000, delay=0.02)
    heard = Heard()
    models = models_with(total_seconds=2.0, backoff_base=10.0)
    with pytest.raises(ModelError, match="call's time"):
        await models.answer(ask(), heard)
    assert len(heard.attempts) == 1
    await fake.until(lambda: fake.log[-1].end == "peer_closed")


async def test_a_server_that_accepts_no_connection_is_a_connect_time_out(models_with: Opener) -> None:
    with socket.socket() as listening, socket.socket() as first, socket.socket() as second:
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        for filling in (first, second):
            filling.setblocking(False)
            filling.connect_ex(listening.getsockname())
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/v1"
        heard = Heard()
        with pytest.raises(ModelError, match="did not accept a connection"):
            await models_with(openai_base_url=url, connect_seconds=0.1).answer(ask(), heard)
    assert [attempt.error_class for attempt in heard.attempts] == ["timeout_connect"] * 3


async def test_a_server_that_is_not_there_is_a_network_error(models_with: Opener) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
        with pytest.raises(ModelError, match="cannot be reached") as caught:
            await models_with(openai_base_url=url).answer(ask(), Heard())
    assert caught.value.error_class == "network"


async def test_what_a_listener_raises_is_not_blamed_on_the_provider(
    models_with: Opener, fake: FakeOpenAI
) -> None:
    class Full(Heard):
        async def ready(self) -> None:
            raise OSError("disk full")

    models = models_with(breaker_in_a_row=1)
    heard = Full()
    with pytest.raises(OSError, match="disk full"):
        await models.answer(ask(), heard)
    assert [attempt.status for attempt in heard.attempts] == ["cancelled"]
    assert len(fake.log) == 1
    assert (await models.answer(ask(), Heard())).content


async def test_back_pressure_is_not_taken_for_the_providers_silence(
    models_with: Opener, fake: FakeOpenAI
) -> None:
    class Slow(Heard):
        async def ready(self) -> None:
            if len(self.chunks) == 1:
                await asyncio.sleep(0.8)

    fake.script(Reply(tokens=3, delay=0.01))
    answer = await models_with(idle_seconds=0.5).answer(ask(), Slow())
    assert answer.content == "word0 word1 word2 "
