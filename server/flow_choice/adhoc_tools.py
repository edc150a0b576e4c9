"""Tools and variables in a chat's own config: who may use them without a stored flow that has them."""

from collections.abc import Sequence
from typing import Any

from graphs.values.environment import named_in
from server.compilation.tool_setup import ServerTools
from server.http.problems import Fault, Problem
from server.identity.callers import Caller
from server.identity.permissions import Permission

__all__ = [
    "refuse_bad_tools",
    "refuse_connection",
    "refuse_document_of_others",
    "refuse_tools_of_others",
    "refuse_variables",
]


def refuse_tools_of_others(
    caller: Caller, entries: Sequence[str | dict[str, Any]], tools: ServerTools
) -> None:
    """Return if a caller may use tools without a stored flow: as who may store one with them.

    Tools of the server's own that touch nothing outside, such as the calculator, are everybody's.

    Raises:
        Problem: 403.
    """
    from graphs.tools import built_in_tools, read_tool
    from graphs.values.effects import Effects

    for place, entry in enumerate(entries):
        tool = read_tool(entry, tools.loaded.kinds)
        name = str(tool.__struct_config__.tag)
        if tool.stored_only:
            detail = f"The tool '{name}' is for stored flows only. Chat with a stored flow that has it."
            raise Problem(403, "forbidden", detail, errors=[Fault(detail, pointer=f"/config/tools/{place}")])
        if tool.credentials():
            needed: tuple[Permission, ...] = ("flows:write", "credentials:read")
        elif tool.connections():
            needed = ("flows:write", "connections:read")
        elif (
            built_in_tools().get(name) is type(tool)
            and not tool.needs_author
            and tool.touches() == Effects()
            and not tool.calls()
        ):
            continue
        else:
            needed = ("flows:write",)
        if missing := [each for each in needed if each not in caller.permissions]:
            detail = (
                f"The tool '{name}' in a chat's own config needs {' and '.join(missing)}, as storing a flow "
                "with it would. Chat with a stored flow that has it, or ask with a key that has these."
            )
            raise Problem(403, "forbidden", detail, errors=[Fault(detail, pointer=f"/config/tools/{place}")])


def refuse_variables(caller: Caller, config: Any) -> None:
    """Return if a caller may read the workspace variables that a chat's own config looks up.

    Raises:
        Problem: 403.
    """
    named = next(named_in(config), "")
    if named and "variables:read" not in caller.permissions:
        detail = (
            f"The config reads the workspace variable '{named}', which needs variables:read. Chat with a "
            "stored flow that reads it, or use a key that has this permission."
        )
        raise Problem(403, "forbidden", detail, errors=[Fault(detail, pointer="/config")])


def refuse_connection(caller: Caller) -> None:
    """Return if a caller may name a connection without a stored flow.

    Raises:
        Problem: 403.
    """
    if "connections:read" not in caller.permissions:
        detail = (
            "A connection in a chat's own config needs connections:read. Chat with a stored flow that names "
            "it, or ask with a key that has this."
        )
        raise Problem(403, "forbidden", detail, errors=[Fault(detail, pointer="/config/connection")])


def refuse_document_of_others(caller: Caller, document: dict[str, Any], tools: ServerTools) -> None:
    """Return if a caller may run the document of a run of no stored flow again: as who may send it.

    Raises:
        Problem: 403.
    """
    config: Any = document.get("chat_config")
    if not isinstance(config, dict):
        if "flows:write" not in caller.permissions:
            detail = "The run has a flow of its own, which needs flows:write. Use a key that has this."
            raise Problem(403, "forbidden", detail)
        return
    chat: dict[str, Any] = config
    refuse_variables(caller, [chat.get("system_prompt"), chat.get("tools")])
    refuse_tools_of_others(caller, chat.get("tools") or [], tools)
    if chat.get("connection"):
        refuse_connection(caller)


def refuse_bad_tools(entries: Sequence[str | dict[str, Any]], tools: ServerTools, *, pointer: str) -> None:
    """Return if every entry of a list of tools can be used.

    Raises:
        Problem: 422 with all that cannot.
    """
    from graphs.tools import ToolEntryError, read_tool

    faults: list[Fault] = []
    for place, entry in enumerate(entries):
        try:
            read_tool(entry, tools.loaded.kinds)
        except ToolEntryError as error:
            inner = error.path.replace("[", ".").replace("]", "").replace(".", "/")
            faults.append(Fault(str(error), pointer=f"{pointer}/{place}{inner}"))
    if faults:
        raise Problem(422, "invalid", faults[0].message, errors=faults)
