"""A conversation on OpenAI's wire, in the order and form that the strictest chat templates take."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from graphs.chat_completions.server_capabilities import Learned
from graphs.chat_completions.server_profiles import ServerProfile
from graphs.conversation.messages import Message, ToolCall

__all__ = ["merged", "wire_messages"]


def wire_messages(
    messages: Sequence[Message], profile: ServerProfile, learned: Learned, call_id: Callable[[str], str]
) -> list[dict[str, Any]]:
    """Return messages on the wire.

    Neighbours of one role are one message, and empty turns are left out: templates that want user and
    assistant to alternate then take any history.
    """
    plain = merged(messages)
    if learned.no_system:
        plain = merged(_without_system(plain))
    if learned.bridge or profile.after_tools == "assistant":
        plain = _bridged(plain)
    place = next((place for place, one in enumerate(plain) if one.role != "system"), 0)
    if learned.user_first and plain and plain[place].role == "assistant":
        plain.insert(place, Message(role="user", content="Hello."))
    if learned.user_last and plain and plain[-1].role == "assistant":
        plain.append(Message(role="user", content="Go on."))
    return [_wire(message, profile, learned, call_id) for message in plain]


def merged(messages: Sequence[Message]) -> list[Message]:
    """Return messages without empty turns of the assistant, neighbours of one role as one."""
    found: list[Message] = []
    for message in messages:
        if message.role == "assistant" and not message.content and not message.tool_calls:
            continue
        last = found[-1] if found else None
        apart = last is None or last.role != message.role or message.role == "tool" or last.tool_calls
        if last is None or apart or last.name != message.name:
            found.append(message)
        else:
            found[-1] = msgspec.structs.replace(
                message, content=_both(last.content, message.content), echo=message.echo or last.echo
            )
    return found


def _both(one: str | list[dict[str, Any]], other: str | list[dict[str, Any]]) -> str | list[dict[str, Any]]:
    if isinstance(one, str) and isinstance(other, str):
        return f"{one}\n\n{other}" if one and other else one or other
    return [*_parts(one), *_parts(other)]


def _parts(content: str | list[dict[str, Any]]) -> list[dict[str, Any]]:
    if isinstance(content, str):
        return [{"type": "text", "text": content}] if content else []
    return content


def _without_system(messages: list[Message]) -> list[Message]:
    """Put system texts at the beginning of the first user message."""
    told = "\n\n".join(str(one.content) for one in messages if one.role == "system" and one.content)
    rest = [one for one in messages if one.role != "system"]
    place = next((place for place, one in enumerate(rest) if one.role == "user"), None)
    if place is None:
        return [Message(role="user", content=told), *rest] if told else rest
    rest[place] = msgspec.structs.replace(rest[place], content=_both(told, rest[place].content))
    return rest


def _bridged(messages: list[Message]) -> list[Message]:
    """Put a turn of the assistant between results of tools and what a user says next."""
    found: list[Message] = []
    for message in messages:
        if message.role == "user" and found and found[-1].role == "tool":
            found.append(Message(role="assistant", content="I have the results."))
        found.append(message)
    return found


def _wire(
    message: Message,
    profile: ServerProfile,
    learned: Learned,
    call_id: Callable[[str], str],
) -> dict[str, Any]:
    wire: dict[str, Any] = {"role": message.role, "content": message.content}
    if learned.plain_text and isinstance(message.content, list):
        parts = message.content
        if all(part.get("type") == "text" for part in parts):
            wire["content"] = "\n\n".join(str(part.get("text", "")) for part in parts)
    if message.name and not learned.no_names and (message.role != "tool" or profile.tool_names):
        wire["name"] = message.name
    if message.role == "tool":
        wire["tool_call_id"] = call_id(message.tool_call_id)
    if message.role == "assistant":
        same = message.echo.get("kind") == profile.name
        if message.tool_calls:
            wire["tool_calls"] = [
                _wire_call(call, call_id, extra=call.extra if same else {}, signed=learned.signatures)
                for call in message.tool_calls
            ]
            if not message.content:
                beside = learned.beside_calls or profile.beside_calls
                wire["content"] = "" if beside == "empty" else None
                if beside == "omitted":
                    del wire["content"]
        wire |= _echoed(message, profile, learned, same=same)
    return wire


def _echoed(message: Message, profile: ServerProfile, learned: Learned, *, same: bool) -> dict[str, Any]:
    """Return what a server wants back with a turn: what it sent with it, and nothing that another did."""
    if learned.reasoning == "keep":
        return {}
    found: dict[str, Any] = {}
    if same:
        found = {
            name: message.echo[name]
            for name in ("reasoning_details", "thinking_blocks", "extra_content")
            if name in message.echo
        }
    wanted = learned.reasoning == "send" or profile.reasoning_back
    if wanted and message.tool_calls:
        # Where another server wrote the turn, an empty one has to do.
        found["reasoning_content"] = message.echo.get("reasoning_content", "") if same else ""
    return found


def _wire_call(
    call: ToolCall, call_id: Callable[[str], str], *, extra: dict[str, Any], signed: bool
) -> dict[str, Any]:
    arguments = call.invalid or msgspec.json.encode(call.arguments).decode()
    wire = {
        "id": call_id(call.id),
        "type": "function",
        "function": {"name": call.name, "arguments": arguments},
    }
    if signed and not extra:
        # What Gemini takes for the calls that another model has made.
        extra = {"extra_content": {"google": {"thought_signature": "skip_thought_signature_validator"}}}
    return wire | extra
