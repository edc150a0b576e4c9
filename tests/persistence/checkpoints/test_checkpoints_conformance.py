"""LangGraph's own suite for checkpointers, with every capability, on both databases."""

from collections.abc import AsyncGenerator

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.conformance import checkpointer_test, validate
from langgraph.checkpoint.conformance.capabilities import ALL_CAPABILITIES

from persistence.checkpoints.checkpointer import Checkpointer
from persistence.storage.database import Database


async def test_the_checkpointer_conforms_with_every_capability(database: Database) -> None:
    @checkpointer_test(name=f"Checkpointer on {database.dialect}")
    async def checkpointer() -> AsyncGenerator[BaseCheckpointSaver[int], None]:
        yield Checkpointer(database)

    report = await validate(checkpointer)
    failures = {name: result.failures for name, result in report.results.items() if result.failures}
    assert failures == {}
    assert {name for name, result in report.results.items() if result.passed} == {
        capability.value for capability in ALL_CAPABILITIES
    }
