"""Stored agents, on both databases."""

from typing import Any

from msgspec import structs

from persistence.library.agents import Agents
from persistence.storage.database import Database

NOTHING: dict[str, Any] = {"name": "x", "description": "", "document": {}}


async def test_an_agent_is_stored_changed_and_deleted(database: Database) -> None:
    agents = Agents(database)
    made = await agents.create("w", name="Ada", description="Counts", document={"tools": ["t"]})
    assert await agents.get("w", made.id) == made
    changed = await agents.replace(made, name="Bob", description="", document={})
    assert changed is not None
    assert (changed.name, changed.document, changed.created_at) == ("Bob", {}, made.created_at)
    assert await agents.get("w", made.id) == changed
    assert await agents.replace(made, name="x", description="", document={}) is None, "it was changed"
    assert await agents.delete("w", made.id)
    assert not await agents.delete("w", made.id)
    assert await agents.get("w", made.id) is None
    assert await agents.replace(changed, name="x", description="", document={}) is None
    assert await agents.list("w") == ([], 0)


async def test_an_agent_of_another_workspace_is_not_there(database: Database) -> None:
    agents = Agents(database)
    made = await agents.create("w", name="Ada", description="", document={})
    assert await agents.get("other", made.id) is None
    assert await agents.replace(structs.replace(made, workspace="other"), **NOTHING) is None
    assert not await agents.delete("other", made.id)
    assert await agents.list("other") == ([], 0)
    assert await agents.get("w", made.id) == made


async def test_agents_are_searched_sorted_and_paged(database: Database) -> None:
    agents = Agents(database)
    for name in ["beta_1", "Alpha", "gamma"]:
        await agents.create("w", name=name, description="Δ" if name == "gamma" else "", document={})
    rows, total = await agents.list("w", sort_by="name", sort_order="asc", page_size=2)
    assert ([row.name for row in rows], total) == (["Alpha", "beta_1"], 3)
    rows, total = await agents.list("w", sort_by="name", sort_order="asc", page=2, page_size=2)
    assert ([row.name for row in rows], total) == (["gamma"], 3)
    rows, total = await agents.list("w", search="_")
    assert ([row.name for row in rows], total) == (["beta_1"], 1)
    rows, _ = await agents.list("w", search="δ")
    assert [row.name for row in rows] == ["gamma"]
    rows, _ = await agents.list("w")
    assert [row.name for row in rows] == ["gamma", "Alpha", "beta_1"]
