"""Counted work: what a request costs in statements, transactions, hops and calls does not rise unseen."""

import json
import sys
from pathlib import Path

import msgspec
import pytest

from benchmarks.counted import CASES, MOST, Counted, count

RESULT = Path("benchmarks/results/counted.json")

pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="Pythons differ in what is a call."),
]


@pytest.mark.parametrize("case", ["chat in one session", "chain of 100"])
def test_a_request_costs_no_more_counted_work_than_was_agreed(case: str) -> None:
    counted, calls, kinds = count(case)
    found, most = msgspec.structs.asdict(counted), msgspec.structs.asdict(MOST[case])
    above = {name: (found[name], bound) for name, bound in most.items() if found[name] > bound}
    often = dict(sorted(calls.items(), key=lambda each: -each[1])[:40])
    assert not above, f"Found and bound: {above}. Statements: {kinds}. Calls: {often}."


def test_the_recorded_counts_are_of_every_case_and_within_the_bounds() -> None:
    recorded = msgspec.convert(json.loads(RESULT.read_bytes()), dict[str, Counted])
    assert recorded.keys() == CASES.keys()
    for case, most in MOST.items():
        for name in Counted.__struct_fields__:
            assert getattr(recorded[case], name) <= getattr(most, name), (case, name)
