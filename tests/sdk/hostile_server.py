"""A server whose answers are bad: each of its paths begins with how it answers, and counts its requests."""

import email.utils
import json
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from typing import Any

__all__ = ["ANSWERS", "HostileServer", "serve_hostile"]

Answer = Callable[[socket.socket, int], None]
"""Answers one request of a connection; it gets how many came before on the same path."""
JSON = {"Content_Type": "application/json"}
GZIP = {**JSON, "Content_Encoding": "gzip"}
FINE = {"agents": [], "total": 0, "page": 1, "page_size": 20, "next_cursor": None}


def said(status: int, body: bytes, length: int | None = None, headers: Mapping[str, str] = JSON) -> bytes:
    """Return an answer whose `Content-Length` may be wrong."""
    lines = [f"HTTP/1.1 {status} Said", f"Content-Length: {len(body) if length is None else length}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode() + body


def problem(status: int, retry_after: str = "", location: str = "") -> Answer:
    """Answer with a problem, always."""
    body = json.dumps({"type": "about:blank", "title": "No", "status": status, "detail": "No."}).encode()
    given = {"Content_Type": "application/problem+json", "Retry_After": retry_after, "Location": location}
    answer = said(status, body, headers={name: value for name, value in given.items() if value})
    return lambda line, _: line.sendall(answer)


def fine(line: socket.socket) -> None:
    line.sendall(said(200, json.dumps(FINE).encode()))


def then_fine(first: Answer) -> Answer:
    """Answer badly once, and well afterwards."""
    return lambda line, before: fine(line) if before else first(line, before)


def reset(line: socket.socket, _: int) -> None:
    """Reset the connection in place of an answer."""
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def cut(line: socket.socket, _: int) -> None:
    """End the connection within the body."""
    line.sendall(said(200, b'{"agents": [', length=500))


def silent(line: socket.socket, _: int) -> None:
    """Give no answer until the client leaves."""
    line.settimeout(20)
    while line.recv(1024):
        pass


def stuck(line: socket.socket, _: int) -> None:
    """Begin a body and do not go on with it."""
    cut(line, 0)
    silent(line, 0)


def soon() -> str:
    return email.utils.formatdate(time.time(), usegmt=True)


ANSWERS: dict[str, Answer] = {
    **{str(status): problem(status) for status in (400, 401, 403, 404, 408, 409, 413, 415, 418, 422)},
    **{str(status): problem(status) for status in (500, 501, 502, 503, 504)},
    "429-seconds": problem(429, retry_after="0"),
    "429-date": lambda line, before: problem(429, retry_after=soon())(line, before),
    "429-nonsense": problem(429, retry_after="soon"),
    "429-then-fine": then_fine(problem(429, retry_after="0")),
    "503-then-fine": then_fine(problem(503, retry_after="0")),
    "500-then-fine": then_fine(problem(500)),
    "reset": reset,
    "reset-then-fine": then_fine(reset),
    "cut": cut,
    "silent": silent,
    "stuck": stuck,
    "302": problem(302, location="https://elsewhere.example/api"),
    "307": problem(307, location="/elsewhere"),
    "no-json": lambda line, _: line.sendall(said(200, b"Hello")),
    "nothing": lambda line, _: line.sendall(said(200, b"")),
    "null": lambda line, _: line.sendall(said(200, b"null")),
    "no-gzip": lambda line, _: line.sendall(said(200, b"Hello", headers=GZIP)),
    "no-gzip-400": lambda line, _: line.sendall(said(400, b"Hello", headers=GZIP)),
    "cut-400": lambda line, _: line.sendall(said(400, b'{"detail": ', length=500)),
    "cut-503": lambda line, _: line.sendall(said(503, b'{"detail": ', length=500)),
}


class HostileServer:
    """Listens on a port of its own."""

    def __init__(self) -> None:
        self.requests: Counter[str] = Counter()
        """By the first part of the path, such as ``503~get~python``."""
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        """Return the address."""
        return f"http://127.0.0.1:{self._listening.getsockname()[1]}"

    def close(self) -> None:
        """Listen no more."""
        self._listening.close()

    def _accept(self) -> None:
        while True:
            try:
                line, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(line,), daemon=True).start()

    def _answer(self, line: socket.socket) -> None:
        with line:
            try:
                with line.makefile("rb") as received:
                    first = received.readline().decode()
                    headers = dict(iter(lambda: _header(received), ("", "")))
                    received.read(int(headers.get("content-length", "0")))
                if not first:
                    return
                name = first.split(" ")[1].split("/")[1]
                with self._lock:
                    before = self.requests[name]
                    self.requests[name] += 1
                ANSWERS[name.split("~")[0]](line, before)
            except OSError:
                return


def _header(received: Any) -> tuple[str, str]:
    name, _, value = received.readline().decode().strip().partition(":")
    return name.lower(), value.strip()


@contextmanager
def serve_hostile() -> Generator[HostileServer]:
    """Serve while the context lasts."""
    server = HostileServer()
    try:
        yield server
    finally:
        server.close()
