"""The way out: which addresses are closed, how redirects are looked at, what of an answer is taken."""

import asyncio
import gzip
import zlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphs.outbound.egress import Egress
from graphs.outbound.http_messages import EgressError, EgressRules, Inbound, Outbound
from graphs.parsing.web_address import WebAddressError, read_address
from tests.fuzzing import cases

Serve = Callable[[str, dict[str, str], bytes], bytes | Awaitable[bytes]]

CLOSED = """
http://127.0.0.1 http://127.0.0.1:80/x http://127.1 http://127.0.1 http://0 http://0.0.0.0 http://2130706433
http://0x7f000001 http://0x7f.0.0.1 http://0177.0.0.1 http://017700000001 http://127.0.0.01 http://1.1.1
http://[::1] http://[::] http://[0:0:0:0:0:0:0:1] http://[::ffff:127.0.0.1] http://[::ffff:7f00:1]
http://[64:ff9b::7f00:1] http://[64:ff9b::127.0.0.1] http://[64:ff9b:1::1] http://[2002:7f00:1::]
http://[::127.0.0.1] http://[fe80::1] http://[fe80::1%25eth0] http://[fe80::1%eth0] http://[fc00::1]
http://[fd12::1] http://[fec0::1] http://[ff02::1] http://[100::1] http://[2001:db8::1] http://[::ffff:10.0.0.1]
http://10.0.0.1 http://10.255.255.255 http://172.16.0.1 http://172.31.255.255 http://192.168.0.1
http://169.254.169.254/latest/meta-data http://169.254.1.1 http://100.64.0.1 http://100.127.255.255
http://198.18.0.1 http://198.19.255.255 http://192.0.0.1 http://192.0.2.1 http://203.0.113.1 http://224.0.0.1
http://239.255.255.250 http://240.0.0.1 http://255.255.255.255 http://localhost http://LOCALHOST
http://localhost. http://localhost:8000 http://metadata.internal http://user@127.0.0.1 http://a:b@127.0.0.1
http://public.test@127.0.0.1 http://127.0.0.1@public.test http://127.0.0.1#@public.test
http://public.test\\@127.0.0.1 http:\\\\127.0.0.1 http:/127.0.0.1 http:127.0.0.1 //127.0.0.1 http://
http:/// http://:80 http://[::1 http://::1 http://１２７.0.0.1 http://①②⑦.0.0.1 http://127。0。0。1
http://localhost%00.public.test http://%31%32%37.0.0.1 http://public.test:0 http://public.test:65536
http://public.test:-1 http://public.test:8o http://public..test http://.public.test http://-a.test
file:///etc/passwd gopher://127.0.0.1 ftp://public.test data:text/plain,x unix:///run/x javascript:1
http+unix://x HTTP://127.0.0.1 hTTp://LocalHost
"""
"""Addresses that a flow must not reach, or that two parsers read differently."""


async def resolve(host: str, port: int) -> Sequence[str]:
    known = {
        "localhost": ["127.0.0.1"],
        "metadata.internal": ["169.254.169.254"],
        "public.test": ["192.0.2.9"],
    }
    return known.get(host, [])


@asynccontextmanager
async def served(answer: Serve) -> AsyncGenerator[tuple[int, list[str]]]:
    """Serve on loopback; gives the port and the request lines that came."""
    asked: list[str] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = {
                name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)
            }
            body = await reader.readexactly(int(headers.get("content-length", 0)))
            asked.append(head[0])
            found = answer(head[0], headers, body)
            writer.write(found if isinstance(found, bytes) else await found)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], asked


def reply(body: bytes = b"", status: int = 200, **headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} X", f"content-length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


async def fetch(port: int, path: str = "/", **fields: object) -> Inbound:
    rules = EgressRules(
        allow=(f"127.0.0.1:{port}", f"localhost:{port}"), seconds=2, max_bytes=1_000_000, max_redirects=5
    )
    egress = Egress(rules, resolve=resolve)
    try:
        return await egress.fetch(Outbound(url=f"http://127.0.0.1:{port}{path}", **fields))  # type: ignore[arg-type]
    finally:
        await egress.close()


