"""Knowledge bases over HTTP: documents of every source, searches, states, deletes, another model."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from sqlalchemy import func, select

from persistence.storage.database import open_database
from persistence.storage.tables import knowledge as tables
from tests.document_files import as_json, docx, hostile, page_text, pdf
from tests.server.conftest import Running, connect, make_key, quick

DEMO = {"provider": "demo"}
ROWS = (
    tables.knowledge_bases,
    tables.knowledge_documents,
    tables.knowledge_contents,
    tables.knowledge_passages,
    tables.knowledge_blocks,
    tables.knowledge_garbage,
)
PUMPS = (
    "# Pumps\n\nPump P-100 leaks when it is cold. Replace its seal.\n\n# Valves\n\nValve V-7 opens at 3 bar."
)


@pytest.fixture
async def client(database_url: str, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a server with a folder of documents."""
    folder = tmp_path / "manuals"
    (folder / "deep").mkdir(parents=True)
    (folder / "one.md").write_text("# One\n\nThe first manual tells of gaskets.")
    (folder / "deep" / "two.txt").write_text("The second manual tells of bearings.")
    (folder / ".hidden.md").write_text("Nobody reads this.")
    (tmp_path / "secret.md").write_text("Outside of the folder.")
    (folder / "link.md").symlink_to(tmp_path / "secret.md")
    settings = msgspec.structs.replace(
        quick(database_url, tmp_path / "data"),
        knowledge_folders=[f"manuals={folder}"],
        ingestion_batch=4,
        parser_cpu_seconds=4,
        max_document_bytes=2_000_000,
    )
    server = Running(settings).start()
    try:
        async with connect(server, await make_key(settings, "default")) as connected:
            yield connected
    finally:
        await asyncio.to_thread(server.stop)


async def base_of(client: httpx.AsyncClient, **more: Any) -> str:
    """Make a base and return its id."""
    made = await client.post("/knowledge-bases", json={"name": "Manuals", "embedding": DEMO, **more})
    assert made.status_code == 201, made.text
    return made.json()["id"]


async def added(client: httpx.AsyncClient, base: str, **body: Any) -> dict[str, Any]:
    """Add a document and return it when its run has ended."""
    made = await client.post(f"/knowledge-bases/{base}/documents", **body)
    assert made.status_code == 202, made.text
    return await ended(client, base, made.json()["id"])


async def ended(client: httpx.AsyncClient, base: str, document: str) -> dict[str, Any]:
    """Return a document when it is ready or has failed."""
    found: dict[str, Any] = {}
    for _ in range(400):
        found = (await client.get(f"/knowledge-bases/{base}/documents/{document}")).json()
        if found["status"] in ("ready", "failed"):
            return found
        await asyncio.sleep(0.05)
    raise AssertionError(found)


