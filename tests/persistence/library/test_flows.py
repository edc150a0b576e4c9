"""Stored flows, on both databases."""

import asyncio
from typing import Any
from unittest.mock import ANY

import pytest

from persistence.library.flow_slugs import SlugTaken
from persistence.library.flows import FlowRow, Flows, FlowSort
from persistence.storage.database import Database


async def make(flows: Flows, name: str, **values: Any) -> FlowRow:
    given: dict[str, Any] = {"description": "", "document": {"name": name}, **values}
    return await flows.create(
        given.pop("workspace", "w"), given.pop("flow_type", "chatflow"), name=name, **given
    )


async def names(flows: Flows, **wanted: Any) -> list[str]:
    given: dict[str, Any] = {"sort_by": "name", "sort_order": "asc", **wanted}
    rows, total = await flows.list("w", **given)
    assert total == len(rows)
    return [row.name for row in rows]


async def test_a_flow_comes_back_as_it_was_stored(database: Database) -> None:
    flows = Flows(database)
    document = {"name": "Help", "chat_config": {"temperature": 0.7, "stop": ["\n", "終"], "n": None}}
    made = await flows.create(
        "w", "chatflow", name="Help", description="Über", document=document, tags=["a", 'b"c'], category="it"
    )
    assert (made.version, made.is_active, made.is_public, made.tags) == (1, True, False, ["a", 'b"c'])
    assert await flows.get("w", made.id) == made
    assert await flows.get("w", made.id, "chatflow") == made
    assert made.document == document
    assert await flows.version(made.id, 1) == document


async def test_a_flow_of_another_workspace_or_kind_is_not_there(database: Database) -> None:
    flows = Flows(database)
    made = await make(flows, "Mine")
    assert await flows.get("other", made.id) is None
    assert await flows.get("w", made.id, "agentflow") is None
    assert await flows.replace("other", made.id, name="x", description="", document={}) is None
    assert (
        await flows.replace("w", made.id, name="x", description="", document={}, flow_type="agentflow")
        is None
    )
    assert not await flows.delete("other", made.id)
    assert not await flows.delete("w", made.id, "agentflow")
    assert await flows.list("other") == ([], 0)
    assert await flows.get("w", made.id) == made


async def test_a_flow_is_replaced_only_at_the_version_that_was_read(database: Database) -> None:
    flows = Flows(database)
    made = await make(flows, "One")
    given: dict[str, Any] = {"name": "Two", "description": "", "document": {"two": 2}}
    assert (await flows.replace("w", made.id, **given, version=2)) is None
    changed = await flows.replace("w", made.id, **given, version=1)
    assert changed is not None
    assert changed.version == 2
    assert await flows.replace("w", made.id, **given, version=1) is None
    assert await flows.version(made.id, 3) is None


async def test_replacing_a_flow_keeps_every_version(database: Database) -> None:
    flows = Flows(database)
    made = await make(flows, "One")
    changed = await flows.replace(
        "w",
        made.id,
        name="Two",
        description="d",
        document={"v": 2},
        tags=["t"],
        is_public=True,
        is_active=False,
    )
    assert changed is not None
    assert (changed.version, changed.name, changed.is_public, changed.is_active) == (2, "Two", True, False)
    assert changed.created_at == made.created_at <= changed.updated_at
    assert await flows.get("w", made.id) == changed
    assert await flows.version(made.id, 1) == {"name": "One"}
    assert await flows.version(made.id, 2) == {"v": 2}
    assert await flows.version(made.id, 3) is None
    assert await names(flows, search="one") == []
    assert await names(flows, search="TWO") == ["Two"]


async def test_flows_replaced_at_once_get_a_version_each(database: Database) -> None:
    flows = Flows(database)
    made = await make(flows, "Busy")
    rows = await asyncio.gather(
        *(flows.replace("w", made.id, name="Busy", description="", document={"n": n}) for n in range(20))
    )
    assert sorted(row.version for row in rows if row is not None) == list(range(2, 22))
    for row in rows:
        assert row is not None
        assert await flows.version(made.id, row.version) == row.document


async def test_a_deleted_flow_is_gone_but_its_versions_stay(database: Database) -> None:
    flows = Flows(database)
    made = await make(flows, "Old")
    assert await flows.delete("w", made.id)
    assert not await flows.delete("w", made.id)
    assert await flows.get("w", made.id) is None
    assert await flows.replace("w", made.id, name="x", description="", document={}) is None
    assert await names(flows) == []
    assert await flows.version(made.id, 1) == {"name": "Old"}


async def test_a_search_is_literal_and_ignores_case(database: Database) -> None:
    flows = Flows(database)
    await make(flows, "100% Straße")
    await make(flows, "a_b", tags=["Gamma"])
    await make(flows, "axb", description="über uns")
    await make(flows, "İstanbul")
    await make(flows, "한국어 봇")
    await make(flows, "a_b of another", workspace="other")
    for search, expected in [
        ("", ["100% Straße", "a_b", "axb", "İstanbul", "한국어 봇"]),
        ("%", ["100% Straße"]),
        ("_", ["a_b"]),
        ("A_B", ["a_b"]),
        ("a", ["100% Straße", "a_b", "axb", "İstanbul"]),
        ("STRASSE", ["100% Straße"]),
        ("한국", ["한국어 봇"]),
        ("ÜBER", ["axb"]),
        ("gamma", ["a_b"]),
        ("\\", []),
        ("'", []),
        ("nothing", []),
    ]:
        assert await names(flows, search=search) == expected, search


