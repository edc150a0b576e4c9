"""The page about workflows: those in ``examples/workflows/``, and which known ones wait for what."""

from graphs.drawing import draw
from graphs.drawing.reading import picture_of
from server.flows.flow_files import read_flow_file
from server.settings.shipped_files import shipped

__all__ = ["workflows_page"]

HEAD = """# Workflows

<!-- Written by `make docs` from server/reference/workflow_page.py and examples/workflows/. Do not edit. -->

These flows do what well-known workflows of other tools do. Their files are in `examples/workflows/`.
A test runs each of them with scripted models, on SQLite and on PostgreSQL.

Store one on your server:

```text
agenticrag flow import examples/workflows/translator.json
```

Some flows need more. Change the names in the file where yours differ:

- Web search: a SearXNG server at `127.0.0.1:8888`. See [tools](tools.md).
- Mail: a mail server at `127.0.0.1:1025`, without TLS.
- SQL: the database `sample-shop.db` in `AGENTICRAG_SQL_DIR`.
- Knowledge: a [knowledge base](knowledge.md) with the name `handbook`.
- Local hosts: list them in `AGENTICRAG_EGRESS_ALLOW`.

"""
SHOWN = (
    "structured-output",
    "translator",
    "iterations",
    "supervisor-and-workers",
    "whole-book",
    "login",
    "deep-researcher",
    "plan-and-execute",
    "map-reduce",
    "customer-support",
    "sql-agent",
    "corrective-retrieval",
    "lead-score",
)
"""The workflows that the page draws."""
ALL = (
    ("Structured output", "structured-output", ""),
    ("Translator", "translator", ""),
    ("One call for each item", "iterations", ""),
    ("Hand over to one of three agents", "handoff", ""),
    ("Supervisor and workers", "supervisor-and-workers", ""),
    ("Deep research with web search", "deep-research", ""),
    ("Mail with approval", "mail-with-approval", ""),
    ("SQL agent", "sql-agent", ""),
    ("Agentic retrieval", "agentic-retrieval", ""),
    ("Workplace chat", "workplace-chat", ""),
    ("Talk to an API", "talk-to-an-api", ""),
    ("Translation in three steps", "three-step-translation", ""),
    ("Think, then answer", "think-then-answer", ""),
    ("Translate a whole book", "whole-book", ""),
    ("A course from an outline", "course-from-outline", ""),
    ("Search, read and answer", "search-master", ""),
    ("Intent of a message with an image", "intent-with-image", ""),
    ("Translate a JSON file", "translate-json", ""),
    ("Login in a chat", "login", ""),
    ("Memory over turns", "memory-test", ""),
    ("Deep research in a chat", "deep-researcher", ""),
    ("Read my documents", "read-my-documents", ""),
    ("ReAct", "react", ""),
    ("Plan and execute", "plan-and-execute", ""),
    ("Corrective retrieval", "corrective-retrieval", ""),
    ("Code assistant", "code-assistant", ""),
    ("Map and reduce", "map-reduce", ""),
    ("An article from interviews", "storm", ""),
    ("Gather requirements", "gather-requirements", ""),
    ("Customer support with a stack of dialogues", "customer-support", ""),
    ("Write and reflect", "reflection", ""),
    ("Score leads, and mail the best", "lead-score", ""),
    ("Tag posts of a feed", "", "schedules"),
    ("Read invoices from mail", "", "schedules and a mail tool"),
)
"""Each known workflow: its name, its file, and what it waits for where it has none."""


def workflows_page() -> str:
    """Return the page in Markdown."""
    folder = shipped("examples") / "workflows"
    rows = "".join(
        f"| {name} | [`{file}.json`](../examples/workflows/{file}.json) | |\n"
        if file
        else f"| {name} | | {needs} |\n"
        for name, file, needs in ALL
    )
    table = f"| workflow | file | waits for |\n|---|---|---|\n{rows}"
    parts: list[str] = []
    for file in SHOWN:
        found = read_flow_file(folder / f"{file}.json")
        picture = draw(picture_of(found.definition()), "mermaid").decode().strip()
        parts.append(
            f"## {found.flow.name}\n\n{found.flow.description} "
            f"[`{file}.json`](../examples/workflows/{file}.json)\n\n```mermaid\n{picture}\n```\n"
        )
    return HEAD + "\n".join(parts) + f"\n## All workflows\n\n{table}"
