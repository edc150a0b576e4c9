"""Heard: a listener that remembers, and requests as tests ask them."""

import msgspec

from graphs.conversation.messages import Attempt, Message, ModelRequest, ToolSpec

__all__ = ["WEATHER", "Heard", "ask"]

WEATHER = ToolSpec(
    "get_weather",
    "Weather of a city",
    {
        "type": "object",
        "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
        "required": ["city", "days"],
    },
)


class Heard:
    """Remembers what was said. After a reset, what was said before is gone, as for a client."""

    def __init__(self) -> None:
        self.chunks: list[str] = []
        self.thoughts: list[str] = []
        self.attempts: list[Attempt] = []
        self.resets = 0

    @property
    def said(self) -> str:
        """The text as a client has it now."""
        return "".join(self.chunks)

    def text(self, chunk: str) -> None:
        """Remember text."""
        assert chunk
        self.chunks.append(chunk)

    def reasoning(self, chunk: str) -> None:
        """Remember reasoning."""
        assert chunk
        self.thoughts.append(chunk)

    def reset(self) -> None:
        """Forget."""
        self.chunks.clear()
        self.thoughts.clear()
        self.resets += 1

    async def asked(self, request: ModelRequest) -> tuple[ModelRequest, str]:
        """Allow everything."""
        return request, ""

    def attempt(self, attempt: Attempt) -> None:
        """Remember an attempt."""
        self.attempts.append(attempt)

    async def ready(self) -> None:
        """Always ready."""


def ask(message: str = "Hello there", provider: str = "openai", **fields: object) -> ModelRequest:
    """Return a request with one user message."""
    request = ModelRequest(provider=provider, model="m", messages=[Message(role="user", content=message)])
    return msgspec.structs.replace(request, **fields)
