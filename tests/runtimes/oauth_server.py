"""An authorization server on loopback that behaves as RFC 6749, RFC 7636 and RFC 7009 say, and a resource."""

import base64
import hashlib
import json
import secrets
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote, urlencode, urlsplit

__all__ = ["AuthorizationServer"]


class AuthorizationServer:
    """Consents to all at ``/authorize``; ``/token``, ``/revoke`` and ``/me``, a resource, are strict."""

    def __init__(self) -> None:
        self.clients = {
            "app one": ("secret:of/the app", "authorization_code"),
            "robot": ("r0bot-secret", "cc"),
        }
        self.redirect_uris: set[str] = set()
        self.lifetime = 3600.0
        self.down = False
        self.consents = True
        """Whether people let a client have what it asks for."""
        self.slow = 0.0
        self.asked: list[dict[str, str]] = []
        """Forms that came to ``/token``."""
        self.codes: dict[str, dict[str, str]] = {}
        self.access: dict[str, tuple[str, float]] = {}
        """Family and end of access tokens that count."""
        self.refresh: dict[str, str] = {}
        """Families of refresh tokens that count."""
        self.used: dict[str, str] = {}
        """Families of codes and refresh tokens that were used."""
        self._lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = urlsplit(self.path)
                if path.path == "/me":
                    token = self.headers.get("authorization", "").removeprefix("Bearer ")
                    _, end = outer.access.get(token, ("", 0.0))
                    known = end > time.time()
                    self._send(200 if known else 401, {"login": "ada", "token": token} if known else {})
                    return
                location = outer.authorized(dict(parse_qsl(path.query)))
                self.send_response(302 if location else 400)
                if location:
                    self.send_header("location", location)
                self.send_header("content-length", "0")
                self.end_headers()

            def do_POST(self) -> None:
                form = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
                fields = {name: values[0] for name, values in form.items() if len(values) == 1}
                time.sleep(outer.slow)
                if outer.down:
                    self._send(503, {})
                    return
                with outer._lock:
                    client = outer.client(self.headers.get("authorization", ""), fields)
                    if client is None:
                        self._send(401, {"error": "invalid_client"})
                    elif self.path == "/revoke":
                        outer.revoke(fields.get("token", ""))
                        self._send(200, {})
                    else:
                        outer.asked.append(fields)
                        self._send(*outer.token(client, fields))

            def _send(self, status: int, said: dict[str, Any]) -> None:
                body = json.dumps(said).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("cache-control", "no-store")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.at = f"127.0.0.1:{self._server.server_port}"
        self.url = f"http://{self.at}"
        self._thread = threading.Thread(target=self._server.serve_forever)

    def __enter__(self) -> "AuthorizationServer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def client(self, header: str, form: dict[str, str]) -> str | None:
        """Return who asks (RFC 6749 §2.3.1); None for a client that does not show its secret."""
        id, secret = form.get("client_id", ""), form.get("client_secret", "")
        if header.startswith("Basic "):
            first, _, second = base64.b64decode(header[6:]).decode().partition(":")
            id, secret = unquote(first), unquote(second)
        known = self.clients.get(id)
        return id if known is not None and known[0] == secret else None

    def authorized(self, query: dict[str, str]) -> str:
        """Return where a browser is sent after consent; empty for a request that goes nowhere (§4.1.2.1)."""
        uri = query.get("redirect_uri", "")
        if query.get("client_id") not in self.clients or uri not in self.redirect_uris:
            return ""
        back = {"state": query.get("state", "")}
        if query.get("response_type") != "code" or query.get("code_challenge_method") != "S256":
            return f"{uri}?{urlencode({**back, 'error': 'invalid_request'})}"
        if not self.consents:
            return f"{uri}?{urlencode({**back, 'error': 'access_denied'})}"
        code = secrets.token_urlsafe(16)
        self.codes[code] = {**query, "family": secrets.token_hex(4)}
        return f"{uri}?{urlencode({**back, 'code': code})}"

    def token(self, client: str, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """Answer ``/token``."""
        denied = 400, {"error": "invalid_grant"}
        match form.get("grant_type"):
            case "authorization_code":
                code = form.get("code", "")
                if code in self.used:  # RFC 6749 §4.1.2: what it gave is revoked
                    self._end(self.used[code])
                    return denied
                asked = self.codes.pop(code, None)
                if asked is None or asked["client_id"] != client:
                    return denied
                self.used[code] = asked["family"]
                digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
                fits = base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == asked["code_challenge"]
                if not fits or form.get("redirect_uri") != asked["redirect_uri"]:
                    return denied
                return self._given(asked["family"], asked.get("scope", ""), refreshes=True)
            case "refresh_token":
                token = form.get("refresh_token", "")
                if token in self.used:  # RFC 9700 §4.14.2
                    self._end(self.used[token])
                    return denied
                family = self.refresh.pop(token, None)
                if family is None:
                    return denied
                self.used[token] = family
                return self._given(family, "", refreshes=True)
            case "client_credentials" if self.clients[client][1] == "cc":
                return self._given(secrets.token_hex(4), form.get("scope", ""), refreshes=False)
            case _:
                return 400, {"error": "unsupported_grant_type"}

    def revoke(self, token: str) -> None:
        """Revoke a token, and with a refresh token all of its family (RFC 7009 §2.1)."""
        if token in self.refresh:
            self._end(self.refresh[token])
        self.access.pop(token, None)

    def _given(self, family: str, scope: str, *, refreshes: bool) -> tuple[int, dict[str, Any]]:
        access, refresh = f"access-{secrets.token_urlsafe(16)}", f"refresh-{secrets.token_urlsafe(16)}"
        self.access[access] = family, time.time() + self.lifetime
        said = {
            "access_token": access,
            "token_type": "Bearer",
            "expires_in": int(self.lifetime),
            "scope": scope,
        }
        if refreshes:
            self.refresh[refresh] = family
            said["refresh_token"] = refresh
        return 200, said

    def _end(self, family: str) -> None:
        self.access = {token: one for token, one in self.access.items() if one[0] != family}
        self.refresh = {token: one for token, one in self.refresh.items() if one != family}
