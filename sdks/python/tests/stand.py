"""A server of a few lines, which misbehaves as it is told to."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Dict, List, Tuple, Union


from agenticrag_client import APIConfig

Reply = Tuple[int, Dict[str, str], Union[bytes, List[bytes]]]
"""Status, headers and body; pieces are written one by one, and the line is held open after the last."""
START = {"type": "start", "session_id": "s", "execution_id": "e"}
DONE = {
    "type": "done", "session_id": "s", "execution_id": "e", "response": "Hi", "cost_usd": None,
    "usage": {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2}, "response_time": 0.1,
    "message_count": 2,
}  # fmt: skip


class Stand:
    """A server that gives its replies in turn, and remembers what it was asked."""

    def __init__(self) -> None:
        self.replies: List[Reply] = []
        self.asked: List[Tuple[str, str, Dict[str, str], bytes]] = []
        self.left = threading.Semaphore(0)
        """Released for each line that was held open and that the client has left."""
        stand = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                stand.asked.append((self.command, self.path, dict(self.headers), body))
                status, headers, content = stand.replies.pop(0)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                if "Content-Length" not in headers and status != 204 and isinstance(content, bytes):
                    self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                for piece in [content] if isinstance(content, bytes) else content:
                    self.wfile.write(piece)
                    self.wfile.flush()
                if not isinstance(content, bytes):
                    self.close_connection = True
                    while self.connection.recv(1):
                        pass
                    stand.left.release()

            do_GET = do_POST = do_PUT = do_DELETE = answer

            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()
        self.server.daemon_threads = True
        self.config = APIConfig(f"http://127.0.0.1:{self.server.server_address[1]}", "secret", max_retries=2)

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


def frames(*events: Tuple[str, Dict[str, Any]]) -> bytes:
    return b"".join(
        f"id: {name}\nevent: {event['type']}\ndata: {json.dumps(event)}\n\n".encode() for name, event in events
    )


def reply(value: Any, status: int = 200, **headers: str) -> Reply:
    named = {name.replace("_", "-"): each for name, each in headers.items()}
    return status, {"Content-Type": "application/json", **named}, json.dumps(value).encode()
