"""Two workspaces on one server that have the same things, and the ids of these."""

from typing import Any

import httpx
from msgspec import Struct

from persistence.database import open_database
from persistence.keys import Keys
from persistence.users import Users
from persistence.workspaces import Workspaces
from server.settings import Settings
from tests.server.conftest import DEMO

__all__ = ["ROLES", "Tenant", "furnish"]

ROLES = ("viewer", "runner", "editor", "owner")
GRAPH: dict[str, Any] = {
    "nodes": [
        {"id": "start", "type": "start"},
        {"id": "ask", "type": "human_approval", "data": {"message": "Go on?"}},
        {"id": "end", "type": "end"},
    ],
    "edges": [
        {"id": "1", "source": "start", "target": "ask"},
        {"id": "2", "source": "ask", "sourceHandle": "approved", "target": "end"},
    ],
}


class Tenant(Struct, frozen=True, kw_only=True):
    """A workspace, who is in it, and what it has."""

    workspace: str
    mark: str
    """A word that is in the text of everything that the workspace has."""
    keys: dict[str, str]
    """An API key for each role."""
    ids: dict[str, str]
    """One thing of each kind."""


async def furnish(settings: Settings, address: str, slug: str, mark: str) -> Tenant:
    """Make a workspace with keys, flows, runs and all else that has an id."""
    async with open_database(settings.database) as database:
        workspaces = Workspaces(database)
        found = await workspaces.find(slug) or await workspaces.create(slug, f"{mark} workspace", None)
        assert found is not None
        user = await Users(database).create(
            found.id, "owner", email=f"{slug}@example.com", name=f"{mark} user"
        )
        assert user is not None
        row, secret = await Keys(database).create(found.id, f"{mark} owner", role="owner")
        keys = {"owner": secret}
        for role in ROLES[:-1]:
            _, keys[role] = await Keys(database).create(found.id, f"{mark} {role}", role=role)
    async with httpx.AsyncClient(
        base_url=address, headers={"Authorization": f"Bearer {keys['owner']}"}, timeout=60
    ) as client:
        ids = await _ids(client, mark)
    return Tenant(
        workspace=found.id,
        mark=mark,
        keys=keys,
        ids={**ids, "key": row.id, "user": user.id, "workspace": found.id},
    )


async def _ids(client: httpx.AsyncClient, mark: str) -> dict[str, str]:
    async def post(path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = await client.post(path, json=body)
        assert answer.is_success, f"{path}: {answer.text}"
        return answer.json()

    name = f"{mark} thing"
    model = {"llm_provider": "demo", "llm_model": "demo", "system_prompt": name}
    chatflow = await post("/chatflows", {"name": name, "chat_config": model})
    agentflow = await post("/agentflows", {"name": name, "graph_definition": GRAPH})
    team = await post("/agentflows", {"name": name})
    agent = await post("/agents", {"name": name, **model})
    attached = await post(f"/agentflows/{team['id']}/agents", {"name": name, "agent_id": agent["id"]})
    session = f"{mark}-session"
    chat = {"message": f"{mark} secret", "session_id": session, "config": DEMO}
    await post("/chatflow/chat", chat)
    await post("/chatflow/chat", {**chat, "session_id": "the-same-name"})
    other = f"{mark}-of-a-flow"
    await post(f"/chat/{chatflow['id']}/message", {"message": mark, "session_id": other})
    run = await post(f"/agentflows/{agentflow['id']}/execute", {"input_data": {"text": mark}})
    budget = {"name": name, "period": "day", "unit": "tokens", "amount": 1e9}
    credential = {"name": f"{mark}-credential", "kind": "bearer", "hosts": ["api.example.com"]}
    await post("/embed", {"chatflow_id": chatflow["id"], "widget_title": name})
    return {
        "chatflow": chatflow["id"],
        "agentflow": agentflow["id"],
        "team": team["id"],
        "agent": agent["id"],
        "attached": attached["id"],
        "session": session,
        "other session": other,
        "execution": run["execution_id"],
        "input": run["inputs"][0]["input_id"],
        "budget": (await post("/budgets", budget))["id"],
        "credential": (await post("/credentials", {**credential, "secret": f"{mark} hidden"}))["id"],
    }
