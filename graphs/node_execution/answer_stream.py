"""AnswerStream: publishes a model's answer as events while it streams."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from graphs.conversation.messages import Attempt, ModelAnswer, ModelRequest, ToolCall
from graphs.parsing.text import clean
from graphs.values.events import EventType, Recorder, Visibility

__all__ = ["SILENT", "AnswerStream", "Voice", "cleaned"]

Say = Callable[..., None]


class Voice(Struct, frozen=True):
    """What a node's text is to the user of a chat."""

    speaks: bool = False
    """Whether it is the answer, or a part of it."""
    takes_part: bool = False
    """Whether the node lies in a sub-flow that takes part in the conversation."""


SILENT = Voice()


class AnswerStream:
    """The `graphs.model_api.model_interface.Listener` of one call."""

    def __init__(
        self,
        recorder: Recorder,
        say: Say,
        place: Mapping[str, Any],
        *,
        publish: bool,
        visibility: Visibility | None = None,
    ) -> None:
        self.attempts: list[Attempt] = []
        """The requests that were sent, for the books in case no answer comes."""
        self.refused = False
        """Whether a budget of the run would not let the last request be sent."""
        self._recorder = recorder
        self._emit = say
        self._place = place
        self._publish = publish
        self._visibility = visibility

    def text(self, chunk: str) -> None:
        """Publish a piece of the answer."""
        self._say("message.delta", content=clean(chunk))

    def reasoning(self, chunk: str) -> None:
        """Publish a piece of the model's reasoning."""
        self._say("message.reasoning", content=clean(chunk))

    def reset(self) -> None:
        """Tell readers to forget what they have of this message."""
        self._say("message.reset")

    async def asked(self, request: ModelRequest) -> tuple[ModelRequest, str]:
        """Ask the run's budgets."""
        self.refused = True
        admitted = await self._recorder.admit(request, **self._place)
        self.refused = False
        return admitted

    def attempt(self, attempt: Attempt) -> None:
        """Keep an attempt for the books."""
        self.attempts.append(attempt)

    async def ready(self) -> None:
        """Wait while the journal has more than enough to write, or would not write more so soon.

        What the model says meanwhile waits at the socket, and is read in one go.
        """
        await self._recorder.ready()

    def _say(self, type: EventType, **data: Any) -> None:
        if self._publish:
            self._emit(type, visibility=self._visibility, **data)


def cleaned(answer: ModelAnswer) -> ModelAnswer:
    """Return an answer that every database can keep."""
    calls = clean(msgspec.to_builtins(answer.tool_calls)) if answer.tool_calls else []
    return msgspec.structs.replace(
        answer,
        content=clean(answer.content),
        reasoning=clean(answer.reasoning),
        tool_calls=msgspec.convert(calls, list[ToolCall]),
    )
