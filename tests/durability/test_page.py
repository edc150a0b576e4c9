"""The page about durability says what the suite proves, and says it of a thorough run."""

from tests.durability.page import PAGE, kept, page
from tests.durability.rows import known_faults

AGAIN = "run 'make faults' and commit what it writes"


def test_the_page_has_every_row_that_the_suite_can_write() -> None:
    rows = {(row.id, row.title) for row in kept()}
    assert [fault for fault in known_faults() if (fault.id, fault.title) not in rows] == [], AGAIN


def test_the_rows_of_the_page_come_from_thorough_runs_and_held() -> None:
    faults = {(fault.id, fault.title): fault for fault in known_faults()}
    for row in kept():
        fault = faults[row.id, row.title]
        assert row.held, f"{row.id} {row.title} on {row.database}"
        assert row.tier == "full", AGAIN
        assert row.promise == fault.promise, AGAIN
        assert row.count >= fault.count("full", row.database), AGAIN


def test_the_table_of_the_page_is_the_one_of_the_rows() -> None:
    text = PAGE.read_text("utf-8")
    assert text == page(text), AGAIN
