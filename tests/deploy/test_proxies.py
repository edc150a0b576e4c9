"""nginx and Caddy in front of a server, with the files of `deploy/`, on loopback."""

import contextlib
import json
import os
import ssl
import subprocess
import time
from collections.abc import Callable, Generator
from pathlib import Path

import httpx
import msgspec
import pytest
from websockets.asyncio.client import connect as open_socket

from tests.conftest import new_database
from tests.deploy.certificates import certificate
from tests.deploy.conftest import needed
from tests.ports import lasting_port
from tests.server.conftest import API, Running, make_key, quick

ROOT = Path(__file__).parent.parent.parent
NAME = "agenticrag.example.com"
SCRAPER = "127.0.0.5"
"""An address of this machine that the server lets read its metrics, if it learns of it."""


Proxy = Callable[[Path, int, int], contextlib.AbstractContextManager[subprocess.Popen[bytes]]]
"""Runs a proxy, with its files in a folder, from a port to the server's."""


@contextlib.contextmanager
def nginx(folder: Path, upstream: int, port: int) -> Generator[subprocess.Popen[bytes]]:
    """Run nginx with our file."""
    cert, key = certificate(folder, NAME)
    ours = (ROOT / "deploy/nginx/agenticrag.conf").read_text("utf-8")
    for written, real in (
        ("127.0.0.1:8000", f"127.0.0.1:{upstream}"),
        ("listen 443 ssl", f"listen 127.0.0.1:{port} ssl"),
        ("listen 80;", f"listen 127.0.0.1:{lasting_port()};"),
        ("/etc/ssl/agenticrag/fullchain.pem", str(cert)),
        ("/etc/ssl/agenticrag/privkey.pem", str(key)),
        ("/var/log/nginx/agenticrag.log", f"{folder}/access.log"),
        ("/var/log/nginx/error.log", f"{folder}/error.log"),
    ):
        assert written in ours
        ours = ours.replace(written, real)
    (folder / "ours.conf").write_text(ours)
    places = "".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder}/pid; error_log stderr; events {{}}\n"
        f"http {{ access_log off; {places} include {folder}/ours.conf; }}\n"
    )
    command = [needed("nginx", "Debian's nginx-light"), "-p", folder, "-c", folder / "nginx.conf"]
    with subprocess.Popen([*command, "-e", "stderr"], stderr=subprocess.DEVNULL) as running:
        try:
            yield running
        finally:
            running.terminate()


