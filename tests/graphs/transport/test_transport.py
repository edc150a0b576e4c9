"""The connections to models: kept, closed, and read whatever a server sends, over real sockets."""

import asyncio
import contextlib
import datetime
import ipaddress
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from graphs.model_api.provider import Address
from graphs.outbound.egress import Egress
from graphs.outbound.http_messages import EgressRules
from graphs.providers.openai import open_client
from graphs.providers.settings import ModelSettings
from graphs.transport.http_transport import StreamTransport

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"transfer-encoding: chunked\r\n\r\n"

Answer = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]


class Scripted:
    """A server that answers each request's head as it is told."""

    def __init__(self, answer: Answer) -> None:
        self.heads: list[bytes] = []
        self.connections = 0
        self.hung_up = asyncio.Event()
        """Set when a client has closed a connection."""
        self.url = ""
        self.begun = asyncio.Condition()
        """Notified of every connection and every head."""
        self.serving: set[asyncio.Task[None]] = set()
        self._answer = answer

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self.serving.add(task)

    async def until(self, reached: Callable[[], bool]) -> None:
        async with self.begun:
            await asyncio.wait_for(self.begun.wait_for(reached), 5)

    async def _tell(self) -> None:
        async with self.begun:
            self.begun.notify_all()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        await self._tell()
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                self.heads.append(head)
                await self._tell()
                for line in head.lower().split(b"\r\n"):
                    if line.startswith(b"content-length:"):
                        await reader.readexactly(int(line.partition(b":")[2]))
                await self._answer(head, writer)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            self.hung_up.set()
        finally:
            writer.close()


@asynccontextmanager
async def scripted(answer: Answer | bytes, tls: ssl.SSLContext | None = None) -> AsyncGenerator[Scripted]:
    async def say(_: bytes, writer: asyncio.StreamWriter) -> None:
        assert isinstance(answer, bytes)
        writer.write(answer)

    found = Scripted(say if isinstance(answer, bytes) else answer)
    server = await asyncio.start_server(found.accept, "127.0.0.1", 0, ssl=tls)
    found.url = f"{'https' if tls else 'http'}://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    try:
        yield found
    finally:
        server.close()
        for task in found.serving:
            task.cancel()
        await asyncio.gather(*found.serving, return_exceptions=True)


@pytest.fixture
async def client() -> AsyncGenerator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(
        transport=StreamTransport(trust_env=False), timeout=httpx2.Timeout(None, connect=2)
    ) as found:
        yield found


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        (OK + b"content-length: 5\r\n\r\nhello", b"hello"),
        (CHUNKED + b"2\r\nhe\r\n3;note=1\r\nllo\r\n0\r\nx-trailer: 1\r\n\r\n", b"hello"),
        (
            b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n" + OK + b"content-length: 5\r\n\r\nhello",
            b"hello",
        ),
        (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
    ],
    ids=["sized", "chunked", "hints first", "no content"],
)
async def test_a_whole_answer_is_read_and_its_connection_used_again(
    client: httpx2.AsyncClient, answer: bytes, body: bytes
) -> None:
    async with scripted(answer) as server:
        for _ in range(3):
            response = await client.post(server.url, json={"a": 1})
            assert response.content == body
            assert "link" not in response.headers
        assert server.connections == 1


@pytest.mark.parametrize(
    "answer",
    [
        OK + b"connection: close\r\ncontent-length: 5\r\n\r\nhello",
        OK + b"content-length: 5\r\n\r\nhelloHTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nlie",
        OK + b"content-length: 5\r\n\r\nhello, and what nobody asked for",
    ],
    ids=["close", "a second answer", "more than said"],
)
async def test_an_answer_after_which_nothing_can_follow_is_read_and_its_connection_left(
    client: httpx2.AsyncClient, answer: bytes
) -> None:
    async with scripted(answer) as server:
        for _ in range(2):
            assert (await client.post(server.url)).content == b"hello"
        assert server.connections == 2


