"""The fixture ``trial``, the tiers, and what a run of the suite says and keeps of its rows.

A test that injects a fault looks like this, and `pytest --faults=full` (``make faults``) makes it thorough::

    @fault("F-05", "SIGSTOP past the lease", "stale writes 0", ci=1, full=5)
    async def test_…(trial: Trial, database_url: str) -> None:
        for _ in range(trial.count):
            pause = trial.rng.uniform(6, 9)
            …
        trial.saw(stale_writes=0)
        trial.peak(taken_over_s=7.2)

The row is kept when the test ends, ``held`` if it passed. Rows and seeds are printed at the end of every run;
``--faults=full`` writes them to `RESULTS`, of which ``docs/durability-results.md`` is made. Seeds are fixed;
``--fault-seed`` (or ``FAULT_SEED``) takes another.
"""

import os
import random
import time
from collections.abc import Generator, Iterator
from typing import cast

import msgspec
import pytest

from tests.durability.holds import Held, keep_holds
from tests.durability.page import RESULTS, keep, write
from tests.durability.rows import Fault, Row, Tier, joined

__all__ = ["Trial"]

SEED = 20261123
OUTCOME = pytest.StashKey[bool]()


class Trial:
    """What a test is to do, and what it saw."""

    def __init__(self, fault: Fault, tier: Tier, database: str, seed: int, part: str) -> None:
        self.fault = fault
        self.tier: Tier = tier
        self.database = database
        self.seed = seed
        self.count = fault.count(tier, database)
        """How often to inject the fault. A test that does it another number of times sets it."""
        self.rng = random.Random(f"{seed} {fault.id} {fault.title} {database} {part}")
        """Of this test alone: the same in every run with the same seed, whatever runs beside it."""
        self._added: dict[str, float] = {}
        self._peaks: dict[str, float] = {}

    @property
    def full(self) -> bool:
        """Whether this is the thorough tier."""
        return self.tier == "full"

    def saw(self, **figures: float) -> None:
        """Keep figures that add up over the tests of one row: ``lost=0``."""
        for name, value in figures.items():
            self._added[name] = self._added.get(name, 0) + value

    def peak(self, **figures: float) -> None:
        """Keep figures of which the largest counts: ``recovery_s=2.5``."""
        for name, value in figures.items():
            self._peaks[name] = max(self._peaks.get(name, value), value)

    def row(self, held: bool, seconds: float) -> Row:
        """Return the row."""
        return Row(
            id=self.fault.id,
            title=self.fault.title,
            promise=self.fault.promise,
            database=self.database,
            tier=self.tier,
            seed=self.seed,
            count=self.count,
            added=self._added,
            peaks=self._peaks,
            held=held,
            seconds=round(seconds, 1),
        )

    def __str__(self) -> str:
        """Name it, for the message of an assertion."""
        return f"{self.fault.id}, seed {self.seed}, {self.database or 'no database'}, {self.count} times"


@pytest.fixture
def trial(request: pytest.FixtureRequest) -> Iterator[Trial]:
    """What this test's `fault` asks of it; it keeps what the test saw as a row."""
    item = cast("pytest.Function", request.node)
    mark = item.get_closest_marker("fault")
    assert mark is not None, f"{item.nodeid} takes 'trial' and has no @fault"
    database = request.getfixturevalue("database_kind") if "database_kind" in request.fixturenames else ""
    found = Trial(
        mark.args[0],
        cast("Tier", request.config.getoption("faults")),
        database,
        int(str(request.config.getoption("fault_seed"))),
        item.name,
    )
    began = time.monotonic()
    yield found
    row = found.row(item.stash.get(OUTCOME, False), time.monotonic() - began)
    # Properties travel from pytest-xdist's workers to the process that writes the table.
    item.user_properties.append(("fault", msgspec.json.encode(row).decode()))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take the tier and the seed."""
    group = parser.getgroup("faults")
    tier = os.environ.get("FAULTS", "ci")
    group.addoption("--faults", choices=("ci", "full"), default=tier, help="how thoroughly to inject faults")
    group.addoption("--keep-faults", action="store_true", help="write the page also from the tier of CI")
    seed = os.environ.get("FAULT_SEED", str(SEED))
    group.addoption("--fault-seed", default=seed, help=f"seed of the faults ({SEED})")


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line(
        "markers", "fault(fault): a row of the table of faults; see tests.durability.rows"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out faults that ``--faults=full`` alone has the time for: those that CI tries 0 times."""
    if config.getoption("faults") == "full":
        return
    rare = [item for item in items if (mark := item.get_closest_marker("fault")) and mark.args[0].ci == 0]
    if rare:
        config.hook.pytest_deselected(items=rare)
        items[:] = [item for item in items if item not in rare]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Tell the fixture how its test ended."""
    report = yield
    if call.when == "call":
        item.stash[OUTCOME] = report.passed
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print every row with its seed; after thorough ones keep them and write the page."""
    rows = joined(_rows(terminalreporter))
    if not rows:
        return
    held = [*_held(terminalreporter)]
    if held:
        terminalreporter.section("longest holds of the event loop")
        for one in held:
            terminalreporter.write_line(
                f"{one.seconds * 1000:7.0f} ms, {one.cpu * 1000:5.0f} ms of CPU on {one.database}: "
                f"{one.input} {one.code}"
            )
    terminalreporter.section("faults")
    for row in rows:
        result = "held" if row.held else "FAILED"
        terminalreporter.write_line(
            f"{row.id} {row.title} [{row.database or '-'}, seed {row.seed}, {row.count} times, "
            f"{row.seconds:.0f} s]: {row.figures()}: {result}",
            red=not row.held,
        )
    if config.getoption("faults") == "full" or config.getoption("keep_faults"):
        keep(rows)
        write()
        if held:
            keep_holds(held)
        terminalreporter.write_line(f"Kept in {RESULTS}; docs/durability-results.md is written anew.")


def _held(terminalreporter: pytest.TerminalReporter) -> Iterator[Held]:
    for reports in terminalreporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport) and report.when == "teardown":
                for name, value in report.user_properties:
                    if name == "held":
                        yield from msgspec.json.decode(str(value), type=list[Held])


def _rows(terminalreporter: pytest.TerminalReporter) -> Iterator[Row]:
    for reports in terminalreporter.stats.values():
        for report in reports:
            # The report of the end of a test has what its fixtures said last.
            if isinstance(report, pytest.TestReport) and report.when == "teardown":
                for name, value in report.user_properties:
                    if name == "fault":
                        yield msgspec.json.decode(str(value), type=Row)
