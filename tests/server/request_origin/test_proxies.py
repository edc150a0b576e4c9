"""Proxies: what they tell of a request counts from listed ones, and from nobody else."""

import time
from collections.abc import Callable
from typing import Any, cast

import httpx
import msgspec
import pytest
from litestar.types import Scope

from server.request_origin.proxies import Proxies
from server.settings.sources import Settings, SettingsError, load_settings
from tests.server.conftest import API, Running

LISTED = ["10.0.0.0/8", "192.0.2.1", "2001:db8::/32"]


def seen(peer: str, kind: str = "http", **headers: str) -> tuple[str, str, str]:
    """Client, scheme and host of a request, as handlers see them."""
    scope = cast(
        Scope,
        {
            "type": kind,
            "client": (peer, 1234),
            "scheme": "ws" if kind == "websocket" else "http",
            "headers": [(b"host", b"inner"), *_headers(headers)],
        },
    )
    Proxies(LISTED).reveal(scope)
    client: Any = scope["client"]
    return client[0], scope["scheme"], dict(scope["headers"])[b"host"].decode()


def _headers(headers: dict[str, str]) -> list[tuple[bytes, bytes]]:
    return [
        (f"x-forwarded-{name.rstrip('_')}".encode(), value.encode("latin-1"))
        for name, value in headers.items()
    ]


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("10.1.2.3", "203.0.113.9", "203.0.113.9"),
        ("10.1.2.3", "198.51.100.7, 203.0.113.9", "203.0.113.9"),
        ("10.1.2.3", "198.51.100.7, 203.0.113.9, 10.9.9.9", "203.0.113.9"),
        ("10.1.2.3", "127.0.0.1, 203.0.113.9", "203.0.113.9"),
        ("10.1.2.3", "203.0.113.9:4711", "203.0.113.9"),
        ("10.1.2.3", "[2001:db9::7]:4711", "2001:db9::7"),
        ("10.1.2.3", "10.4.4.4, 10.9.9.9", "10.4.4.4"),
        ("10.1.2.3", "203.0.113.9, unknown", "10.1.2.3"),
        ("10.1.2.3", "203.0.113.9, unknown, 10.9.9.9", "10.9.9.9"),
        ("10.1.2.3", "", "10.1.2.3"),
        ("10.1.2.3", "' OR 1=1 --", "10.1.2.3"),
        ("::ffff:10.1.2.3", "203.0.113.9", "203.0.113.9"),
        ("2001:db8::5", "203.0.113.9", "203.0.113.9"),
        ("192.0.2.1", "203.0.113.9", "203.0.113.9"),
        ("192.0.2.2", "203.0.113.9", "192.0.2.2"),
        ("127.0.0.1", "10.0.0.1", "127.0.0.1"),
        ("203.0.113.50", "127.0.0.1", "203.0.113.50"),
    ],
)
@pytest.mark.threat("A-03")
def test_the_client_is_the_last_address_that_a_listed_proxy_did_not_add(
    peer: str, forwarded: str, client: str
) -> None:
    assert seen(peer, for_=forwarded)[0] == client


def test_scheme_and_host_come_from_a_listed_proxy_alone() -> None:
    assert seen("10.0.0.1", proto="https", host="chat.example.com") == (
        "10.0.0.1",
        "https",
        "chat.example.com",
    )
    assert seen("10.0.0.1", "websocket", proto="https")[1] == "wss"
    assert seen("10.0.0.1", proto="javascript")[1] == "http"
    assert seen("203.0.113.9", proto="https", host="evil.test")[1:] == ("http", "inner")


def test_a_proxy_that_is_no_address_is_refused_at_the_start() -> None:
    with pytest.raises(SettingsError, match="TRUSTED_PROXIES"):
        load_settings({"AGENTICRAG_TRUSTED_PROXIES": "10.0.0.0/8,proxy.example.com"})


@pytest.mark.parametrize("database_kind", ["sqlite"])
@pytest.mark.threat("A-03", "E-05")
def test_invented_addresses_change_no_limit(settings: Settings, start: Callable[[Settings], Running]) -> None:
    server = start(msgspec.structs.replace(settings, rate_address=10))
    begun = time.monotonic()
    with httpx.Client(base_url=server.url) as client:
        answers = [
            client.get(f"{API}/chatflows", headers={"X-Forwarded-For": f"198.51.100.{number}"})
            for number in range(200)
        ]
    assert {answer.status_code for answer in answers} == {401, 429}
    let_in = sum(answer.status_code == 401 for answer in answers)
    assert let_in <= 11 + (time.monotonic() - begun) / 6


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_with_auth_off_a_listed_proxy_lets_nobody_else_in(
    settings: Settings, start: Callable[[Settings], Running]
) -> None:
    server = start(msgspec.structs.replace(settings, auth="off", trusted_proxies=["127.0.0.1"]))
    for forwarded, status in (("203.0.113.9", 401), ("127.0.0.1", 200)):
        answer = httpx.get(f"{server.url}{API}/chatflows", headers={"X-Forwarded-For": forwarded})
        assert answer.status_code == status, answer.text
    assert httpx.get(f"{server.url}/health", headers={"X-Forwarded-Host": "evil.test"}).status_code == 400
