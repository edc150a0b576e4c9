"""Agent inputs: what AG-UI's clients run an agent with, and their messages as ours."""

from typing import Any, cast

from msgspec import Struct

from server.protocols.openai.given_messages import GivenMessage

__all__ = ["AgentInput", "given_message"]


class AgentMessage(Struct, frozen=True, kw_only=True):
    """A message as the client has it; what else it has is ignored."""

    id: str = ""
    role: str
    content: Any = None


class Resumed(Struct, frozen=True, kw_only=True):
    """An answer to an interrupt."""

    interruptId: str  # as the protocol has it
    status: str = "resolved"
    payload: Any = None


class AgentInput(Struct, frozen=True, kw_only=True):
    """What a client runs an agent with. What else it sends is ignored."""

    threadId: str  # as the protocol has it
    runId: str
    protocolVersion: str | None = None
    state: Any = None
    messages: list[AgentMessage] = []
    forwardedProps: Any = None
    resume: list[Resumed] | None = None

    @property
    def props(self) -> dict[str, Any]:
        """What the application adds."""
        props: Any = self.forwardedProps
        return cast("dict[str, Any]", props) if isinstance(props, dict) else {}


def given_message(message: AgentMessage) -> GivenMessage:
    """Return a message of the client's with its text and its files."""
    content: Any = message.content
    if not isinstance(content, list):
        return GivenMessage(role=message.role, content="" if content is None else str(content))
    parts: list[dict[str, Any]] = []
    for part in cast("list[Any]", content):
        match part:
            case {"type": "text", "text": str(text)}:
                parts.append({"type": "text", "text": text})
            case {"type": str(kind), "source": {"type": "data", "value": str(data), **source}}:
                parts.append(_file(kind, data, str(source.get("mimeType", "")), part))
            case {"type": "binary", "data": str(data), **more}:
                mime = str(more.get("mimeType", ""))
                kind = "image" if mime.startswith("image/") else "document"
                parts.append(_file(kind, data, mime, more))
            case _:
                parts.append(cast("dict[str, Any]", part) if isinstance(part, dict) else {"type": "none"})
    return GivenMessage(role=message.role, content=parts)


def _file(kind: str, data: str, mime: str, more: Any) -> dict[str, Any]:
    url = f"data:{mime or 'application/octet-stream'};base64,{data}"
    if kind == "image":
        return {"type": "image_url", "image_url": {"url": url}}
    return {"type": "file", "file": {"file_data": url, "filename": more.get("filename")}}
