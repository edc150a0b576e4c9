"""Stand-ins on loopback for services that tools ask: search, pages, Slack, webhooks, and a mail server."""

import json
import socketserver
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

__all__ = ["MailServer", "Services"]

PAGE = (
    "<html><head><title>Otters &amp; us</title><script>alert(1)</script></head><body><h1>Otters</h1>"
    "<p>They eat <b>urchins</b>.</p><table><tr><th>Day</th></tr><tr><td>Monday</td></tr></table>"
    "</body></html>"
)
FOUND = {"url": "https://example.com/otters", "title": "Otters", "content": "They eat urchins."}


class Services:
    """Answers by its path; `heard` has each request: method, path, query, headers in lower case, body."""

    def __init__(self) -> None:
        self.heard: list[dict[str, Any]] = []
        services = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer()

            def do_POST(self) -> None:
                self._answer()

            def _answer(self) -> None:
                content = self.rfile.read(int(self.headers.get("content-length", 0)))
                path = urlsplit(self.path)
                asked = {
                    "method": self.command,
                    "path": path.path,
                    "query": {name: values[0] for name, values in parse_qs(path.query).items()},
                    "headers": {name.lower(): value for name, value in self.headers.items()},
                    "body": json.loads(content) if content else None,
                }
                services.heard.append(asked)
                status, kind, answer = services.answer(asked)
                sent = answer.encode() if isinstance(answer, str) else json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(sent)))
                if status == 302:
                    self.send_header("Location", "http://127.0.0.1:9/elsewhere")
                self.end_headers()
                self.wfile.write(sent)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.at = f"127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def answer(self, asked: dict[str, Any]) -> tuple[int, str, Any]:
        """Return status, type and body of an answer."""
        match asked["path"]:
            case "/searxng" | "/tavily":
                return 200, "application/json", {"results": [FOUND, {"title": "no address"}] * 3}
            case "/brave":
                found = {**FOUND, "description": FOUND["content"]}
                return 200, "application/json", {"web": {"results": [found]}}
            case "/found":
                found = {**FOUND, "url": f"http://{self.at}/page"}
                return 200, "application/json", {"results": [found]}
            case "/page":
                return 200, "text/html; charset=utf-8", PAGE
            case "/long":
                return 200, "text/plain", "0123456789" * 50
            case "/picture":
                return 200, "image/png", "x"
            case "/moved":
                return 302, "text/plain", ""
            case "/slack":
                known = asked["body"]["channel"] == "C1"
                answer = {"ok": True, "ts": "17.1"} if known else {"ok": False, "error": "channel_not_found"}
                return 200, "application/json", answer
            case "/moderations":
                hates = "hate" in asked["body"]["input"]
                result = {"flagged": hates, "categories": {"hate": hates, "violence": False}}
                return 200, "application/json", {"results": [result]}
            case "/hook":
                return 201, "application/json", {"id": 7}
            case _:
                return 404, "text/plain", "nothing here"

    def stop(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()


class MailServer:
    """Takes mails over SMTP without TLS; `mails` has what came: sender, recipients, text."""

    def __init__(self) -> None:
        self.mails: list[dict[str, Any]] = []
        mails = self.mails

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                mail: dict[str, Any] = {"to": []}
                self._say("220 stand-in")
                for line in self.rfile:
                    said = line.decode().rstrip("\r\n")
                    verb = said[:4].upper()
                    if verb in ("EHLO", "HELO"):
                        self._say("250 stand-in")
                    elif verb == "MAIL":
                        mail["from"] = said.partition("<")[2].partition(">")[0]
                        self._say("250 ok")
                    elif verb == "RCPT":
                        to = said.partition("<")[2].partition(">")[0]
                        if to.startswith("nobody@"):
                            self._say("550 unknown")
                        else:
                            mail["to"].append(to)
                            self._say("250 ok")
                    elif verb == "DATA":
                        self._say("354 go on")
                        lines: list[str] = []
                        for part in self.rfile:
                            if part == b".\r\n":
                                break
                            lines.append(part.decode())
                        mails.append({**mail, "text": "".join(lines)})
                        self._say("250 taken")
                    elif verb == "QUIT":
                        self._say("221 bye")
                        return
                    else:
                        self._say("250 ok")

            def _say(self, line: str) -> None:
                self.wfile.write(f"{line}\r\n".encode())

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self.port: int = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
