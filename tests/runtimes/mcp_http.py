"""The tests' MCP server over streamable HTTP, with a token, OAuth or the older revision where asked."""

import base64
import contextlib
import json
import socket
import threading
from collections.abc import Generator
from typing import Any

import uvicorn

from tests.runtimes.mcp_server import build

__all__ = ["over_http"]

CLIENT = "client:client-secret-0123"


@contextlib.contextmanager
def over_http(
    *, token: str = "", legacy: bool = False, elsewhere: str = "", heard: list[bytes] | None = None
) -> Generator[str]:
    """Serve on loopback and yield the URL.

    Args:
        token: The bearer token that is asked for. ``/token`` beside the URL gives it to the OAuth client
            ``client`` with the secret ``client-secret-0123``.
        legacy: Whether it knows no ``server/discover``, as servers before 2026-07-28.
        elsewhere: URL that every request is redirected to.
        heard: Gets the beginnings of the bodies of requests.
    """
    app: Any = build("Greet somebody.").streamable_http_app()

    async def answer(send: Any, status: int, body: Any, *headers: tuple[bytes, bytes]) -> None:
        given = [(b"content-type", b"application/json"), *headers]
        await send({"type": "http.response.start", "status": status, "headers": given})
        await send({"type": "http.response.body", "body": json.dumps(body).encode()})

    async def guarded(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        authorization = dict(scope["headers"]).get(b"authorization", b"").decode()
        if elsewhere:
            await answer(send, 307, {}, (b"location", elsewhere.encode()))
            return
        if scope["path"] == "/token":
            known = authorization == f"Basic {base64.b64encode(CLIENT.encode()).decode()}"
            said = {"access_token": token, "token_type": "Bearer", "expires_in": 3600}
            await answer(send, 200 if known else 401, said if known else {"error": "invalid_client"})
            return
        if token and authorization != f"Bearer {token}":
            await answer(send, 401, {})
            return
        first = await receive()
        if heard is not None:
            heard.append(first.get("body", b""))
        if legacy and b'"server/discover"' in first.get("body", b""):
            error = {"code": -32601, "message": "Method not found"}
            id = json.loads(first["body"]).get("id")
            await answer(send, 400, {"jsonrpc": "2.0", "id": id, "error": error})
            return
        given = iter([first])

        async def again() -> Any:
            return next(given, None) or await receive()

        await app(scope, again, send)

    held = socket.socket()
    held.bind(("127.0.0.1", 0))
    held.listen()
    server = uvicorn.Server(uvicorn.Config(guarded, log_config=None, lifespan="on"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [held]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{held.getsockname()[1]}/mcp"
    finally:
        server.should_exit = True
        thread.join(20)
        held.close()
