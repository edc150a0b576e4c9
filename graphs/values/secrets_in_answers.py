"""Redaction: removes secrets from what services send back, before it is stored or shown."""

import base64
import json
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, quote_plus

__all__ = ["Redaction", "HIDDEN", "StreamRedaction"]

HIDDEN = "***"
_FREE = 3


class Redaction:
    """The secrets that a run has used. What is given to it comes back without them."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._forms: list[str] = []
        self.add(*secrets)

    def add(self, *secrets: str) -> None:
        """Conceal these too, in whichever usual spelling."""
        known = {*self._forms}
        for secret in secrets:
            if secret and secret not in known:
                known |= _spellings(secret)
        # A longer form first: a shorter one within it would leave the rest of it to be read.
        self._forms = sorted(known, key=len, reverse=True)

    def text(self, text: str) -> str:
        """Return a text without the secrets."""
        for form in self._forms:
            if form in text:
                text = text.replace(form, HIDDEN)
        return text

    def value(self, value: Any) -> Any:
        """Return plain JSON without the secrets, in keys too."""
        if not self._forms:
            return value
        match value:
            case str():
                return self.text(value)
            case dict():
                return {self.text(str(name)): self.value(each) for name, each in value.items()}
            case list():
                return [self.value(each) for each in value]
            case _:
                return value


class StreamRedaction:
    """A secret kept out of a text that comes in pieces, wherever they are cut.

    A piece that ends like the secret's beginning is held back from its fourth character on, so that ordinary
    words come as they are cut: at most three characters of a secret are ever shown.
    """

    def __init__(self, secret: str) -> None:
        self._secret = secret
        self._shown = ""
        self._held = ""

    def feed(self, piece: str) -> str:
        """Return what can be shown by now."""
        secret, text = self._secret, self._shown + self._held + piece
        seen, at, out = len(self._shown), 0, list[str]()
        while (found := text.find(secret, at)) >= 0:
            out.append(text[max(at, seen) : found] + HIDDEN)
            at = found + len(secret)
        begun = next(
            (
                length
                for length in range(min(len(secret) - 1, len(text) - at), _FREE, -1)
                if secret.startswith(text[-length:])
            ),
            0,
        )
        end = max(len(text) - begun, at, seen)
        out.append(text[max(at, seen) : end])
        self._held, self._shown = text[end:], text[at:end][-_FREE:]
        return "".join(out)

    def end(self) -> str:
        """Return what was held back: the text has ended, and it was none."""
        held, self._held, self._shown = self._held, "", ""
        return held


def _spellings(secret: str) -> set[str]:
    """Return a secret as services write it: plain, in JSON, in addresses, in base64, backwards."""
    raw = secret.encode("utf-8", "surrogatepass")
    forms = {secret, secret[::-1], json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    forms |= {quote(secret, safe=""), quote(secret), quote_plus(secret), raw.hex()}
    for shift in range(3):  # base64 of a text that has it within reads differently by where it begins
        first, last = -(-shift * 4 // 3), (len(raw) + shift) * 8 // 6
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            forms.add(encode(b"\0" * shift + raw).decode()[first:last])
    return {form for form in forms if len(form) >= min(len(secret), 8)}
