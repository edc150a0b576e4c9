"""Conversations as OpenAI's clients send them: the whole history each time, the question last."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

import msgspec
from msgspec import Struct

from graphs.conversation.files import StoredFile, with_parts
from graphs.conversation.messages import Message, ToolCall
from server.http.problems import Fault, Problem
from server.requests.upload_checks import SentFile, taken
from server.settings.sources import Settings

__all__ = ["Conversation", "GivenMessage", "read_conversation", "read_message"]

DATA_URL = re.compile(r"data:([\w.+/-]+)(?:;[\w=.-]+)*;base64,", re.ASCII)
IMAGE_ENDINGS = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp", "image/gif": "gif"}
INSTRUCTIONS = ("system", "developer")


class GivenMessage(Struct, frozen=True, kw_only=True):
    """A message of the caller's; what else it has is ignored."""

    role: str
    content: str | list[dict[str, Any]] | None = None
    name: str | None = None
    tool_calls: list[dict[str, Any]] | None = None
    tool_call_id: str | None = None


class Conversation(Struct, frozen=True, kw_only=True):
    """A conversation, ready to be answered."""

    message: str
    """What the user said last."""
    files: list[SentFile]
    """What came with it."""
    history: list[dict[str, Any]]
    """What was said before, `Message` as plain JSON."""
    history_files: list[StoredFile]
    resumes: bool = False
    """Whether results of tools are last: then they are in the history, with the user's message."""


def read_conversation(
    messages: Sequence[GivenMessage],
    document: Mapping[str, Any],
    settings: Settings,
    *,
    whole: bool,
    tools: bool = False,
) -> Conversation:
    """Return a conversation.

    Args:
        messages: What the caller sent.
        document: The chatflow's: it says which files are taken.
        settings: The server's ceilings.
        whole: Whether what came before the last message counts too.
        tools: Whether results of the client's tools may be last.

    Raises:
        Problem: 422 where the last message is no user's or a part is none that is taken, 413 and 415 for
            files.
    """
    said = [place for place, one in enumerate(messages) if one.role not in INSTRUCTIONS]
    resumes = tools and bool(said) and messages[said[-1]].role == "tool"
    if resumes:
        said = [place for place in said if messages[place].role == "user"]
    if not said or messages[said[-1]].role != "user":
        found = f"its role is '{messages[said[-1]].role[:40]}'" if said else "there is none"
        _refuse(f"Expected the user's message last, but {found}. Send a message of role 'user'.", "/messages")
    last = said[-1]
    text, files = _parts(messages[last].content, f"/messages/{last}/content")
    history: list[dict[str, Any]] = []
    history_files: list[StoredFile] = []
    results = _results(messages) if resumes else range(0)
    names: dict[str, str] = {}
    for place, given in enumerate(messages):
        if (place == last and not resumes) or not (whole or (place in results and given.role == "tool")):
            continue
        message, sent = _message(given, f"/messages/{place}")
        names |= {call.id: call.name for call in message.tool_calls}
        if message.role == "tool":
            message = msgspec.structs.replace(message, name=names.get(message.tool_call_id, ""))
            if whole and place in results and message.tool_call_id not in names:
                asked = message.tool_call_id[:80]
                _refuse(
                    f"Expected a 'tool_call_id' of a call in the messages before, found '{asked}'.",
                    f"/messages/{place}/tool_call_id",
                )
        kept = _taken(sent, document, settings, f"/messages/{place}/content")
        history_files += kept
        refs = [file.ref for file in kept]
        content = with_parts(message.content, refs)
        history.append(msgspec.to_builtins(msgspec.structs.replace(message, content=content)))
    if not text and not files:
        _refuse("Expected a message, found an empty one.", f"/messages/{last}/content")
    _taken(files, document, settings, f"/messages/{last}/content")
    return Conversation(
        message=text or ", ".join(file.name for file in files),
        files=[] if resumes else files,
        history=history,
        history_files=history_files,
        resumes=resumes,
    )


def _results(messages: Sequence[GivenMessage]) -> range:
    """Return the places of the tools' results that a conversation ends with."""
    first = len(messages)
    while first and messages[first - 1].role in ("tool", *INSTRUCTIONS):
        first -= 1
    return range(first, len(messages))


