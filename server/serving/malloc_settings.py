"""Settings of glibc's malloc: memory that a large request has used goes back to the system.

By default glibc raises the size from which it maps memory by itself to the largest block that was freed, and
keeps a heap for each thread. A server that has once held a document of 25 MB then keeps some 100 MB of free
memory, in pieces between small blocks. See mallopt(3).
"""

import contextlib
import ctypes
import os

__all__ = ["return_memory"]

_SET = {
    -1: 1_048_576,  # M_TRIM_THRESHOLD: free bytes at the end of a heap that it keeps
    -3: 262_144,  # M_MMAP_THRESHOLD: bytes from which on a block is mapped alone, and returned when freed
    -8: 2,  # M_ARENA_MAX: heaps; one thread at a time runs Python anyway
}
_CHOSEN = ("MALLOC_ARENA_MAX", "MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_")


def return_memory() -> None:
    """Set them for this process, before it starts threads. What the environment sets stays.

    Other C libraries have no such settings, and nothing is done.
    """
    others = os.environ.get("GLIBC_TUNABLES", "") + os.environ.get("LD_PRELOAD", "")
    if "malloc" in others or any(name in os.environ for name in _CHOSEN):
        return
    with contextlib.suppress(OSError, AttributeError):
        mallopt = ctypes.CDLL(None).mallopt
        for name, value in _SET.items():
            mallopt(name, value)