async def test_tags_match_whole_and_all_of_them(database: Database) -> None:
    flows = Flows(database)
    await make(flows, "1", tags=["a", "b"])
    await make(flows, "2", tags=["aa", "a"])
    await make(flows, "3", tags=['x","y', "ab"])
    await make(flows, "4", tags=["back\\", "é"])
    await make(flows, "5", tags=[""])
    for tags, expected in [
        (["a"], ["1", "2"]),
        (["a", "b"], ["1"]),
        (['x","y'], ["3"]),
        (["y"], []),
        (["x"], []),
        (["back\\"], ["4"]),
        (["é"], ["4"]),
        (["A"], []),
        ([""], ["5"]),
    ]:
        assert await names(flows, tags=tags) == expected, tags


async def test_lists_filter_by_kind_category_and_activity(database: Database) -> None:
    flows = Flows(database)
    await make(flows, "c", category="x")
    await make(flows, "a", flow_type="agentflow", category="y")
    await make(flows, "i", is_active=False)
    assert await names(flows, flow_type="agentflow") == ["a"]
    assert await names(flows, category="x") == ["c"]
    assert await names(flows, is_active=False) == ["i"]
    assert await names(flows, is_active=True, flow_type="chatflow") == ["c"]


async def test_pages_of_every_order_cover_everything_once(database: Database) -> None:
    flows = Flows(database)
    made = [await make(flows, name, category="c") for name in ["b", "B", "a", "Z", "ä", "z"]]
    await flows.replace("w", made[2].id, name="a", description="", document={})
    orders: tuple[FlowSort, ...] = ("name", "category", "version", "created_at", "updated_at")
    for sort_by in orders:
        seen: list[str] = []
        for page in range(4):
            rows, total = await flows.list("w", limit=2, offset=2 * page, sort_by=sort_by, sort_order="asc")
            assert total == 6
            seen.extend(row.id for row in rows)
        assert sorted(seen) == sorted(row.id for row in made)
        backwards, _ = await flows.list("w", limit=10, sort_by=sort_by, sort_order="desc")
        assert [row.id for row in backwards] == seen[::-1]


async def test_names_sort_without_case_by_code_point(database: Database) -> None:
    flows = Flows(database)
    for name in ["b2", "B1", "a", "Zz", "ä", "z", "한", "A b"]:
        await make(flows, name)
    assert await names(flows) == ["a", "A b", "B1", "b2", "z", "Zz", "ä", "한"]


async def test_slugs_are_made_from_names_and_unique_in_a_workspace(database: Database) -> None:
    flows = Flows(database)
    made = [
        await make(flows, name) for name in ("Café du  Nord!", "Cafe du nord", "고객 지원", "!!", "x" * 255)
    ]
    uuid_like = await make(flows, made[0].id)
    slugs = [row.slug for row in (*made, uuid_like)]
    assert slugs == [
        "cafe-du-nord",
        "cafe-du-nord-2",
        "chatflow",
        "chatflow-2",
        "x" * 52,
        f"flow-{made[0].id}",
    ]
    assert (await make(flows, "Cafe du Nord", workspace="other")).slug == "cafe-du-nord"
    many = await asyncio.gather(*(make(flows, "Same") for _ in range(8)))
    assert len({row.slug for row in many}) == 8
    assert {(await flows.named("w", row.slug) or row).id for row in many} == {row.id for row in many}
    assert await flows.named("other", "same") is None
    assert await flows.named("w", made[0].id) == made[0]


async def test_a_former_slug_leads_to_the_flow_until_it_is_deleted(database: Database) -> None:
    flows = Flows(database)
    made, other = await make(flows, "Help"), await make(flows, "Other")
    given: dict[str, Any] = {"name": "Help", "description": "", "document": {}}
    renamed = await flows.replace("w", made.id, **given, slug="support")
    assert renamed is not None
    assert renamed.slug == "support"
    assert await flows.named("w", "help") == renamed == await flows.named("w", "support")
    for taken in ("help", "support"):
        with pytest.raises(SlugTaken):
            await flows.replace("w", other.id, **given, slug=taken)
        with pytest.raises(SlugTaken):
            await make(flows, "New", slug=taken, exact=True)
    assert await flows.get("w", other.id) == other
    assert (await make(flows, "Help")).slug == "help-2"
    back = await flows.replace("w", made.id, **given, slug="help")
    assert back is not None
    assert await flows.named("w", "support") == back
    assert await flows.active_slugs("w", "chatflow") == [("help-2", ANY), ("other", ANY), ("help", ANY)]
    await flows.delete("w", made.id)
    assert await flows.named("w", "help") is None
    assert await flows.named("w", made.id) is None
    assert (await make(flows, "New", slug="support", exact=True)).slug == "support"
