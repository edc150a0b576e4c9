"""JSON in the answers of models: found between words, checked, and asked for again once."""

import json
import re
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, TypeVar

from langchain_core.messages import AIMessage, AnyMessage, HumanMessage

__all__ = ["T", "Unreadable", "json_values", "misfit", "read_form", "read_or_repair"]

T = TypeVar("T")


class Unreadable(ValueError):
    """An answer is not of the form that was asked for."""


def json_values(text: str) -> Iterator[Any]:
    """Yield the JSON values of an answer: the whole, else what is in its fences, else between its words."""
    fenced = re.findall(r"```[\w-]*\n(.*?)```", text, re.DOTALL)
    for whole in (text, *fenced):
        try:
            yield json.loads(whole.strip())
            return
        except ValueError:
            continue
    for begins in re.finditer(r"[{\[]", text):
        try:
            yield json.JSONDecoder().raw_decode(text, begins.start())[0]
            return
        except ValueError:
            continue


def misfit(schema: dict[str, Any], value: Any, place: str = "It") -> str:
    """Return why a value does not fit a JSON Schema; empty where it does.

    Types, enums, properties, required and additional ones, and items are looked at.
    """
    kinds: dict[str, tuple[type, ...]] = {
        "string": (str,),
        "number": (int, float),
        "integer": (int,),
        "boolean": (bool,),
        "object": (dict,),
        "array": (list,),
        "null": (type(None),),
    }
    wanted = schema.get("type")
    if wanted is not None:
        names = [wanted] if isinstance(wanted, str) else wanted
        fits = [name for name in names if isinstance(value, kinds.get(name, (object,)))]
        if not fits or (isinstance(value, bool) and "boolean" not in fits):
            return f"{place} must be of type {' or '.join(names)}."
    if "enum" in schema and value not in schema["enum"]:
        return f"{place} must be one of {', '.join(map(str, schema['enum']))}."
    if isinstance(value, dict):
        properties: dict[str, Any] = schema.get("properties", {})
        for name in schema.get("required", []):
            if name not in value:
                return f"{place} has no '{name}'."
        for name, inner in value.items():
            if name in properties:
                if problem := misfit(properties[name], inner, f"'{name}'"):
                    return problem
            elif schema.get("additionalProperties") is False:
                return f"{place} must not have '{name}'."
    if isinstance(value, list):
        for item in value:
            if problem := misfit(schema.get("items", {}), item, "An item"):
                return problem
    return ""


def read_form(text: str, schema: dict[str, Any]) -> Any:
    """Return the JSON value of an answer that fits a schema.

    Raises:
        Unreadable: there is none.
    """
    problem = "It is no JSON."
    for value in json_values(text):
        problem = misfit(schema, value)
        if not problem:
            return value
    raise Unreadable(problem)


async def read_or_repair(
    answer: AIMessage, read: Callable[[str], T], ask_again: Callable[[list[AnyMessage]], Awaitable[AIMessage]]
) -> T:
    """Return what an answer says; where it cannot be read, of one that is asked for again.

    Raises:
        Unreadable: the second answer cannot be read either.
    """
    said = str(answer.text)
    try:
        return read(said)
    except Unreadable as error:
        told = f"That cannot be used. {error} Answer again, with nothing but the JSON."
    again = await ask_again([AIMessage(said or "(nothing)"), HumanMessage(told)])
    return read(str(again.text))
