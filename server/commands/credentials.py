"""`agenticrag credentials`: store, list and delete secrets that flows name, and change what encrypts them."""

import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal
from urllib.parse import parse_qsl, urlsplit

from cyclopts import App, Parameter

from server.terminal import CommandError, print_json, print_progress, print_table, read_line

if TYPE_CHECKING:
    from persistence.identity.credentials import Credentials
    from server.settings.sources import Settings

__all__ = ["credentials"]

credentials = App(name="credentials", help="Store, list and delete secrets that flows use by name.")


@credentials.command
async def create(
    *,
    name: str,
    kind: Literal["bearer", "header", "basic", "query", "provider_key"],
    host: list[str],
    field: str = "",
    secret_file: Path = Path("-"),
    json: bool = False,
) -> None:
    """Store a credential, encrypted. The secret is read from a file or standard input.

    Parameters
    ----------
    name
        The name that flows use.
    kind
        How it is sent: `bearer`, `header`, `basic` or `query` in requests, or `provider_key` to models.
    host
        A host that may receive it: `api.example.com` over https, or `host:port`. Repeat the option for more.
    field
        Name of the header or query parameter, or the user name for `basic`.
    secret_file
        File with the secret. A line break at its end is removed. `-` reads standard input.
    json
        Print an object with `id` and `name`.
    """
    from graphs.outbound.credentials import host_of, unfit
    from persistence.identity.credentials import NameTaken
    from server.identity.authentication import WORKSPACE
    from server.settings.sources import load_settings

    secret = read_line(secret_file)
    if not 0 < len(name) <= 255 or not name.isprintable() or name != name.strip():
        raise CommandError("A name has 1 to 255 printable characters, and no blanks around it.", exit_code=2)
    if (wrong := unfit(kind, field, secret)) is not None:
        raise CommandError(wrong[1], exit_code=2)
    try:
        hosts = [*dict.fromkeys(map(host_of, host))]
    except ValueError as error:
        raise CommandError(str(error), exit_code=2) from None
    async with _open(load_settings()) as stored:
        try:
            row = await stored.create(
                WORKSPACE,
                name=name,
                kind=kind,
                field=field,
                hosts=hosts,
                secret=secret,
                created_by="command line",
            )
        except NameTaken:
            raise CommandError(f"There is a credential '{name}' already: delete it first.") from None
    if json:
        print_json({"id": row.id, "name": row.name})
    else:
        print_progress(f"Credential '{name}' is stored, for {', '.join(hosts)} alone.")


@credentials.command(name="list")
async def show(*, json: bool = False) -> None:
    """List the credentials by name, without their secrets.

    Parameters
    ----------
    json
        Print `{"credentials": [{id, name, kind, field, hosts, key_id}]}`.
    """
    from server.identity.authentication import WORKSPACE
    from server.settings.sources import load_settings

    async with _open(load_settings()) as stored:
        rows = await stored.list(WORKSPACE)
    if json:
        shown = ("id", "name", "kind", "field", "hosts", "key_id")
        print_json({"credentials": [{name: getattr(row, name) for name in shown} for row in rows]})
        return
    print_table(
        ("NAME", "KIND", "FIELD", "HOSTS", "KEY"),
        [(row.name, row.kind, row.field, ", ".join(row.hosts), row.key_id) for row in rows],
    )


@credentials.command
async def delete(name: str, /) -> None:
    """Delete a credential permanently.

    Parameters
    ----------
    name
        Its name from `agenticrag credentials list`.
    """
    from server.checkup.command_database import credentials_of, oauth_of, open_store
    from server.identity.authentication import WORKSPACE
    from server.settings.sources import load_settings

    settings, told = load_settings(), ""
    async with open_store(settings) as database:
        stored = credentials_of(database, settings)
        found = [row for row in await stored.list(WORKSPACE) if row.name == name]
        if found and found[0].kind == "oauth2":
            told = await oauth_of(database, settings).revoke(found[0])
        if not found or not await stored.delete(WORKSPACE, found[0].id):
            raise CommandError(f"There is no credential '{name}': agenticrag credentials list shows all.")
    print_progress(f"Credential '{name}' is deleted. {told}".strip())


@credentials.command
async def authorize(
    *, client: str, name: str, scope: Annotated[list[str] | None, Parameter(negative="")] = None
) -> None:
    """Store a credential with tokens of an authorization server (OAuth 2.0).

    It prints a URL to open in a browser. Afterwards paste the URL of the page that you come back to.

    Parameters
    ----------
    client
        Name of an OAuth client of the file AGENTICRAG_OAUTH_CLIENTS_FILE.
    name
        The name that flows use. A credential of this client gets the new tokens.
    scope
        A scope to request. Repeat the option for more. Without it: all scopes of the client.
    """
    from server.checkup.command_database import oauth_of, open_store
    from server.identity.authentication import WORKSPACE
    from server.oauth.authorizations import CALLBACK, AuthorizationError
    from server.settings.sources import load_settings

    settings = load_settings()
    base = settings.public_url or f"http://{settings.host}:{settings.port}"
    async with open_store(settings) as database:
        oauth = oauth_of(database, settings)
        entry = (await oauth.grants.clients()).of(WORKSPACE).get(client)
        try:
            if entry is not None and entry.grant == "client_credentials":
                await oauth.grant(WORKSPACE, client=client, name=name, scopes=scope or [], by="operator")
            else:
                begun = await oauth.begin(
                    WORKSPACE,
                    "operator",
                    client=client,
                    name=name,
                    scopes=scope or [],
                    redirect_uri=base.rstrip("/") + CALLBACK,
                )
                print_progress(
                    f"Open this URL in a browser, then paste the URL that it leads to:\n{begun.url}"
                )
                given = dict(parse_qsl(urlsplit(sys.stdin.readline().strip()).query))
                await oauth.finish(
                    WORKSPACE,
                    "operator",
                    state=given.get("state", ""),
                    code=given.get("code", ""),
                    error=given.get("error", ""),
                    iss=given.get("iss", ""),
                    by="operator",
                )
        except AuthorizationError as error:
            raise CommandError(str(error)) from None
    print_progress(f"Credential '{name}' is stored.")


@credentials.command(name="rotate-key")
async def rotate_key() -> None:
    """Encrypt all credentials, secret variables and secrets of webhooks with the current key.

    It is AGENTICRAG_ENCRYPTION_KEY, otherwise the secret key.

    First set the new key, put the old one into AGENTICRAG_ENCRYPTION_KEYS_OLD and restart the servers. After
    this command, remove the old key. Servers can keep running. If it is interrupted, run it again.
    """
    from server.checkup.command_database import (
        credentials_of,
        open_store,
        variables_of,
        webhook_secrets_of,
    )
    from server.settings.sources import load_settings

    settings, done, failed = load_settings(), 0, list[str]()
    async with open_store(settings) as database:
        of = (credentials_of, variables_of, webhook_secrets_of)
        for stored in (each(database, settings) for each in of):
            count, unread = await stored.reseal()
            done, failed = done + count, [*failed, *unread]
    for sentence in failed:
        print_progress(sentence)
    print_progress(f"{done} secret{'' if done == 1 else 's'} encrypted anew.")
    if failed:
        raise CommandError(f"{len(failed)} could not be read, and stay as they are.")


@asynccontextmanager
async def _open(settings: "Settings") -> "AsyncGenerator[Credentials]":
    from server.checkup.command_database import credentials_of, open_store

    async with open_store(settings) as database:
        yield credentials_of(database, settings)
