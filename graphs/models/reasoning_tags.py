"""ThinkSplitter: parts reasoning from text where a model writes it between ``<think>`` tags."""

__all__ = ["ThinkSplitter"]

_OPEN = "<think>"
_CLOSE = "</think>"


class ThinkSplitter:
    """Takes chunks and gives (text, reasoning) for each; tags may be split over chunks.

    Only a block that starts the answer counts: a tag in the middle of an answer is text about tags.
    """

    def __init__(self) -> None:
        self._phase = "start"
        self._held = ""
        self._blank: list[str] = []

    def feed(self, chunk: str) -> tuple[str, str]:
        """Return what of the chunk, and of what was held back before, is text and what is reasoning."""
        if self._phase == "text":
            return chunk, ""
        chunk = self._held + chunk
        self._held = ""
        if self._phase == "start" and not chunk.strip():
            self._blank.append(chunk)  # joined once: an answer may begin with any number of blanks
            return "", ""
        if self._phase == "start":
            chunk = "".join([*self._blank, chunk])
            self._blank.clear()
            start = chunk.lstrip()
            if not start.startswith(_OPEN):
                if _OPEN.startswith(start):
                    self._held = chunk
                    return "", ""
                self._phase = "text"
                return chunk, ""
            self._phase = "thinking"
            chunk = start[len(_OPEN) :]
        if self._phase == "thinking":
            thought, closed, chunk = chunk.partition(_CLOSE)
            if not closed:
                kept = _overlap(thought)
                self._held = thought[len(thought) - kept :]
                return "", thought[: len(thought) - kept]
            self._phase = "gap"
            text, _ = self.feed(chunk)
            return text, thought
        # Between the closing tag and the answer there are usually empty lines.
        chunk = chunk.lstrip()
        if chunk:
            self._phase = "text"
        return chunk, ""

    def end(self) -> tuple[str, str]:
        """Return what was held back when the answer ended."""
        held, self._held = "".join([*self._blank, self._held]), ""
        return ("", held) if self._phase == "thinking" else (held, "")


def _overlap(text: str) -> int:
    """Return how many characters at the end of `text` may be the beginning of the closing tag."""
    return next((size for size in range(len(_CLOSE) - 1, 0, -1) if text.endswith(_CLOSE[:size])), 0)
