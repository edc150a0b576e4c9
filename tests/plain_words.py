"""Words that pages do not use, each with the standard term to write instead, and a look for them."""

import re
from collections.abc import Iterator

__all__ = ["INSTEAD", "private_words"]

INSTEAD = {
    r"(?<!IP )(?<!email )address(es)?": "endpoint, URL, IP address or email address",
    r"anew": "again",
    r"booked|books (it|them|what)": "recorded",
    r"callers?": "client",
    r"deeds?": "audit entry, or call with a side effect",
    r"(is|are|was|were) (drawn|let be)": "rendered; ignored",
    r"go(es|ing)? on|gone on": "continue",
    r"had been asked|(is|are) asked": "called (a model), or must approve (a reviewer)",
    r"hung up": "disconnected",
    r"(keep|keeps|kept) out|let in|lets in": "disable and enable; allow and deny",
    r"ledger": "usage records",
    r"look-ups?": "reference",
    r"meanwhile": "during this time",
    r"no matter here": "ignored",
    r"of one's own": "your own",
    r"outside issuer": "identity provider",
    r"pictures?": "diagram, image or screenshot",
    r"pieces?": "chunk",
    r"regions?": "body",
    r"said|told": "returned, reported or sent",
    r"side by side": "in parallel",
    r"strangers|words of others": "untrusted content",
    r"(take|takes|taken|took) up(?! to)": "resume",
    r"way out": "exfiltration path, or outbound request",
    r"whoever": "name the role: client, reviewer, operator",
    r"written down": "stored",
}
"""A pattern of private words, and what to write."""

_SKIPPED = re.compile(
    r"^```.*?^```|<!--.*?-->|`[^`\n]*`|!\[[^\]]*\]\([^)]*\)|\]\([^)]*\)|^## Where things are\n.*?(?=^## |\Z)",
    re.MULTILINE | re.DOTALL,
)
"""Code, comments, targets of links, and the table of folders, whose sentences belong to the code."""


def private_words(page: str) -> Iterator[str]:
    """Yield each private word of a page with the standard term."""
    text = _SKIPPED.sub(lambda found: "\n" * found[0].count("\n") or "`", page)
    for pattern, instead in INSTEAD.items():
        for found in re.finditer(rf"\b({pattern})\b", text, re.IGNORECASE):
            line = text.count("\n", 0, found.start()) + 1
            yield f"line {line}: '{found[0]}': write {instead}"