@pytest.mark.threat("S-01")
@pytest.mark.threat("S-02")
@pytest.mark.parametrize("url", CLOSED.split())
@pytest.mark.threat("S-01", "S-02")
async def test_an_address_that_is_not_public_is_closed(url: str) -> None:
    egress = Egress(resolve=resolve)
    with pytest.raises(EgressError) as refused:
        await egress.fetch(Outbound(url=url))
    assert refused.value.code in ("egress_blocked", "bad_url")


@pytest.mark.parametrize("letter", ["\t", "\n", "\r", " ", "\0", "\x7f"])
async def test_an_address_with_blanks_is_refused(letter: str) -> None:
    for url in (f"http://127.0.0.1{letter}", f"http://{letter}127.0.0.1", f"{letter}http://127.0.0.1"):
        with pytest.raises(EgressError, match="no spaces or control characters"):
            await Egress(resolve=resolve).fetch(Outbound(url=url))


@settings(max_examples=cases(100), deadline=None)
@given(st.text(max_size=60).map(lambda text: "http://" + text) | st.from_regex(r"https?://[^/]{1,40}(/.*)?"))
@pytest.mark.threat("S-05")
def test_what_is_read_is_spelt_so_that_every_parser_reads_the_same(url: str) -> None:
    from urllib.parse import urlsplit

    import httpx

    try:
        address = read_address(url)
    except WebAddressError:
        return
    again, other = urlsplit(address.url), httpx.URL(address.url)
    assert (again.hostname, other.raw_host.decode()) == (address.host, address.host)
    assert again.port == other.port
    assert read_address(address.url) == address


@pytest.mark.threat("S-10")
async def test_the_operator_opens_an_address_by_host_and_port() -> None:
    async with served(lambda line, headers, body: reply(b"hello", content_type="text/plain")) as (
        port,
        asked,
    ):
        answer = await fetch(port, "/a?b=1")
        assert (answer.status, answer.content, answer.url) == (200, b"hello", f"http://127.0.0.1:{port}/a")
        assert asked == ["GET /a?b=1 HTTP/1.1"]
        for allow in ((), (f"127.0.0.1:{port + 1}",), (f"localhost:{port}",)):
            with pytest.raises(EgressError, match="closed to flows") as refused:
                await Egress(EgressRules(allow=allow)).fetch(Outbound(url=f"http://127.0.0.1:{port}/"))
            assert refused.value.code == "egress_blocked"
        own = EgressRules(allow=(f"127.0.0.1:{port}",), own=(f"localhost:{port}",))
        with pytest.raises(EgressError, match="one of the server's own"):
            await Egress(own).fetch(Outbound(url=f"http://127.0.0.1:{port}/"))
        assert len(asked) == 1


