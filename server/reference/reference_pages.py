"""Pages written from the code: ``python -m server.reference.reference_pages`` writes them into ``docs/``."""

import re
from pathlib import Path

from server.reference.example_pages import examples_page, orchestration_page
from server.settings.sources import CONFIG_VARIABLE, describe_settings

__all__ = ["PAGES", "cli_page", "main", "settings_page"]

CLI_HEAD = """# Command line

<!-- Written by `make docs` from server/reference/reference_pages.py and the commands. Do not edit. -->

`agenticrag` is in `.venv/bin` after `make run`; `python -m server` is the same program. Every command has
`--help`. What a script reads goes to standard output, as JSON with `--json`; what is told to a person
meanwhile goes to standard error. A command ends with 0 where its work is done, 1 where it failed, with a
sentence that says why, 2 where it was asked wrongly, and 130 after Ctrl-C. `AGENTICRAG_LOG_LEVEL=debug`
shows where an unexpected error came from.

## By task

Look whether all is well, and which models answer:

```console
$ agenticrag doctor
$ agenticrag models list
```

Make the database and a key, as a script does it:

```console
$ agenticrag db upgrade
$ agenticrag keys create --name ci --json
$ agenticrag keys list
```

Try a flow without a server, look at it, store it, and take it out again:

```console
$ agenticrag flow check examples/ticket-triage.json
$ agenticrag flow run examples/ticket-triage.json --model demo/demo
$ agenticrag flow draw examples/ticket-triage.json --format mermaid
$ agenticrag flow import examples/support-chat.json
$ agenticrag flow export "Support chat" support-chat.yaml
```

Write the API's description to a file:

```console
$ agenticrag openapi --output openapi.json
```

"""
SETTINGS_HEAD = f"""# Settings

<!-- Written by `make docs` from server/settings/sources.py. Do not edit. -->

Everything has a default: a server starts without any setting. A setting comes from its environment
variable, else from `agenticrag.toml` in the working directory (`{CONFIG_VARIABLE}` names another file),
else it is the default. Options of `agenticrag serve` win over all. An unknown name with our prefix, in
the environment or in the file, is refused.

```toml
# agenticrag.toml
port = 9000
data_dir = "/var/lib/agenticrag"
database_url = "postgresql+asyncpg://agenticrag@127.0.0.1/agenticrag"
```

`agenticrag doctor` says which settings are in force and what they lead to. Secrets, marked 🔒, are never
shown or logged.

| variable | in the file | takes | default | |
|---|---|---|---|---|
"""


def cli_page() -> str:
    """Return the page about the command line in Markdown."""
    from server.cli import app

    reference = app.generate_docs(output_format="markdown")
    commands = reference[reference.index("## agenticrag ") :]
    for pattern, plain in (
        (r" \*\[default: False\]\*", ""),
        (r", --no-[\w-]+", ""),
        (r"^(agenticrag .*?) -m [\w.]+", r"\1"),
        (r"^```console\n", "```text\n"),
    ):
        commands = re.sub(pattern, plain, commands, flags=re.MULTILINE)
    return CLI_HEAD + commands.strip() + "\n"


def settings_page() -> str:
    """Return the page about the settings in Markdown."""
    rows = [
        f"| `{setting.variable}`{' 🔒' if setting.secret else ''} | `{setting.name}` | {setting.type} "
        f"| {f'`{setting.default}`' if setting.default else 'empty'} | {setting.description} |\n"
        for setting in describe_settings()
    ]
    return SETTINGS_HEAD + "".join(rows)


PAGES = {
    "cli.md": cli_page,
    "settings.md": settings_page,
    "examples.md": examples_page,
    "orchestration.md": orchestration_page,
}
"""What `main` writes: the file in ``docs/`` and what gives its text."""


def main() -> None:
    """Write the pages into ``docs/`` of the working directory."""
    for name, page in PAGES.items():
        file = Path("docs", name)
        file.write_text(page(), encoding="utf-8")
        print(f"Wrote {file}.")


if __name__ == "__main__":
    main()
