"""Fixtures for every test: fresh, migrated databases, and a loud word on what was skipped."""

import asyncio
import gc
import os
import shutil
import uuid
import zlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from litestar._signature import SignatureModel
from litestar.utils.signature import ParsedSignature

from persistence.storage.database import Database, open_database
from persistence.storage.migrate import head, upgrade
from persistence.storage.tables import metadata
from tests.threats import THREATS, proofs

pytest_plugins = ["tests.durability.trial"]

SERVER = os.environ.get("AGENTICRAG_TEST_POSTGRESQL", "root@127.0.0.1:5432")
"""User and address of the PostgreSQL server that tests make databases on."""


DATABASES = ("sqlite", "postgresql")
LONG = (
    "tests/newcomer/",
    "tests/server/description/test_contract.py",
    "tests/cli/test_serve.py",
    "tests/test_linear_time.py",
    "tests/durability/",
    "tests/sdk/",
    "tests/test_docs.py",
)
"""Where the tests stand that take longest. They begin first: none keeps one process busy at the end."""


@pytest.fixture(scope="session", autouse=True)
def signatures_are_read_once() -> Iterator[None]:
    """Read each handler's signature and make its model once for a process; Litestar does for each server."""
    read = ParsedSignature.from_fn
    known: dict[Any, ParsedSignature] = {}

    def from_fn(fn: Any, signature_namespace: dict[str, Any]) -> ParsedSignature:
        handler = getattr(fn, "__func__", None)
        if handler is None:
            return read(fn, signature_namespace)
        if handler not in known:
            known[handler] = read(fn, signature_namespace)
        return known[handler]

    make = SignatureModel.create
    models: dict[tuple[Any, frozenset[str]], type[SignatureModel]] = {}

    def create(dependency_name_set: set[str], fn: Any, **more: Any) -> type[SignatureModel]:
        handler = getattr(fn, "__func__", None)
        if handler is None:
            return make(dependency_name_set, fn, **more)
        key = handler, frozenset(dependency_name_set)
        if key not in models:
            models[key] = make(dependency_name_set, fn, **more)
        return models[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ParsedSignature, "from_fn", from_fn)
        patch.setattr(SignatureModel, "create", create)
        yield


def _url(name: str) -> str:
    return f"postgresql+asyncpg://{SERVER}/{name}"


def _administer(*statements: str) -> None:
    async def run() -> None:
        connection = await asyncpg.connect(f"postgresql://{SERVER}/postgres", timeout=5)
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    asyncio.run(run())


def _named(prefix: str) -> list[str]:
    async def run() -> list[str]:
        connection = await asyncpg.connect(f"postgresql://{SERVER}/postgres", timeout=5)
        try:
            found = await connection.fetch(
                "SELECT datname FROM pg_database WHERE datname LIKE $1", f"{prefix}%"
            )
        finally:
            await connection.close()
        return [row["datname"] for row in found]

    return asyncio.run(run())


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take how many cases fuzzing makes, and where the Python SDK is tried."""
    parser.addoption("--cases", type=int, default=0, help="cases that fuzzing makes in all; 0: those of CI")
    parser.addoption("--pythons", action="store_true", help="try the Python SDK on every Python found")
    parser.addoption(
        "--one-database",
        action="store_true",
        help="tests of the server and of faults run on SQLite or on PostgreSQL, by turns; the others on both",
    )


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put first what takes longest, and leave one database out where `--one-database` says so."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONG))
    if not config.getoption("--one-database"):
        return
    left_out = [item for item in items if _has_its_turn_on_the_other(item)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        out = set(left_out)
        items[:] = [item for item in items if item not in out]


def pytest_collection_finish() -> None:
    """Leave the modules and the collected tests, which do not end, out of every collection of garbage."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)  # a sixth of the time of tests over HTTP went into looking for garbage


def _has_its_turn_on_the_other(item: pytest.Item) -> bool:
    if not item.nodeid.startswith(("tests/server/", "tests/durability/")):
        return False
    if not isinstance(item, pytest.Function):
        return False
    asked = {mark.args[0] for mark in item.iter_markers("parametrize")}
    given = item.callspec.params.items() if hasattr(item, "callspec") else ()
    for name, kind in given:
        if name not in asked and kind in DATABASES:
            # What all tests of a file share is made for one database alone.
            turn = item.path.name if name != "database_kind" else f"{item.path.name}::{item.originalname}"
            return kind != DATABASES[zlib.crc32(turn.encode()) % 2]
    return False


