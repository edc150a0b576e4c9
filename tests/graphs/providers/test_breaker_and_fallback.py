"""Fallback, circuit breaker, slots and cancellation."""

import asyncio
from collections.abc import Callable

import pytest

from graphs.model_api.model_interface import ModelError
from graphs.model_calls import OpenModels
from tests.graphs.providers.conftest import Waits
from tests.graphs.providers.heard import WEATHER, Heard, ask
from tests.runtimes.fake_openai import FakeOpenAI, Reply

Opener = Callable[..., OpenModels]


async def test_an_exhausted_provider_gives_way_to_its_fallback(models: OpenModels, fake: FakeOpenAI) -> None:
    fake.script(*[Reply(match="m", cut_after=2)] * 3)
    heard = Heard()
    answer = await models.answer(ask("Hi", fallbacks=[("openai", "second"), ("demo", "demo")]), heard)
    assert (answer.provider, answer.model) == ("openai", "second")
    assert [each.body["model"] for each in fake.log] == ["m", "m", "m", "second"]
    assert heard.resets == 3
    assert heard.said == answer.content


async def test_every_fallback_is_tried_in_turn(models: OpenModels, fake: FakeOpenAI) -> None:
    fake.default = Reply(status=503, headers={"retry-after": "300"})
    answer = await models.answer(ask("Hi", fallbacks=[("openai", "second"), ("demo", "demo")]), Heard())
    assert answer.provider == "demo"
    assert "demo" in answer.content
    assert [attempt.model for attempt in answer.attempts] == ["m", "second", "demo"]


@pytest.mark.parametrize(
    "reply", [Reply(status=401), Reply(status=400, error_code="context_length_exceeded")]
)
async def test_a_refused_key_or_a_short_context_goes_to_the_fallback(
    models: OpenModels, fake: FakeOpenAI, reply: Reply
) -> None:
    fake.script(reply)
    answer = await models.answer(ask(fallbacks=[("demo", "demo")]), Heard())
    assert (answer.provider, len(answer.attempts)) == ("demo", 2)


async def test_a_bad_request_is_not_sent_to_a_fallback(models: OpenModels, fake: FakeOpenAI) -> None:
    fake.script(Reply(status=400))
    with pytest.raises(ModelError, match="answered 400"):
        await models.answer(ask(fallbacks=[("demo", "demo")]), Heard())


async def test_a_callers_key_and_address_stay_with_the_first_provider(
    models_with: Opener, fake: FakeOpenAI
) -> None:
    async with FakeOpenAI(Reply(status=401)) as other:
        models = models_with(ollama_base_url=other.url, allowed_base_urls=(other.url,))
        request = ask(base_url=other.url, fallbacks=[("ollama", "llama")])
        with pytest.raises(ModelError):
            await models.answer(request, Heard(), api_key="sk-callers-own-key")
        first, second = (each for each in other.log if "/api/show" not in each.path)
    assert first.headers["authorization"] == "Bearer sk-callers-own-key"
    assert "authorization" not in second.headers
    assert not fake.log


async def test_five_failed_calls_open_the_circuit_of_that_model(
    models_with: Opener, fake: FakeOpenAI, waits: Waits
) -> None:
    models = models_with(max_attempts=2)
    fake.default = Reply(status=500)
    for _ in range(5):
        with pytest.raises(ModelError, match=r"answered 500: scripted 500\. It was tried 2 times\."):
            await models.answer(ask(), Heard())
    assert len(fake.log) == 10, "what counts is the call, not how often it was sent"
    told = r"Circuit open for openai/m for 30 s after 5 failed calls; last error: openai answered 500"
    with pytest.raises(ModelError, match=told) as caught:
        await models.answer(ask(), Heard())
    assert caught.value.error_class == "overloaded"
    assert caught.value.retry_after == 30
    assert len(fake.log) == 10
    fake.default = Reply(text="Hello")
    for other in (
        models.answer(ask(), Heard(), workspace="another"),
        models.answer(ask(), Heard(), api_key="sk-another-key-of-mine"),
        models.answer(ask(tools=[WEATHER]), Heard()),
        models.answer(ask(model="another"), Heard()),
    ):
        assert (await other).content == "Hello"
    with pytest.raises(ModelError, match="Circuit open"):
        await models.answer(ask(), Heard())
    fake.default = Reply()
    assert (await models.answer(ask(model="another"), Heard())).content
    waits.now += 30
    assert (await models.answer(ask(), Heard())).content
    assert (await models.answer(ask(), Heard())).content


async def test_after_the_rest_one_request_tries_whether_it_is_over(
    models_with: Opener, fake: FakeOpenAI, waits: Waits
) -> None:
    models = models_with(breaker_in_a_row=1, max_attempts=1)
    fake.script(Reply(status=500))
    with pytest.raises(ModelError):
        await models.answer(ask(), Heard())
    waits.now += 30
    fake.script(Reply(tokens=3, delay=0.1))
    probe = asyncio.create_task(models.answer(ask(), Heard()))
    await fake.until(lambda: len(fake.log) == 2)
    with pytest.raises(ModelError, match="Circuit open"):
        await models.answer(ask(), Heard())
    assert (await probe).content
    assert (await models.answer(ask(), Heard())).content


