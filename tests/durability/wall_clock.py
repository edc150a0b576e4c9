"""A wall clock that a test sets: libfaketime under a process, whose monotonic clock goes on as it did."""

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

__all__ = ["WallClock"]

PLACES = ("/usr/lib/*/faketime/libfaketime.so.1", "/usr/lib64/faketime/libfaketime.so.1")


class WallClock:
    """The wall clock of processes that get its `environment`; it says the truth until it jumps.

    Args:
        folder: Where the file lies that the processes look at.
    """

    def __init__(self, folder: Path, name: str = "clock") -> None:
        self._file = folder / name
        self.jump(0)

    @property
    def environment(self) -> Mapping[str, str]:
        """Variables for a process that is to have this clock."""
        return {
            "LD_PRELOAD": _library(),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    def jump(self, seconds: float) -> None:
        """Let it say so many seconds more than it is, or fewer; processes see it within a second."""
        part = self._file.with_suffix(".part")
        part.write_text(f"{seconds:+.1f}\n")
        part.chmod(0o644)
        part.replace(self._file)


def _library() -> str:
    for place in PLACES:
        for found in Path("/").glob(place.removeprefix("/")):
            return str(found)
    reason = "libfaketime is not installed (Debian: apt install libfaketime)"
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason}. Under CI=true nothing is skipped.")
    pytest.skip(reason)
