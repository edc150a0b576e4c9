"""``docs/durability-results.md``: its text is written by hand, its table is made of the stored results."""

import re
from collections.abc import Iterable
from pathlib import Path

import msgspec

from tests.durability.rows import Row, joined, known_faults, table

__all__ = ["PAGE", "RESULTS", "keep", "kept", "page", "write"]

ROOT = Path(__file__).parent.parent.parent
PAGE = ROOT / "docs" / "durability-results.md"
RESULTS = Path(__file__).parent / "results" / "faults.json"


def kept() -> list[Row]:
    """Return the rows of the last thorough runs."""
    return msgspec.json.decode(RESULTS.read_bytes(), type=list[Row]) if RESULTS.exists() else []


def keep(rows: Iterable[Row]) -> None:
    """Keep rows over those of the same faults, but for thorough ones; rows of faults gone are dropped."""
    thorough = {(row.id, row.title, row.database) for row in kept() if row.tier == "full" and row.held}
    new = [row for row in rows if row.tier == "full" or (row.id, row.title, row.database) not in thorough]
    named = {(row.id, row.title, row.database) for row in new}
    known = {(fault.id, fault.title) for fault in known_faults()}
    old = [row for row in kept() if (row.id, row.title, row.database) not in named]
    whole = joined(row for row in [*old, *new] if (row.id, row.title) in known)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_bytes(msgspec.json.format(msgspec.json.encode(whole), indent=1) + b"\n")


def page(text: str) -> str:
    """Return the page with its table of faults made anew."""
    return re.sub(
        r"(<!-- faults -->\n).*?(<!-- end of faults -->)",
        lambda found: f"{found[1]}\n{table(kept())}\n\n{found[2]}",
        text,
        flags=re.DOTALL,
    )


def write() -> None:
    """Write the page's table."""
    PAGE.write_text(page(PAGE.read_text("utf-8")), encoding="utf-8")