def read_message(given: GivenMessage, pointer: str) -> Message:
    """Return a message of text as the history keeps it.

    Raises:
        Problem: 422 for one that has files, or is none.
    """
    message, files = _message(given, pointer)
    if files:
        _refuse("A message that is written to a history takes text. Send files with a run.", pointer)
    return message


def _message(given: GivenMessage, pointer: str) -> tuple[Message, list[SentFile]]:
    """Return a message of the history, and what came with it."""
    text, files = _parts(given.content, f"{pointer}/content")
    match given.role:
        case "system" | "developer":
            return Message(role="system", content=text), []
        case "user":
            return Message(role="user", content=text), files
        case "assistant":
            calls = [_call(one, f"{pointer}/tool_calls") for one in given.tool_calls or []]
            return Message(role="assistant", content=text, tool_calls=calls), []
        case "tool":
            return Message(role="tool", content=text, tool_call_id=given.tool_call_id or ""), []
        case _:
            known = "system, developer, user, assistant or tool"
            raise _refused(f"Expected a role {known}, found '{given.role[:40]}'.", f"{pointer}/role")


def _call(given: dict[str, Any], pointer: str) -> ToolCall:
    function: Any = given.get("function")
    if not isinstance(function, dict):
        _refuse("Expected a call of a function with 'name' and 'arguments'.", pointer)
    written = str(function.get("arguments", ""))  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]: JSON
    name = str(function.get("name", ""))  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]: JSON
    try:
        arguments = msgspec.json.decode(written or "{}", type=dict[str, Any])
    except (msgspec.MsgspecError, RecursionError):
        return ToolCall(id=str(given.get("id", "")), name=name, invalid=written)
    return ToolCall(id=str(given.get("id", "")), name=name, arguments=arguments)


def _parts(content: str | list[dict[str, Any]] | None, pointer: str) -> tuple[str, list[SentFile]]:
    """Return a content's text, and its images and files."""
    if not isinstance(content, list):
        return content or "", []
    texts: list[str] = []
    files: list[SentFile] = []
    for place, part in enumerate(content):
        here = f"{pointer}/{place}"
        match part:
            case {"type": "text", "text": str(text)} | {"type": "refusal", "refusal": str(text)}:
                texts.append(text)
            case {"type": "image_url", "image_url": {"url": str(url)} | str(url)}:
                files.append(_image(url, len(files) + 1, f"{here}/image_url"))
            case {"type": "file", "file": {"file_data": str(url), **more}}:
                found = DATA_URL.match(url)
                name = str(more.get("filename") or "file.txt")
                files.append(_sent(name, url[found.end() :] if found else url, f"{here}/file"))
            case _:
                kind = str(part.get("type", "none"))[:40]
                detail = f"Expected a part 'text', 'image_url' or 'file' with 'file_data', found '{kind}'."
                _refuse(detail, here)
    return "\n".join(texts), files


def _image(url: str, number: int, pointer: str) -> SentFile:
    found = DATA_URL.match(url)
    ending = IMAGE_ENDINGS.get(found[1].lower()) if found else None
    if found is None or ending is None:
        known = ", ".join(IMAGE_ENDINGS)
        _refuse(
            f"Expected an image as a data: URL in base64 ({known}). The server fetches no addresses.", pointer
        )
    return _sent(f"image-{number}.{ending}", url[found.end() :], pointer)


def _sent(name: str, data: str, pointer: str) -> SentFile:
    if not 1 <= len(name) <= 200:
        _refuse("A file's name has 1 to 200 characters.", pointer)
    return SentFile(name=name, data=data)


def _taken(
    files: list[SentFile], document: Mapping[str, Any], settings: Settings, pointer: str
) -> list[StoredFile]:
    """Return files as they are kept; what is wrong with one is said of the content that it came in."""
    try:
        return taken(files, document, settings)
    except Problem as problem:
        document_ = problem.document
        faults = [msgspec.structs.replace(fault, pointer=pointer) for fault in document_.errors]
        raise Problem(document_.status, document_.code, document_.detail, errors=faults) from None


def _refuse(detail: str, pointer: str) -> NoReturn:
    raise _refused(detail, pointer)


def _refused(detail: str, pointer: str) -> Problem:
    return Problem(422, "invalid", detail, errors=[Fault(detail, pointer=pointer)])