async def test_a_body_without_a_length_ends_with_its_connection(client: httpx2.AsyncClient) -> None:
    async def answer(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(OK + b"\r\nhello")
        writer.write_eof()

    async with scripted(answer) as server:
        assert (await client.post(server.url)).content == b"hello"


async def test_of_two_lengths_the_chunks_count_and_the_connection_is_not_used_again(
    client: httpx2.AsyncClient,
) -> None:
    async def answer(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(OK + b"content-length: 3\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")

    async with scripted(answer) as server:
        for _ in range(2):
            assert (await client.post(server.url)).content == b"hello"
        assert server.connections == 2


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (b"", "hung up without an answer"),
        (OK + b"content-length: 50\r\n\r\nhello", "hung up in the middle"),
        (CHUNKED + b"5\r\nhello\r\n", "hung up in the middle"),
        (CHUNKED + b"zz\r\nhello\r\n", "no HTTP"),
        (b"220 smtp.example.test ESMTP\r\n", "no HTTP"),
        (OK + b"x: " + b"a" * 200_000, "a head of more than 131,072 bytes"),
        (CHUNKED + b"1\r\na\r\n0\r\n" + b"x-trailer: 1\r\n" * 20_000, "a head of more than"),
        (b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n", "HTTP"),
    ],
    ids=[
        "nothing",
        "cut",
        "cut between chunks",
        "a chunk of no size",
        "another protocol",
        "an endless head",
        "endless trailers",
        "an upgrade",
    ],
)
async def test_an_answer_that_is_none_or_is_cut_is_an_error_of_the_transport(
    client: httpx2.AsyncClient, answer: bytes, found: str
) -> None:
    async def say(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        await writer.drain()
        writer.close()

    async with scripted(say) as server:
        with pytest.raises(httpx2.RemoteProtocolError, match=found):
            await asyncio.wait_for(client.post(server.url), 10)


async def test_what_has_arrived_is_read_in_one_go_and_a_reader_that_waits_holds_the_server_up(
    client: httpx2.AsyncClient,
) -> None:
    sent = 0

    async def answer(head: bytes, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(CHUNKED)
        for _ in range(1_000):
            writer.write(b"2000\r\n" + b"x" * 0x2000 + b"\r\n")
            await writer.drain()
            sent += 0x2000
        writer.write(b"0\r\n\r\n")

    async with scripted(answer) as server, client.stream("POST", server.url) as response:
        reads = response.aiter_raw()
        size = len(await anext(reads))
        await asyncio.sleep(0.3)
        held = sent
        await asyncio.sleep(0.3)
        assert sent == held < 0x2000 * 1_000  # it waits, and what it sent is in the machine's buffers
        second = len(await anext(reads))
        assert second > 0x2000 * 8
        size += second
        async for rest in reads:
            size += len(rest)
        assert size == 0x2000 * 1_000


async def test_who_leaves_before_the_end_closes_the_connection_at_once(client: httpx2.AsyncClient) -> None:
    async def answer(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(CHUNKED + b"5\r\nhello\r\n")

    async with scripted(answer) as server:
        async with client.stream("POST", server.url) as response:
            assert await anext(response.aiter_raw()) == b"hello"
        await asyncio.wait_for(server.hung_up.wait(), 2)

        server.hung_up.clear()
        waiting = asyncio.create_task(client.post(server.url))
        await server.until(lambda: len(server.heads) == 2)
        waiting.cancel()
        await asyncio.wait_for(server.hung_up.wait(), 2)


async def test_a_kept_connection_that_the_server_closed_is_not_used(client: httpx2.AsyncClient) -> None:
    async def answer(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(OK + b"content-length: 2\r\n\r\nok")
        await writer.drain()
        writer.close()

    async with scripted(answer) as server:
        for _ in range(3):
            assert (await client.post(server.url)).content == b"ok"
            await asyncio.sleep(0.05)
        assert server.connections == 3


async def test_a_kept_connection_that_ends_without_a_byte_is_replaced_by_a_new_one(
    client: httpx2.AsyncClient,
) -> None:
    async def answer(_: bytes, writer: asyncio.StreamWriter) -> None:
        if len(server.heads) % 2:  # the first one of a connection
            writer.write(OK + b"content-length: 2\r\n\r\nok")
        else:
            writer.close()

    async with scripted(answer) as server:
        assert (await client.post(server.url)).content == b"ok"
        assert (await client.post(server.url, json={"a": 1})).content == b"ok"
        assert (server.connections, len(server.heads)) == (2, 3)
        assert server.heads[1] == server.heads[2]


async def test_a_new_connection_that_ends_without_a_byte_and_a_kept_one_after_a_byte_are_errors(
    client: httpx2.AsyncClient,
) -> None:
    async def answer(_: bytes, writer: asyncio.StreamWriter) -> None:
        match len(server.heads):
            case 1:
                writer.close()
            case 2:
                writer.write(OK + b"content-length: 2\r\n\r\nok")
            case _:
                writer.write(b"HTTP/1.1 2")
                await writer.drain()
                writer.close()

    async with scripted(answer) as server:
        with pytest.raises(httpx2.RemoteProtocolError, match="without an answer"):
            await client.post(server.url)
        assert (await client.post(server.url)).content == b"ok"
        with pytest.raises(httpx2.RemoteProtocolError, match="without an answer"):
            await client.post(server.url)
        assert (server.connections, len(server.heads)) == (2, 3)


async def test_idle_connections_are_closed_after_a_while_and_beyond_a_number() -> None:
    ready = asyncio.Event()

    async def answer(_: bytes, writer: asyncio.StreamWriter) -> None:
        await ready.wait()
        writer.write(OK + b"content-length: 2\r\n\r\nok")

    transport = StreamTransport(trust_env=False, most_idle=2, idle_seconds=0.3)
    async with scripted(answer) as server, httpx2.AsyncClient(transport=transport) as client:
        asking = [asyncio.create_task(client.post(server.url)) for _ in range(5)]
        await server.until(lambda: server.connections == 5)
        ready.set()
        await asyncio.gather(*asking)
        await client.post(server.url)
        assert server.connections == 5  # one of the two that were kept
        await asyncio.sleep(0.6)
        await client.post(server.url)
        assert server.connections == 6


@pytest.mark.parametrize(
    "headers",
    [{"authorization": "Bearer a\r\nx-more: 1"}, {"authorization": "Bearer a\nb"}, {"a": "b\0"}],
    ids=["CRLF", "LF", "NUL"],
)
async def test_a_header_cannot_become_two(client: httpx2.AsyncClient, headers: dict[str, str]) -> None:
    async with scripted(OK + b"content-length: 0\r\n\r\n") as server:
        with pytest.raises(httpx2.LocalProtocolError, match="value that headers cannot have"):
            await client.post(server.url, headers=headers)
        assert server.heads == []


async def test_a_body_of_unknown_length_is_sent_with_its_length(client: httpx2.AsyncClient) -> None:
    async def parts() -> AsyncGenerator[bytes]:
        yield b"he"
        yield b"llo"

    async with scripted(OK + b"content-length: 0\r\n\r\n") as server:
        await client.post(server.url, content=parts())
        assert b"content-length: 5" in server.heads[0].lower()
        assert b"transfer-encoding" not in server.heads[0].lower()


async def test_a_port_that_nobody_listens_on_is_an_error_of_connecting(client: httpx2.AsyncClient) -> None:
    async with scripted(b"") as server:
        url = server.url
    with pytest.raises(httpx2.ConnectError):
        await client.post(url)
    with pytest.raises(httpx2.ConnectError):
        await client.post("http://nowhere.invalid/v1")


async def test_time_outs_that_were_asked_for_are_kept(client: httpx2.AsyncClient) -> None:
    async def answer(head: bytes, writer: asyncio.StreamWriter) -> None:
        if b"/begins" in head:
            writer.write(CHUNKED + b"5\r\nhello\r\n")

    async with scripted(answer) as server:
        for path, found in (("", "did not begin"), ("/begins", "fell silent")):
            with pytest.raises(httpx2.ReadTimeout, match=found):
                await client.post(server.url + path, timeout=httpx2.Timeout(None, read=0.2))


async def test_certificates_are_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate, tls = _certificate(tmp_path)
    async with scripted(OK + b"content-length: 2\r\n\r\nok", tls) as server:
        async with httpx2.AsyncClient(transport=StreamTransport(trust_env=False)) as strict:
            with pytest.raises(httpx2.ConnectError, match="certificate"):
                await strict.post(server.url)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        async with httpx2.AsyncClient(transport=StreamTransport(trust_env=True)) as trusting:
            for _ in range(2):
                assert (await trusting.post(server.url)).content == b"ok"
            with pytest.raises(httpx2.ConnectError, match=r"[Hh]ostname"):
                await trusting.post(server.url, extensions={"sni_hostname": "other.example.test"})
        assert len(server.heads) == 2


async def test_a_proxy_of_the_environment_is_used_for_other_machines_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with scripted(OK + b"content-length: 2\r\n\r\nok") as proxy, scripted(b"") as own:
        monkeypatch.setenv("http_proxy", proxy.url.removesuffix("/v1"))
        egress = Egress(EgressRules())
        async with open_client(
            ModelSettings(), Address(base_url="http://models.example.test"), egress
        ) as far:
            assert (await far.post("http://models.example.test/v1")).content == b"ok"
        assert proxy.heads[0].startswith(b"POST http://models.example.test/v1 HTTP/1.1")
        async with open_client(ModelSettings(), Address(base_url=own.url), egress) as near:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(near.post(own.url), 0.3)
        assert len(own.heads) == 1
        assert len(proxy.heads) == 1


def _certificate(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """Return a certificate for 127.0.0.1 that signs itself, and a server's context with it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder(issuer_name=name, subject_name=name, public_key=key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "certificate.pem"
    file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private = folder / "key.pem"
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file, private)
    return file, context
