"""OIDC issuer: tokens of an identity provider outside, checked against the keys that it publishes."""

import asyncio
import logging
import time
from typing import Any

import msgspec
from msgspec import Struct

from persistence.identity.users import Users
from persistence.identity.workspaces import Workspaces
from server.identity.permissions import ROLES, WORKSPACE
from server.settings.sources import Settings

__all__ = ["Issuer", "Outside"]

ALGORITHMS = ("RS256", "ES256", "EdDSA")
"""Signatures that are taken. None of them can be made with what the issuer publishes."""
KEPT_SECONDS = 600.0
"""How long published keys are believed."""
ASKED_EVERY = 10.0
"""Seconds between two looks for a key that was not there."""
LEEWAY = 10
"""Seconds by which the clocks may differ."""
MAX_KEYS_BYTES = 262_144

log = logging.getLogger("agenticrag.issuer")


class Outside(Struct, frozen=True):
    """Whom a token of the issuer is for."""

    user_id: str
    workspace: str
    expires_at: float


class Issuer:
    """Reads the tokens of one issuer. Its users are made here at their first call."""

    def __init__(self, settings: Settings, users: Users, workspaces: Workspaces) -> None:
        self._settings = settings
        self._users = users
        self._workspaces = workspaces
        self._keys: dict[str, Any] = {}
        self._asked_at = -KEPT_SECONDS
        self._asking = asyncio.Lock()

    async def find(self, token: str) -> Outside | None:
        """Return whom a token is for; None for one that the issuer did not make for this server, or that
        names a workspace which there is not."""
        claims = await self._claims(token)
        if claims is None:
            return None
        settings = self._settings
        named = _text(claims.get(settings.jwt_workspace_claim)) if settings.jwt_workspace_claim else WORKSPACE
        workspace = await self._workspaces.find(named) if named else None
        if workspace is None:
            return None
        email = _text(claims.get(settings.jwt_email_claim)).strip().casefold()
        subject = msgspec.json.encode([claims["iss"], claims["sub"]]).decode()
        user = await self._users.outsider(subject, email=email, name=_text(claims.get("name")) or email)
        member = await self._workspaces.member(workspace.id, user.id)
        role = self._role(claims, "" if member is None else member.role)
        if role != ("" if member is None else member.role):
            await self._workspaces.put(workspace.id, user.id, role)
        return Outside(user.id, workspace.id, float(claims["exp"]))

    def _role(self, claims: dict[str, Any], known: str) -> str:
        """Return the strongest role that the claim names; what is known here where there is no such claim."""
        claim = self._settings.jwt_role_claim
        if not claim:
            return known or self._settings.jwt_default_role
        said = claims.get(claim)
        words: list[Any] = [*said] if isinstance(said, list) else [said]
        return next((role for role in reversed([*ROLES]) if role in words), "")

    async def _claims(self, token: str) -> dict[str, Any] | None:
        import jwt  # with cryptography: only where there is an issuer, and somebody from there

        settings = self._settings
        try:
            header = jwt.get_unverified_header(token)
            kid, algorithm = header.get("kid"), header.get("alg")
            if not isinstance(kid, str) or algorithm not in ALGORITHMS or "crit" in header:
                return None
            key = await self._key(kid)
            if key is None or key.algorithm_name != algorithm:
                return None
            claims: dict[str, Any] = jwt.decode(
                token,
                key.key,
                algorithms=[algorithm],
                issuer=settings.jwt_issuer,
                audience=settings.jwt_audience,
                leeway=LEEWAY,
                options={"require": ["iss", "aud", "sub", "exp"]},
            )
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
            return None
        return claims if isinstance(claims["sub"], str) and 0 < len(claims["sub"]) <= 512 else None

    async def _key(self, kid: str) -> Any:
        async with self._asking:
            age = time.monotonic() - self._asked_at
            if age >= KEPT_SECONDS or (kid not in self._keys and age >= ASKED_EVERY):
                self._asked_at = time.monotonic()
                try:
                    self._keys = await self._published()
                except Exception as error:
                    log.warning("The issuer's keys cannot be read: %s", error)
            return self._keys.get(kid)

    async def _published(self) -> dict[str, Any]:
        import jwt

        from graphs.outbound.egress import Egress
        from graphs.outbound.http_messages import EgressRules, Outbound
        from graphs.parsing.web_address import read_address

        url = self._settings.jwt_jwks_url
        address = read_address(url)
        host = f"[{address.host}]" if ":" in address.host else address.host
        egress = Egress(EgressRules(allow=(f"{host}:{address.port}",), seconds=10, max_bytes=MAX_KEYS_BYTES))
        try:
            answer = await egress.fetch(Outbound(url=url, stay=True))
        finally:
            await egress.close()
        if answer.status != 200:
            raise ValueError(f"it answers {answer.status}")
        found: dict[str, Any] = {}
        for entry in msgspec.json.decode(answer.content, type=dict[str, list[dict[str, Any]]])["keys"]:
            if entry.get("use", "sig") != "sig" or entry.get("kty") not in ("RSA", "EC", "OKP"):
                continue
            try:
                key = jwt.PyJWK(entry)
            except jwt.PyJWTError:
                continue  # of a kind that is not taken here
            if isinstance(kid := entry.get("kid"), str) and key.algorithm_name in ALGORITHMS:
                found[kid] = key
        return found


def _text(value: Any) -> str:
    return value[:255] if isinstance(value, str) else ""
