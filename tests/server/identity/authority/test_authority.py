"""No caller ever gains what the reference model denies, and none is refused what it allows.

Members, keys and visitors of three workspaces make random sequences of requests. A failure prints the
shortest sequence that fails.
"""

import msgspec
import pytest

from persistence.storage.database import open_database
from server.app import create_app
from server.settings.sources import Settings
from tests.fuzzing import ASKED, cases
from tests.server.identity.authority.sequences import (
    LONGEST,
    LONGEST_BY_FUZZ,
    MADE,
    Differs,
    Trial,
    prefix_of,
    sequence,
)

PARTS = 4
KINDS = ["sqlite", "postgresql"] if ASKED else ["sqlite"]
"""A sequence costs three times as much on PostgreSQL: `make fuzz` has both."""
LIMITS = {"rate_address": 0, "rate_key": 0, "rate_starts": 0, "rate_session": 0, "key_cache_seconds": 0}


@pytest.mark.threat("A-04", "I-01", "I-02", "I-09")
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("database_kind", KINDS)
@pytest.mark.parametrize("part", range(PARTS))
async def test_no_sequence_of_requests_gives_what_the_model_denies(
    part: int, settings: Settings, request: pytest.FixtureRequest
) -> None:
    asked: int = request.config.getoption("--cases") or 0
    wanted = max(cases(2000, 10), 5 * asked) // PARTS
    longest = LONGEST if wanted * PARTS <= 2000 else LONGEST_BY_FUZZ
    app, failed = create_app(msgspec.structs.replace(settings, **LIMITS)), ""
    async with app.lifespan(), open_database(settings.database) as database:
        await app.state["runtime"].opened()
        trial = Trial(app, database)
        for seed in range(part * wanted, (part + 1) * wanted):
            steps = sequence(seed, longest)
            try:
                await trial.run(seed, steps)
            except Differs as error:
                fewest, why = await trial.shortened(seed, prefix_of(steps, str(error)), str(error))
                failed = f"Sequence {seed}, shortened to {len(fewest)} requests:\n{why}"
                break
    assert not failed, failed
    missing = [(name, end) for name in MADE for end in (True, False) if not trial.seen[name, end]]
    assert len(missing) < 4, f"these were never allowed (True) or refused (False): {missing}"