@pytest.fixture(scope="session")
def postgresql_template() -> Iterator[str]:
    """Name of a migrated PostgreSQL database that tests copy."""
    name = f"template_{uuid.uuid4().hex}"
    try:
        _administer(f"CREATE DATABASE {name}")
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        reason = f"PostgreSQL at {SERVER} does not serve: {type(error).__name__}: {error}"
        if os.environ.get("CI") == "true":
            pytest.fail(f"{reason}. Under CI=true nothing is skipped.")
        pytest.skip(reason)
    try:
        upgrade(_url(name))
        yield name
    finally:
        for made in _named(name):
            _administer(f"DROP DATABASE {made} WITH (FORCE)")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file that tests copy."""
    file = tmp_path_factory.mktemp("template") / "template.db"
    upgrade(f"sqlite+aiosqlite:///{file}")
    return file


@pytest.fixture(params=DATABASES)
def database_kind(request: pytest.FixtureRequest) -> str:
    """``sqlite`` and ``postgresql`` in turn."""
    return request.param


@pytest.fixture
def empty_database_url(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """URL of a database of this test's own that has no tables yet."""
    if database_kind == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path / 'empty.db'}"
        return
    request.getfixturevalue("postgresql_template")  # skips or fails where there is no server
    name = f"test_{uuid.uuid4().hex}"
    _administer(f"CREATE DATABASE {name}")
    yield _url(name)
    _administer(f"DROP DATABASE {name} WITH (FORCE)")


def new_database(kind: str, request: pytest.FixtureRequest, folder: Path) -> str:
    """Make a migrated, empty database that outlives the test, and return its URL.

    One on PostgreSQL is dropped with the session's template.
    """
    if kind == "sqlite":
        file = folder / "test.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), file)
        return f"sqlite+aiosqlite:///{file}"
    pool: Pool = request.getfixturevalue("postgresql_pool")
    return _url(pool.take())


class Pool:
    """Migrated databases on PostgreSQL that one test after the other uses: emptying one is a hundred times
    quicker than making one."""

    def __init__(self, template: str) -> None:
        self._template = template
        self._free: list[str] = []

    def take(self) -> str:
        """Return the name of a database that is as if new."""
        if self._free:
            return self._free.pop()
        name = f"{self._template}_{uuid.uuid4().hex[:8]}"
        _administer(f"CREATE DATABASE {name} TEMPLATE {self._template}")
        return name

    def give_back(self, name: str) -> None:
        """End what is left of a test's connections, empty every table and start every number anew.

        One that is not of the newest revision any more is dropped.
        """
        if asyncio.run(self._empty(name)):
            self._free.append(name)
        else:
            _administer(f"DROP DATABASE {name} WITH (FORCE)")

    async def _empty(self, name: str) -> bool:
        connection = await asyncpg.connect(f"postgresql://{SERVER}/{name}", timeout=5)
        try:
            await connection.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            if await connection.fetchval("SELECT version_num FROM alembic_version") != head():
                return False
            emptied = [
                f"DELETE FROM {table.name}"
                for table in reversed(metadata.sorted_tables)
                if table.name != "workspaces"
            ]
            numbers = await connection.fetch("SELECT sequencename FROM pg_sequences")
            anew = [f"ALTER SEQUENCE {row['sequencename']} RESTART" for row in numbers]
            # The first workspace is made by a migration.
            first = [
                "DELETE FROM workspaces WHERE id <> 'default'",
                "UPDATE workspaces SET slug = 'default', name = 'Default'",
            ]
            await connection.execute("; ".join([*emptied, *first, *anew]))
            return True
        finally:
            await connection.close()


@pytest.fixture(scope="session")
def postgresql_pool(postgresql_template: str) -> Pool:
    """Databases on PostgreSQL for one test at a time; they are dropped with their template."""
    return Pool(postgresql_template)


@pytest.fixture
def database_url(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """URL of a migrated, empty database of this test's own, on SQLite and on PostgreSQL."""
    if database_kind == "sqlite":
        file = tmp_path / "test.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), file)
        yield f"sqlite+aiosqlite:///{file}"
        return
    pool: Pool = request.getfixturevalue("postgresql_pool")
    name = pool.take()
    yield _url(name)
    pool.give_back(name)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """An open, migrated, empty database, on SQLite and on PostgreSQL."""
    async with open_database(database_url) as opened:
        yield opened


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many threats are kept out, and loudly what did not run, and why."""
    tested = sum(id in proofs() for id in THREATS)
    terminalreporter.write_line(
        f"{len(THREATS)} threats: {tested} have tests, {len(THREATS) - tested} cannot come here."
    )
    reasons: dict[str, int] = {}
    for report in terminalreporter.getreports("skipped"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        reasons[reason] = reasons.get(reason, 0) + 1
    if reasons:
        terminalreporter.section("THESE TESTS DID NOT RUN", sep="!", red=True, bold=True)
        for reason, count in sorted(reasons.items()):
            terminalreporter.write_line(f"{count:5} × {reason}", red=True)
