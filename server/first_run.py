"""The first minute: what a start makes where it is missing, and what it tells whoever started it."""

import asyncio
import shlex
import subprocess
import sys
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from msgspec import Struct

from persistence.identity.api_keys import Keys
from persistence.identity.first_owner import OWNER, knows_owner, make_first_owner
from persistence.library.flows import Flows
from persistence.storage.database import Database, open_database
from persistence.storage.errors import StorageError
from persistence.storage.migrate import is_current
from server.flows.flow_files import read_flow_file
from server.identity.permissions import WORKSPACE
from server.settings.data_folder import (
    OWNER_KEY,
    has_database,
    open_data_dir,
    protect_database,
    secret_key,
    write_secret,
)
from server.settings.default_model import DefaultModel
from server.settings.shipped_files import shipped
from server.settings.sources import Settings
from server.settings.url_passwords import shown_url

__all__ = [
    "OWNER_KEY",
    "Prepared",
    "greeting",
    "migrate",
    "prepare",
    "prepare_here",
]

CHAT = "support-chat"
"""The example that the greeting talks to."""


class Prepared(Struct, frozen=True):
    """What a start found or made."""

    key: str
    """The owner's API key; empty where it is not known, or where auth is off."""
    key_is_new: bool
    provider: str
    model: str


async def prepare(settings: Settings) -> Prepared:
    """Make what is missing: data folder, tables, owner's key, example flows. Repeating it changes nothing.

    Raises:
        OSError: the data folder or the database cannot be used; the message says which and why.
    """
    path = open_data_dir(settings) / OWNER_KEY
    kept = _kept_key(path)
    if kept and not has_database(settings):
        raise _strange(settings, path)
    protect_database(settings)
    chosen = asyncio.create_task(DefaultModel(settings).complete("", ""))
    try:
        async with open_database(settings.database) as database:
            if kept and not await knows_owner(database, kept):
                raise _strange(settings, path)
            secret_key(settings)
            if not await is_current(database):
                await asyncio.to_thread(migrate)
            key, is_new = await _owner_key(path, kept, database)
            provider, model = await chosen
            await _store_examples(database)
    except StorageError as error:
        raise OSError(f"The database {shown_url(settings.database)} cannot be used: {error}") from error
    finally:
        chosen.cancel()
    return Prepared(key, is_new, provider, model)


def _kept_key(path: Path) -> str:
    """Return the owner's key that lies there; a file without one is not there."""
    return path.read_text("utf-8").strip() if path.is_file() else ""


def _strange(settings: Settings, path: Path) -> OSError:
    """Return the refusal of a database that is not the one of the owner's key beside it."""
    return OSError(
        f"'{path}' is the key of an owner, but the database {shown_url(settings.database)} has no user: it "
        "was lost, or this is another one. Nothing was changed. Restore the database (agenticrag db restore) "
        f"or correct AGENTICRAG_DATABASE_URL. To begin anew, move '{path}' away first."
    )


def prepare_here(settings: Settings) -> None:
    """Do what `prepare` does for a server that another program starts, which may run an event loop already.

    Raises:
        OSError: the data folder or the database cannot be used; the message says which and why.
    """
    with ThreadPoolExecutor(1) as beside:
        prepared = beside.submit(lambda: asyncio.run(prepare(settings))).result()
    key, _ = _shown_key(settings, prepared, Path(settings.data_dir, OWNER_KEY))
    print(f"AgenticRAG: API key {key}; model {prepared.provider} / {prepared.model}", flush=True)


