"""Echo: a service on loopback that repeats what it was sent, in every way in which services do."""

import base64
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

__all__ = ["Echo"]


class Echo:
    """Answers ``/v1/chat/completions`` like a model that says its key, and anything else with what came."""

    def __init__(self) -> None:
        self.heard: list[dict[str, str]] = []
        """Headers of each request, names in lower case, with ``:path``."""
        echo = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self._answer()

            def do_POST(self) -> None:
                self._answer()

            def _answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                echo.heard.append({**headers, ":path": self.path})
                if self.path.endswith("/chat/completions"):
                    self._say(headers.get("authorization", ""), json.loads(body))
                    return
                path = urlsplit(self.path)
                told = {
                    "headers": headers,
                    "query": unquote(path.query),
                    "raw": self.path,
                    "base64": base64.b64encode(headers.get("authorization", "").encode()).decode(),
                    "backwards": headers.get("authorization", "")[::-1],
                    headers.get("authorization", "none"): "as a name",
                }
                status = 418 if path.path.endswith("/fail") else 200
                plain = path.path.endswith("/text")
                self._send(
                    status,
                    "text/plain" if plain else "application/json",
                    (str(told) if plain else json.dumps(told)).encode(),
                    {"x-seen": headers.get("authorization", "")},
                )

            def _say(self, key: str, asked: dict[str, Any]) -> None:
                if asked["model"] == "refuses":
                    error = {"error": {"message": f"Your key {key.removeprefix('Bearer ')} is no good."}}
                    self._send(401, "application/json", json.dumps(error).encode(), {})
                    return
                text = f"Your key is {key.removeprefix('Bearer ')}, I think."
                parts = [text[at : at + 5] for at in range(0, len(text), 5)]
                frames: list[Any] = [
                    {"choices": [{"index": 0, "delta": {"content": part}}]} for part in parts
                ]
                frames.append({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
                lines = "".join(f"data: {json.dumps(frame)}\n\n" for frame in frames) + "data: [DONE]\n\n"
                self._send(200, "text/event-stream", lines.encode(), {})

            def _send(self, status: int, kind: str, body: bytes, headers: dict[str, str]) -> None:
                self.send_response(status)
                for name, value in {
                    **headers,
                    "content-type": kind,
                    "content-length": str(len(body)),
                }.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port: int = self._server.server_address[1]
        self.at = f"127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self.stop()

    def stop(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
