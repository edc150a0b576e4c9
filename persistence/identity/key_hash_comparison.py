"""Comparison of key hashes: what is stored of an API key, and whether a key that was sent has it."""

import hashlib
import hmac

__all__ = ["hash_of", "is_hash_of"]


def hash_of(key: str) -> str:
    """Return what is stored of a key."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def is_hash_of(stored: str, key: str) -> bool:
    """Say whether a stored hash is that of a key, in a time that tells nothing of where they differ."""
    return hmac.compare_digest(stored, hash_of(key))
