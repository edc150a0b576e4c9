"""The settings of malloc: what a server gives back of a large request, seen in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent.parent
USE = """
import os, sys, threading
from server.serving.malloc_settings import return_memory
if sys.argv[1] == "set":
    return_memory()

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

kept = []

def use():
    for _ in range(20):
        whole = bytes(12_000_000)  # freed, it raises the size from which glibc maps memory alone
        parts = [bytes(600_000) for _ in range(20)]
        kept.append(bytes(2_000))  # what stays lies between what goes

threads = [threading.Thread(target=use) for _ in range(4)]
before = resident()
for each in threads:
    each.start()
for each in threads:
    each.join()
print(resident() - before)
"""


def grown(how: str, **environment: str) -> int:
    """Return how many bytes a process has more after four threads have used and freed 24 MB each."""
    ran = subprocess.run(
        [sys.executable, "-c", USE, how],
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        check=True,
    )
    return int(ran.stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc has these settings")
def test_freed_memory_goes_back_to_the_system() -> None:
    assert grown("set") < 8_000_000
    assert grown("leave") > 12_000_000
    # What an operator has set stays.
    assert grown("set", MALLOC_ARENA_MAX="4") > 12_000_000
