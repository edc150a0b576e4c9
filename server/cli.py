"""The command line: its commands. What one needs is imported when it runs, so that help comes at once."""

import os
import sys
from collections.abc import Sequence
from importlib.metadata import version as installed

from cyclopts import App, CycloptsError, Group, Parameter

from server.commands.apis import apis
from server.commands.connections import connections
from server.commands.credentials import credentials
from server.commands.db import db
from server.commands.dev import dev
from server.commands.doctor import doctor
from server.commands.extensions import extensions
from server.commands.extras import extras
from server.commands.flow import flow
from server.commands.keys import keys
from server.commands.knowledge import knowledge
from server.commands.mcp import mcp
from server.commands.models import models
from server.commands.openapi import openapi
from server.commands.pricing import pricing
from server.commands.replay import compare, replay
from server.commands.schedules import schedules
from server.commands.sdk import sdk
from server.commands.serve import serve
from server.commands.users import users
from server.commands.variables import variables
from server.commands.version import version
from server.commands.webhook_targets import webhook_targets
from server.commands.webhooks import webhooks
from server.commands.worker import worker
from server.terminal import CommandError

__all__ = ["app", "main"]

SERVER = Group("Run the server", sort_key=0)
FLOWS = Group("Work with flows", sort_key=1)
CARE = Group("Operate it", sort_key=2)


app = App(
    name="agenticrag",
    help="Self-hosted server for AI agents and chatbots.",
    version=lambda: installed("agenticrag"),
    default_parameter=Parameter(negative=""),
    help_epilogue="Settings come from the environment and from agenticrag.toml: see docs/settings.md.",
)
for command, group in (
    (serve, SERVER),
    (worker, SERVER),
    (dev, SERVER),
    (models, SERVER),
    (extras, SERVER),
    (extensions, SERVER),
    (flow, FLOWS),
    (knowledge, FLOWS),
    (variables, FLOWS),
    (schedules, FLOWS),
    (webhooks, FLOWS),
    (webhook_targets, FLOWS),
    (replay, FLOWS),
    (compare, FLOWS),
    (openapi, FLOWS),
    (sdk, FLOWS),
    (keys, CARE),
    (users, CARE),
    (credentials, CARE),
    (mcp, CARE),
    (apis, CARE),
    (connections, CARE),
    (pricing, CARE),
    (db, CARE),
    (doctor, CARE),
    (version, CARE),
):
    if isinstance(command, App):
        command.group = group
        app.command(command)
    else:
        app.command(command, group=group)


_STANDARD_INPUT = "./-"
"""What ``-`` is given on as: cyclopts takes that for an option, and a `Path` is the same for both."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command that the arguments name and end the process with its exit code.

    0 where the work is done, 1 where it failed, 2 where the command was asked wrongly, 130 after Ctrl-C.
    ``AGENTICRAG_LOG_LEVEL=debug`` shows where an unexpected error came from.
    """
    given = sys.argv[1:] if arguments is None else arguments
    try:
        app(
            [_STANDARD_INPUT if one == "-" else one for one in given],
            exit_on_error=False,
            print_error=True,
            result_action="return_none",
        )
    except CommandError as error:
        _fail(str(error), error.exit_code)
    except KeyboardInterrupt:
        _fail("Stopped.", 130)
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output left, as `head` does
        sys.exit(1)
    except CycloptsError:
        sys.exit(2)  # cyclopts has printed what was asked wrongly
    except Exception as error:
        from server.settings.sources import SettingsError  # only for who made a mistake

        if isinstance(error, SettingsError):
            _fail(str(error), 1)
        if os.environ.get("AGENTICRAG_LOG_LEVEL", "").lower() == "debug":
            raise
        _fail(f"{type(error).__name__}: {error} (AGENTICRAG_LOG_LEVEL=debug shows where this came from)", 1)


def _fail(sentence: str, exit_code: int) -> None:
    sys.stderr.write(f"agenticrag: {sentence}\n")
    sys.exit(exit_code)
