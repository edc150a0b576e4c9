"""Question links: what a mail has with which one question can be answered without a key."""

import base64
import binascii
import hmac
import time

import msgspec
from msgspec import Struct

from server.http.problems import Problem

__all__ = ["QuestionLink", "QuestionLinks"]

PREFIX = "ql_"
LONGEST = 2048


class QuestionLink(Struct, frozen=True, array_like=True):
    """What a link allows: to answer one question, until a time, as who got the mail."""

    workspace: str
    execution_id: str
    input_id: str
    target_id: str
    to: str
    expires_at: int
    """Unix seconds."""


class QuestionLinks:
    """Signs and reads links. Each is of one use, as a question takes one answer."""

    def __init__(self, secret: str) -> None:
        self._key = hmac.digest(secret.encode(), b"question link", "sha256")

    def signed(self, link: QuestionLink) -> str:
        """Return the token that ends a link."""
        body = msgspec.json.encode(link)
        return f"{PREFIX}{_text(body)}.{_text(hmac.digest(self._key, body, 'sha256'))}"

    def read(self, token: str) -> QuestionLink:
        """Return what a token allows.

        Raises:
            Problem: 404 for one that was made up or changed, 410 for one that has expired.
        """
        head, _, mac = token.removeprefix(PREFIX).partition(".")
        try:
            if not token.startswith(PREFIX) or len(token) > LONGEST or not token.isascii():
                raise ValueError(token)
            body = _bytes(head)
            if not hmac.compare_digest(hmac.digest(self._key, body, "sha256"), _bytes(mac)):
                raise ValueError(token)
            link = msgspec.json.decode(body, type=QuestionLink)
        except (ValueError, binascii.Error, msgspec.MsgspecError, RecursionError):
            raise Problem(404, "not_found", "This link is not one that this server gave.") from None
        if link.expires_at <= time.time():
            raise Problem(410, "link_expired", "This link has expired. The question may still be open.")
        return link


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
