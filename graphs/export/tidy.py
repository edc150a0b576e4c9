"""Tidy code: quotes as formatters of Python write them."""

import io
import tokenize

__all__ = ["tidy"]


def tidy(source: str) -> str:
    """Return code whose texts have double quotes where that needs no escapes."""
    lines = source.splitlines(keepends=True)
    depth = 0
    changes: list[tuple[int, int, int, str]] = []
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        kind = tokenize.tok_name[token.type]
        depth += (kind == "FSTRING_START") - (kind == "FSTRING_END")
        text = token.string
        if kind != "STRING" or depth or not text.startswith("'") or text.startswith("'''") or '"' in text:
            continue
        if token.start[0] == token.end[0]:
            inner = text[1:-1].replace("\\'", "'")
            changes.append((token.start[0] - 1, token.start[1], token.end[1], f'"{inner}"'))
    for line, begins, ends, text in reversed(changes):
        lines[line] = lines[line][:begins] + text + lines[line][ends:]
    return "".join(lines)
