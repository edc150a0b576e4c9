"""`agenticrag connections`: store, list, show, delete and check a workspace's own model servers."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, Parameter, validators

from server.terminal import CommandError, json_object, print_json, print_progress, print_table

if TYPE_CHECKING:
    from persistence.identity.connections import ConnectionRow, Connections
    from persistence.storage.database import Database

__all__ = ["connections"]

connections = App(name="connections", help="Store and check model servers that flows use by name.")


@connections.command
async def create(
    *,
    name: str,
    provider: str,
    base_url: str = "",
    credential: str = "",
    profile: str = "",
    header: list[str] | None = None,
    defaults: str = "{}",
    prices: str = "{}",
    json: bool = False,
) -> None:
    """Store a connection to a model server. Its key is a credential: `agenticrag credentials create`.

    Parameters
    ----------
    name
        The name that flows use.
    provider
        `openai` for every server that speaks its API, `anthropic` or `ollama`.
    base_url
        The server's URL. Empty: the provider's URL in the settings.
    credential
        Name of a credential of kind `provider_key` that may go to the URL's host. Empty: no key.
    profile
        Kind of server, such as `azure` or `vllm`. Empty: the URL tells.
    header
        A header of each request, as `Name: value`. Repeat the option for more. No place for secrets.
    defaults
        JSON object of model settings, such as `{"temperature": 0.2}`.
    prices
        JSON object: by model, or `*`, an object with `input_price_per_1k` and `output_price_per_1k`.
    json
        Print the connection.
    """
    import msgspec

    from persistence.identity.credentials import NameTaken
    from server.identity.authentication import WORKSPACE
    from server.requests.connection_values import NewConnection, UnfitConnection, fit_connection

    values: dict[str, Any] = {
        "name": name,
        "provider": provider,
        "base_url": base_url,
        "credential": credential,
        "profile": profile,
        "headers": dict(_header(one) for one in header or []),
        "defaults": json_object("--defaults", defaults),
        "prices": json_object("--prices", prices),
    }
    try:
        new = msgspec.convert(values, NewConnection)
        connection = fit_connection(new.connection())
    except (msgspec.ValidationError, UnfitConnection) as error:
        raise CommandError(str(error), exit_code=2) from None
    async with _open() as (_, stored):
        try:
            row = await stored.create(WORKSPACE, name, connection)
        except NameTaken:
            raise CommandError(f"There is a connection '{name}' already: delete it first.") from None
    if json:
        print_json(_shown(row))
    else:
        print_progress(f"Connection '{name}' is stored. To check it: agenticrag connections check {name}")


@connections.command(name="list")
async def list_(*, json: bool = False) -> None:
    """List the connections by name.

    Parameters
    ----------
    json
        Print `{"connections": [{id, name, provider, base_url, …}]}`.
    """
    from server.identity.authentication import WORKSPACE

    async with _open() as (_, stored):
        rows = await stored.list(WORKSPACE)
    if json:
        print_json({"connections": [_shown(row) for row in rows]})
        return
    print_table(
        ("NAME", "PROVIDER", "PROFILE", "CREDENTIAL", "URL"),
        [
            (
                row.name,
                row.connection.provider,
                row.connection.profile or "-",
                row.connection.credential or "-",
                row.connection.base_url or "the provider's",
            )
            for row in rows
        ],
    )


@connections.command
async def show(name: str, /) -> None:
    """Print a connection as JSON.

    Parameters
    ----------
    name
        Its name from `agenticrag connections list`.
    """
    async with _open() as (_, stored):
        print_json(_shown(await _known(stored, name)))


@connections.command
async def delete(name: str, /) -> None:
    """Delete a connection permanently. Flows that use it fail until a new one has its name.

    Parameters
    ----------
    name
        Its name from `agenticrag connections list`.
    """
    from server.identity.authentication import WORKSPACE

    async with _open() as (_, stored):
        row = await _known(stored, name)
        await stored.delete(WORKSPACE, row.id)
    print_progress(f"Connection '{name}' is deleted.")


@connections.command
async def check(
    name: str,
    /,
    *,
    model: str,
    max_tokens: Annotated[int, Parameter(validator=validators.Number(gte=1, lte=100_000))] = 500,
    json: bool = False,
) -> None:
    """Ask a model by a connection four real things: a chat, a stream, a tool, and JSON.

    It does what `agenticrag models check` does, with the same exit codes.

    Parameters
    ----------
    name
        Its name from `agenticrag connections list`.
    model
        The server's name of the model.
    max_tokens
        Longest answer of each request, in tokens. Reasoning models need some hundreds.
    json
        Print `{"provider", "model", "checks": [{name, ok, found, …}], "cost_usd"}`.
    """
    import time

    import msgspec

    from graphs.model_calls import ConnectedModels, open_models
    from graphs.outbound.credentials import CredentialError
    from persistence.spending.prices import Prices
    from server.checkup.command_database import credentials_of
    from server.commands.models import report_checks
    from server.identity.authentication import WORKSPACE
    from server.settings.sources import load_settings

    settings = load_settings()
    async with _open() as (database, stored):
        connection = (await _known(stored, name)).connection
        key = None
        if connection.credential:
            try:
                key = await credentials_of(database, settings).find(WORKSPACE, connection.credential)
            except CredentialError as error:
                raise CommandError(str(error), exit_code=3) from None
            if key is None:
                raise CommandError(f"There is no credential '{connection.credential}'.", exit_code=3)
        prices = Prices(database)
        await prices.refresh()
        asked = (WORKSPACE, name)
        price = prices.find(connection.provider, model, time.time(), connection=asked)
    tuned = msgspec.structs.replace(settings.models(), max_attempts=2)
    async with open_models(tuned) as opened:
        models = ConnectedModels(opened, name, connection, key)
        await report_checks(models, connection.provider, model, max_tokens=max_tokens, json=json, price=price)


@asynccontextmanager
async def _open() -> "AsyncGenerator[tuple[Database, Connections]]":
    from persistence.identity.connections import Connections
    from server.checkup.command_database import open_store
    from server.settings.sources import load_settings

    async with open_store(load_settings()) as database:
        yield database, Connections(database)


async def _known(stored: "Connections", name: str) -> "ConnectionRow":
    from server.identity.authentication import WORKSPACE

    found = next((row for row in await stored.list(WORKSPACE) if row.name == name), None)
    if found is None:
        raise CommandError(f"There is no connection '{name}': agenticrag connections list shows all.")
    return found


def _shown(row: "ConnectionRow") -> dict[str, Any]:
    import msgspec

    return {"id": row.id, "name": row.name, **msgspec.to_builtins(row.connection)}


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon:
        raise CommandError(f"--header: expected 'Name: value', found '{text[:80]}'.", exit_code=2)
    return name.strip(), value.strip()
