"""`agenticrag variables`: values by name and label that flows read as `env`."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cyclopts import App

from server.terminal import CommandError, json_value, print_json, print_progress, print_table, read_line

if TYPE_CHECKING:
    from persistence.identity.variables import Variables
    from server.settings.sources import Settings

__all__ = ["variables"]

variables = App(name="variables", help="List, set and delete variables of the workspace that flows read.")


@variables.command(name="list")
async def show(*, json: bool = False) -> None:
    """List the variables by name and label, without the values of secrets.

    Parameters
    ----------
    json
        Print `{"variables": [{id, name, label, secret, value, version}]}`.
    """
    from server.identity.authentication import WORKSPACE
    from server.settings.sources import load_settings

    async with _open(load_settings()) as stored:
        rows = await stored.list(WORKSPACE)
    if json:
        shown = ("id", "name", "label", "secret", "value", "version")
        print_json({"variables": [{name: getattr(row, name) for name in shown} for row in rows]})
        return
    print_table(
        ("NAME", "LABEL", "VALUE"),
        [(row.name, row.label or "(default)", "***" if row.secret else _text(row.value)) for row in rows],
    )


@variables.command(name="set")
async def put(
    name: str,
    value: str | None = None,
    /,
    *,
    label: str = "",
    secret: bool = False,
    value_file: Path = Path("-"),
    as_json: bool = False,
) -> None:
    """Set a variable. Runs that start afterwards use the value.

    Parameters
    ----------
    name
        The name: flows read `env.<name>`.
    value
        The value. Without one it is read from a file or standard input, as a secret should be.
    label
        Label of flow versions that get this value. Empty: the default value.
    secret
        Encrypt it, and use it only in headers of requests.
    value_file
        File with the value. A line break at its end is removed. `-` reads standard input.
    as_json
        Read the value as JSON. Otherwise it is a text.
    """
    import msgspec

    from persistence.identity.credentials import NameTaken
    from persistence.identity.variables import OtherKind
    from server.identity.authentication import WORKSPACE
    from server.requests.variable_values import UnfitVariable, VariableLabel, VariableName, fit_value
    from server.settings.sources import load_settings

    settings = load_settings()
    text = read_line(value_file) if value is None else value
    try:
        msgspec.convert(name, VariableName)
        msgspec.convert(label, VariableLabel)
        given = json_value(f"The value of '{name}'", text) if as_json else text
        given = fit_value(given, secret=secret, most=settings.max_variable_bytes)
    except msgspec.ValidationError as error:
        raise CommandError(f"'{name}', label '{label}': {error}.", exit_code=2) from None
    except UnfitVariable as error:
        raise CommandError(str(error), exit_code=2) from None
    async with _open(settings) as stored:
        known = [row for row in await stored.list(WORKSPACE) if (row.name, row.label) == (name, label)]
        try:
            if known and known[0].secret != secret:
                raise OtherKind(name)
            if known:
                done = await stored.replace(known[0], given) is not None
            else:
                by = "command line"
                await stored.create(
                    WORKSPACE, name=name, label=label, value=given, secret=secret, created_by=by
                )
                done = True
        except OtherKind:
            kind = "is no secret" if secret else "is a secret: add --secret"
            raise CommandError(f"The variable '{name}' {kind}. Delete it first to change that.") from None
        except NameTaken:
            done = False
    if not done:
        raise CommandError(f"The variable '{name}' was changed meanwhile. Run the command again.")
    print_progress(f"Variable '{name}' is set{f' for the label {label!r}' if label else ''}.")


@variables.command
async def delete(name: str, /, *, label: str = "") -> None:
    """Delete a variable permanently.

    Parameters
    ----------
    name
        Its name from `agenticrag variables list`.
    label
        Its label. Empty: the default value.
    """
    from server.identity.authentication import WORKSPACE
    from server.settings.sources import load_settings

    async with _open(load_settings()) as stored:
        found = [row for row in await stored.list(WORKSPACE) if (row.name, row.label) == (name, label)]
        if not found or not await stored.delete(found[0]):
            raise CommandError(
                f"There is no variable '{name}' with the label '{label}': see agenticrag variables list."
            )
    print_progress(f"Variable '{name}' is deleted.")


@asynccontextmanager
async def _open(settings: "Settings") -> "AsyncGenerator[Variables]":
    from server.checkup.command_database import open_store, variables_of

    async with open_store(settings) as database:
        yield variables_of(database, settings)


def _text(value: Any) -> str:
    import msgspec

    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return text if len(text) <= 60 else f"{text[:60]}…"