@contextlib.contextmanager
def caddy(folder: Path, upstream: int, port: int) -> Generator[subprocess.Popen[bytes]]:
    """Run Caddy with our file, and certificates of its own making."""
    ours = (ROOT / "deploy/caddy/Caddyfile").read_text("utf-8").replace(":8000", f":{upstream}")
    options = f"admin off\nlocal_certs\nskip_install_trust\nhttp_port {lasting_port()}\nhttps_port {port}"
    assert "{\n\t# Addresses" in ours
    (folder / "Caddyfile").write_text(ours.replace("{\n\t# Addresses", f"{{\n{options}\n\t# Addresses", 1))
    command = [needed("caddy", "Debian's caddy"), "run", "--adapter", "caddyfile", "--config"]
    homes = {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    with (
        (folder / "error.log").open("wb") as log,
        subprocess.Popen(
            [*command, folder / "Caddyfile"], env={**os.environ, **homes}, stderr=log
        ) as running,
    ):
        try:
            yield running
        finally:
            running.terminate()


class Named(httpx.AsyncHTTPTransport):
    """Asks an address for the certificate of our name."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request."""
        request.extensions["sni_hostname"] = NAME
        return await super().handle_async_request(request)


def through(port: int, key: str = "", *, source: str = "127.0.0.1") -> httpx.AsyncClient:
    """Return a client that reaches the server by its name through the proxy, from an address of ours."""
    unchecked = ssl.create_default_context()
    unchecked.check_hostname = False
    unchecked.verify_mode = ssl.CERT_NONE
    return httpx.AsyncClient(
        base_url=f"https://127.0.0.1:{port}",
        headers={"Host": NAME, **({"X-API-Key": key} if key else {})},
        transport=Named(verify=unchecked, local_address=source),
        timeout=30,
    )


@pytest.mark.parametrize("proxy", [nginx, caddy], ids=["nginx", "caddy"])
async def test_a_proxy_of_ours_lets_everything_through(
    proxy: Proxy, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    settings = msgspec.structs.replace(
        quick(new_database("sqlite", request, tmp_path), tmp_path / "data"),
        trusted_proxies=["127.0.0.1"],
        allowed_hosts=[NAME],
        metrics_networks=[SCRAPER],
        heartbeat_seconds=1,
    )
    key = await make_key(settings, "default")
    port, folder = lasting_port(), tmp_path / "proxy"
    folder.mkdir()
    server = Running(settings)
    server.thread.start()
    try:
        with proxy(folder, server.port, port):
            async with through(port, key) as client:
                await ready(client)
                await streams(client)
                if proxy is nginx:  # Caddy hangs up on who is still writing
                    large = b'{"message": "%s"}' % (b"x" * 11_000_000)
                    refused = await client.post(f"{API}/chatflow/chat", content=large)
                    assert (refused.status_code, refused.json()["code"]) == (413, "too_large")
                packed = await client.get("/schema/openapi.json", headers={"Accept-Encoding": "gzip"})
                assert packed.headers["content-encoding"] == "gzip"
            await chats_by_socket(port, key)
            async with through(port, source=SCRAPER) as scraper:
                assert (await scraper.get("/metrics")).status_code == 200
                lied = {"X-Forwarded-For": SCRAPER}
            async with through(port, source="127.0.0.6") as other:
                assert (await other.get("/metrics", headers=lied)).status_code == 401
    finally:
        server.stop()


async def ready(client: httpx.AsyncClient) -> None:
    """Wait for the server and its proxy."""
    deadline = time.monotonic() + 60
    while True:
        with contextlib.suppress(httpx.TransportError):
            if (await client.get("/ready")).status_code == 200:
                return
        assert time.monotonic() < deadline, "the server does not answer through the proxy"
        time.sleep(0.05)  # noqa: ASYNC251  # nothing else runs here


async def streams(client: httpx.AsyncClient) -> None:
    """Hold that a stream's frames come one by one."""
    arrived: list[float] = []
    said = {"message": " ".join(f"word{number}" for number in range(60))}
    async with client.stream("POST", f"{API}/chatflow/chat/stream", json=said) as answer:
        assert answer.status_code == 200
        assert "content-encoding" not in answer.headers
        async for line in answer.aiter_lines():
            if line.startswith("event: content"):
                arrived.append(time.monotonic())  # noqa: PERF401  # each when it comes
    assert len(arrived) > 20
    assert arrived[-1] - arrived[0] > 0.5, "the answer, which takes more than a second, came at once"


async def chats_by_socket(port: int, key: str) -> None:
    """Hold a chat over a WebSocket."""
    unchecked = ssl.create_default_context()
    unchecked.check_hostname = False
    unchecked.verify_mode = ssl.CERT_NONE
    address = f"wss://{NAME}:{port}{API}/ai-agent-chat/ws?session_id=proxied&node_id=n"
    async with open_socket(
        address, ssl=unchecked, host="127.0.0.1", port=port, additional_headers={"X-API-Key": key}
    ) as socket:
        await socket.send(json.dumps({"type": "message", "content": "Hello", "config": {}}))
        while (told := json.loads(await socket.recv()))["type"] != "message":
            assert told["type"] in ("status", "chunk"), told


def logs(folder: Path) -> list[Path]:
    """Return the logs of a proxy."""
    return [*folder.glob("*.log")]


@pytest.mark.threat("L-04")
@pytest.mark.parametrize("proxy", [nginx, caddy], ids=["nginx", "caddy"])
async def test_no_log_of_a_proxy_has_a_credential_even_when_the_server_is_gone(
    proxy: Proxy, tmp_path: Path
) -> None:
    """A request that fails is noted with its headers and its address by a proxy that nobody has told."""
    port, nobody = lasting_port(), lasting_port()
    secret = "st_canary0123456789abcdef"
    with proxy(tmp_path, nobody, port):
        async with through(port) as client:
            deadline = time.monotonic() + 60
            while True:
                with contextlib.suppress(httpx.TransportError):
                    if (await client.get("/ready")).status_code == 502:
                        break
                assert time.monotonic() < deadline, "the proxy does not answer"
                time.sleep(0.05)  # noqa: ASYNC251  # nothing else runs here
            headers = {
                "Authorization": f"Bearer {secret}",
                "X-API-Key": secret,
                "X-Visitor-Session": secret,
                "Referer": f"https://{NAME}/console?token={secret}",
            }
            for path in (f"/streams?token={secret}", f"/streams?a=1&api_key={secret}", f"/s?key={secret}"):
                assert (await client.get(path, headers=headers)).status_code == 502
    said = "".join(file.read_text("utf-8", "replace") for file in logs(tmp_path))
    assert "streams" in said
    assert secret not in said
