"""Tokens of an outside issuer: those it made open what its claims say, forged ones nothing."""

import hashlib
import hmac
import time
import uuid
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.utils import base64url_encode

from server.settings.data_folder import secret_key
from server.settings.sources import SettingsError, load_settings
from tests.runtimes.issuer import AUDIENCE, ISSUER, LoopbackIssuer, claimed, unsigned
from tests.server.conftest import Running
from tests.server.people import client, login, person, serve


@pytest.fixture(scope="module")
def issuer() -> Iterator[LoopbackIssuer]:
    """An issuer."""
    with LoopbackIssuer() as serving:
        yield serving


@pytest.fixture(scope="module")
def place(
    issuer: LoopbackIssuer, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    """A server that takes its tokens."""
    yield from serve(
        "sqlite",
        request,
        tmp_path_factory.mktemp("issuer"),
        jwt_jwks_url=issuer.url,
        jwt_issuer=ISSUER,
        jwt_audience=AUDIENCE,
        jwt_role_claim="roles",
    )


async def status(place: Running, token: str, path: str = "/flows") -> int:
    async with client(place, token) as caller:
        return (await caller.get(path)).status_code


async def test_a_token_of_the_issuer_opens_what_its_claims_say(
    place: Running, issuer: LoopbackIssuer
) -> None:
    for kid in ("rsa", "ec", "ed"):
        assert await status(place, issuer.token(kid, roles=["viewer", "else"], email="Vi@example.com")) == 200
    async with client(place, issuer.token(roles="viewer")) as viewer:
        first = (await viewer.get("/auth/me")).json()
        assert first["role"] == "viewer"
        assert (await viewer.get("/keys")).status_code == 403
    async with client(place, issuer.token(roles=["viewer", "owner"])) as owner:
        again = (await owner.get("/auth/me")).json()
        assert (again["user_id"], again["role"]) == (first["user_id"], "owner")
        assert (await owner.get("/keys")).status_code == 200
    assert await status(place, issuer.token(roles=["nothing"])) == 401
    assert await status(place, issuer.token(roles="viewer", sub="other")) == 200
    assert issuer.asked <= 2, "keys are kept"


async def test_an_address_that_an_issuer_names_makes_nobody_another_user(
    place: Running, issuer: LoopbackIssuer
) -> None:
    user_id = await person(place, "victim@example.com", "owner")
    async with client(place, issuer.token(sub="thief", email="victim@example.com", roles="viewer")) as thief:
        me = (await thief.get("/auth/me")).json()
        assert me["user_id"] != user_id
        assert me["role"] == "viewer"


@pytest.mark.threat("A-06")
async def test_forged_tokens_open_nothing(place: Running, issuer: LoopbackIssuer) -> None:
    user_id = await person(place, "own@example.com", "owner")
    own = await login(place, "own@example.com")
    own_claims = jwt.decode(own["access_token"], options={"verify_signature": False})
    mine = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    my_jwk = jwt.get_algorithm_by_name("RS256").to_jwk(mine.public_key(), as_dict=True)
    roles: dict[str, Any] = {"roles": "owner"}
    claims = claimed(**roles)
    good = issuer.token(**roles)
    head, body, signature = good.split(".")
    derived = hmac.digest(secret_key(place.settings).encode(), b"agenticrag:refresh", hashlib.sha256)

    def mixed(key: bytes, told: dict[str, object]) -> str:
        """Return a token whose HMAC is made with what is public, as PyJWT itself refuses to make one."""
        plain = unsigned({"alg": "HS256", "typ": "JWT", "kid": "rsa"}, told)[:-1]
        return f"{plain}.{base64url_encode(hmac.digest(key, plain.encode(), 'sha256')).decode()}"

    def mine_signed(**headers: object) -> str:
        return jwt.encode(claims, mine, algorithm="RS256", headers={"kid": "rsa", **headers})

    forged = [
        *(
            unsigned({"alg": word, "kid": "rsa"}, claims)
            for word in ("none", "None", "NONE", "nOnE", "", "HS256")
        ),
        *(
            unsigned({"alg": word, "kid": "rsa"}, claims, signature)
            for word in ("none", "RS256", "RS512", "ES256")
        ),
        unsigned({"alg": "none"}, own_claims),
        mixed(issuer.public_pem("rsa"), claims),
        mixed(issuer.public_pem("ec"), claims),
        mixed(b"", claims),
        mixed(b"secret", own_claims),
        mixed(secret_key(place.settings).encode(), own_claims),
        mixed(derived, own_claims),
        mine_signed(),
        mine_signed(jwk=my_jwk),
        mine_signed(jku="http://127.0.0.1:9/jwks"),
        mine_signed(x5u="http://127.0.0.1:9/cert"),
        mine_signed(kid="../../../../dev/null"),
        mine_signed(kid="rsa' OR '1'='1"),
        mine_signed(kid=""),
        jwt.encode(claims, mine, algorithm="RS256"),
        jwt.encode(claims, mine, algorithm="RS512", headers={"kid": "rsa"}),
        issuer.token(headers={"crit": ["exp"]}, **roles),
        issuer.token(headers={"crit": ["b64"], "b64": False}, **roles),
        issuer.token("ec", headers={"kid": "rsa"}, **roles),
        issuer.token("rsa", headers={"kid": "ec"}, **roles),
        issuer.token(exp=int(time.time()) - 3600, **roles),
        issuer.token(exp=None, **roles),
        issuer.token(nbf=int(time.time()) + 3600, **roles),
        issuer.token(iss="https://evil.example.com", **roles),
        issuer.token(iss=None, **roles),
        issuer.token(aud="another-server", **roles),
        issuer.token(aud=None, **roles),
        issuer.token(sub=None, **roles),
        issuer.token(sub="", **roles),
        issuer.token(iat=int(time.time()) + 3600, **roles),
        f"{head}.{body}.",
        f"{head}.{body}.{signature[:-4]}AAAA",
        f"{head}.{body[:-2]}.{signature}",
        f"{head}..{signature}",
        f"{own['access_token'].rpartition('.')[0]}.{signature}",
        "..",
        "a.b.c",
        "x" * 9000 + ".y.z",
    ]
    assert len(forged) >= 40
    for number, token in enumerate(forged):
        assert await status(place, token) == 401, (number, token[:80])
    assert await status(place, good) == 200
    assert await status(place, own["access_token"]) == 200
    expired = jwt.encode({**own_claims, "exp": int(time.time()) - 5}, derived, algorithm="HS256")
    assert await status(place, expired) == 401
    assert uuid.UUID(user_id)


def test_an_issuer_without_an_audience_is_no_setting() -> None:
    with pytest.raises(SettingsError, match="JWT_AUDIENCE"):
        load_settings({"AGENTICRAG_JWT_JWKS_URL": "https://issuer.example.com/jwks"})
