"""The command line: which commands there are. Each is imported when it is asked for: help comes at once."""

import os
import sys
from collections.abc import Sequence

from cyclopts import App, Group

from server.terminal import CommandError

__all__ = ["app", "main"]

SERVER = Group("Run the server", sort_key=0)
FLOWS = Group("Work with flows", sort_key=1)
CARE = Group("Look after it", sort_key=2)


def _version() -> str:
    from importlib.metadata import version

    return version("agenticrag")


app = App(
    name="agenticrag",
    help="Self-hosted server for agents: chatflows and agentflows that survive a crash.",
    version=_version,
    help_epilogue="Settings come from the environment and from agenticrag.toml: see docs/settings.md.",
)
app.command("server.commands.serve:serve", name="serve", group=SERVER, help="Start the server.")
app.command("server.commands.models:models", name="models", group=SERVER, help="Install and list models.")
app.command(
    "server.commands.flow:flow", name="flow", group=FLOWS, help="Check, run, draw, import and export flows."
)
app.command(
    "server.commands.openapi:openapi", name="openapi", group=FLOWS, help="Print the OpenAPI document."
)
app.command("server.commands.keys:keys", name="keys", group=CARE, help="Create, list and revoke API keys.")
app.command("server.commands.db:db", name="db", group=CARE, help="Migrate the database.")
app.command(
    "server.commands.doctor:doctor",
    name="doctor",
    group=CARE,
    help="Say what is configured, answers, is missing.",
)
app.command("server.commands.version:version", name="version", group=CARE, help="Print the versions.")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command that the arguments name and end the process with its exit code.

    0 where the work is done, 1 where it failed, 2 where the command was asked wrongly, 130 after Ctrl-C.
    ``AGENTICRAG_LOG_LEVEL=debug`` shows where an unexpected error came from.
    """
    try:
        app(arguments, exit_on_error=False, print_error=True, result_action="return_none")
    except CommandError as error:
        _fail(str(error), error.exit_code)
    except KeyboardInterrupt:
        _fail("Stopped.", 130)
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output left, as `head` does
        sys.exit(1)
    except Exception as error:
        from cyclopts import CycloptsError

        if isinstance(error, CycloptsError):
            sys.exit(2)  # cyclopts has printed what was asked wrongly
        if os.environ.get("AGENTICRAG_LOG_LEVEL", "").lower() == "debug":
            raise
        _fail(f"{type(error).__name__}: {error} (AGENTICRAG_LOG_LEVEL=debug shows where this came from)", 1)


def _fail(sentence: str, exit_code: int) -> None:
    sys.stderr.write(f"agenticrag: {sentence}\n")
    sys.exit(exit_code)
