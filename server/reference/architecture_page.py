"""Hand-written pages with tables that are read off the folders and off the results of the benchmark."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from server.settings.shipped_files import CHECKOUT

__all__ = ["ROOMS", "architecture_page", "imports_of", "korean_readme_page", "readme_page"]

ROOMS: dict[str, tuple[str, ...]] = {
    "graphs": (
        "parsing",
        "conversation",
        "values",
        "expressions",
        "outbound",
        "model_api",
        "transport",
        "chat_completions",
        "anthropic_messages",
        "providers",
        "model_output",
        "model_calls",
        "guardrails",
        "sandbox",
        "mcp",
        "openapi",
        "passage_search",
        "knowledge",
        "embeddings",
        "reranking",
        "file_parsing",
        "tool",
        "tools",
        "toolbox",
        "node",
        "memory",
        "model_nodes",
        "server_nodes",
        "nodes",
        "document",
        "orchestration",
        "checks",
        "analysis",
        "drawing",
        "export",
        "run_state",
        "node_execution",
        "engine",
        "testing",
        "code_graphs",
        "extensions",
        "replay",
    ),
    "persistence": (
        "storage",
        "checkpoints",
        "identity",
        "library",
        "knowledge",
        "memories",
        "spending",
        "counters",
        "wakeups",
        "recorded_calls",
        "journal",
        "runs",
        "triggers",
        "reports",
        "queries",
        "upkeep",
    ),
    "server": (
        "settings",
        "request_origin",
        "http",
        "limits",
        "metrics",
        "identity",
        "mcp",
        "oauth",
        "openapi",
        "description",
        "views",
        "streams",
        "knowledge",
        "compilation",
        "runs",
        "workers",
        "flow_choice",
        "sessions",
        "recorded_runs",
        "requests",
        "triggers",
        "protocols",
        "flows",
        "embed",
        "sockets",
        "routes",
        "checkup",
        "serving",
        "commands",
        "reference",
        "pages",
    ),
}
"""The folders of each package from the lowest to the highest: each may import from those before it."""

FIGURES = "| ratio, served to raw |"
MEASURED = {
    "CPU a run": "cpu_ms",
    "runs/s": "requests_per_second",
    "p50": "p50_ms",
    "p99": "p99_ms",
    "first token p50": "first_token_p50_ms",
}
"""What the table of figures has of each case of the benchmark."""
BEGIN, END = "<!-- Written by `make docs` from the folders. -->", "<!-- End of what is written. -->"


def imports_of(package: Path) -> Iterator[tuple[Path, int, str]]:
    """Yield file, line and full name of everything that the files of a package import, wherever in them."""
    for path in sorted(package.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                yield from ((path, node.lineno, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module is not None:
                yield from ((path, node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def architecture_page() -> str:
    """Return docs/architecture.md with its tables as the folders are now."""
    tables = [f"### `{package}/`\n\n{_rooms(package)}" for package in ROOMS]
    return _filled(CHECKOUT / "docs" / "architecture.md", "\n\n".join(tables))


def readme_page() -> str:
    """Return README.md with its table of folders as they are now, and the figures of the last benchmark."""
    rows = ["| folder | what it holds |", "|---|---|"]
    for package, rooms in ROOMS.items():
        rows.append(f"| **`{package}/`** | {_sentence(CHECKOUT / package)} |")
        rows += [f"| `{package}/{room}/` | {_sentence(CHECKOUT / package / room)} |" for room in rooms]
    return _with_figures(_filled(CHECKOUT / "README.md", "\n".join(rows)))


def korean_readme_page() -> str:
    """Return README.ko.md with the figures of the last benchmark."""
    return _with_figures((CHECKOUT / "README.ko.md").read_text("utf-8"))


def _with_figures(text: str) -> str:
    """Return a page in which the table that begins with `FIGURES` has what `benchmarks/chat.py` measured."""
    cases: dict[str, Any] = msgspec.json.decode(
        (CHECKOUT / "benchmarks" / "results" / "chat.json").read_bytes()
    )["cases"]
    rows = [f"{FIGURES} {' | '.join(cases)} |", "|---" * (len(cases) + 1) + "|"]
    for label, key in MEASURED.items():
        ratios = (
            f"{case['ours'][key] / case['raw'][key]:.2f}" if key in case["ours"] else ""
            for case in cases.values()
        )
        rows.append(f"| {label} | {' | '.join(ratios)} |")
    before, _, rest = text.partition(FIGURES)
    table, after = "\n".join(rows), rest.partition("\n\n")[2]
    return f"{before}{table}\n\n{after}"


def _filled(file: Path, written: str) -> str:
    text = file.read_text("utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{written}\n\n{END}{after}"


def _rooms(package: str) -> str:
    root = CHECKOUT / package
    imported: dict[str, set[str]] = defaultdict(set)
    for path, _, name in imports_of(root):
        parts, here = name.split("."), path.relative_to(root).parts
        if parts[0] == package and len(parts) > 2 and len(here) > 1 and parts[1] != here[0]:
            imported[here[0]].add(parts[1])
    rows = ["| folder | files | longest | what it holds | imports from |", "|---|---|---|---|---|"]
    for room in ROOMS[package]:
        files = [path for path in (root / room).rglob("*.py") if path.name != "__init__.py"]
        lengths = [len(path.read_text("utf-8").splitlines()) for path in files]
        lower = ", ".join(other for other in ROOMS[package] if other in imported[room])
        rows.append(
            f"| `{room}/` | {len(files)} | {max(lengths, default=0)} | {_sentence(root / room)} | {lower} |"
        )
    return "\n".join(rows)


def _sentence(folder: Path) -> str:
    doc = ast.get_docstring(ast.parse((folder / "__init__.py").read_text("utf-8"))) or ""
    return doc.partition("\n\n")[0].replace("\n", " ")