async def test_a_failed_try_lengthens_the_rest(models_with: Opener, fake: FakeOpenAI, waits: Waits) -> None:
    models = models_with(breaker_in_a_row=1, max_attempts=1)
    fake.script(Reply(status=500), Reply(status=500))
    for _ in range(2):
        with pytest.raises(ModelError, match="answered 500"):
            await models.answer(ask(), Heard())
        waits.now += 30
    waits.now -= 1
    with pytest.raises(ModelError, match="Circuit open"):
        await models.answer(ask(), Heard())


async def test_half_of_twenty_failing_opens_the_breaker_too(models_with: Opener, fake: FakeOpenAI) -> None:
    models = models_with(max_attempts=1)
    for _ in range(10):
        fake.script(Reply(status=500))
        with pytest.raises(ModelError, match="answered 500"):
            await models.answer(ask(), Heard())
        await models.answer(ask(), Heard())
    fake.script(Reply(status=500))
    with pytest.raises(ModelError, match="answered 500"):
        await models.answer(ask(), Heard())
    with pytest.raises(ModelError, match="Circuit open"):
        await models.answer(ask(), Heard())


async def test_what_a_model_cannot_do_is_no_outage(models_with: Opener, fake: FakeOpenAI) -> None:
    models = models_with(retry_floor=1000)
    # llama.cpp says with a 500 that what the model wrote is not in the form that it was held to.
    wrong = Reply(status=500, body='{"error":{"code":500,"message":"Failed to parse input at pos 12: x"}}')
    refused = [Reply(status=status) for status in (401, 400, 404) * 4]
    fake.script(*refused, *[wrong] * 18, *[Reply(body="not json")] * 18, *[Reply(text="")] * 12)
    for _ in range(12 + 6 + 6 + 6):
        with pytest.raises(ModelError):
            await models.answer(ask(), Heard())
    assert (await models.answer(ask(), Heard())).content


async def test_no_more_requests_are_open_than_the_provider_has_slots(
    models_with: Opener, fake: FakeOpenAI
) -> None:
    models = models_with(concurrency=2)
    fake.default = Reply(tokens=2, delay=0.02)
    await asyncio.gather(*(models.answer(ask(), Heard()) for _ in range(8)))
    changes = [(each.opened, 1) for each in fake.log] + [(each.ended or 0.0, -1) for each in fake.log]
    most, now = 0, 0
    for _, change in sorted(changes):
        now += change
        most = max(most, now)
    assert (len(fake.log), most) == (8, 2)


async def test_waiting_for_a_slot_counts_toward_the_deadline(models_with: Opener, fake: FakeOpenAI) -> None:
    models = models_with(concurrency=1)
    fake.default = Reply(silence=3600)
    first = asyncio.create_task(models.answer(ask(), Heard()))
    await fake.until(lambda: len(fake.log) == 1)
    with pytest.raises(ModelError, match="busy with other calls"):
        await models.answer(ask(), Heard(), deadline=1000.05)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first


@pytest.mark.parametrize("transport", ["direct", "langchain"])
@pytest.mark.parametrize(
    "reply", [Reply(silence=3600), Reply(stall_at=0), Reply(stall_at=5), Reply(delay=0.01)]
)
async def test_cancelling_closes_the_connection_and_books_what_was_used(
    models_with: Opener, fake: FakeOpenAI, transport: str, reply: Reply
) -> None:
    models = models_with(openai_transport=transport)
    fake.script(reply)
    heard = Heard()
    call = asyncio.create_task(models.answer(ask(), heard))
    said = 5 if reply.stall_at or reply.delay else 0
    await fake.until(lambda: bool(fake.log) and len("".join(heard.chunks)) >= said)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    await fake.until(lambda: fake.log[0].end == "peer_closed")
    (attempt,) = heard.attempts
    assert (attempt.status, attempt.usage.estimated) == ("cancelled", True)
    assert attempt.usage.input_tokens > 0
    assert (attempt.usage.output_tokens > 0) == (said > 0)
    assert (await models.answer(ask(), Heard())).content


async def test_a_cancel_while_the_listener_is_busy_closes_the_connection(
    models: OpenModels, fake: FakeOpenAI
) -> None:
    class Stuck(Heard):
        async def ready(self) -> None:
            await asyncio.Event().wait()

    fake.script(Reply(delay=0.01))
    heard = Stuck()
    call = asyncio.create_task(models.answer(ask(), heard))
    await fake.until(lambda: bool(heard.chunks))
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    await fake.until(lambda: fake.log[0].end == "peer_closed")
    assert [attempt.status for attempt in heard.attempts] == ["cancelled"]


async def test_an_unknown_provider_is_refused_with_the_known_ones(models: OpenModels) -> None:
    with pytest.raises(
        ModelError, match=r"'gpt' is not known\. Choose ollama, openai, anthropic, local or demo"
    ) as caught:
        await models.answer(ask(provider="gpt"), Heard())
    assert caught.value.error_class == "bad_request"
