"""`agenticrag apis`: read OpenAPI documents, and list the APIs and operations that flows can use."""

import sys
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter
from msgspec import structs

from server.commands.workspace_tools import opened_for_command
from server.terminal import CommandError, print_json, print_progress, print_table

if TYPE_CHECKING:
    from server.openapi.workspace_apis import APIs

__all__ = ["apis"]

apis = App(name="apis", help="Turn OpenAPI documents into tools that flows can use.")

Operations = Annotated[list[str] | None, Parameter(name="--operation", negative="")]


@apis.command
async def add(
    name: str,
    document: str,
    /,
    *,
    operation: Operations = None,
    base_url: str = "",
    credential: str = "",
    replace: bool = False,
) -> None:
    """Read an OpenAPI document and store its API in the first workspace.

    Parameters
    ----------
    name
        The name that flows use.
    document
        A file in JSON or YAML, `-` for standard input, or a URL.
    operation
        ID of an operation that flows can use. Repeat it for more; `*` for all.
    base_url
        Where the API is. Without it: the first server of the document.
    credential
        Name of the credential that is sent with each request.
    replace
        Give an existing API of this name the document. Options that are left out stay as they are.
    """
    from graphs.openapi.operations import DocumentError
    from graphs.openapi.pinned_operations import APISettings
    from persistence.identity.credentials import NameTaken
    from server.identity.authentication import WORKSPACE

    url = document if document.startswith(("http://", "https://")) else ""
    content = None if url else _read(document)
    async with _open() as stored:
        known = await stored.rows.find(WORKSPACE, name)
        if known is not None and not replace:
            raise CommandError(f"There is an API '{name}' already: --replace gives it another document.")
        before = known.settings if known is not None else APISettings()
        settings = structs.replace(
            before,
            url=url,
            base_url=base_url or before.base_url,
            credential=credential or before.credential,
            operations=operation if operation is not None else before.operations,
        )
        try:
            if known is None:
                row = await stored.create(WORKSPACE, name, settings, content)
            else:
                row = await stored.change(known, name, settings, content, fetch=bool(url))
        except DocumentError as error:
            raise CommandError(str(error)) from None
        except NameTaken:
            raise CommandError(f"There is an API '{name}' already.") from None
        if row is None:
            raise CommandError(f"The API '{name}' was changed meanwhile. Run the command again.")
        warnings = await stored.warnings(row)
    print_progress(
        f"'{name}' is stored: {row.about.title}, OpenAPI {row.about.version}, {row.about.operations} "
        f"operations, {len(row.chosen)} of them for flows."
    )
    for warning in warnings:
        print_progress(warning)


@apis.command(name="list")
async def show(*, json: bool = False) -> None:
    """List the APIs of the first workspace.

    Parameters
    ----------
    json
        Print `{"openapi_tools": [{id, name, title, base_url, operations, tools}]}`.
    """
    from server.identity.authentication import WORKSPACE

    async with _open() as stored:
        found = [
            {
                "id": row.id,
                "name": row.name,
                "title": row.about.title,
                "base_url": row.settings.base_url or row.about.base_url,
                "operations": row.about.operations,
                "tools": sum(not one.why for one in stored.offered(row)),
            }
            for row in await stored.rows.list(WORKSPACE)
        ]
    if json:
        print_json({"openapi_tools": found})
        return
    print_table(
        ("NAME", "TITLE", "URL", "OPERATIONS", "TOOLS"),
        [[str(one[name]) for name in ("name", "title", "base_url", "operations", "tools")] for one in found],
    )


@apis.command
async def operations(name: str, /, *, json: bool = False) -> None:
    """List the operations of an API's document.

    Parameters
    ----------
    name
        Its name from `agenticrag apis list`.
    json
        Print `{"operations": [{id, method, path, description, chosen, message}]}`.
    """
    from server.identity.authentication import WORKSPACE

    async with _open() as stored:
        row = await stored.rows.find(WORKSPACE, name)
        document = None if row is None else await stored.rows.document(WORKSPACE, row.id)
    if row is None or document is None:
        raise CommandError(f"There is no API '{name}': agenticrag apis list shows all.")
    chosen = {one.id for one in row.chosen}
    if json:
        print_json(
            {
                "operations": [
                    {
                        "id": one.id,
                        "method": one.method,
                        "path": one.path,
                        "description": one.description,
                        "chosen": one.id in chosen,
                        "message": one.problem,
                    }
                    for one in document.operations
                ]
            }
        )
        return
    print_table(
        ("OPERATION", "METHOD", "PATH", "CHOSEN", "DESCRIPTION"),
        [
            (
                one.id,
                one.method,
                one.path,
                "yes" if one.id in chosen else "",
                (one.problem or one.description).partition("\n")[0][:60],
            )
            for one in document.operations
        ],
    )


def _read(document: str) -> bytes:
    try:
        return (
            sys.stdin.buffer.read(200_000_000) if str(Path(document)) == "-" else Path(document).read_bytes()
        )
    except OSError as error:
        raise CommandError(f"'{document}' cannot be read: {error.strerror}.") from error


def _open() -> "AbstractAsyncContextManager[APIs]":
    """Give those of this machine's database."""
    from persistence.identity.openapi_apis import APIRows
    from server.openapi.workspace_apis import APIs

    return opened_for_command(
        lambda settings, database, credentials: APIs(settings, APIRows(database), credentials)
    )
