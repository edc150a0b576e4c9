"""Model settings: what a request sets for the model itself, where the flow is a plain chat."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, NoReturn

import msgspec
from msgspec import Meta, Struct

from graphs.analysis.chatflow import definition_of
from graphs.conversation.messages import ToolSpec
from graphs.document.flow import GraphDefinition
from graphs.nodes.llm import JsonSchemaFormat, ResponseFormat, TextFormat
from graphs.values.call_settings import CallSettings
from server.http.problems import Fault, Problem

__all__ = ["ModelSettings", "is_plain_chat", "read_settings"]

TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
MOST_TOOLS = 128
PLAIN = ["end", "llm", "start"]
OWN_QUESTION = ("prompt", "sources")
"""What an llm node asks in place of the conversation alone."""
MODES = ("auto", "none", "required")


class ModelSettings(Struct, frozen=True, kw_only=True):
    """The fields of a request that are the model's."""

    tools: list[Any] | None = None
    tool_choice: Any = None
    parallel_tool_calls: bool | None = None
    response_format: dict[str, Any] | None = None
    temperature: Annotated[float, Meta(ge=0, le=2)] | None = None
    top_p: Annotated[float, Meta(ge=0, le=1)] | None = None
    max_tokens: Annotated[int, Meta(ge=1)] | None = None
    max_completion_tokens: Annotated[int, Meta(ge=1)] | None = None
    stop: str | list[str] | None = None
    seed: int | None = None
    presence_penalty: Annotated[float, Meta(ge=-2, le=2)] | None = None
    frequency_penalty: Annotated[float, Meta(ge=-2, le=2)] | None = None
    reasoning_effort: Annotated[str, Meta(max_length=32, pattern=r"^[a-z_]*$")] | None = None
    n: int | None = None
    logprobs: bool | None = None


def is_plain_chat(document: Mapping[str, Any]) -> bool:
    """Say whether a chatflow is one question to a model, with the conversation: start → llm → end."""
    definition: GraphDefinition = definition_of(document)
    nodes = {node.type: node.data for node in definition.nodes if node.type != "note"}
    if sorted(node.type for node in definition.nodes if node.type != "note") != PLAIN:
        return False
    llm, end = nodes["llm"], nodes["end"]
    if any(llm.get(name) for name in OWN_QUESTION) or any(
        end.get(name) for name in ("output", "expression", "files")
    ):
        return False
    return all(llm.get(name) in (None, True) for name in ("history", "reads_history", "speaks"))


def read_settings(wanted: ModelSettings, *, plain: bool, resumes: bool) -> CallSettings | None:
    """Return what the model is asked with; None where nothing is set, or the flow decides alone.

    Args:
        wanted: The request's fields.
        plain: Whether the flow is a plain chat.
        resumes: Whether the conversation ends with results of tools.

    Raises:
        Problem: 422 for what cannot be done, or is not as it should be.
    """
    if wanted.n not in (None, 1):
        _refuse("n", f"Expected n 1, found {wanted.n}: a request has one answer.")
    if wanted.logprobs:
        _refuse("logprobs", "The server has no log probabilities. Leave 'logprobs' out.")
    if not plain:
        if wanted.tools and (wanted.tool_choice == "required" or isinstance(wanted.tool_choice, dict)):
            _refuse(
                "tools",
                "This flow calls its own tools only. Leave tool_choice out, or use a chatflow that is one "
                "model without tools, retrieval and guardrails.",
            )
        return None
    tools = [_tool(one, place) for place, one in enumerate(wanted.tools or [])]
    if len(tools) > MOST_TOOLS:
        _refuse("tools", f"Expected at most {MOST_TOOLS} tools, found {len(tools)}.")
    stop = [wanted.stop] if isinstance(wanted.stop, str) else wanted.stop or []
    if len(stop) > 16 or not all(stop):
        _refuse("stop", "Expected at most 16 texts that are not empty.")
    settings = CallSettings(
        tools=tools,
        tool_choice=_choice(wanted.tool_choice, tools),
        parallel_tool_calls=wanted.parallel_tool_calls if tools else None,
        response_format=_form(wanted.response_format),
        temperature=wanted.temperature,
        max_tokens=wanted.max_completion_tokens or wanted.max_tokens,
        top_p=wanted.top_p,
        stop=stop,
        seed=wanted.seed,
        presence_penalty=wanted.presence_penalty,
        frequency_penalty=wanted.frequency_penalty,
        reasoning_effort=wanted.reasoning_effort or "",
        resumes=resumes,
    )
    return None if settings == CallSettings() else settings


def _tool(given: Any, place: int) -> ToolSpec:
    match given:
        case {"type": "function", "function": {"name": str(name), **more}} if TOOL_NAME.fullmatch(name):
            parameters: Any = more.get("parameters") or {"type": "object", "properties": {}}
            if isinstance(parameters, dict):
                return ToolSpec(name, str(more.get("description") or ""), parameters)  # pyright: ignore[reportUnknownArgumentType]: JSON
        case _:
            pass
    raise _refused(
        f"tools/{place}",
        "Expected a tool of type 'function' whose 'function' has a 'name' of 1 to 64 letters, digits, _ or "
        "-, and 'parameters' that are a JSON Schema.",
    )


def _choice(given: Any, tools: list[ToolSpec]) -> str:
    names = [tool.name for tool in tools]
    match given:
        case None:
            return ""
        case "none" | "auto" if not tools:
            return ""
        case str() if given in MODES and tools:
            return given
        case {"type": "function", "function": {"name": str(name)}} if name in names and name not in MODES:
            return name
        case _:
            known = "'auto', 'none', 'required' or a function of 'tools'"
            raise _refused("tool_choice", f"Expected {known}, found {str(given)[:80]!r}.")


def _form(given: dict[str, Any] | None) -> dict[str, Any] | None:
    if given is None:
        return None
    try:
        form = msgspec.convert(given, ResponseFormat)
    except msgspec.ValidationError as error:
        _refuse("response_format", f"{error}.")
    if isinstance(form, TextFormat):
        return None
    if isinstance(form, JsonSchemaFormat):
        from graphs.parsing.schemas import SchemaError, check_schema  # a native library most runs do without

        try:
            check_schema(form.json_schema.schema)
        except SchemaError as error:
            _refuse("response_format/json_schema/schema", str(error))
    return msgspec.to_builtins(form)


def _refuse(field: str, detail: str) -> NoReturn:
    raise _refused(field, detail)


def _refused(field: str, detail: str) -> Problem:
    return Problem(422, "unsupported_value", detail, errors=[Fault(detail, pointer=f"/{field}")])
