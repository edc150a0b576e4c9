"""API keys, on both databases."""

import asyncio
import time

import pytest
from sqlalchemy import select

from persistence.identity.api_keys import Keys
from persistence.storage.database import Database
from persistence.storage.tables.identity import api_keys


async def test_a_key_is_found_by_itself_alone(database: Database) -> None:
    keys = Keys(database)
    row, key = await keys.create("w", "laptop")
    other, _ = await keys.create("w", "phone")
    assert key.startswith("ar_")
    assert len(key) >= 46
    assert row.prefix == key[:11]
    found = await keys.find(key)
    assert found == row
    assert row.id != other.id
    for wrong in ["", "ar_", key[:-1], key + "x", key.upper(), row.prefix, row.id, "\ud800", "nul\x00"]:
        assert await keys.find(wrong) is None


@pytest.mark.threat("A-07")
async def test_the_key_itself_is_not_stored(database: Database) -> None:
    _, key = await Keys(database).create("w", "laptop")
    stored = await database.read(lambda connection: str(connection.execute(select(api_keys)).all()))
    assert key not in stored
    assert key[3:] not in stored


async def test_a_revoked_key_is_found_no_more(database: Database) -> None:
    keys = Keys(database)
    row, key = await keys.create("w", "laptop")
    assert not await keys.revoke("other", row.id)
    assert await keys.find(key) is not None
    assert await keys.revoke("w", row.id)
    assert not await keys.revoke("w", row.id)
    assert await keys.find(key) is None
    [listed] = await keys.list("w")
    assert listed.revoked_at is not None


async def test_an_expired_key_is_found_no_more(database: Database) -> None:
    keys = Keys(database)
    _, past = await keys.create("w", "past", expires_at=time.time() - 1)
    _, future = await keys.create("w", "future", expires_at=time.time() + 3600)
    assert await keys.find(past) is None
    assert await keys.find(future) is not None


async def test_use_is_recorded_but_not_at_every_use(database: Database) -> None:
    keys = Keys(database)
    _, key = await keys.create("w", "laptop")
    before = time.time()
    await asyncio.gather(*(keys.find(key) for _ in range(5)))
    await database.write(lambda connection: None)  # what was queued before this is written
    [used] = await keys.list("w")
    assert used.last_used_at is not None
    assert used.last_used_at >= before
    await keys.find(key)
    await database.write(lambda connection: None)
    assert await keys.list("w") == [used]


async def test_keys_are_listed_by_workspace_newest_first(database: Database) -> None:
    keys = Keys(database)
    first, _ = await keys.create("w", "1")
    second, _ = await keys.create("w", "2")
    await keys.create("other", "3")
    assert await keys.list("w") == [second, first]
