"""Files of a run: those that came with its message, as values, and those that its nodes keep."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from graphs.conversation.files import FileRef, ReadFiles, StoredFile, file_value, kept_file, no_files
from graphs.values.node_error import NodeError

__all__ = ["AddFile", "RunFiles"]

AddFile = Callable[[StoredFile], Awaitable[None]]
"""Keeps a file with the run's session."""

_INLINE = 1_000_000
"""Bytes of a file that a run without a session may hold in its value."""


class RunFiles:
    """The files that a run can read and keep."""

    def __init__(
        self,
        sent: Sequence[FileRef] = (),
        read: ReadFiles = no_files,
        add: AddFile | None = None,
        *,
        max_bytes: int = 200_000_000,
    ) -> None:
        self._sent = sent
        self._read = read
        self._add = add
        self._left = max_bytes
        self._values: list[dict[str, Any]] | None = None if sent else []

    async def read(self, ids: Sequence[str]) -> Mapping[str, StoredFile]:
        """Return files of the run's session by id; those that are not there are left out."""
        return await self._read(ids)

    async def values(self) -> list[dict[str, Any]]:
        """Return what came with the message, as expressions see it: with the text of text files."""
        if self._values is None:
            found = await self._read([file.id for file in self._sent])
            self._values = [file_value(found[file.id]) for file in self._sent if file.id in found]
        return self._values

    async def keep(self, name: str, media_type: str, content: bytes) -> dict[str, Any]:
        """Keep a file and return it as a value: with its session, or in the value where there is none.

        Raises:
            NodeError: the run keeps more than it may, or the file is too large for a value.
        """
        self._left -= len(content)
        if self._left < 0:
            raise NodeError("The run keeps more bytes than max_run_bytes allows.", code="limit_reached")
        file = kept_file(name, media_type, content)
        if self._add is not None:
            await self._add(file)
        elif len(content) > _INLINE:
            raise NodeError(
                f"The file {file.ref.name!r} has {len(content):,} bytes. A run without a session holds files "
                f"of {_INLINE:,} bytes at most; run the flow in a session, or ask for a smaller one.",
                code="too_large",
            )
        return file_value(file, inline=self._add is None)