def migrate() -> None:
    """Bring the database up to date in a process of its own: a server never holds the migration library.

    Raises:
        OSError: the migration failed; the message is what it said.
    """
    done = subprocess.run(
        [sys.executable, "-P", "-m", "server", "db", "upgrade"], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise OSError(
            done.stderr.strip().removeprefix("agenticrag: ") or "The database could not be migrated."
        )


async def _owner_key(path: Path, kept: str, database: Database) -> tuple[str, bool]:
    """Return the owner's key and whether it was made now; empty where its file was taken away."""
    keys = Keys(database)
    made = await make_first_owner(database, WORKSPACE)
    if kept and await keys.find(kept) is not None:
        return kept, False
    if made is None or made.has_key:
        return "", False  # made once: who lost or revoked it makes another by `agenticrag keys create`
    _, key = await keys.create(WORKSPACE, OWNER, user_id=made.user_id)
    write_secret(path, key)
    return key, True


async def _store_examples(database: Database) -> None:
    """Store the flows of ``examples/``, once: one that was deleted keeps its versions and never comes again.

    They name no models: the server's default answers.
    """
    flows = Flows(database)
    for file in sorted(shipped("examples").glob("*.json")):
        id = example_id(file.stem)
        if await flows.version(id, 1) is not None:
            continue
        found = read_flow_file(file)
        try:
            await flows.create(WORKSPACE, found.flow_type, **found.fields, id=id)
        except Exception:
            if await flows.version(id, 1) is None:  # not another process's, which started at the same moment
                raise


def example_id(name: str) -> str:
    """Return the id that an example flow has on every server."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"agenticrag:example:{name}"))


def greeting(settings: Settings, prepared: Prepared, *, port: int) -> str:
    """Return what a start prints: the address, the key, the model and why, and a line to paste."""
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::", "localhost") else settings.host  # noqa: S104
    address = f"{settings.scheme}://{f'[{host}]' if ':' in host else host}:{port}"
    path = Path(settings.data_dir, OWNER_KEY)
    key, header = _shown_key(settings, prepared, path)
    chat = f"{address}/api/agent-builder/chatflow/workflows/{example_id(CHAT)}/chat"
    return "\n".join(
        (
            "",
            f"AgenticRAG serves {address}  (Ctrl-C stops it)",
            "",
            f"  Page     {address}/",
            f"  API key  {key}",
            f"  Model    {prepared.provider} / {prepared.model}: {_reason(settings, prepared.provider)}",
            f"  Data     {shown_url(settings.database)}",
            f"  API      {address}/schema",
            "",
            "Say hello:",
            "",
            f"  curl {chat}{header} -H 'Content-Type: application/json' -d '{{\"message\": \"Hello!\"}}'",
            "",
        )
    )


def _shown_key(settings: Settings, prepared: Prepared, path: Path) -> tuple[str, str]:
    """Return what to say of the key, and the header of a pasted request with it.

    It goes to a terminal, but not into a log that a service's output ends in.
    """
    if settings.auth == "off":
        return "none needed: AGENTICRAG_AUTH is off", ""
    if not prepared.key:
        return (
            "made before and not kept here: agenticrag keys create --name NAME",
            " -H 'Authorization: Bearer KEY'",
        )
    if sys.stdout.isatty():
        return f"{prepared.key}  (kept in {path})", f" -H 'Authorization: Bearer {prepared.key}'"
    return f"kept in {path}", f' -H "Authorization: Bearer $(cat {shlex.quote(str(path.absolute()))})"'


def _reason(settings: Settings, provider: str) -> str:
    """Return why this provider was chosen, as a sentence."""
    if settings.default_provider:
        return "AGENTICRAG_DEFAULT_PROVIDER says so."
    models = settings.models()
    no_ollama = f"Ollama does not answer on {models.ollama_base_url}"
    match provider:
        case "ollama":
            return f"Ollama answers on {models.ollama_base_url}."
        case "openai":
            return f"OPENAI_API_KEY or OPENAI_BASE_URL is set; {no_ollama}."
        case "local" if settings.local_model:
            return f"AGENTICRAG_LOCAL_MODEL is set: {settings.local_model}."
        case "local":
            return f"a small model that runs here; {no_ollama}, and OPENAI_API_KEY is not set."
        case _:
            return (
                f"made-up answers; {no_ollama}, OPENAI_API_KEY is not set, and no local model is installed: "
                "agenticrag models install"
            )
