"""Forged tokens: none that the server did not sign as it signs is anybody's."""

import base64
import json
import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from server.identity.login_tokens import ACCESS, Tokens

SECRET = "a secret key of at least thirty-two characters"
KEY = "another key of at least thirty-two characters"


def claims(**changed: Any) -> dict[str, Any]:
    """Claims as the server makes them, but for some; a None takes one out."""
    now = int(time.time())
    made = {
        "iss": ACCESS,
        "aud": ACCESS,
        "sub": "somebody",
        "workspace": "default",
        "sid": "a-login",
        "iat": now,
        "exp": now + 600,
        "jti": "1",
        **changed,
    }
    return {name: value for name, value in made.items() if value is not None}


def unsigned(header: dict[str, Any], payload: Any = None) -> str:
    """A token with a header of one's own and no signature, or an invented one."""
    parts = [json.dumps(header).encode(), json.dumps(payload or claims()).encode()]
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts) + "."


def genuine() -> str:
    return Tokens(SECRET).access(user_id="u", workspace="w", login_id="l", seconds=60)[0]


def signed_by_the_server(**changed: Any) -> str:
    """A token that has the right signature and the wrong claims."""
    key: Any = Tokens(SECRET)._access  # pyright: ignore[reportPrivateUsage]: what no client has
    return jwt.encode(claims(**changed), key, algorithm="HS256")


def public_key() -> bytes:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


FORGED = {
    **{f"alg {name}": unsigned({"alg": name, "typ": "JWT"}) for name in ("none", "None", "NONE", "nOnE", "")},
    "no alg": unsigned({"typ": "JWT"}),
    "another key": jwt.encode(claims(), KEY, algorithm="HS256"),
    "HS384": jwt.encode(claims(), KEY * 2, algorithm="HS384"),
    "HS512": jwt.encode(claims(), KEY * 2, algorithm="HS512"),
    "the secret itself": jwt.encode(claims(), SECRET, algorithm="HS256"),
    "jwk": jwt.encode(claims(), KEY, headers={"jwk": {"kty": "oct", "k": "a2V5"}}),
    "jku": jwt.encode(claims(), KEY, headers={"jku": "http://127.0.0.1:9/keys"}),
    "x5u": jwt.encode(claims(), KEY, headers={"x5u": "http://127.0.0.1:9/cert"}),
    "kid, a path": jwt.encode(claims(), KEY, headers={"kid": "../../dev/null"}),
    "kid, SQL": jwt.encode(claims(), KEY, headers={"kid": "' OR 1=1 --"}),
    "crit": unsigned({"alg": "HS256", "crit": ["x"], "x": True}),
    "cut": genuine()[:-4],
    "swapped payload": ".".join(
        [genuine().split(".")[0], unsigned({}).split(".")[1], genuine().split(".")[2]]
    ),
    "four parts": genuine() + ".x",
    "one part": "e30",
    "no JSON": "bm8.bm8.bm8",
    "deep": unsigned({"alg": "HS256"}, json.loads("[" * 200 + "]" * 200)),
    "large": "e" * 1_000_000 + ".e.e",
    "a stream's ticket": "st_e30.e30",
    "a refresh token": Tokens(SECRET).refresh("l", 1),
    "expired": signed_by_the_server(exp=int(time.time()) - 1),
    "not yet": signed_by_the_server(nbf=int(time.time()) + 600),
    "another issuer": signed_by_the_server(iss="https://evil.test"),
    "another audience": signed_by_the_server(aud="other"),
    "a list of audiences": signed_by_the_server(aud=[ACCESS, "other"]),
    "an expiry in words": signed_by_the_server(exp="never"),
    "a subject that is none": signed_by_the_server(sub=7),
    **{
        f"no {name}": signed_by_the_server(**{name: None})
        for name in ("exp", "iss", "aud", "sub", "iat", "jti")
    },
}


@pytest.mark.threat("A-06")
@pytest.mark.parametrize("name", FORGED)
def test_a_forged_token_is_nobodys(name: str) -> None:
    assert Tokens(SECRET).read_access(FORGED[name]) is None


@pytest.mark.threat("A-06")
def test_a_token_is_signed_for_its_server_alone() -> None:
    assert Tokens(SECRET).read_access(genuine()) is not None
    assert Tokens(KEY).read_access(genuine()) is None
    public = public_key()
    with pytest.raises(jwt.InvalidKeyError):
        jwt.encode(claims(), public, algorithm="HS256")
