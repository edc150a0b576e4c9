"""LlamaProcess: the llama.cpp server as a child process, started at its first use and again if it died."""

import asyncio
import contextlib
import os
import secrets
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

import graphs
from graphs.model_api.model_interface import ModelError
from graphs.model_api.provider import Address

__all__ = ["LlamaProcess"]

_PASSED_ON = ("PATH", "HOME", "LANG", "TMPDIR", "LD_LIBRARY_PATH", "SYSTEMROOT")
"""What of the environment the child sees: no keys, no database address."""


class LlamaProcess:
    """One child process serving one model file."""

    def __init__(
        self,
        model: Path,
        *,
        context: int = 8192,
        threads: int = 1,
        own_template: bool = False,
        start_seconds: float = 60.0,
    ) -> None:
        """Keep how to start it.

        Args:
            model: The GGUF file.
            context: Tokens that all requests share.
            threads: Threads that compute.
            own_template: Whether messages are put into the form that the file says; else into SmolLM2's.
            start_seconds: How long it may take to load the file.
        """
        self._model = model
        self._arguments = ("--model", str(model), "--context", str(context), "--threads", str(threads))
        if own_template:
            self._arguments += ("--own-template",)
        self._start_seconds = start_seconds
        self._process: Process | None = None
        self._address = Address()
        self._starting = asyncio.Lock()

    @property
    def pid(self) -> int | None:
        """The child's process id; None while none runs."""
        return self._process.pid if self._running() and self._process else None

    async def address(self) -> Address:
        """Return where the server listens; start it if it does not run.

        Raises:
            ModelError: it did not come up (class ``server``).
        """
        async with self._starting:
            if not self._running():
                await self._start()
            return self._address

    async def close(self) -> None:
        """End the child. Requests that it serves are cut."""
        async with self._starting:
            if (process := self._process) is None:
                return
            self._process = None
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    def _running(self) -> bool:
        return self._process is not None and self._process.returncode is None

    async def _start(self) -> None:
        key = secrets.token_urlsafe(24)
        environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        environment["PYTHONPATH"] = str(Path(graphs.__file__).parent.parent)
        environment["LLAMA_API_KEY"] = key
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "graphs.providers.llama_server"),
            *self._arguments,
            # The child ends when this pipe closes, so also when this process is killed.
            stdin=PIPE,
            stdout=PIPE,
            env=environment,
            start_new_session=True,  # Ctrl-C is the server's, whose runs may still need it
        )
        try:
            async with asyncio.timeout(self._start_seconds):
                assert process.stdout is not None
                line = await process.stdout.readline()
        except BaseException as error:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
            if isinstance(error, TimeoutError):
                raise _failed(self._model, f"was not ready after {self._start_seconds:g} s") from None
            raise
        if not line.strip().isdigit():
            await process.wait()
            raise _failed(self._model, f"ended with code {process.returncode}")
        self._process = process
        self._address = Address(f"http://127.0.0.1:{int(line)}/v1", key)


def _failed(model: Path, what: str) -> ModelError:
    return ModelError(
        f"The local model's server {what}, with {model.name}. Its own words are on standard error.",
        error_class="server",
    )
