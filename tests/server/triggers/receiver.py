"""A receiver of webhooks on loopback, which can be down, and knows deliveries by their ids."""

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

__all__ = ["Delivery", "Receiver"]


class Delivery:
    """A request that came."""

    def __init__(self, headers: dict[str, str], body: bytes) -> None:
        self.headers = headers
        self.body = body
        self.id = headers.get("webhook-id", "")
        self.told: Any = json.loads(body)

    def is_signed(self, secret: str) -> bool:
        """Say whether a signature fits, as a receiver computes it that knows the scheme's page alone."""
        key = base64.b64decode(secret.removeprefix("whsec_"))
        content = f"{self.id}.{self.headers['webhook-timestamp']}.".encode() + self.body
        expected = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
        return f"v1,{expected}" in self.headers["webhook-signature"].split()


class Receiver:
    """Answers each request with what `answer` says: a status, and headers."""

    def __init__(self) -> None:
        self.came: list[Delivery] = []
        """What was taken, in order."""
        self.refused = 0
        self.answer: Callable[[Delivery], tuple[int, dict[str, str]]] = lambda _: (200, {})
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                content = self.rfile.read(int(self.headers.get("content-length", 0)))
                delivery = Delivery({name.lower(): value for name, value in self.headers.items()}, content)
                status, headers = receiver.answer(delivery)
                if status < 300:
                    receiver.came.append(delivery)
                else:
                    receiver.refused += 1
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.at = f"127.0.0.1:{self._server.server_address[1]}"
        self.url = f"http://{self.at}/hook"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()

    def until(self, count: int, seconds: float = 30) -> list[Delivery]:
        """Return what came, when it is so many."""
        deadline = time.monotonic() + seconds
        while len(self.came) < count:
            assert time.monotonic() < deadline, [each.told for each in self.came]
            time.sleep(0.02)
        return self.came
