"""Quoted pieces: the sentences, rows, items and blocks of code of a passage, as a reader wants them."""

import re
from collections.abc import Iterator

__all__ = ["is_wide", "pieces"]

_SENTENCE = re.compile(r"(?<=[.!?。])(?<![0-9][.])\s+(?=\S)")
_RULE = re.compile(r"[|:\-\s]+")
_ITEM = re.compile(r"(?:[-*+]|\d{1,3}[.)])\s+")
_PICTURE = re.compile(r"!\[[^\[\]]{0,300}\]\([^()\s]{1,500}\)")
_LINK = re.compile(r"\[([^\[\]]{1,300})\]\([^()\s]{1,500}\)")
_WORDS = re.compile(r"\w+")
_WIDE = re.compile(r"[\u1100-\u11ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]")
_LONGEST = 600
"""Characters of a row or a block."""
_FEWEST = 3
"""Words of a piece that says something; of one in Chinese, Japanese or Korean `_SHORTEST` characters."""
_SHORTEST = 8


def pieces(text: str) -> Iterator[str]:
    """Yield what can be quoted of a passage in Markdown or plain text.

    Left out are headings, heads of tables, questions, and what is too short to say something. A sentence that
    ends with a colon comes with the block of code after it. Links are their text.
    """
    lead = ""
    for piece in _parts(text):
        code = piece.startswith("```")
        if code:
            yield f"{lead}\n\n{piece}" if lead else piece
            lead = ""
            continue
        if lead and _says_something(lead):
            yield lead
        lead = ""
        if piece.endswith(":"):
            lead = piece
        elif _says_something(piece):
            yield piece


def is_wide(text: str) -> bool:
    """Say whether a text is in Korean, Chinese or Japanese."""
    return _WIDE.search(text) is not None


def _says_something(piece: str) -> bool:
    if piece.endswith(("?", "？", ":")) or piece.startswith("How to "):  # they announce an answer
        return False
    return len(_WORDS.findall(piece)) >= _FEWEST or (is_wide(piece) and len(piece) >= _SHORTEST)


def _parts(text: str) -> Iterator[str]:
    """Yield sentences, items, rows of tables and blocks of code."""
    paragraph: list[str] = []
    block: list[str] | None = None
    lines = [*text.splitlines(), ""]
    for at, line in enumerate(lines):
        bare = line.strip()
        if block is not None:
            block.append(line)
            if bare.startswith("```"):
                yield _cut(block)
                block = None
            continue
        code = bare.startswith("```")
        row = bare.startswith("|")
        item = _ITEM.match(bare)
        if paragraph and (not bare or code or row or item or bare.startswith(("#", "<!--"))):
            yield from _SENTENCE.split(_plain(" ".join(paragraph)[: _LONGEST * 10]))
            paragraph = []
        if code:
            block = [line]
        elif row:
            head = at + 1 < len(lines) and "-" in lines[at + 1] and _RULE.fullmatch(lines[at + 1].strip())
            if not head and not _RULE.fullmatch(bare):
                yield _row(bare)
        elif bare and not bare.startswith(("#", "<!--")):
            paragraph.append(bare[item.end() :] if item else bare)


def _row(line: str) -> str:
    first, *others = [
        cell for each in line.strip("|").replace("\\|", "¦").split("|") if (cell := each.strip())
    ] or [""]
    row = f"{first}: {'; '.join(others)}" if others else first
    return _plain(row.replace("¦", "|"))[:_LONGEST]


def _plain(text: str) -> str:
    return _LINK.sub(r"\1", _PICTURE.sub("", text).replace("**", ""))


def _cut(block: list[str]) -> str:
    """Return a block of code, cut after whole lines where it is too long."""
    size, kept = 0, list[str]()
    for line in block[1:-1]:
        size += len(line) + 1
        if size > _LONGEST:
            kept.append("…")
            break
        kept.append(line)
    return "\n".join([block[0], *kept, "```"])