@pytest.mark.threat("S-04")
async def test_a_host_is_resolved_once_and_all_its_addresses_are_looked_at() -> None:
    asked: list[str] = []

    async def turning(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return (
            ["1.1.1.1", "127.0.0.1"] if host == "both.test" else [["127.0.0.1"], ["10.0.0.1"]][len(asked) - 1]
        )

    with pytest.raises(EgressError, match="closed to flows"):
        await Egress(resolve=turning).fetch(Outbound(url="http://both.test/"))
    asked.clear()
    async with served(lambda line, headers, body: reply(headers["host"].encode())) as (port, _):
        egress = Egress(EgressRules(allow=(f"turning.test:{port}",)), resolve=turning)
        answer = await egress.fetch(Outbound(url=f"http://turning.test:{port}/"))
        await egress.close()
    assert answer.content == f"turning.test:{port}".encode()
    assert asked == ["turning.test"]


@pytest.mark.threat("S-03")
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.threat("S-03")
async def test_a_redirect_is_looked_at_like_the_first_address(status: int) -> None:
    async with served(lambda line, headers, body: reply()) as (canary, hits):
        to = f"http://127.0.0.1:{canary}/"
        async with served(lambda line, headers, body: reply(status=status, location=to)) as (port, _):
            with pytest.raises(EgressError) as refused:
                await fetch(port)
        assert refused.value.code == "egress_blocked"
        assert hits == []


@pytest.mark.threat("S-03")
async def test_another_origin_gets_no_credentials() -> None:
    seen: list[dict[str, str]] = []

    def answer(line: str, headers: dict[str, str], body: bytes) -> bytes:
        seen.append(headers)
        if "/first" in line:
            return reply(status=302, location=f"http://localhost:{ports[0]}/second")
        return reply()

    ports: list[int] = []
    secrets = {"Authorization": "Bearer x", "Cookie": "a=b", "X-Api-Key": "x", "X-Mine": "x", "Accept": "a/b"}
    async with served(answer) as (port, asked):
        ports.append(port)
        await fetch(port, "/first", method="POST", headers=secrets, content=b"{}")
        with pytest.raises(EgressError, match="may not be asked here"):
            await fetch(port, "/first", stay=True)
    assert asked[:2] == ["POST /first HTTP/1.1", "GET /second HTTP/1.1"]
    assert seen[0].keys() >= {name.lower() for name in secrets}
    assert seen[1].keys() & {name.lower() for name in secrets} == {"accept"}
    assert "content-length" not in seen[1]


@pytest.mark.threat("S-03")
async def test_redirects_without_end_are_ended() -> None:
    async with served(lambda line, headers, body: reply(status=302, location="/on")) as (port, asked):
        with pytest.raises(EgressError) as refused:
            await fetch(port)
    assert refused.value.code == "too_many_redirects"
    assert len(asked) == 6


BOMB = zlib.compressobj(wbits=31)
PACKED = b"".join(BOMB.compress(b"\0" * 1_000_000) for _ in range(30)) + BOMB.flush()
"""30 MB of nothing in 30 kB."""


@pytest.mark.threat("S-09")
@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (reply(b"x" * 1_000_001), "too_large"),
        (reply(PACKED, content_encoding="gzip"), "too_large"),
        (reply(b"no gzip", content_encoding="gzip"), "bad_response"),
        (reply(gzip.compress(b"x") + b"more", content_encoding="gzip"), "bad_response"),
        (reply(b"x", content_encoding="br"), "bad_response"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf", "network"),
        (b"nonsense\r\n\r\n", "network"),
        (b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 100_000, "network"),
    ],
    ids=[
        "long",
        "bomb",
        "not packed",
        "more than packed",
        "unknown packing",
        "cut",
        "no HTTP",
        "endless headers",
    ],
)
@pytest.mark.threat("S-09")
async def test_an_answer_that_cannot_be_taken_is_an_error(answer: bytes, code: str) -> None:
    async with served(lambda line, headers, body: answer) as (port, _):
        with pytest.raises(EgressError) as refused:
            await fetch(port)
    assert refused.value.code == code


async def test_a_packed_answer_is_unpacked() -> None:
    packed = reply(gzip.compress(b"hello"), content_encoding="gzip")
    async with served(lambda line, headers, body: packed) as (port, _):
        assert (await fetch(port)).content == b"hello"


@pytest.mark.threat("S-09")
async def test_an_answer_that_does_not_come_is_given_up() -> None:
    async def never() -> bytes:
        await asyncio.sleep(60)
        return b""

    async with served(lambda line, headers, body: never()) as (port, _):
        with pytest.raises(EgressError, match=r"took longer than 0.3 seconds") as refused:
            await fetch(port, seconds=0.3)
    assert refused.value.code == "timeout"


@pytest.mark.parametrize(
    "headers", [{"Host": "x"}, {"Content-Length": "1"}, {"X": "a\r\nY: b"}, {"X\n": "a"}, {"X": "ü"}]
)
async def test_headers_of_the_connection_are_not_a_flows(headers: dict[str, str]) -> None:
    with pytest.raises(EgressError) as refused:
        await fetch(1, headers=headers)
    assert refused.value.code == "bad_header"
