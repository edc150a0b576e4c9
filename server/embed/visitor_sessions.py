"""Visitors' sessions: signed by the server, so that nobody can talk in another's conversation."""

import base64
import hashlib
import hmac
import time

import msgspec
from msgspec import Struct

from persistence.library.embeds import EmbedRow
from persistence.storage.ids import new_id
from server.http.problems import Problem

__all__ = ["PREFIX", "VisitorSession", "VisitorSessions"]

PREFIX = "vs_"
LONGEST = 512


class VisitorSession(Struct, frozen=True):
    """A conversation of one visitor with one embed."""

    id: str
    expires_at: float
    """Unix seconds; every request moves it on."""

    @property
    def name(self) -> str:
        """The session's name in the workspace; no caller's, who would have to guess a UUID."""
        return f"visitor-{self.id}"


class VisitorSessions:
    """Signs and reads what visitors' browsers keep. A session is bound to its embed's token."""

    def __init__(self, secret: str, *, seconds: float) -> None:
        self._key = hmac.digest(secret.encode(), b"visitor session", "sha256")
        self._seconds = seconds

    def begin(self) -> VisitorSession:
        """Return a new session."""
        return VisitorSession(new_id(), time.time() + self._seconds)

    def longer(self, session: VisitorSession) -> VisitorSession:
        """Return the session with its whole time before it."""
        return VisitorSession(session.id, time.time() + self._seconds)

    def signed(self, embed: EmbedRow, session: VisitorSession) -> str:
        """Return what the visitor's browser keeps."""
        body = msgspec.json.encode((session.id, int(session.expires_at)))
        return f"{PREFIX}{_text(body)}.{_text(self._mac(embed, body))}"

    def read(self, embed: EmbedRow, token: str) -> VisitorSession:
        """Return the session of a token.

        Raises:
            Problem: 401 for one that was made up or changed, is another embed's, or has expired.
        """
        head, _, mac = token.removeprefix(PREFIX).partition(".")
        try:
            if not token.startswith(PREFIX) or len(token) > LONGEST:
                raise ValueError(token)
            body = _bytes(head)
            if not hmac.compare_digest(self._mac(embed, body), _bytes(mac)):
                raise ValueError(token)
            id, expires_at = msgspec.json.decode(body, type=tuple[str, int])
        except (ValueError, msgspec.MsgspecError, RecursionError):
            raise _over("The visitor session is not one that this server gave.") from None
        if expires_at <= time.time():
            raise _over("The visitor session has expired.")
        return VisitorSession(id, expires_at)

    def _mac(self, embed: EmbedRow, body: bytes) -> bytes:
        return hmac.digest(self._key, embed.token.encode() + b"\0" + body, hashlib.sha256)


def _over(reason: str) -> Problem:
    return Problem(
        401, "session_over", f"{reason} Begin a new one by POST to 'session' below the embed's address."
    )


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    if not text.isascii():
        raise ValueError(text)
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
