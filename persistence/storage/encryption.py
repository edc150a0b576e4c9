"""Encryption: secrets as they are stored: AES-256-GCM under a key that the database does not have."""

import hashlib
import os
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

__all__ = ["Cipher", "CipherError"]

_PURPOSE = b"agenticrag: stored credentials, 1"
_NONCE = 12
"""Bytes (NIST SP 800-38D §8.2.2): random, and far fewer secrets than would make one come twice."""


class CipherError(Exception):
    """What was sealed cannot be read: its key is not here, or somebody has changed or moved it."""


class Cipher:
    """Seals with one key, and unseals what it or an older one has sealed."""

    def __init__(self, key: str, old: Sequence[str] = ()) -> None:
        self._given = (key, *old)

    @cached_property
    def key_id(self) -> str:
        """What tells the key from others, and nothing about it."""
        return next(iter(self._ciphers))

    def knows(self, key_id: str) -> bool:
        """Say whether the key with this number is here."""
        return key_id in self._ciphers

    def seal(self, secret: str, bound: Sequence[str]) -> bytes:
        """Return a secret sealed; it can be unsealed with the same `bound` alone: whose it is, what it is."""
        nonce = os.urandom(_NONCE)
        return nonce + self._ciphers[self.key_id].encrypt(nonce, secret.encode(), _joined(bound))

    def unseal(self, sealed: bytes, bound: Sequence[str], *, key_id: str) -> str:
        """Return a secret.

        Raises:
            Unsealable: it was sealed by a key that is not here, for something else, or it was changed.
        """
        from cryptography.exceptions import InvalidTag

        if (cipher := self._ciphers.get(key_id)) is None:
            raise CipherError(
                f"It was encrypted with a key that this server does not have (number {key_id}). Name that "
                "key in AGENTICRAG_ENCRYPTION_KEYS_OLD, or store the secret anew."
            )
        try:
            return cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], _joined(bound)).decode()
        except InvalidTag:
            raise CipherError(
                "It is not what was stored: somebody has changed it or moved it. Store the secret anew."
            ) from None

    @cached_property
    def _ciphers(self) -> "dict[str, AESGCM]":
        """The ciphers by the number of their key, the one that seals first; made when they are needed."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
        from cryptography.hazmat.primitives.hashes import SHA256
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF

        ciphers: dict[str, AESGCM] = {}
        for given in self._given:
            key = HKDF(algorithm=SHA256(), length=32, salt=None, info=_PURPOSE).derive(given.encode())
            number = hashlib.sha256(_PURPOSE + key).hexdigest()[:16]
            ciphers.setdefault(number, AESGCM(key))
        return ciphers


def _joined(bound: Sequence[str]) -> bytes:
    return b"".join(len(part.encode()).to_bytes(4) + part.encode() for part in bound)
