"""Models that answer from a script."""

import asyncio
import re
import time
from typing import Literal

from msgspec import Struct

from graphs.conversation.messages import (
    Attempt,
    ErrorClass,
    Message,
    ModelAnswer,
    ModelRequest,
    ToolCall,
    Usage,
)
from graphs.model_api.model_interface import Listener, ModelError
from graphs.outbound.credentials import Credential

__all__ = ["Script", "ScriptedModels"]


class Script(Struct, frozen=True, kw_only=True):
    """One answer of `ScriptedModels`, or the way in which there is none."""

    text: str | list[str] = ""
    """Streamed word by word, or in these pieces."""
    reasoning: str = ""
    tool_calls: list[ToolCall] = []
    finish_reason: str = "stop"
    resets: list[str] = []
    """Texts that are begun and taken back before the answer comes: attempts that fail on the way."""
    error: ErrorClass | None = None
    """Fail with this after the text."""
    retry_after: float | None = None
    """Seconds that the error asks to wait."""
    waits: bool = False
    """Wait after the text until the call is cancelled."""
    delay: float = 0.0
    """Seconds before each piece."""


class ScriptedModels:
    """`graphs.model_api.model_interface.Models` that answer from a script, in turn, whatever they are asked.

    Usage is exact: a word is a token, in the messages of a request as in its answer.
    """

    def __init__(self, *answers: str | list[str] | Script) -> None:
        self.requests: list[ModelRequest] = []
        """What was asked, in turn."""
        self.idempotency_keys: list[str] = []
        self.api_keys: list[str] = []
        self.under_way = 0
        """Calls that have neither ended nor been cancelled."""
        self._answers = [one if isinstance(one, Script) else Script(text=one) for one in answers]

    async def answer(
        self,
        request: ModelRequest,
        listener: Listener,
        *,
        idempotency_key: str = "",
        api_key: str = "",
        credential: Credential | None = None,
        deadline: float | None = None,
        workspace: str = "",
    ) -> ModelAnswer:
        """Answer with the script's next entry.

        Raises:
            ModelError: the entry has an error, or there is none left (class ``bad_request``).
        """
        self.requests.append(request)
        self.idempotency_keys.append(idempotency_key)
        self.api_keys.append(credential.secret if credential else api_key)
        if len(self.requests) > len(self._answers):
            message = f"The script has {len(self._answers)} answers; this is request {len(self.requests)}."
            raise ModelError(message, error_class="bad_request")
        script = self._answers[len(self.requests) - 1]
        call = _Call(request, listener, script.delay)
        self.under_way += 1
        try:
            for begun in script.resets:
                await call.say(begun)
                call.end("failed", "network")
                listener.reset()
            if script.reasoning:
                listener.reasoning(script.reasoning)
            await call.say(script.text)
            if script.waits:
                await asyncio.Event().wait()
        except asyncio.CancelledError:
            call.end("cancelled")
            raise
        finally:
            self.under_way -= 1
        if script.error is not None:
            call.end("failed", script.error)
            message = f"The script fails with {script.error}."
            raise ModelError(message, error_class=script.error, retry_after=script.retry_after)
        content = call.said
        attempt = call.end("completed")
        return ModelAnswer(
            provider=request.provider,
            model=request.model,
            content=content,
            reasoning=script.reasoning,
            tool_calls=script.tool_calls,
            finish_reason=script.finish_reason,
            usage=attempt.usage,
            attempts=call.attempts,
        )


class _Call:
    """A call under way: what was said of its answer, and its attempts."""

    def __init__(self, request: ModelRequest, listener: Listener, delay: float) -> None:
        self.said = ""
        self.attempts: list[Attempt] = []
        self._request = request
        self._listener = listener
        self._delay = delay
        self._began = time.time()

    async def say(self, text: str | list[str]) -> None:
        """Stream a text, word by word where it is not in pieces already."""
        for piece in _pieces(text) if isinstance(text, str) else text:
            await asyncio.sleep(self._delay)
            self._listener.text(piece)
            self.said += piece
            await self._listener.ready()

    def end(
        self, status: Literal["completed", "failed", "cancelled"], error: ErrorClass | None = None
    ) -> Attempt:
        """Report an attempt and begin the next one."""
        asked = " ".join(_text(message) for message in self._request.messages)
        attempt = Attempt(
            provider=self._request.provider,
            model=self._request.model,
            status=status,
            usage=Usage(input_tokens=len(asked.split()), output_tokens=len(self.said.split())),
            error_class=error,
            error=f"The script fails with {error}." if error else "",
            started_at=self._began,
            duration_ms=(time.time() - self._began) * 1000,
        )
        self.attempts.append(attempt)
        self._listener.attempt(attempt)
        self.said = ""
        return attempt


def _pieces(text: str) -> list[str]:
    """Return the words of a text, each with the blanks before it, the last one also with those behind it."""
    words = text.rstrip()
    pieces = re.findall(r"\s*+\S++", words)
    if behind := text[len(words) :]:
        pieces[-1:] = ["".join([*pieces[-1:], behind])]
    return pieces


def _text(message: Message) -> str:
    if isinstance(message.content, str):
        return message.content
    return " ".join(str(part.get("text", "")) for part in message.content)
