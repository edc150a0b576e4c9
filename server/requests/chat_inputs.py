"""Chat inputs: the declared inputs and variables that a chat is started with, checked before its run."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from graphs.conversation.files import StoredFile, file_value
from graphs.node.input_declaration import FILES, Input, input_faults
from graphs.node.variables import VariableDeclaration
from graphs.parsing.text import TextError, clean
from persistence.library.flows import FlowRow
from server.http.problems import Fault, Problem
from server.requests.upload_checks import SentFile, taken
from server.settings.sources import Settings

__all__ = ["ChatInputs", "ChatValues", "Declared", "declared_by", "read_inputs"]


ChatValues = Annotated[dict[str, Any], Meta(max_length=100)]
"""Values by name."""


class Declared(Struct, frozen=True):
    """What a flow's start node declares."""

    inputs: Sequence[Input] = ()
    variables: Sequence[VariableDeclaration] = ()


class ChatInputs(Struct, frozen=True):
    """What a chat is started with beside its message."""

    inputs: dict[str, Any]
    files: list[StoredFile]
    """The files among the inputs, which name them."""
    variables: dict[str, Any]
    lacks: Problem | None = None
    """What is missing for a run: no run may begin without it, but a question may be answered."""


def declared_by(document: Mapping[str, Any] | None) -> Declared:
    """Return what a stored flow declares; nothing where it has no drawing, or none that can be read."""
    drawn: Any = (document or {}).get("graph_definition")
    if not drawn:
        return Declared()
    from graphs.nodes.start import Start  # with every node type, for drawn flows alone

    for node in drawn["nodes"]:
        if node["type"] == "start":
            try:
                start = msgspec.convert({**(node.get("data") or {}), "type": "start"}, Start)
            except msgspec.ValidationError:
                break  # the flow's own check tells
            return Declared(start.inputs, start.variables)
    return Declared()


def read_inputs(
    flow: FlowRow | None,
    message: str,
    given: Mapping[str, Any],
    variables: Mapping[str, Any],
    settings: Settings,
    *,
    files: int,
    visitor: bool,
) -> ChatInputs:
    """Return a chat's inputs and variables as the run gets them.

    Args:
        flow: The chatflow that answers; None for a chat by its own config, which declares nothing.
        message: The message, which may be declared too.
        given: Inputs by name. A file is what `SentFile` says.
        variables: Variables by name.
        settings: The server's ceilings for files.
        files: How many files the message has.
        visitor: Whether they come from a visitor of an embedded chat or by a protocol of others: public ones
            alone may be set.

    Raises:
        Problem: 422 with all that is unknown or does not fit; 413 or 415 for a file.
    """
    declared = declared_by(None if flow is None else flow.document)
    try:
        given, variables = clean(dict(given)), clean(dict(variables))
    except TextError as error:
        detail = f"The inputs cannot be kept: {error}."
        raise Problem(422, "invalid", detail, errors=[Fault(detail, pointer="/inputs")]) from error
    faults = [*_strangers(declared, given, visitor), *_misfits(declared, variables)]
    if faults:
        raise _refusal(faults)
    document = None if flow is None else flow.document
    uploaded: list[StoredFile] = []
    read = dict(given)
    for entry in declared.inputs:
        if entry.type in FILES and (value := given.get(entry.name)) is not None:
            pointer = f"/inputs/{entry.name}"
            sent = _sent(entry.name, value, entry.type, pointer)
            room = files + len(uploaded)
            found = taken(sent, document, settings, pointer=pointer, one=entry.type == "file", beside=room)
            refs = [file_value(file) for file in found]
            read[entry.name] = refs[0] if entry.type == "file" else refs
            uploaded += found
    if not declared.inputs:
        return ChatInputs(read, uploaded, dict(variables))
    faults = [
        Fault(_for_visitor(fault.message, visitor), pointer=_place(fault.name), code=fault.code)
        for fault in input_faults(declared.inputs, {**read, "message": message})
    ]
    if any(fault.code != "missing_input" for fault in faults):
        raise _refusal(faults)
    return ChatInputs(read, uploaded, dict(variables), _refusal(faults) if faults else None)


def unknown_inputs(
    document: dict[str, Any], given: Mapping[str, Any], variables: Mapping[str, Any]
) -> list[Fault]:
    """Return what is wrong with names and types of inputs and variables that a chatflow is given."""
    declared = declared_by(document)
    return [*_strangers(declared, given, visitor=False), *_misfits(declared, variables)]


def _strangers(declared: Declared, given: Mapping[str, Any], visitor: bool) -> list[Fault]:
    """Return a fault for each input that this caller cannot set."""
    known = [
        entry.name for entry in declared.inputs if entry.name != "message" and (entry.public or not visitor)
    ]
    takes = f"it takes {', '.join(known)}" if known else "it takes no inputs"
    return [
        Fault(
            "The message is no input of 'inputs'. Send it as 'message' of the body."
            if name == "message"
            else f"This chat has no input {name[:80]!r}; {takes}.",
            pointer=f"/inputs/{name}",
            code="unknown_input",
        )
        for name in given
        if name not in known
    ]


def _misfits(declared: Declared, variables: Mapping[str, Any]) -> list[Fault]:
    """Return a fault for each variable that is not declared, or takes another value."""
    known = {entry.name: entry for entry in declared.variables}
    takes = f"it declares {', '.join(known)}" if known else "it declares no variables"
    faults: list[Fault] = []
    for name, value in variables.items():
        pointer = f"/variables/{name}"
        if name not in known:
            message = f"This chat has no variable {name[:80]!r}; {takes}."
            faults.append(Fault(message, pointer=pointer, code="unknown_variable"))
        elif problem := known[name].misfit(value):
            faults.append(Fault(problem, pointer=pointer, code="bad_variable"))
    return faults


def _sent(name: str, value: Any, kind: str, pointer: str) -> list[SentFile]:
    many = kind == "files"
    try:
        return msgspec.convert(value if many else [value], list[SentFile])
    except msgspec.ValidationError as error:
        wanted = "a list of objects" if many else "an object"
        detail = f"Input '{name}' takes {kind}: {wanted} with 'name', and 'data' in base64. {error}."
        raise Problem(
            422, "invalid", detail, errors=[Fault(detail, pointer=pointer, code="bad_input")]
        ) from error


def _for_visitor(message: str, visitor: bool) -> str:
    return message.replace("this flow", "this chat") if visitor else message


def _place(name: str) -> str:
    return "/message" if name == "message" else f"/inputs/{name}"


def _refusal(faults: Sequence[Fault]) -> Problem:
    detail = " ".join(fault.message for fault in faults[:5])
    return Problem(422, "invalid", detail, errors=faults)
