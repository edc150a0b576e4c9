"""`agenticrag knowledge`: knowledge bases of a running server, over its API."""

import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cyclopts import App

from server.commands.api_client import Key, Url, api_client, asked, detail_of
from server.terminal import CommandError, print_json, print_progress, print_table

if TYPE_CHECKING:
    from server.commands.api_client import Client

__all__ = ["knowledge"]

PAUSE = 0.5

knowledge = App(name="knowledge", help="List, fill, search and tidy knowledge bases of a running server.")


@knowledge.command(name="list")
def show(*, url: Url = "", key: Key = "", json: bool = False) -> None:
    """List knowledge bases.

    Parameters
    ----------
    url
        URL of the server. Empty: this machine, at the configured port.
    key
        API key. Empty: the owner's key in the data folder.
    json
        Print the answer of the API.
    """
    with api_client(url, key) as client:
        found = asked(client, "GET", "/knowledge-bases")
    if json:
        print_json(found)
        return
    print_table(
        ("NAME", "STATUS", "DOCUMENTS", "PASSAGES", "MODEL", "ID"),
        [
            (
                base["name"],
                base["status"],
                str(base["documents"]),
                str(base["passages"]),
                f"{base['embedding']['provider']}/{base['embedding']['model']}",
                base["id"],
            )
            for base in found["knowledge_bases"]
        ],
    )


@knowledge.command
def add(base: str, files: list[Path], /, *, url: Url = "", key: Key = "", create: bool = False) -> None:
    """Add files to a knowledge base and wait until they are searchable.

    Exit code 1 if a document failed.

    Parameters
    ----------
    base
        Name or ID of the knowledge base.
    files
        Files, or folders whose files are added.
    url
        URL of the server. Empty: this machine, at the configured port.
    key
        API key. Empty: the owner's key in the data folder.
    create
        Create the knowledge base if there is none of this name.
    """
    import time

    with api_client(url, key) as client:
        base_id = _base(client, base, create=create)
        waiting: dict[str, str] = {}
        failed = 0
        for file in _files(files):
            answer = client.post(
                f"/knowledge-bases/{base_id}/documents", files={"file": (file.name, file.read_bytes())}
            )
            if answer.status_code == 202:
                waiting[answer.json()["id"]] = str(file)
            else:
                failed += 1
                print_progress(f"{file}: {detail_of(answer)}")
        while waiting:
            for id, name in [*waiting.items()]:
                document = asked(client, "GET", f"/knowledge-bases/{base_id}/documents/{id}")
                if document["status"] == "ready":
                    print(f"{name}: {document['passages']} passages")
                elif document["status"] == "failed":
                    failed += 1
                    print_progress(f"{name}: {document['error']}")
                else:
                    continue
                del waiting[id]
            time.sleep(PAUSE if waiting else 0)
    if failed:
        raise CommandError(f"{failed} of the documents failed; the lines above say why.")


@knowledge.command
def search(
    base: str, query: str, /, *, top_k: int = 5, url: Url = "", key: Key = "", json: bool = False
) -> None:
    """Search a knowledge base.

    Parameters
    ----------
    base
        Name or ID of the knowledge base.
    query
        The question.
    top_k
        Maximum number of passages.
    url
        URL of the server. Empty: this machine, at the configured port.
    key
        API key. Empty: the owner's key in the data folder.
    json
        Print the answer of the API.
    """
    with api_client(url, key) as client:
        base_id = _base(client, base, create=False)
        body = {"query": query, "top_k": top_k}
        found = asked(client, "POST", f"/knowledge-bases/{base_id}/search", json=body)
    if json:
        print_json(found)
        return
    for hit in found["results"]:
        page = f", page {hit['page']}" if hit["page"] else ""
        print(f"{hit['score']:.2f}  {hit['document_name']}{page}  {' > '.join(hit['heading'])}")
        print("      " + " ".join(hit["text"].split())[:300])
    if found["pending_documents"]:
        print_progress(f"Not searchable yet: {', '.join(found['pending_documents'])}")


