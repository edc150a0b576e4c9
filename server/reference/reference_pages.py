"""Reference pages: ``python -m server.reference.reference_pages`` writes them into ``docs/``."""

import re
from pathlib import Path

from server.metrics.series import SERIES
from server.reference.architecture_page import architecture_page, korean_readme_page, readme_page
from server.reference.example_pages import examples_page, orchestration_page
from server.reference.model_pages import errors_page, servers_page
from server.reference.request_body_pages import fields_page
from server.reference.workflow_page import workflows_page
from server.settings.sources import CONFIG_VARIABLE, describe_settings

__all__ = ["PAGES", "cli_page", "main", "metrics_page", "settings_page"]

CLI_HEAD = """# Command line

<!-- Written by `make docs` from server/reference/reference_pages.py and the commands. Do not edit. -->

`make run` installs the program `agenticrag` into `.venv/bin`. `python -m server` is the same program.

- Every command has `--help`.
- Results go to standard output, with `--json` as JSON. Progress messages go to standard error.
- `AGENTICRAG_LOG_LEVEL=debug` shows the source of an unexpected error.

| exit code | meaning |
|---|---|
| 0 | success |
| 1 | failure. The message explains it |
| 2 | wrong arguments |
| 130 | stopped by Ctrl-C |

## By task

Check the installation and the models:

```console
$ agenticrag doctor
$ agenticrag models list
$ agenticrag models check --provider demo --model demo
```

Create the database and a key, for example in a script:

```console
$ agenticrag db upgrade
$ agenticrag keys create --name ci --json
$ agenticrag keys list
```

Validate, run, draw, store and export a flow. Only the last two commands use the server's database:

```console
$ agenticrag flow check examples/ticket-triage.json
$ agenticrag flow run examples/ticket-triage.json --model demo/demo
$ agenticrag flow draw examples/ticket-triage.json --format mermaid
$ agenticrag flow import examples/support-chat.json
$ agenticrag flow export "Support chat" support-chat.yaml
```

Write the OpenAPI document to a file:

```console
$ agenticrag openapi --output openapi.json
```

"""
SERIES_BEGIN = "<!-- Written by `make docs` from server/metrics/series.py. -->\n"
SERIES_END = "<!-- End of what is written. -->\n"
SETTINGS_HEAD = f"""# Settings

<!-- Written by `make docs` from server/settings/sources.py. Do not edit. -->

Every setting has a default, so a server starts without any. To change one, set its environment variable, or
write it into the file `agenticrag.toml` in the working directory:

```toml
# agenticrag.toml
port = 9000
data_dir = "/var/lib/agenticrag"
database_url = "postgresql+asyncpg://agenticrag@127.0.0.1/agenticrag"
```

- Options of `agenticrag serve` win over the environment. The environment wins over the file.
- `{CONFIG_VARIABLE}` sets another path for the file.
- An unknown name is an error: in the file, and in the environment if it begins with `AGENTICRAG_`.
- `agenticrag doctor` shows the settings that are in use. Secrets (🔒) are never shown or logged.

## Most used settings

"""
FIRST = (
    "host",
    "port",
    "workers",
    "data_dir",
    "database_url",
    "secret_key",
    "trusted_proxies",
    "default_provider",
    "openai_api_key",
    "metrics_token",
)
"""What most operators set first."""
SECTIONS = {
    "host": "Server",
    "secret_key": "Keys and logins",
    "allowed_hosts": "Network",
    "max_body_bytes": "Requests, streams and WebSockets",
    "rate_address": "Rate limits",
    "max_concurrent_runs": "Runs and retention",
    "embed_session_minutes": "Embedded chats",
    "budget_default_price": "Budgets",
    "metrics_token": "Metrics and traces",
    "tools_dir": "Tools and citations",
    "egress_allow": "Outbound requests",
    "code_seconds": "Code",
    "database_pool": "Database",
    "default_provider": "Models",
    "executor": "Workers",
}
"""Titles of the page, each by the setting that comes first below it."""


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
    settings = {setting.name: setting for setting in describe_settings()}
    lines = ["| variable | meaning |", "|---|---|"]
    lines += [f"| `{settings[name].variable}` | {settings[name].description} |" for name in FIRST]
    for name, setting in settings.items():
        if name in SECTIONS:
            lines += ["", f"## {SECTIONS[name]}", ""]
            lines += ["| variable | in the file | value | default | meaning |", "|---|---|---|---|---|"]
        default = f"`{setting.default}`" if setting.default else "empty"
        lines.append(
            f"| `{setting.variable}`{' 🔒' if setting.secret else ''} | `{name}` | {setting.type} "
            f"| {default} | {setting.description} |"
        )
    return SETTINGS_HEAD + "\n".join(lines) + "\n"


def metrics_page() -> str:
    """Return the page about metrics, its table of series written anew: the rest of it is written by hand."""
    page = (Path(__file__).parents[2] / "docs" / "metrics.md").read_text("utf-8")
    before, rest = page.split(SERIES_BEGIN)
    after = rest.split(SERIES_END)[1]
    rows = "".join(
        f"| `{one.shown}` | {one.kind} | {', '.join(f'`{label}`' for label in one.labels)} | {one.help} |\n"
        for one in SERIES.values()
    )
    head = "\n| name | kind | labels | tells |\n|---|---|---|---|\n"
    return f"{before}{SERIES_BEGIN}{head}{rows}{SERIES_END}{after}"


PAGES = {
    "../README.md": readme_page,
    "../README.ko.md": korean_readme_page,
    "architecture.md": architecture_page,
    "cli.md": cli_page,
    "settings.md": settings_page,
    "fields.md": fields_page,
    "metrics.md": metrics_page,
    "examples.md": examples_page,
    "workflows.md": workflows_page,
    "orchestration.md": orchestration_page,
    "model-servers.md": servers_page,
    "model-errors.md": errors_page,
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
