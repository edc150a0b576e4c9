"""Signatures: how a call of a webhook proves that it knows the secret, and how deliveries are signed.

- ``token``: the secret itself, in a header
- ``hmac``: HMAC-SHA256 of the body, in hex or base64, with or without ``sha256=``
- ``github``: the same in ``X-Hub-Signature-256``, as GitHub sends it
- ``slack``: version 0 of Slack's signatures, with a time stamp
- ``standard``: Standard Webhooks 1.0, with an id and a time stamp
"""

import base64
import binascii
import hashlib
import hmac
import secrets as random
from collections.abc import Mapping, Sequence

from msgspec import Struct

from persistence.triggers.webhooks import Style

__all__ = ["OF_STYLE", "StyleHeaders", "decoded_secret", "misfit", "new_secret", "signature", "why_unsigned"]

TOLERANCE = 300
"""Seconds that a time stamp may be from now."""
PREFIX = "whsec_"
SHORTEST, LONGEST = 16, 255
"""Characters of a secret."""


class StyleHeaders(Struct, frozen=True):
    """Headers of a style, in lower case."""

    proof: str
    """Has the token or the signature."""
    delivery: str = ""
    """Names a delivery; empty: the style has none."""


OF_STYLE: Mapping[Style, StyleHeaders] = {
    "token": StyleHeaders("x-webhook-token", "idempotency-key"),
    "hmac": StyleHeaders("x-signature", "idempotency-key"),
    "github": StyleHeaders("x-hub-signature-256", "x-github-delivery"),
    "slack": StyleHeaders("x-slack-signature"),
    "standard": StyleHeaders("webhook-signature", "webhook-id"),
}


def new_secret() -> str:
    """Return a new secret: ``whsec_`` and 32 random bytes in base64."""
    return PREFIX + base64.b64encode(random.token_bytes(32)).decode()


def misfit(style: Style, secret: str) -> str:
    """Return why a secret that somebody gives cannot be used, a sentence; empty where it can."""
    if not SHORTEST <= len(secret) <= LONGEST or not (secret.isascii() and secret.isprintable()):
        return f"A secret has {SHORTEST} to {LONGEST} printable ASCII characters."
    if style == "standard":
        try:
            decoded_secret(secret)
        except ValueError:
            return "A secret of style 'standard' is base64, with or without 'whsec_' before it."
    return ""


def decoded_secret(secret: str) -> bytes:
    """Return the key that a secret of Standard Webhooks stands for.

    Raises:
        ValueError: it is no base64.
    """
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from None


def signature(id: str, timestamp: int, body: bytes, secrets: Sequence[str]) -> str:
    """Return the header ``webhook-signature`` of a delivery: one signature for each secret, newest first."""
    content = b"%s.%d.%s" % (id.encode(), timestamp, body)
    return " ".join(
        "v1," + base64.b64encode(hmac.digest(decoded_secret(secret), content, hashlib.sha256)).decode()
        for secret in secrets
    )


def why_unsigned(
    style: Style, header: str, headers: Mapping[str, str], body: bytes, secrets: Sequence[str], now: float
) -> str:
    """Return why a call does not prove that it knows one of the secrets; empty where it does.

    Args:
        style: How it is to prove it.
        header: The header that has the token or signature.
        headers: Its headers, names in lower case.
        body: Its body as it came.
        secrets: Those that are valid.
        now: The time in Unix seconds.
    """
    given = headers.get(header, "")
    if not given:
        return f"The header '{header}' is missing."
    match style:
        case "token":
            scheme, _, rest = given.partition(" ")
            wanted = {rest.strip() if header == "authorization" and scheme.lower() == "bearer" else given}
            return _unknown(wanted, secrets, "token")
        case "hmac" | "github":
            digests = [hmac.digest(each.encode(), body, hashlib.sha256) for each in secrets]
            expected = [digest.hex() for digest in digests]
            written = given.removeprefix("sha256=")
            if style == "hmac":  # shops and forms send base64
                expected += [base64.b64encode(digest).decode() for digest in digests]
            return _unknown({written, written.lower()}, expected, "signature")
        case "slack":
            stamp = headers.get("x-slack-request-timestamp", "")
            if late := _late("x-slack-request-timestamp", stamp, now):
                return late
            content = b"v0:%s:%s" % (stamp.encode(), body)
            expected = ["v0=" + hmac.digest(each.encode(), content, "sha256").hex() for each in secrets]
            return _unknown({given}, expected, "signature")
        case "standard":
            stamp, id = headers.get("webhook-timestamp", ""), headers.get("webhook-id", "")
            if not id:
                return "The header 'webhook-id' is missing."
            if late := _late("webhook-timestamp", stamp, now):
                return late
            expected = [signature(id, int(stamp), body, [each]) for each in secrets]
            return _unknown(set(given.split()[:10]), expected, "signature")


def _late(name: str, stamp: str, now: float) -> str:
    if not (stamp.isascii() and stamp.isdecimal() and len(stamp) <= 12):
        return f"The header '{name}' is missing, or no time in Unix seconds."
    if abs(now - int(stamp)) > TOLERANCE:
        return f"The time in '{name}' is more than {TOLERANCE} seconds from now."
    return ""


def _unknown(given: set[str], expected: Sequence[str], what: str) -> str:
    """Return that none of what is given is expected. All are compared, each in constant time."""
    pairs = [(one, other) for one in given for other in expected]
    found = [hmac.compare_digest(one.encode(), other.encode()) for one, other in pairs]
    return "" if any(found) else f"The {what} does not fit the secret of the webhook."
