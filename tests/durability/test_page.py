"""The page about durability says what the suite proves, and how thoroughly."""

from tests.durability.page import PAGE, kept, page
from tests.durability.rows import known_faults

AGAIN = "run 'make faults' and commit what it writes"


def test_the_page_has_every_row_that_the_suite_can_write() -> None:
    rows = {(row.id, row.title) for row in kept()}
    assert [fault for fault in known_faults() if (fault.id, fault.title) not in rows] == [], AGAIN


def test_the_rows_of_the_page_held_as_often_as_their_tier_says() -> None:
    faults = {(fault.id, fault.title): fault for fault in known_faults()}
    for row in kept():
        fault = faults[row.id, row.title]
        assert row.held, f"{row.id} {row.title} on {row.database}"
        assert row.promise == fault.promise, AGAIN
        assert row.count >= fault.count(row.tier, row.database), AGAIN


def test_the_table_of_the_page_is_the_one_of_the_rows() -> None:
    text = PAGE.read_text("utf-8")
    assert text == page(text), AGAIN
