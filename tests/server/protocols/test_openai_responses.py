"""OpenAI's Responses API: unmodified clients of OpenAI's begin, continue, resume and cancel responses."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import openai
import pytest
from openai import AsyncOpenAI

from server.settings.sources import Settings
from tests.runtimes.fake_openai import FakeOpenAI, Reply
from tests.server.conftest import Running, make_key, quick
from tests.server.protocols.npm_clients import NpmClients, run_page
from tests.server.protocols.test_openai import drawn, runs, sent, store, until

pytestmark = pytest.mark.timeout(400)
"""One test waits for npm."""

HELLO = "Hello there, friend."


@pytest.fixture
async def fake() -> AsyncIterator[FakeOpenAI]:
    async with FakeOpenAI(Reply(text=HELLO)) as server:
        yield server


@pytest.fixture
def settings(database_url: str, tmp_path: Path, fake: FakeOpenAI) -> Settings:
    base = quick(database_url, tmp_path)
    return msgspec.structs.replace(base, openai_base_url=fake.url, openai_api_key="sk-test")


@pytest.fixture
async def ai(server: Running, key: str) -> AsyncIterator[AsyncOpenAI]:
    async with AsyncOpenAI(base_url=f"{server.url}/v1", api_key=key) as client:
        yield client


def users(fake: FakeOpenAI) -> list[str]:
    return [one["content"] for one in sent(fake) if one["role"] == "user"]


async def test_a_response_is_given_whole_and_as_a_stream_with_the_same_numbers_each_time(
    client: httpx.AsyncClient, ai: AsyncOpenAI, fake: FakeOpenAI
) -> None:
    await store(client, "Kind")
    fake.default = Reply(text=HELLO, reasoning="Think hard.")
    whole = await ai.responses.create(model="kind", input="Hi", instructions="Be brief.", metadata={"a": "b"})
    assert (whole.output_text, whole.status, whole.metadata) == (HELLO, "completed", {"a": "b"})
    assert [item.type for item in whole.output] == ["reasoning", "message"]
    assert sent(fake)[0] == {"role": "system", "content": "Be brief."}
    assert whole.usage is not None
    assert whole.usage.output_tokens == fake.log[-1].output_tokens
    async with ai.responses.stream(model="kind", input=[{"role": "user", "content": "Hi"}]) as stream:
        events = [event async for event in stream]
        final = await stream.get_final_response()
    assert final.output_text == HELLO
    assert [event.sequence_number for event in events] == [*range(len(events))]
    assert [event.type for event in events[:2]] == ["response.created", "response.in_progress"]
    assert "".join(one.delta for one in events if one.type == "response.output_text.delta") == HELLO

    async def again(after: int) -> list[Any]:
        replay = await ai.responses.retrieve(final.id, stream=True, starting_after=after)
        return [event.model_dump() async for event in replay]

    raw = await again(-1)
    assert [one["type"] for one in raw] == [event.type for event in events]
    assert await again(5) == raw[6:]
    async with ai.responses.stream(response_id=final.id, starting_after=5) as resumed:
        assert (await resumed.get_final_response()).output_text == HELLO
    assert (await ai.responses.retrieve(final.id)).output_text == HELLO
    items = await ai.responses.input_items.list(final.id)
    assert items.data[0].content[0].text == "Hi"  # type: ignore[union-attr]
    await ai.responses.delete(final.id)
    for ask in (ai.responses.retrieve(final.id), ai.responses.retrieve("resp_none")):
        with pytest.raises(openai.NotFoundError) as raised:
            await ask
        assert raised.value.code == "response_not_found"


async def test_a_response_is_continued_from_its_point_also_twice(
    client: httpx.AsyncClient, ai: AsyncOpenAI, fake: FakeOpenAI
) -> None:
    await store(client, "Kind")
    first = await ai.responses.create(model="kind", input="One")
    second = await ai.responses.create(model="kind", input="Two", previous_response_id=first.id)
    assert users(fake) == ["One", "Two"]
    assert second.conversation == first.conversation
    fork = await ai.responses.create(model="kind", input="Other", previous_response_id=first.id)
    assert users(fake) == ["One", "Other"]
    assert fork.conversation != first.conversation
    third = await ai.responses.create(model="kind", input="Three", previous_response_id=second.id)
    assert users(fake) == ["One", "Two", "Three"]
    assert third.conversation == first.conversation
    await ai.responses.create(model="kind", input="Last", previous_response_id=fork.id)
    assert users(fake) == ["One", "Other", "Last"]
    sides = await asyncio.gather(
        *(ai.responses.create(model="kind", input=text, previous_response_id=third.id) for text in "ab")
    )
    assert len({one.conversation.id for one in sides if one.conversation}) == 2
    assert sorted(len(call.body["messages"]) for call in [*fake.log][-2:]) == [7, 7]
    with pytest.raises(openai.NotFoundError) as raised:
        await ai.responses.create(model="kind", input="x", previous_response_id="resp_none")
    assert raised.value.param == "previous_response_id"


async def test_a_conversation_is_a_session(
    client: httpx.AsyncClient, ai: AsyncOpenAI, fake: FakeOpenAI
) -> None:
    await store(client, "Kind")
    made = await ai.conversations.create()
    for text in ("One", "Two"):
        answer = await ai.responses.create(model="kind", input=text, conversation=made.id)
        assert answer.conversation is not None
        assert answer.conversation.id == made.id
    assert users(fake) == ["One", "Two"]
    assert (await ai.conversations.retrieve(made.id)).id == made.id
    items = await ai.conversations.items.list(made.id, order="asc")
    assert [item.role for item in items.data] == ["user", "assistant"] * 2  # type: ignore[union-attr]
    with pytest.raises(openai.BadRequestError):
        await ai.responses.create(
            model="kind", input="x", conversation=made.id, previous_response_id=answer.id
        )
    await ai.conversations.delete(made.id)
    with pytest.raises(openai.NotFoundError):
        await ai.responses.create(model="kind", input="x", conversation=made.id)


async def test_a_response_in_background_is_polled_and_cancelled(
    client: httpx.AsyncClient, ai: AsyncOpenAI, fake: FakeOpenAI
) -> None:
    await store(client, "Kind")
    fake.default = Reply(text="A very slow answer.", delay=0.4)
    begun = await ai.responses.create(model="kind", input="Hi", background=True)
    assert begun.status == "queued"
    other = await ai.responses.create(model="kind", input="Hi", background=True)
    assert (await ai.responses.cancel(other.id)).status == "cancelled"
    assert (await ai.responses.retrieve(other.id)).status == "cancelled"
    cut = [event async for event in await ai.responses.retrieve(other.id, stream=True)]
    assert [event.type for event in cut][:2] == ["response.created", "response.queued"]
    assert cut[-1].type == "response.incomplete"

    async def completed() -> bool:
        return (await ai.responses.retrieve(begun.id)).status == "completed"

    await until(completed)
    fake.default = Reply(status=401)
    wrong = await ai.responses.create(model="kind", input="Hi")
    assert wrong.status == "failed"
    assert wrong.error is not None
    assert wrong.error.code == "server_error"
    assert len(await runs(client)) == 3


async def test_a_question_ends_a_response_and_its_answer_is_the_next(
    client: httpx.AsyncClient, ai: AsyncOpenAI
) -> None:
    ask = {"id": "ask", "type": "human_approval", "data": {"message": "May I?", "audience": "visitor"}}
    end = {"id": "end", "type": "end", "data": {"output": "Done."}}
    await store(client, "Asks", graph_definition=drawn([{"id": "start", "type": "start"}, ask, end]))
    asked = await ai.responses.create(model="asks", input="Go")
    assert (asked.output_text, asked.status) == ("May I?", "completed")
    done = await ai.responses.create(model="asks", input="approve", previous_response_id=asked.id)
    assert done.output_text == "Done."
    assert done.id.startswith(asked.id)
    assert len(await runs(client)) == 1
    assert (await ai.responses.retrieve(asked.id)).output_text == "May I?"
    assert (await ai.responses.retrieve(done.id)).output == done.output
    refused = await ai.responses.create(model="asks", input="Go", store=False)
    assert refused.status == "failed"


async def test_a_stream_is_resumed_after_a_restart_with_nothing_twice(
    settings: Settings, start: Any, fake: FakeOpenAI
) -> None:
    fake.default = Reply(text="One two three four five six seven.", delay=0.15)
    first = start(settings)
    key = await make_key(settings, "default")
    async with httpx.AsyncClient(
        base_url=f"{first.url}/api/agent-builder", headers={"X-API-Key": key}
    ) as client:
        await store(client, "Kind")
    text, number, id = "", -1, ""
    async with AsyncOpenAI(base_url=f"{first.url}/v1", api_key=key) as ai:
        async for event in await ai.responses.create(model="kind", input="Hi", stream=True, background=True):
            number = event.sequence_number
            if event.type == "response.created":
                id = event.response.id
            if event.type == "response.output_text.delta":
                text += event.delta
                break
    await asyncio.to_thread(first.stop)
    second = start(settings)
    async with AsyncOpenAI(base_url=f"{second.url}/v1", api_key=key) as ai:
        numbers: list[int] = []
        async for event in await ai.responses.retrieve(id, stream=True, starting_after=number):
            numbers.append(event.sequence_number)
            if event.type == "response.output_text.delta":
                text += event.delta
            if event.type == "response.completed":
                assert event.response.output_text == text
        assert numbers == [*range(number + 1, number + 1 + len(numbers))]
        assert text == "One two three four five six seven."


async def test_nobody_else_sees_a_response(
    client: httpx.AsyncClient, ai: AsyncOpenAI, settings: Settings, server: Running
) -> None:
    await store(client, "Kind")
    made = await ai.responses.create(model="kind", input="Hi")
    foreign = await make_key(settings, "elsewhere")
    async with AsyncOpenAI(base_url=f"{server.url}/v1", api_key=foreign) as other:
        assert made.conversation is not None
        for ask in (
            other.responses.retrieve(made.id),
            other.responses.cancel(made.id),
            other.responses.delete(made.id),
            other.responses.input_items.list(made.id),
            other.conversations.retrieve(made.conversation.id),
            other.conversations.delete(made.conversation.id),
            other.conversations.items.list(made.conversation.id),
        ):
            with pytest.raises(openai.NotFoundError):
                await ask


async def test_clients_of_javascript_chat(
    server: Running, client: httpx.AsyncClient, key: str, npm_clients: NpmClients
) -> None:
    await store(client, "Kind")
    told = await npm_clients.run("openai.mjs", "kind", AGENTICRAG_URL=server.url, AGENTICRAG_API_KEY=key)
    found = json.loads(told)
    assert found.pop("usage") > 0
    assert found == {
        "chatted": HELLO,
        "deltas": HELLO,
        "streamed": HELLO,
        "first": 6,
        "last": HELLO,
        "same": True,
        "next": HELLO,
        "answers": [[HELLO, HELLO, True]] * 2,
    }


async def test_the_program_of_the_page_works(
    server: Running, client: httpx.AsyncClient, key: str, tmp_path: Path
) -> None:
    await store(client, "Kind")
    told = await run_page("docs/openai-responses.md", server, key, tmp_path, "kind")
    assert told == f"{HELLO}\n{HELLO}\nresponse.completed\n"


async def test_conversations_keep_metadata_and_items(
    client: httpx.AsyncClient, ai: AsyncOpenAI, fake: FakeOpenAI
) -> None:
    await store(client, "Kind")
    told: Any = [
        {"type": "message", "role": "user", "content": "I am Ada."},
        {
            "type": "message",
            "role": "assistant",
            "content": [{"type": "output_text", "text": "Hello Ada.", "annotations": []}],
        },
    ]
    made = await ai.conversations.create(items=told, metadata={"topic": "otters"})
    assert made.metadata == {"topic": "otters"}
    changed = await ai.conversations.update(made.id, metadata={"topic": "seals"})
    assert changed == await ai.conversations.retrieve(made.id)
    assert changed.metadata == {"topic": "seals"}
    added = await ai.conversations.items.create(
        made.id, items=[{"type": "message", "role": "developer", "content": "Be brief."}]
    )
    assert [item.role for item in added.data] == ["system"]  # type: ignore[union-attr]
    await ai.responses.create(model="kind", input="Who am I?", conversation=made.id)
    asked = [message["content"] for message in sent(fake)]
    assert asked == ["I am Ada.", "Hello Ada.", "Be brief.", "Who am I?"]
    items = [item async for item in ai.conversations.items.list(made.id, order="asc", limit=2)]
    texts = [item.content[0].text for item in items]  # type: ignore[union-attr]
    assert texts == ["I am Ada.", "Hello Ada.", "Be brief.", "Who am I?", "Hello there, friend."]
    one = await ai.conversations.items.retrieve(items[1].id, conversation_id=made.id)  # type: ignore[arg-type]
    assert one == items[1]
    await ai.conversations.items.delete(items[1].id, conversation_id=made.id)  # type: ignore[arg-type]
    with pytest.raises(openai.NotFoundError) as gone:
        await ai.conversations.items.delete(items[1].id, conversation_id=made.id)  # type: ignore[arg-type]
    assert gone.value.code == "item_not_found"
    assert len([item async for item in ai.conversations.items.list(made.id)]) == 4
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"items": told * 11}, "items"),
        ({"items": [{"type": "function_call_output", "call_id": "1", "output": "x"}]}, "items[0].type"),
        ({"items": [{"role": "robot", "content": "x"}]}, "items[0].role"),
        ({"metadata": {"a": "x" * 513}}, "metadata"),
    ]
    for body, param in wrong:
        with pytest.raises(openai.BadRequestError) as refused:
            await ai.conversations.create(extra_body=body)
        assert refused.value.param == param
