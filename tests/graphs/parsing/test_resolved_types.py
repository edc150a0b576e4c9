"""Types that several threads decode for the first time at once: they crash no process."""

import subprocess
import sys
from pathlib import Path

RACE = """
import sys, threading
from typing import Literal
import msgspec
from graphs.parsing.resolved_types import resolve_types

sys.setswitchinterval(1e-6)
made = []
for number in range(100):
    fields = [(name, Literal[f"{name}{number}", "x"]) for name in "abcdefgh"]
    made.append(msgspec.defstruct(f"S{number}", fields, array_like=True, module=resolve_types.__module__))
if sys.argv[1] == "resolved":
    assert (resolve_types(), resolve_types()) == (100, 0)
body, barrier = msgspec.json.encode([["x"] * 8]), threading.Barrier(4)

def decode():
    for one in made:
        barrier.wait()
        assert msgspec.json.decode(body, type=list[one])[0].h == "x"

threads = [threading.Thread(target=decode) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print("decoded")
"""


def test_threads_that_decode_a_type_for_the_first_time_at_once_do_not_crash() -> None:
    done = subprocess.run(
        [sys.executable, "-c", RACE, "resolved"],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (0, "decoded\n"), done.stderr
