"""A disk of a few megabytes that a test fills up and frees again: a tmpfs, which takes root to mount."""

import contextlib
import os
import subprocess
from collections.abc import Generator
from pathlib import Path

import pytest
from msgspec import Struct

__all__ = ["SmallDisk", "small_disk"]


class SmallDisk(Struct, frozen=True):
    """A mounted disk."""

    folder: Path

    def fill(self, leave: int = 0) -> None:
        """Write until nothing fits any more but `leave` bytes."""
        with (self.folder / "filler").open("ab", buffering=0) as file, contextlib.suppress(OSError):
            while self.room() > leave:
                file.write(bytes(min(65_536, max(4096, self.room() - leave))))

    def free(self) -> None:
        """Take away what filled it."""
        (self.folder / "filler").unlink(missing_ok=True)

    def room(self) -> int:
        """Return how many bytes fit."""
        found = os.statvfs(self.folder)
        return found.f_bavail * found.f_frsize


@contextlib.contextmanager
def small_disk(folder: Path, megabytes: int) -> Generator[SmallDisk]:
    """Mount a disk of so many megabytes; skip the test where that is not allowed."""
    folder.mkdir(parents=True)
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)],
        capture_output=True,
        check=False,
    )
    if done.returncode:
        pytest.skip(f"No disk can be mounted here: {done.stderr.decode().strip()}")
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
