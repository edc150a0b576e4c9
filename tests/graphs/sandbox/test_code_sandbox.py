"""The code sandbox: what programs give, what stops them, and that none gets out."""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from graphs.sandbox.code_sandbox import CodeError, CodeLimits, CodeSandbox
from tests.graphs.sandbox.escapes import PROGRAMS, programs


@pytest.fixture
async def sandbox() -> AsyncIterator[CodeSandbox]:
    made = CodeSandbox(CodeLimits(seconds=0.2, memory_bytes=24 * 1024 * 1024, output_bytes=100_000))
    yield made
    await made.close()


@pytest.mark.parametrize(
    ("program", "output"),
    [
        ("a + 1", 8),
        ("x = a", None),
        ("{'t': (1, 2), 's': {3}, 1: None}  # all of JSON", {"t": [1, 2], "s": [3], "1": None}),
        (
            "import datetime, decimal\n[datetime.date(2026, 1, 2), decimal.Decimal('1.50')]",
            ["2026-01-02", "1.50"],
        ),
        ("'가' * 2; '나', 'é' if a else (\n1)", ["나", "é"]),
        ("json = 1\nstr = 2\n__text__ = 3\n'\\\\d'", "\\d"),
        ("def twice(n):\n    return 2 * n\n\ntwice(a)\n\n# the end", 14),
        ("import time\ntime.sleep(1000)\n'awake'", "awake"),
        ("a\r\n", 7),
    ],
)
async def test_a_program_gives_the_value_of_its_last_expression(
    sandbox: CodeSandbox, program: str, output: Any
) -> None:
    assert (await sandbox.run(program, {"a": 7})).output == output


@pytest.mark.parametrize(
    ("program", "code", "said"),
    [
        ("1 / 0", "code_failed", "ZeroDivisionError: division by zero"),
        ("x = 1\nraise ValueError('no order')", "code_failed", "line 2"),
        ("lambda: 1", "code_failed", "which JSON does not have"),
        ("float('nan')", "code_failed", "NaN"),
        ("10 ** 2000", "code_failed", "1,200 digits"),
        ("def f(:", "code_failed", "Line 1:"),
        ("yield 1", "code_failed", "generators"),
        ("while True: pass", "code_limit", "longer than 0.2 seconds"),
        ("[0] * 10**9", "code_limit", "bytes of memory"),
        ("'a' * 200_000", "code_limit", "at most 100,000 are allowed"),
        ("print('a' * 200_000)", "code_limit", "printed more than 100,000 bytes"),
    ],
)
async def test_an_error_says_what_went_wrong(
    sandbox: CodeSandbox, program: str, code: str, said: str
) -> None:
    with pytest.raises(CodeError) as caught:
        await sandbox.run(program, {})
    assert caught.value.code == code
    assert said in str(caught.value)
    assert (await sandbox.run("print('on')\n1", {})).printed == "on\n"


async def test_programs_wait_their_turn_and_share_nothing(sandbox: CodeSandbox) -> None:
    results = await asyncio.gather(*(sandbox.run("kept = n\nkept", {"n": n}) for n in range(40)))
    assert [result.output for result in results] == list(range(40))
    with pytest.raises(CodeError, match="NameError"):
        await sandbox.run("kept", {})


@pytest.mark.threat("R-07")
@pytest.mark.threat("R-15")
async def test_no_program_gets_out_and_each_ends_in_time(
    sandbox: CodeSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("canary")
    monkeypatch.setenv("SECRET", "canary")
    heard: list[str] = []

    def hear(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        heard.append("a connection")

    listener = await asyncio.start_server(hear, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    corpus = programs(file=str(secret), port=port, parent=os.getpid())
    assert len(set(PROGRAMS)) >= 220
    before = psutil.Process().memory_info().rss
    children = {child.pid for child in psutil.Process().children()}
    got_out: list[tuple[str, Any]] = []

    async def attempt(program: str) -> None:
        begun = time.monotonic()
        try:
            result = await sandbox.run(program, {})
            if any(word in f"{result}" for word in ("canary", "root:", "subclasses", sys.prefix)):
                got_out.append((program, result))
        except CodeError as error:
            if "canary" in str(error):
                got_out.append((program, error))
        if (took := time.monotonic() - begun) > 0.2 + 1.0:
            got_out.append((program, f"took {took:.1f} s"))

    for program in corpus:
        await attempt(program)
    listener.close()
    assert got_out == []
    assert heard == []
    assert secret.read_text() == "canary"
    assert os.listdir(tmp_path) == ["secret.txt"]  # noqa: PTH208
    workers = [child for child in psutil.Process().children() if child.pid not in children]
    assert len(workers) <= sandbox.limits.processes
    for worker in workers:
        assert worker.environ() == {}
        assert [each for each in worker.net_connections() if each.status == "LISTEN"] == []
    assert psutil.Process().memory_info().rss - before < 20 * 1024 * 1024
    await sandbox.close()
    assert not any(worker.is_running() and worker.status() != "zombie" for worker in workers)
