"""`agenticrag knowledge`: knowledge bases of a running server, over its API."""

from pathlib import Path
from typing import TYPE_CHECKING

from cyclopts import App

from server.commands.api_client import Key, Url, api_client, asked, detail_of
from server.terminal import CommandError, print_json, print_progress, print_table

if TYPE_CHECKING:
    from server.commands.api_client import Client

__all__ = ["knowledge"]

PAUSE = 0.5

knowledge = App(name="knowledge", help="List, fill and search knowledge bases of a running server.")


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


def _base(client: "Client", wanted: str, *, create: bool) -> str:
    found = asked(client, "GET", "/knowledge-bases", params={"search": "", "limit": 100})
    for base in found["knowledge_bases"]:
        if wanted in (base["id"], base["name"]):
            return base["id"]
    if create:
        return asked(client, "POST", "/knowledge-bases", json={"name": wanted})["id"]
    raise CommandError(f"There is no knowledge base '{wanted}'. `agenticrag knowledge list` lists them.")


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
