"""StreamLines: the lines of a stream of bytes, whatever ends them."""

__all__ = ["StreamLines"]

_BOM = b"\xef\xbb\xbf"


class StreamLines:
    """Cuts bytes into lines at LF, CR LF or CR, and drops a byte order mark at the start."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        """The parts of the line that has no end yet: joined once, when it has one."""
        self._begun = False
        self._after_cr = False

    @property
    def idle(self) -> bool:
        """Whether what comes next begins a line."""
        return self._begun and not self._parts and not self._after_cr

    def feed(self, data: bytes) -> list[bytes]:
        """Return the lines that are complete by now, without their ends."""
        if not self._begun:
            data = b"".join((*self._parts, data))
            self._parts.clear()
            if len(data) < 3 and _BOM.startswith(data):
                self._parts.append(data)
                return []
            self._begun = True
            data = data.removeprefix(_BOM)
        if self._after_cr or b"\r" in data:
            data = self._plain(data)
        if b"\n" not in data:
            if data:
                self._parts.append(data)
            return []
        lines = data.split(b"\n")
        if self._parts:
            lines[0] = b"".join((*self._parts, lines[0]))
            self._parts.clear()
        if rest := lines.pop():
            self._parts.append(rest)
        return lines

    def end(self) -> bytes:
        """Return the last line, which had no end."""
        rest = b"".join(self._parts)
        self._parts.clear()
        return rest

    def _plain(self, data: bytes) -> bytes:
        """Return the bytes with LF as the only end of a line. A CR LF may come in two parts."""
        if self._after_cr and data:
            self._after_cr = False
            data = data.removeprefix(b"\n")
        if data.endswith(b"\r"):
            self._after_cr = True
        return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
