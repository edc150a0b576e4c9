"""Ids of rows: UUIDs that sort by the time they were made."""

import time
import uuid

__all__ = ["new_id"]


def new_id() -> str:
    """Return a UUID of version 7 (RFC 9562 §5.7): ids sort by the time they were made."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds << 80) | (uuid.uuid4().int & ((1 << 80) - 1))
    value = (value & ~(0xF << 76)) | (0x7 << 76)
    value = (value & ~(0x3 << 62)) | (0x2 << 62)
    return str(uuid.UUID(int=value))
