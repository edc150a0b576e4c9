"""Headers of every answer: no guessing of types, no frames, no caches, no referrers."""

import httpx
import pytest

from tests.server.conftest import Running

ALWAYS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
}


@pytest.mark.parametrize("database_kind", ["sqlite"])
@pytest.mark.threat("X-05", "C-07")
async def test_every_answer_says_what_a_browser_may_do_with_it(server: Running, key: str) -> None:
    seen: list[httpx.Response] = []
    async with httpx.AsyncClient(base_url=server.url, headers={"X-API-Key": key}) as client:
        document = (await client.get("/schema/openapi.json")).json()
        gets = [path.replace("{", "").replace("}", "") for path in document["paths"]]
        for method, path, headers in (
            *(("GET", path, {}) for path in ["/schema", "/nowhere", *gets]),
            ("POST", "/api/agent-builder/chatflow/chat", {}),
            ("GET", "/health", {"Host": "evil.test"}),
        ):
            async with client.stream(method, path, params={"message": "Hi"}, headers=headers) as answer:
                seen.append(answer)
    assert {answer.status_code for answer in seen} >= {200, 400, 404, 405}
    for answer in seen:
        assert ALWAYS.items() <= answer.headers.items(), answer.url
        if not answer.url.path.endswith("/embed/widget.js"):  # the same for everybody
            assert "no-store" in answer.headers["cache-control"], answer.url
        assert len(answer.headers.get_list("content-security-policy")) == 1, answer.url
        assert any(
            words in answer.headers["content-security-policy"]
            for words in ("frame-ancestors 'none'", "sandbox")
        ), answer.url
