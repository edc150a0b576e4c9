"""Doctor: what is configured, what answers and what is missing, as findings that say what to do."""

import asyncio
import importlib.util
import os
import platform
import shlex
import shutil
import stat
import sys
from collections.abc import Mapping
from pathlib import Path

from graphs.model_calls import probe_all
from graphs.node_execution import failpoints
from persistence.storage.database import open_database
from persistence.storage.errors import StorageError
from persistence.storage.migrate import head, revision
from server.checkup.checkup import Checkup
from server.checkup.command_database import has_file
from server.checkup.missing_keys import missing_keys
from server.checkup.own_server import complaint_of, own_address
from server.checkup.queue_checkup import queue_checkup
from server.first_run import OWNER_KEY
from server.limits.limit_stores import StoreUnavailable, redis_version
from server.settings.data_folder import SECRET_KEY, database_file
from server.settings.default_model import DefaultModel
from server.settings.sources import CONFIG_VARIABLE, Settings, describe_settings
from server.settings.url_passwords import shown_url

__all__ = ["Checkup", "examine"]

SCARCE = 500_000_000
"""Bytes of free disk below which a server is soon in trouble."""
REDIS_SECONDS = 3.0


async def examine(settings: Settings, environment: Mapping[str, str] = os.environ) -> list[Checkup]:
    """Look at everything that the server needs. Changes nothing and asks no model anything."""
    return [
        _python(),
        _configuration(environment),
        *_failpoints(environment),
        _data_folder(settings),
        await _database(settings),
        await _redis(settings),
        await queue_checkup(settings),
        _owner_key(settings),
        _private_files(settings),
        _access(settings),
        *await _models(settings),
        *await _mcp_servers(settings),
        await _server(settings),
    ]


def _python() -> Checkup:
    found = platform.python_version()
    if (3, 11) <= sys.version_info[:2] <= (3, 13):
        return Checkup("Python", "ok", f"Python {found}.")
    return Checkup("Python", "missing", f"Python {found}.", "Use Python 3.11, 3.12 or 3.13.")


def _configuration(environment: Mapping[str, str]) -> Checkup:
    path = Path(environment.get(CONFIG_VARIABLE) or "agenticrag.toml")
    variables = [setting.variable for setting in describe_settings() if environment.get(setting.variable)]
    said = [f"the file '{path}'"] if path.is_file() else []
    said += [f"the environment ({', '.join(variables)})"] if variables else []
    return Checkup("Settings", "ok", f"Set by {' and '.join(said)}." if said else "All at their defaults.")


def _failpoints(environment: Mapping[str, str]) -> list[Checkup]:
    named = environment.get(failpoints.VARIABLE)
    if not named:
        return []
    detail = f"{failpoints.VARIABLE} is '{named}': servers die on purpose."
    return [Checkup("Failpoints", "note", detail, f"unset {failpoints.VARIABLE}")]


def _data_folder(settings: Settings) -> Checkup:
    folder = Path(settings.data_dir)
    if not folder.exists():
        above = next(parent for parent in folder.absolute().parents if parent.exists())
        if os.access(above, os.W_OK):
            return Checkup("Data folder", "ok", f"'{folder}' is not there yet; the first start makes it.")
        return Checkup(
            "Data folder",
            "missing",
            f"'{folder}' is not there and cannot be made in '{above}'.",
            "Set AGENTICRAG_DATA_DIR to a folder that can be written.",
        )
    if not folder.is_dir() or not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        todo = "Give this user the right to it, or set AGENTICRAG_DATA_DIR to another."
        return Checkup("Data folder", "missing", f"'{folder}' cannot be written.", todo)
    free = shutil.disk_usage(folder).free
    if free < SCARCE:
        return Checkup("Data folder", "note", f"'{folder}' has {free // 1_000_000} MB left.", "Make room.")
    return Checkup("Data folder", "ok", f"'{folder}', {free / 1e9:.0f} GB free.")


async def _database(settings: Settings) -> Checkup:
    where = shown_url(settings.database)
    if not settings.database_url and not has_file(settings):
        return Checkup("Database", "ok", "SQLite, not there yet; the first start makes it.")
    try:
        async with asyncio.timeout(15), open_database(settings.database) as database:
            found = await revision(database)
            missing = await missing_keys(database, settings)
    except (StorageError, OSError, TimeoutError) as error:
        return Checkup(
            "Database",
            "missing",
            f"{where} does not answer: {str(error) or 'time-out'}",
            "Start it, or correct AGENTICRAG_DATABASE_URL.",
        )
    if found != head():
        return Checkup(
            "Database",
            "note",
            f"{where} answers; it is at {found or 'nothing yet'} and this version needs {head()}.",
            "The next start migrates it, and so does: agenticrag db upgrade",
        )
    if missing:
        return Checkup("Database", "note", missing, "Bring the key: docs/operations.md, Back up the key")
    return Checkup("Database", "ok", f"{where} answers and is up to date.")


