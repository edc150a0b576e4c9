"""Embedded chats as tests make and visit them."""

from itertools import pairwise
from typing import Any

import httpx

from tests.server.conftest import API, DEMO, Running, connect, make_key

SITE = "https://shop.example"
"""The origin of a page that may show the chats."""

PROMPT = "CANARY-PROMPT-7f3a"
NODE = "CANARY_NODE_91bc"
SECRET = "CANARY-SECRET-44d0"


class Owner:
    """Who puts chatflows on other sites."""

    def __init__(self, url: str, client: httpx.AsyncClient) -> None:
        self.url = url
        self.client = client
        self._clients = [client]

    async def flow(self, graph: dict[str, Any] | None = None, **chat_config: Any) -> str:
        """Store a chatflow and return its id."""
        body: dict[str, Any] = {"name": SECRET, "description": SECRET}
        if graph is None:
            body["chat_config"] = {"system_prompt": PROMPT, **chat_config}
        else:
            body["graph_definition"] = graph
            if chat_config:
                body["chat_config"] = chat_config
        answer = await self.client.post("/chatflows", json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()["id"]

    async def embed(self, flow_id: str | None = None, **config: Any) -> dict[str, Any]:
        """Embed a chatflow, a new one if none is named, and return what its owner sees of it."""
        body = {"chatflow_id": flow_id or await self.flow(), "allowed_domains": [SITE], **config}
        answer = await self.client.post("/embed", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def visitor(self, embed: dict[str, Any], *, origin: str | None = SITE) -> httpx.AsyncClient:
        """Return a browser of a visitor, as far as the server sees it."""
        headers = {} if origin is None else {"Origin": origin}
        base = f"{self.url}{API}/embed/public/{embed['embed_token']}"
        self._clients.append(httpx.AsyncClient(base_url=base, headers=headers, timeout=30, verify=False))
        return self._clients[-1]

    async def close(self) -> None:
        """Close every connection."""
        for client in self._clients:
            await client.aclose()


async def owner_of(server: Running, workspace: str = "default") -> Owner:
    """Return an owner with a key of a workspace."""
    return Owner(server.url, connect(server, await make_key(server.settings, workspace)))


def asking(audience: str, **data: Any) -> dict[str, Any]:
    """Return a graph that asks somebody before it answers."""
    asked = {"audience": audience, "message": "May it go out?", **data}
    said = {**DEMO, "system_prompt": PROMPT, "prompt": f"Decided: {{{{ nodes.{NODE} }}}}"}
    return chain([("human_approval", NODE, asked), ("llm", "answer", said)])


def chain(nodes: list[tuple[str, str, dict[str, Any]]]) -> dict[str, Any]:
    """Return a graph of nodes, one after the other."""
    ends = [("start", "start", {}), *nodes, ("end", "end", {})]
    edges: list[dict[str, Any]] = []
    for (kind, source, _), (_, target, _) in pairwise(ends):
        edge = {"id": f"{source}-{target}", "source": source, "target": target}
        edges.append({**edge, "sourceHandle": "approved"} if kind == "human_approval" else edge)
    return {
        "nodes": [{"id": id, "type": kind, "data": data} for kind, id, data in ends],
        "edges": edges,
    }


async def session_of(visitor: httpx.AsyncClient) -> str:
    """Begin a visitor's session; the visitor's requests carry it from now on."""
    answer = await visitor.post("/session")
    assert answer.status_code == 200, answer.text
    token: str = answer.json()["session_id"]
    visitor.headers["X-Visitor-Session"] = token
    return token
