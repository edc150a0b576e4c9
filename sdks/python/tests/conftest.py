"""What all tests share."""

from __future__ import annotations

from typing import Iterator

import pytest
from stand import Stand


@pytest.fixture
def stand() -> Iterator[Stand]:
    """A server that gives its replies in turn."""
    made = Stand()
    yield made
    made.stop()