@knowledge.command
def documents(base: str, /, *, url: Url = "", key: Key = "", json: bool = False) -> None:
    """List the documents of a knowledge base with their status and progress.

    Parameters
    ----------
    base
        Name or ID of the knowledge base.
    url
        URL of the server. Empty: this machine, at the configured port.
    key
        API key. Empty: the owner's key in the data folder.
    json
        Print the documents as the API has them.
    """
    with api_client(url, key) as client:
        path = f"/knowledge-bases/{_base(client, base, create=False)}/documents"
        found: list[dict[str, Any]] = []
        params: dict[str, Any] = {"limit": 100}
        while True:
            page = asked(client, "GET", path, params=params)
            found += page["documents"]
            if page["next_cursor"] is None:
                break
            params["cursor"] = page["next_cursor"]
    if json:
        print_json(found)
        return
    print_table(
        ("NAME", "STATUS", "PROGRESS", "REASON", "ID"),
        [(each["name"], each["status"], _progress(each), each["error"] or "", each["id"]) for each in found],
    )


@knowledge.command
def retry(base: str, document: str, /, *, reparse: bool = False, url: Url = "", key: Key = "") -> None:
    """Ingest a document once more, such as one that failed. Passages that are embedded are kept.

    Parameters
    ----------
    base
        Name or ID of the knowledge base.
    document
        Name or ID of the document.
    reparse
        Parse and split it again.
    url
        URL of the server. Empty: this machine, at the configured port.
    key
        API key. Empty: the owner's key in the data folder.
    """
    with api_client(url, key) as client:
        base_id = _base(client, base, create=False)
        found = _document(client, base_id, document)
        path = f"/knowledge-bases/{base_id}/documents/{found['id']}/retry"
        asked(client, "POST", path, json={"reparse": reparse})
    print(f"{found['name']}: queued")


@knowledge.command
def delete(base: str, document: str, /, *, url: Url = "", key: Key = "") -> None:
    """Delete a document. No search finds it from then on.

    Parameters
    ----------
    base
        Name or ID of the knowledge base.
    document
        Name or ID of the document.
    url
        URL of the server. Empty: this machine, at the configured port.
    key
        API key. Empty: the owner's key in the data folder.
    """
    with api_client(url, key) as client:
        base_id = _base(client, base, create=False)
        found = _document(client, base_id, document)
        asked(client, "DELETE", f"/knowledge-bases/{base_id}/documents/{found['id']}")
    print(f"{found['name']}: deleted")


def _base(client: "Client", wanted: str, *, create: bool) -> str:
    found = asked(client, "GET", "/knowledge-bases", params={"search": wanted, "limit": 100})
    listed = client.get(f"/knowledge-bases/{wanted}") if _is_id(wanted) else None
    if listed is not None and listed.status_code == 200:
        return wanted
    for base in found["knowledge_bases"]:
        if wanted in (base["id"], base["name"]):
            return base["id"]
    if create:
        return asked(client, "POST", "/knowledge-bases", json={"name": wanted})["id"]
    raise CommandError(f"There is no knowledge base '{wanted}'. `agenticrag knowledge list` lists them.")


def _is_id(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


def _document(client: "Client", base_id: str, wanted: str) -> dict[str, Any]:
    """Return the newest document of an id or a name."""
    if _is_id(wanted):
        return asked(client, "GET", f"/knowledge-bases/{base_id}/documents/{wanted}")
    params = {"search": wanted, "limit": 100}
    for document in asked(client, "GET", f"/knowledge-bases/{base_id}/documents", params=params)["documents"]:
        if document["name"] == wanted:
            return document
    raise CommandError(f"There is no document '{wanted}'. `agenticrag knowledge documents` lists them.")


def _progress(document: dict[str, Any]) -> str:
    done, total = document["progress"]["done"], document["progress"]["total"]
    return f"{done}/{total}" if total else ""


def _files(wanted: list[Path]) -> list[Path]:
    from graphs.file_parsing.formats import EXTENSIONS

    found: list[Path] = []
    for path in wanted:
        if path.is_dir():
            found += sorted(file for file in path.rglob("*") if file.suffix.lower() in EXTENSIONS)
        elif path.is_file():
            found.append(path)
        else:
            raise CommandError(f"There is no file {path}.")
    return found
