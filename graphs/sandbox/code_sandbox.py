"""The code sandbox: programs run in processes of their own, which have no files, no network and no secrets.

The interpreter is pydantic-monty, in a pool of worker processes: it has no way out but what it is handed, and
is handed nothing. A worker that dies takes its program along and is replaced. Text alone comes back: what a
program gives is turned into JSON within the worker, under its limits.
"""

import asyncio
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from graphs.parsing.text import TextError, clean
from graphs.sandbox.code_checks import code_problem, with_output

if TYPE_CHECKING:
    from pydantic_monty import Monty, ResourceLimits

__all__ = ["INSTALL", "CodeError", "CodeLimits", "CodeResult", "CodeSandbox"]

INSTALL = "pip install 'agenticrag[code]'"
_GRACE = 0.75
"""Seconds after which a worker that does not keep its limit is killed."""
_TOLD = 2_000
"""Characters of an error."""


class CodeLimits(Struct, frozen=True, kw_only=True):
    """What one program may use."""

    seconds: float = 5.0
    """Wall clock. What sleeps does not wait: it has nothing to wait for."""
    memory_bytes: int = 64 * 1024 * 1024
    output_bytes: int = 1_000_000
    """Of its output as JSON, and of what it prints."""
    processes: int = 2
    """Programs at once; more wait their turn."""
    visitors: bool = False
    """Whether runs of anonymous visitors may use it."""


class CodeResult(Struct, frozen=True, kw_only=True):
    """What came of a program."""

    output: Any
    """The value of its last expression; null where it ends with something else."""
    printed: str = ""


class CodeError(Exception):
    """A program was not run or did not end well. The message says why, with the program's own lines."""

    def __init__(self, message: str, *, code: str = "code_failed") -> None:
        super().__init__(message)
        self.code = code
        """``code_failed``, ``code_limit``, ``code_not_allowed`` or ``not_installed``."""


class CodeSandbox:
    """Runs programs. Starts its processes with the first one; `close` ends them."""

    def __init__(self, limits: CodeLimits | None = None, *, refusal: str = "") -> None:
        self.limits = limits or CodeLimits()
        self._refusal = refusal
        self._lock = threading.Lock()
        self._threads: ThreadPoolExecutor | None = None
        self._pool: Monty | None = None

    def for_visitors(self) -> "CodeSandbox":
        """Return the sandbox for runs of anonymous visitors: one that refuses, unless the operator allows."""
        if self.limits.visitors:
            return self
        return CodeSandbox(
            self.limits,
            refusal="Visitors' runs may not run code on this server. The operator may allow it with "
            "AGENTICRAG_CODE_FOR_VISITORS.",
        )

    async def run(self, source: str, inputs: Mapping[str, Any]) -> CodeResult:
        """Run a program and return its output.

        Args:
            source: The program.
            inputs: JSON values by the names of the variables that hold them.

        Raises:
            CodeError: it may not run, failed, or went over a limit.
        """
        if self._refusal:
            raise CodeError(self._refusal, code="code_not_allowed")
        if problem := code_problem(source):
            raise CodeError(problem)
        with self._lock:
            if self._threads is None:
                self._threads = ThreadPoolExecutor(self.limits.processes, thread_name_prefix="code")
        loop = asyncio.get_running_loop()
        text, printed = await loop.run_in_executor(self._threads, self._run, source, dict(inputs))
        try:
            return CodeResult(output=clean(msgspec.json.decode(text)), printed=clean(printed))
        except (msgspec.DecodeError, TextError, RecursionError) as error:
            raise CodeError(
                f"The output cannot be kept as JSON, which has neither NaN nor Infinity. {error}."
            ) from None

    async def close(self) -> None:
        """End the processes; programs under way come to their end first."""
        with self._lock:
            threads, self._threads = self._threads, None
            pool, self._pool = self._pool, None
        if threads is not None:
            await asyncio.to_thread(threads.shutdown)
        if pool is not None:
            await asyncio.to_thread(pool.__exit__, None, None, None)

    def _run(self, source: str, inputs: dict[str, Any]) -> tuple[str, str]:
        """Return a program's output as JSON and what it printed; called in a thread."""
        pool = self._opened()
        import pydantic_monty as monty

        limits = self.limits
        printed = monty.CollectString(limits.output_bytes)
        session = pool.checkout(
            script_name="code.py",
            limits=self._resources(),
            os_policy={"sleep": "zero"},
        )
        try:
            with session as worker:
                program = with_output(source)
                text: Any = worker.feed_run(program, inputs=inputs, print_callback=printed)
                if not isinstance(text, str):
                    raise CodeError("The output cannot be read.")
        except monty.MontyCrashedError as error:
            reason = (
                f"longer than {limits.seconds:g} seconds" if error.timed_out else "more than the sandbox has"
            )
            raise CodeError(f"The program took {reason} and was ended.", code="code_limit") from None
        except (monty.MontySyntaxError, monty.MontyRuntimeError) as error:
            raise self._failed(error.display("type-msg"), error.display("traceback")) from None
        except monty.MontyError as error:
            raise CodeError(f"The program cannot run: {str(error)[:_TOLD]}") from None
        if len(text) > limits.output_bytes:
            raise CodeError(
                f"The output has {len(text):,} bytes as JSON; at most {limits.output_bytes:,} are allowed.",
                code="code_limit",
            )
        return text, printed.output

    def _failed(self, message: str, trace: str) -> CodeError:
        limits = self.limits
        if message.startswith("TimeoutError: ") and "limit exceeded" in message:
            return CodeError(f"The program took longer than {limits.seconds:g} seconds.", code="code_limit")
        if message.startswith("MemoryError"):
            return CodeError(
                f"The program needed more than {limits.memory_bytes:,} bytes of memory, or printed more than "
                f"{limits.output_bytes:,} bytes.",
                code="code_limit",
            )
        return CodeError(trace[-_TOLD:])

    def _resources(self) -> "ResourceLimits":
        return {
            "max_feed_duration_secs": self.limits.seconds,
            "max_memory": self.limits.memory_bytes,
            "max_recursion_depth": 500,
            "max_suspensions": 1_000,
            "max_total_sleep_secs": self.limits.seconds,
        }

    def _opened(self) -> "Monty":
        with self._lock:
            if self._pool is None:
                try:
                    from pydantic_monty import Monty
                except ModuleNotFoundError:
                    raise CodeError(
                        f"Code needs 'pydantic-monty', which is not installed. Install it with: {INSTALL}, "
                        "and start the server again.",
                        code="not_installed",
                    ) from None
                # Not AsyncMonty: its threads may still call back when the interpreter ends, which aborts.
                pool = Monty(
                    min_processes=1,
                    max_processes=self.limits.processes,
                    request_timeout=self.limits.seconds + _GRACE,
                    max_checkouts_per_worker=1_000,
                    feed_duration_limit_grace=_GRACE,
                )
                try:
                    self._pool = pool.__enter__()
                except OSError as error:
                    raise CodeError(f"The sandbox cannot start: {error}.", code="not_installed") from None
            return self._pool
