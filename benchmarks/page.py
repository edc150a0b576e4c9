"""The page of the benchmarks: a head by the chat's benchmark, and a section by each of the others."""

import os
import platform
import re
from pathlib import Path

__all__ = ["machine", "write_head", "write_section"]

PAGE = Path(__file__).parent.parent / "docs" / "benchmarks.md"


def machine() -> str:
    """Return what the figures were measured on."""
    model = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    return f"{os.cpu_count()} cores of {model}, Python {platform.python_version()}, {platform.system()}"


def write_head(text: str) -> None:
    """Write the head, whose own section comes first, and leave the other sections as they are."""
    own = set(re.findall(r"^## .*$", text, re.MULTILINE))
    found = re.findall(r"^## .*?(?=^## |\Z)", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    sections = [section for section in found if section.partition("\n")[0] not in own]
    PAGE.write_text("\n".join([text, *sections]), encoding="utf-8")


def write_section(title: str, text: str) -> None:
    """Write the section that begins with ``## title`` in place of the one of that title, or at the end."""
    page = PAGE.read_text("utf-8")
    known = re.compile(rf"^## {re.escape(title)}\n.*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)
    page = known.sub(lambda _: text, page) if known.search(page) else f"{page.rstrip()}\n\n{text}"
    PAGE.write_text(page.rstrip() + "\n", encoding="utf-8")
