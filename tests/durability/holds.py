"""The table of `docs/security.md` of how long each hostile input holds the event loop."""

import re
from collections.abc import Iterable
from pathlib import Path

import msgspec
from msgspec import Struct

__all__ = ["HOLDS", "PAGE", "Held", "keep_holds", "kept_holds", "table_of_holds"]

PAGE = Path(__file__).parents[2] / "docs" / "security.md"
RESULTS = Path(__file__).parent / "results" / "holds.json"
HOLDS = ("<!-- holds -->\n", "<!-- end of holds -->")


class Held(Struct, frozen=True):
    """The longest hold of the loop during one input."""

    input: str
    database: str
    """``sqlite`` or ``postgresql``."""
    seconds: float
    cpu: float
    """Seconds of CPU time of the loop's thread within it."""
    code: str = ""


def kept_holds() -> list[Held]:
    """Return those of the last thorough run."""
    return msgspec.json.decode(RESULTS.read_bytes(), type=list[Held]) if RESULTS.exists() else []


def keep_holds(held: Iterable[Held]) -> None:
    """Keep the holds of a run, in place of those of the same databases, and write the page's table."""
    measured = [*held]
    databases = {one.database for one in measured}
    known = [one for one in kept_holds() if one.database not in databases] + measured
    RESULTS.write_bytes(msgspec.json.format(msgspec.json.encode(known), indent=1) + b"\n")
    text = PAGE.read_text("utf-8")
    begin, end = HOLDS
    table = f"{begin}\n{table_of_holds(known)}\n\n{end}"
    PAGE.write_text(
        re.sub(f"{re.escape(begin)}.*?{re.escape(end)}", lambda _: table, text, flags=re.DOTALL),
        encoding="utf-8",
    )


def table_of_holds(held: Iterable[Held]) -> str:
    """Return the table, in Markdown."""
    rows: dict[str, dict[str, Held]] = {}
    for one in held:
        rows.setdefault(one.input, {})[one.database] = one
    lines = [
        "| input | SQLite: longest hold, ms | CPU in it, ms | PostgreSQL: longest hold, ms | CPU in it, ms |",
        "|---|---|---|---|---|",
    ]
    for input, on in rows.items():
        cells = [
            f"{on[each].seconds * 1000:,.0f} | {on[each].cpu * 1000:,.0f}" if each in on else " | "
            for each in ("sqlite", "postgresql")
        ]
        lines.append(f"| {input} | {' | '.join(cells)} |")
    return "\n".join(lines)
