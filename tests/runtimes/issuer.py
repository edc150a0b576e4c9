"""An identity provider on loopback: it publishes its keys and signs what it is told to."""

import base64
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

__all__ = ["AUDIENCE", "ISSUER", "LoopbackIssuer", "unsigned"]

ISSUER = "https://issuer.example.com"
AUDIENCE = "agenticrag-tests"


class LoopbackIssuer:
    """Serves ``/jwks`` while it is open."""

    def __init__(self) -> None:
        self.keys: dict[str, tuple[str, Any]] = {
            "rsa": ("RS256", rsa.generate_private_key(public_exponent=65537, key_size=2048)),
            "ec": ("ES256", ec.generate_private_key(ec.SECP256R1())),
            "ed": ("EdDSA", ed25519.Ed25519PrivateKey.generate()),
        }
        self.asked = 0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked += 1
                body = json.dumps(outer.published()).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/jwks"
        self._thread = threading.Thread(target=self._server.serve_forever)

    def __enter__(self) -> "LoopbackIssuer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def published(self) -> dict[str, Any]:
        """Return its public keys (RFC 7517)."""
        found: list[dict[str, Any]] = []
        for kid, (algorithm, key) in self.keys.items():
            made = jwt.get_algorithm_by_name(algorithm)
            told: dict[str, Any] = json.loads(made.to_jwk(key.public_key()))
            found.append({**told, "kid": kid, "use": "sig", "alg": algorithm})
        return {"keys": found}

    def public_pem(self, kid: str) -> bytes:
        """Return a public key as anybody can have it."""
        key = self.keys[kid][1].public_key()
        return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def token(self, kid: str = "rsa", *, headers: dict[str, Any] | None = None, **claims: Any) -> str:
        """Return a signed token; a claim that is None is left out."""
        algorithm, key = self.keys[kid]
        return jwt.encode(
            claimed(**claims), key, algorithm=algorithm, headers={"kid": kid, **(headers or {})}
        )


def claimed(**claims: Any) -> dict[str, Any]:
    """Return the claims of a token that is taken, some of them changed."""
    usual = {"iss": ISSUER, "aud": AUDIENCE, "sub": "someone", "exp": int(time.time()) + 300}
    return {name: value for name, value in (usual | claims).items() if value is not None}


def unsigned(header: dict[str, Any], claims: dict[str, Any], signature: str = "") -> str:
    """Return a token whose signature is none."""

    def part(value: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    return f"{part(header)}.{part(claims)}.{signature}"
