"""Make the knowledge base `docs` of this product's documentation, store the example chats, and ask one.

It needs a running server and no key of a model provider:

    AGENTICRAG_API_KEY=$(cat data/owner-api-key) python examples/knowledge/load_docs.py "How do I back up?"
"""

import json
import os
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
LEFT_OUT = {
    "README",
    "architecture",
    "benchmarks",
    "durability-results",
    "fields",
    "from-the-report",
    "threats",
}
"""Pages of figures and lists, and those for people who change the server."""
API = os.environ.get("AGENTICRAG_URL", "http://127.0.0.1:8000") + "/api/agent-builder"
KEY = os.environ["AGENTICRAG_API_KEY"]
EMBEDDING = os.environ.get("EMBEDDING_PROVIDER", "local")


def call(method: str, path: str, body: Any = None) -> Any:
    """Send a request and return the answer's JSON."""
    request = urllib.request.Request(  # noqa: S310
        API + path,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=300) as response:  # noqa: S310
        return json.load(response)


def load() -> None:
    """Make the base and wait until every document is ready."""
    base = call("POST", "/knowledge-bases", {"name": "docs", "embedding": {"provider": EMBEDDING}})["id"]
    pages = [page for page in sorted(ROOT.glob("docs/*.md")) if page.stem not in LEFT_OUT]
    for page in [ROOT / "README.md", ROOT / "README.ko.md", *pages]:
        document = {"name": page.name, "text": page.read_text("utf-8"), "content_type": "text/markdown"}
        call("POST", f"/knowledge-bases/{base}/documents", document)
    while (view := call("GET", f"/knowledge-bases/{base}"))["status"] != "ready":
        ready = view["documents_by_status"].get("ready", 0)
        print(f"{ready} of {view['documents']} pages, {view['passages']} passages", file=sys.stderr)
        time.sleep(2)


def store() -> dict[str, str]:
    """Store the chats and return their IDs by file name."""
    stored: dict[str, str] = {}
    for file in sorted(HERE.glob("*.json")):
        flow = json.loads(file.read_text("utf-8"))
        del flow["flow_type"]
        stored[file.name] = call("POST", "/chatflows", flow)["id"]
    return stored


def main() -> None:
    """Load the docs and ask."""
    load()
    flow = store()["docs-chat.json"]
    for question in sys.argv[1:] or ["How do I back up the database while the server runs?"]:
        answer = call("POST", f"/chatflow/workflows/{flow}/chat", {"message": question})
        print(f"> {question}\n{answer['response'] or answer['error']}")
        for source in answer["citations"]:
            print(f"  [{source['number']}] {source['title']}")


if __name__ == "__main__":
    main()
