"""Functional API: plain Python with tasks, whose results are kept, and a question."""

from typing import Any

from langgraph.func import entrypoint, task
from langgraph.types import interrupt

from graphs.extend import chat_model


@task
async def write(topic: str) -> str:
    """Write about a topic."""
    return str((await chat_model().ainvoke(f"An essay about {topic}")).text)


@task
async def rate(essay: str, by: str) -> str:
    """Rate an essay."""
    return str((await chat_model().ainvoke(f"{by} rates: {essay}")).text)


@entrypoint()
async def graph(given: dict[str, Any]) -> dict[str, Any]:
    """Write an essay, have it rated twice at once, and ask a person."""
    essay = await write(given["topic"])
    ratings = [rate(essay, by) for by in ("Ada", "Grace")]
    rated = [await one for one in ratings]
    accepted = interrupt({"question": "Publish it?", "essay": essay})
    return {"essay": essay, "ratings": rated, "accepted": accepted}
