"""Embeds and feedback, on both databases."""

import asyncio

from persistence.library.conversations import Conversations
from persistence.library.embeds import Embeds
from persistence.runs.executions import Executions, NewExecution
from persistence.storage.database import Database


async def test_a_chatflow_has_one_embed_whoever_makes_it(database: Database) -> None:
    embeds = Embeds(database)
    made = await asyncio.gather(*(embeds.put("w", "f", {"theme": str(n)}) for n in range(5)))
    assert {row.token for row in made} == {made[0].token}
    kept = await embeds.get("w", "f")
    assert kept is not None
    assert kept.config == {"theme": "4"}
    assert await embeds.find(kept.token) == kept
    assert await embeds.get("other", "f") is None
    assert (await embeds.put("other", "f", {})).token != kept.token


async def test_a_rotated_token_opens_nothing(database: Database) -> None:
    embeds = Embeds(database)
    before = await embeds.put("w", "f", {"a": 1})
    after = await embeds.rotate("w", "f")
    assert after is not None
    assert (after.id, after.config) == (before.id, {"a": 1})
    assert await embeds.find(before.token) is None
    assert {*await embeds.open([before.token, after.token])} == {after.token}
    await embeds.put("w", "f", {}, is_active=False)
    assert await embeds.open([after.token]) == {}
    assert await embeds.rotate("w", "none") is None
    assert await embeds.delete("other", "f") is False
    assert await embeds.delete("w", "f") is True
    assert await embeds.find(after.token) is None


async def test_a_conversation_has_its_own_turns_and_one_opinion_each(database: Database) -> None:
    conversations = Conversations(database)
    executions = Executions(database)
    ids: list[str] = []
    for session, flow in (("a", "f"), ("a", "f"), ("b", "f"), ("a", "g")):
        new = NewExecution(
            workspace="w",
            flow_type="chatflow",
            flow_id=flow,
            session=session,
            input={"message": f"{session}{len(ids)}"},
            options={},
        )
        ids.append((await executions.accept(new, "p", begin=False)).execution.id)
    for rating in ("down", "up"):
        await conversations.rate("w", "f", ids[1], rating, "why")
    turns = await conversations.turns("w", "a", "f", limit=10)
    assert [(turn.execution_id, turn.message, turn.rating) for turn in turns] == [
        (ids[0], "a0", None),
        (ids[1], "a1", "up"),
    ]
    assert [turn.message for turn in await conversations.turns("w", "a", "f", limit=1)] == ["a1"]
    assert await conversations.turns("other", "a", "f", limit=10) == []
    opinions, counts = await conversations.opinions("w", "f", limit=10, offset=0)
    assert [(one.execution_id, one.comment) for one in opinions] == [(ids[1], "why")]
    assert counts == {"up": 1}
    assert (await conversations.opinions("other", "f", limit=10, offset=0))[1] == {}
