"""Call settings: what a request asks of the model of a plain chat, where the flow leaves it open."""

from typing import Any

from msgspec import UNSET, Struct, structs

from graphs.conversation.messages import ModelRequest, ToolSpec

__all__ = ["CallSettings"]

_OPEN = (None, "", [], {})


class CallSettings(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a client sets for the model's call of one run. The settings of the flow win."""

    tools: list[ToolSpec] = []
    """Tools that the client runs itself: a call of one ends the run."""
    tool_choice: str = ""
    """See `ModelRequest.tool_choice`."""
    parallel_tool_calls: bool | None = None
    response_format: dict[str, Any] | None = None
    """See `ModelRequest.response_format`."""
    temperature: float | None = None
    max_tokens: int | None = None
    top_p: float | None = None
    stop: list[str] = []
    seed: int | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    reasoning_effort: str = ""
    resumes: bool = False
    """Whether the history ends with results of tools, so that no message of the user follows it."""

    def onto(self, request: ModelRequest) -> ModelRequest:
        """Return a request with these settings where it has none."""
        names = [name for name in self.__struct_fields__ if name != "resumes"]
        given = {name: getattr(self, name) for name in names if getattr(self, name) not in _OPEN}
        more = {name: value for name, value in given.items() if getattr(request, name, UNSET) in _OPEN}
        return structs.replace(request, **more) if more else request
