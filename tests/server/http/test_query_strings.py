"""Query strings: what an operation does not take is refused, on every route, with what it does take."""

import re
from typing import Any

import httpx
import pytest

from tests.server.conftest import Running, connect, make_key

IGNORES = {"/health", "/ready", "/metrics"}
"""Probes, to which others add parameters."""
TAKES_ANY = ("POST", "/api/agent-builder/webhooks/{webhook_id}")
"""A call of a webhook: its query is the input of a flow."""


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (method.upper(), path, described)
        for path, methods in document["paths"].items()
        for method, described in methods.items()
    ]


async def test_every_operation_refuses_a_parameter_that_it_does_not_have(running: Running) -> None:
    key = await make_key(running.settings, "default")
    async with httpx.AsyncClient(
        base_url=running.url, headers={"Authorization": f"Bearer {key}"}, timeout=30
    ) as client:
        document = (await client.get("/schema/openapi.json")).json()
        api = f"{running.url}/api/agent-builder"
        chatflow = (await client.post(f"{api}/chatflows", json={"name": "Mine"})).json()["id"]
        embed = {"chatflow_id": chatflow, "allowed_domains": [running.url]}
        token = (await client.post(f"{api}/embed", json=embed)).json()["embed_token"]
        client.headers["Origin"] = running.url
        asked = 0
        for method, path, described in operations(document):
            media = described["responses"].get("200", {}).get("content", {})
            if (
                path in IGNORES
                or (method, path) == TAKES_ANY
                or "text/javascript" in media
                or "text/html" in media
            ):
                continue
            filled = re.sub("{embed_token}", token, path)
            filled = re.sub(r"{\w+}", "00000000-0000-0000-0000-000000000000", filled)
            body = {} if method in ("POST", "PUT", "PATCH") else None
            answer = await client.request(method, f"{filled}?zzz=1", json=body)
            assert (answer.status_code, answer.json()["code"]) == (422, "invalid"), (
                method,
                path,
                answer.text,
            )
            assert answer.json()["errors"][0]["parameter"] == "zzz", (method, path, answer.text)
            asked += 1
    assert asked > 100


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("limt=5", ["There is no parameter 'limt' here. Did you mean 'limit'?"]),
        ("zzz=5", ["There is no parameter 'zzz' here. The query can have limit, before, alternatives."]),
        ("limit=5&limit=6", ["The parameter 'limit' is given more than once. Give it once."]),
        (
            "Limit=5&limit=1&limit=2&%00zzz",
            [
                "There is no parameter 'Limit' here. Did you mean 'limit'?",
                "The parameter 'limit' is given more than once. Give it once.",
                "There is no parameter 'zzz' here. The query can have limit, before, alternatives.",
            ],
        ),
        (
            "token=ar_x",
            ["There is no parameter 'token' here. The query can have limit, before, alternatives."],
        ),
        ("&&=&limit=5&", []),
    ],
)
async def test_a_query_is_told_what_it_can_have(running: Running, query: str, told: list[str]) -> None:
    async with connect(running, await make_key(running.settings, "default")) as client:
        answer = await client.get(f"/chatflow/sessions/none/history?{query}")
    if told:
        assert answer.status_code == 422, answer.text
        assert [one["message"] for one in answer.json()["errors"]] == told
        assert answer.json()["detail"].startswith(told[0])
    else:
        assert answer.status_code == 404, answer.text


async def test_a_parameter_of_another_method_of_the_address_is_told(running: Running) -> None:
    async with connect(running, await make_key(running.settings, "default")) as client:
        wrong = await client.get("/chatflow/sessions/none/export?format=csv")
        assert wrong.status_code == 422, wrong.text
        assert wrong.json()["detail"] == (
            "There is no parameter 'format' here. It takes no parameters. POST of this address takes it."
        )
        assert (await client.post("/chatflow/sessions/none/export?format=csv")).status_code == 404
        deleted = await client.delete("/chatflow/sessions/none?limit=5")
        assert "of this address" not in deleted.json()["detail"]


async def test_a_parameter_that_takes_words_or_numbers_says_which(running: Running) -> None:
    async with connect(running, await make_key(running.settings, "default")) as client:
        for query, told in (
            (
                "status=cancel",
                "The parameter 'status' may be pending, running, waiting_approval, completed, ",
            ),
            ("status=cancel", "found 'cancel'. Did you mean 'cancelled'?"),
            ("limit=x", "limit: Expected a whole number, found text."),
        ):
            answer = await client.get(f"/executions?{query}")
            assert answer.status_code == 422
            assert told in answer.json()["detail"]
            assert answer.json()["errors"][0]["parameter"] == query.partition("=")[0]
        optional = await client.get("/chatflow/sessions/none/history?limit=x")
        assert optional.json()["detail"].endswith("limit: Expected a whole number, found text.")


async def test_streams_take_the_place_to_go_on_from_and_files_take_anything(running: Running) -> None:
    async with connect(running, await make_key(running.settings, "default")) as client:
        none = "00000000-0000-0000-0000-000000000000"
        assert (await client.get(f"/executions/{none}/stream?after=0")).status_code == 404
        assert (await client.post(f"/agentflows/{none}/execute/stream?after=7", json={})).status_code == 404
        assert (await client.get("/embed/widget.js?v=3")).status_code == 200
        assert (await client.get(f"{running.url}/health?probe=1&probe=2")).status_code == 200
        assert (await client.get(f"{running.url}/v1/models?limit=3&api-version=1")).status_code == 200
        assert (await client.get(f"{running.url}/?utm_source=mail")).status_code == 200