def _private_files(settings: Settings) -> Checkup:
    """Look at the files that have all that was said, and the keys to it."""
    folder, database = Path(settings.data_dir), database_file(settings)
    files = [folder / OWNER_KEY, folder / SECRET_KEY]
    if database is not None:
        files += [database, *sorted(database.parent.glob(f"{database.name}[-.]*"))]
    open_to_others = [file for file in files if file.exists() and stat.S_IMODE(file.stat().st_mode) & 0o077]
    if open_to_others:
        names = ", ".join(f"'{file}' (mode {stat.S_IMODE(file.stat().st_mode):o})" for file in open_to_others)
        todo = f"chmod 600 {shlex.join(map(str, open_to_others))}"
        return Checkup("Private files", "note", f"Others can read {names}.", todo)
    return Checkup("Private files", "ok", "Nobody else can read the database and the keys.")


def _owner_key(settings: Settings) -> Checkup:
    path = Path(settings.data_dir, OWNER_KEY)
    if not path.is_file():
        return Checkup("Owner's key", "ok", "Not made yet, or taken away; the first start makes one.")
    return Checkup("Owner's key", "ok", f"In '{path}'.")


def _access(settings: Settings) -> Checkup:
    if settings.auth == "off":
        return Checkup("Access", "note", "Without a key, from this machine only: AGENTICRAG_AUTH is off.")
    where = "from this machine" if settings.loopback else f"from the network ({settings.host})"
    if settings.tls_cert:
        return Checkup("Access", "ok", f"With an API key, {where}, by HTTPS.")
    todo = "" if settings.loopback else "Put a proxy with TLS in front of it, or set AGENTICRAG_TLS_CERT."
    return Checkup("Access", "ok" if settings.loopback else "note", f"With an API key, {where}.", todo)


async def _models(settings: Settings) -> list[Checkup]:
    models = settings.models()
    provider, model = await DefaultModel(settings).complete("", "")
    checkups: list[Checkup] = []
    for probe in await probe_all(models, seconds=3):
        wanted = probe.provider == provider
        state = "ok" if probe.answers else "missing" if wanted and settings.default_provider else "note"
        checkups.append(Checkup(f"Model: {probe.provider}", state, probe.detail))
    demo = provider == "demo" and not settings.default_provider
    return [
        *checkups,
        Checkup(
            "Model in use",
            "note" if demo else "ok",
            f"{provider}/{model} answers chats that name no model{': made-up answers' if demo else ''}.",
            "agenticrag models install, or start Ollama, or set OPENAI_API_KEY" if demo else "",
        ),
    ]


async def _server(settings: Settings) -> Checkup:
    complaint = await asyncio.to_thread(complaint_of, settings)
    if complaint:
        return Checkup("Server", "note", f"{complaint}.", "agenticrag serve")
    return Checkup("Server", "ok", f"{own_address(settings)} serves.")


async def _mcp_servers(settings: Settings) -> list[Checkup]:
    """Look at the operator's MCP servers; none is started."""
    if not settings.mcp_servers_file:
        return []
    from server.mcp.operator_servers import load_operator_servers

    found = await asyncio.to_thread(load_operator_servers, settings)
    if found.problem:
        return [Checkup("MCP servers", "note", found.problem, "Correct the file, and restart the server.")]
    if importlib.util.find_spec("mcp") is None:
        detail = "The package 'mcp' is not installed: no MCP server can be used."
        return [Checkup("MCP servers", "note", detail, "pip install 'agenticrag[mcp]'")]
    missing = [
        f"{name} ({one.command})"
        for name, one in found.commands.items()
        if shutil.which(one.command, path=one.env.get("PATH")) is None
    ]
    if missing:
        detail = f"Commands that are not there: {', '.join(missing)}."
        return [Checkup("MCP servers", "note", detail, "Name each by its whole path.")]
    return [Checkup("MCP servers", "ok", f"{', '.join(found.commands) or 'None'}: agenticrag mcp check.")]


async def _redis(settings: Settings) -> Checkup:
    if not settings.redis_url:
        detail = "Not used: limits are counted in the database, visitors' streams by each process."
        return Checkup("Redis", "ok", detail)
    where = shown_url(settings.redis_url)
    try:
        async with asyncio.timeout(REDIS_SECONDS):
            version = await redis_version(settings.redis_url)
    except (StoreUnavailable, TimeoutError) as error:
        return Checkup(
            "Redis",
            "note",
            f"{where} does not answer: {str(error) or 'time-out'}",
            "Start it, or correct or unset AGENTICRAG_REDIS_URL. Until then each process counts for itself.",
        )
    return Checkup("Redis", "ok", f"{where} answers, version {version}.")