async def search(client: httpx.AsyncClient, base: str, query: str, **more: Any) -> dict[str, Any]:
    """Return what a search finds."""
    answer = await client.post(f"/knowledge-bases/{base}/search", json={"query": query, **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def counted(url: str) -> dict[str, int]:
    """Return how many rows each table has."""
    async with open_database(url) as database:
        return {
            table.name: await database.read(
                lambda connection, table=table: (
                    connection.scalar(select(func.count()).select_from(table)) or 0
                )
            )
            for table in ROWS
        }


async def test_a_document_is_found_by_its_words_with_its_place(client: httpx.AsyncClient) -> None:
    base = await base_of(client)
    document = await added(client, base, json={"name": "pumps.md", "text": PUMPS, "metadata": {"lang": "en"}})
    assert (document["status"], document["passages"], document["attempts"]) == ("ready", 2, 1)
    assert document["progress"] == {"done": 2, "total": 2}
    found = await search(client, base, "When does valve V-7 open?")
    first = found["results"][0]
    assert first["heading"] == ["Valves"]
    assert PUMPS[first["start"] : first["end"]] == first["text"]
    assert first["document_name"] == "pumps.md"
    assert 0 <= first["score"] <= 1
    assert found["pending_documents"] == []
    assert (await search(client, base, "valve", filters={"lang": "de"}))["results"] == []
    dropped = await search(client, base, "valve", score_threshold=1.0, top_k=5)
    assert dropped["dropped_by_threshold"] >= 1
    passages = (await client.get(f"/knowledge-bases/{base}/documents/{document['id']}/passages")).json()
    assert [each["heading"] for each in passages["passages"]] == [["Pumps"], ["Valves"]]
    run = (await client.get(f"/executions/{document['execution_id']}")).json()
    assert (run["status"], run["output_data"]["passages"]) == ("completed", 2)


async def test_every_source_gives_documents(client: httpx.AsyncClient) -> None:
    base = await base_of(client)
    form = {"file": ("book.pdf", pdf([page_text(1, 30), page_text(2, 30)]), "application/pdf")}
    book = await added(client, base, files=form, data={"metadata": '{"year": 2026}'})
    assert (book["status"], book["pages"], book["metadata"]) == ("ready", 2, {"year": 2026})
    hit = (await search(client, base, "valve V-2-23", top_k=1))["results"][0]
    assert hit["page"] == 2
    word = await added(client, base, files={"file": ("a.docx", docx(), "")})
    assert (word["status"], word["source"]) == ("ready", {"kind": "upload"})
    made = await client.post(f"/knowledge-bases/{base}/documents", json={"folder": "manuals"})
    names = sorted(each["name"] for each in made.json()["documents"])
    assert names == ["deep/two.txt", "one.md"]  # neither what is hidden nor what a link leads out to
    for each in made.json()["documents"]:
        assert (await ended(client, base, each["id"]))["status"] == "ready"
    assert (await search(client, base, "bearings", top_k=1))["results"][0]["document_name"] == "deep/two.txt"
    for folder in ("manuals/../secret.md", "manuals/link.md", "nowhere", "manuals/.hidden.md"):
        refused = await client.post(f"/knowledge-bases/{base}/documents", json={"folder": folder})
        assert refused.status_code == 422, folder
    private = await added(client, base, json={"url": f"{client.base_url}/health"})
    assert (private["status"], private["attempts"]) == ("failed", 1)
    assert "AGENTICRAG_EGRESS_ALLOW" in private["error"]
    both = await client.post(
        f"/knowledge-bases/{base}/documents", json={"text": "a", "url": "https://a.test"}
    )
    assert both.status_code == 422
    assert "exactly one of" in both.json()["detail"]


async def test_a_file_of_a_chat_becomes_a_document(client: httpx.AsyncClient) -> None:
    flow = await client.post(
        "/chatflows",
        json={
            "name": "chat",
            "chat_config": {"llm_provider": "demo", "llm_model": "demo", "uploads": {"max_files": 1}},
        },
    )
    files = [{"name": "note.txt", "data": "VGhlIGdhc2tldCBpcyBncmVlbi4="}]
    chat = f"/chatflow/workflows/{flow.json()['id']}/chat"
    assert (
        await client.post(chat, json={"message": "Hi", "session_id": "s", "files": files})
    ).status_code == 200
    history = (await client.get("/chatflow/sessions/s/history")).json()
    file = history["messages"][0]["content"][1]["id"]
    base = await base_of(client)
    document = await added(client, base, json={"file_id": file})
    assert (document["name"], document["status"]) == ("note.txt", "ready")
    assert (await search(client, base, "Which colour has the gasket?"))["results"]


async def test_the_same_content_is_a_document_once(client: httpx.AsyncClient) -> None:
    base = await base_of(client)
    await added(client, base, json={"name": "a", "text": PUMPS})
    again = await client.post(f"/knowledge-bases/{base}/documents", json={"name": "b", "text": PUMPS})
    assert (again.status_code, again.json()["code"]) == (409, "duplicate_document")
    assert "'a'" in again.json()["detail"]


async def test_a_document_that_fails_says_why_and_can_be_tried_again(client: httpx.AsyncClient) -> None:
    base = await base_of(client)
    empty = await added(client, base, files={"file": ("scan.pdf", pdf(["", ""]), "application/pdf")})
    assert (empty["status"], empty["error_code"]) == ("failed", "no_text")
    assert "OCR" in empty["error"]
    run = (await client.get(f"/executions/{empty['execution_id']}")).json()
    assert (run["status"], run["error"]["code"]) == ("failed", "no_text")
    retried = await client.post(f"/knowledge-bases/{base}/documents/{empty['id']}/retry", json={})
    assert retried.status_code == 202
    assert retried.json()["execution_id"] != empty["execution_id"]
    again = await ended(client, base, empty["id"])
    assert (again["status"], again["attempts"]) == ("failed", 2)
    deep = await added(client, base, files={"file": ("deep.json", hostile("deep json"), "")})
    assert (deep["status"], deep["error_code"]) == ("failed", "unreadable")
    listed = (await client.get(f"/knowledge-bases/{base}/documents", params={"status": "failed"})).json()
    assert {each["id"] for each in listed["documents"]} == {empty["id"], deep["id"]}
    assert (await client.get(f"/knowledge-bases/{base}")).json()["documents_by_status"] == {"failed": 2}


async def test_a_cancelled_run_leaves_a_failed_document_that_goes_on(client: httpx.AsyncClient) -> None:
    base = await base_of(client)
    form = {"file": ("slow.pdf", hostile("forms that call forms"), "application/pdf")}
    made = (await client.post(f"/knowledge-bases/{base}/documents", files=form)).json()
    await asyncio.sleep(0.3)
    waiting = await search(client, base, "anything", strategy="lexical")
    assert waiting["pending_documents"] == ["slow.pdf"]
    busy = await client.post(f"/knowledge-bases/{base}/documents/{made['id']}/retry", json={})
    assert (busy.status_code, busy.json()["code"]) == (409, "document_busy")
    assert (await client.post(f"/executions/{made['execution_id']}/cancel")).status_code == 200
    document = await ended(client, base, made["id"])
    assert (document["status"], document["error_code"]) == ("failed", "cancelled")


async def test_what_is_deleted_never_answers_again_and_leaves_no_row(
    client: httpx.AsyncClient, database_url: str
) -> None:
    base = await base_of(client)
    pages = [page_text(number) for number in range(1, 9)]
    book = await added(client, base, files={"file": ("book.pdf", pdf(pages), "application/pdf")})
    assert book["passages"] >= 4
    await added(client, base, json={"name": "pumps.md", "text": PUMPS})
    assert (await search(client, base, "V-5-2", top_k=1))["results"][0]["document_name"] == "book.pdf"
    assert (await client.delete(f"/knowledge-bases/{base}/documents/{book['id']}")).status_code == 200
    found = await search(client, base, "V-5-2 page line valve", top_k=20)
    assert {each["document_name"] for each in found["results"]} <= {"pumps.md"}
    assert (await client.get(f"/knowledge-bases/{base}/documents/{book['id']}")).status_code == 404
    await rows_are(database_url, knowledge_passages=2, knowledge_documents=1, knowledge_garbage=0)
    assert (await client.delete(f"/knowledge-bases/{base}")).status_code == 200
    assert (await client.post(f"/knowledge-bases/{base}/search", json={"query": "V"})).status_code == 404
    await rows_are(database_url, **dict.fromkeys((table.name for table in ROWS), 0))
    assert (
        await client.post("/knowledge-bases", json={"name": "Manuals", "embedding": DEMO})
    ).status_code == 201


async def rows_are(url: str, **wanted: int) -> None:
    """Return when tables have so many rows."""
    found: dict[str, int] = {}
    for _ in range(100):
        found = await counted(url)
        if {name: found[name] for name in wanted} == wanted:
            return
        await asyncio.sleep(0.05)
    raise AssertionError(found)


async def test_another_model_is_switched_to_when_its_index_is_complete(
    client: httpx.AsyncClient, database_url: str
) -> None:
    base = await base_of(client)
    await added(client, base, json={"name": "pumps.md", "text": PUMPS})
    before = (await client.get(f"/knowledge-bases/{base}")).json()["embedding"]
    assert (before["fingerprint"], before["dimensions"]) == ("demo/demo/256", 256)
    changed = await client.put(f"/knowledge-bases/{base}", json={"embedding": {**DEMO, "dimensions": 64}})
    assert changed.status_code == 200, changed.text
    view: dict[str, Any] = {}
    for _ in range(200):
        view = (await client.get(f"/knowledge-bases/{base}")).json()
        if view["status"] == "ready":
            break
        assert (await search(client, base, "valve"))["results"]
        await asyncio.sleep(0.05)
    assert view["embedding"]["dimensions"] == 64
    assert (await search(client, base, "valve V-7", top_k=1))["results"][0]["heading"] == ["Valves"]
    await rows_are(database_url, knowledge_blocks=1, knowledge_garbage=0)


async def test_metadata_fits_the_schema_of_the_base(client: httpx.AsyncClient) -> None:
    schema = {"type": "object", "properties": {"year": {"type": "integer"}}, "required": ["year"]}
    base = await base_of(client, metadata_schema=schema)
    refused = await client.post(
        f"/knowledge-bases/{base}/documents", json={"text": "a", "metadata": {"year": "old"}}
    )
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/metadata/year")
    document = await added(client, base, json={"text": PUMPS, "metadata": {"year": 2025}})
    path = f"/knowledge-bases/{base}/documents/{document['id']}"
    assert (await client.put(path, json={"metadata": {"year": 2026}})).status_code == 200
    assert (await search(client, base, "valve", filters={"year": {"gte": 2026}}))["results"]
    wrong = await client.post(
        f"/knowledge-bases/{base}/search", json={"query": "a", "filters": {"year": {"near": 1}}}
    )
    assert (wrong.status_code, wrong.json()["code"]) == (422, "bad_filter")


async def test_sizes_and_shapes_are_refused(client: httpx.AsyncClient) -> None:
    base = await base_of(client)
    documents = f"/knowledge-bases/{base}/documents"
    large = {"file": ("a.txt", b"word " * 500_000, "text/plain")}
    assert (await client.post(documents, files=large)).status_code == 413
    assert (await client.post(documents, json={"text": "  "})).status_code == 422
    assert (await client.post(documents, json={"text": "a", "colour": "red"})).status_code == 422
    assert (
        await client.post(documents, content=b"a", headers={"Content-Type": "text/plain"})
    ).status_code == 415
    assert (await client.post("/knowledge-bases", json={"name": "Manuals"})).status_code == 409
    assert (
        await client.post("/knowledge-bases", json={"name": "x", "embedding": {"provider": "no"}})
    ).status_code == 422
    assert (
        await client.post(documents, files={"file": ("a.json", as_json({"a": 1}), "")})
    ).status_code == 202


async def test_many_documents_leave_room_for_chats(client: httpx.AsyncClient) -> None:
    base = await base_of(client)
    slow = hostile("forms that call forms")
    for number in range(6):
        form = {"file": (f"{number}.pdf", slow + b"%" * number, "application/pdf")}
        assert (await client.post(f"/knowledge-bases/{base}/documents", files=form)).status_code == 202
    runs = (await client.get("/executions", params={"status": "running"})).json()["executions"]
    assert len(runs) <= 2
    chat = await client.post(
        "/chatflow/chat", json={"message": "Hi", "config": {"provider": "demo", "model": "demo"}}
    )
    assert chat.json()["success"]
    for run in (await client.get("/executions")).json()["executions"]:
        await client.post(f"/executions/{run['id']}/cancel")


def test_a_plain_install_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    from server.http.problems import Problem
    from server.knowledge import knowledge_extra
    from server.requests.document_intake import check_extra

    monkeypatch.setattr(knowledge_extra, "_MODULES", ("no_such_module_of_anybody",))
    with pytest.raises(Problem) as refused:
        check_extra()
    assert refused.value.document.code == "extra_missing"
    assert "agenticrag extras install knowledge" in refused.value.document.detail
