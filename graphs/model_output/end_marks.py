"""EndMarks: takes away the marks that end a turn in a chat template, where a server leaves them in."""

__all__ = ["EndMarks"]

_MARKS = (
    "<|im_end|>",
    "<|eot_id|>",
    "<|eom_id|>",
    "<|endoftext|>",
    "<|end_of_text|>",
    "<|end|>",
    "<|return|>",
    "<|END_RESPONSE|>",
    "<|END_OF_TURN_TOKEN|>",
    "<|end_of_solution|>",
    "<|end_of_box|>",
    "<|user|>",
    "<|observation|>",
    "<｜end▁of▁sentence｜>",
    "<end_of_turn>",
    "<turn|>",
    "<eos>",
    "</s>",
    "<pad>",
)
_FAR = 200
"""Characters from the end of which on marks may begin."""


class EndMarks:
    """Takes text in chunks and holds back what may be the marks at its end. A mark in the middle is text."""

    def __init__(self) -> None:
        self.held = ""
        """What was held back."""
        self._struck = False
        """Whether the text has HTML's ``<s>``, which ``</s>`` closes."""

    def feed(self, chunk: str) -> str:
        """Return what of the chunk, and of what was held back before, is text."""
        if "<" not in chunk and not self.held:
            return chunk
        chunk = self.held + chunk
        self._struck = self._struck or "<s>" in chunk
        end = chunk.find("<", max(0, len(chunk) - _FAR))
        while end >= 0 and _rest(chunk[end:]) is None:
            end = chunk.find("<", end + 1)
        if end < 0:
            end = len(chunk)
        self.held = chunk[end:]
        return chunk[:end]

    def end(self) -> str:
        """Return what was held back and is no mark, now that the text has ended."""
        held, self.held = self.held, ""
        return held if _rest(held) or (self._struck and held.startswith("</s>")) else ""


def _rest(tail: str) -> str | None:
    """Return what follows the marks that a text is made of: the beginning of one, or nothing; else None."""
    while True:
        tail = tail.lstrip()
        mark = next((one for one in _MARKS if tail.startswith(one)), None)
        if mark is None:
            return tail if any(one.startswith(tail) for one in _MARKS) else None
        tail = tail[len(mark) :]
