"""Requests: from the arguments of a call to path, query, headers and body (OpenAPI 3.1 §4.8.12)."""

from collections.abc import Iterator, Mapping
from typing import Any, cast
from urllib.parse import quote

import msgspec
from msgspec import Struct

from graphs.openapi.operations import APIParameter, Operation
from graphs.parsing.text import as_text
from graphs.parsing.web_address import WebAddressError, read_address, steps_out

__all__ = ["CallError", "CallParts", "call_parts"]

_SEPARATORS = {"form": ",", "simple": ",", "spaceDelimited": " ", "pipeDelimited": "|"}


class CallError(ValueError):
    """A call cannot be made with these arguments. The message says why."""


class CallParts(Struct, frozen=True):
    """What a call sends."""

    url: str
    query: dict[str, Any]
    headers: dict[str, str]
    body: Any


def call_parts(base: str, operation: Operation, arguments: Mapping[str, Any]) -> CallParts:
    """Return what a call with these arguments sends.

    Args:
        base: URL of the server.
        operation: What is called.
        arguments: They fit its schema; those of a model and those that are fixed.

    Raises:
        CallError: they lead out of the server's path, or cannot be written.
    """
    path = operation.path
    query: dict[str, Any] = {}
    headers: dict[str, str] = {}
    cookies: list[str] = []
    for one in operation.parameters:
        value = arguments.get(one.argument)
        if value is None:
            continue
        match one.place:
            case "path":
                path = path.replace(f"{{{one.name}}}", quote(_joined(one, value), safe=""))
            case "query":
                query.update(_query(one, value))
            case "header":
                headers[one.name] = _joined(one, value)
            case _:
                cookies.append(f"{one.name}={quote(_joined(one, value), safe='')}")
    if "{" in path:
        raise CallError(f"The path {operation.path} needs {path.partition('{')[2].partition('}')[0]!r}.")
    if cookies:
        headers["Cookie"] = "; ".join(cookies)
    if operation.media_type:
        headers["Content-Type"] = operation.media_type
    body = arguments.get(operation.body) if operation.body else None
    return CallParts(_url(base, path), query, headers, body)


def _url(base: str, path: str) -> str:
    """Return the address below a server's.

    Raises:
        CallError: it is not below it.
    """
    try:
        server = read_address(base.rstrip("/") + "/")
        address = read_address(server.url + path.removeprefix("/"))
    except WebAddressError as error:
        raise CallError(str(error)) from None
    below = address.target.startswith(server.target) and not steps_out(address.target)
    if not below or address.origin != server.origin:
        raise CallError("A part of the path may not be '.', '..' or contain '/' or '\\'.")
    return address.url


def _query(one: APIParameter, value: Any) -> Iterator[tuple[str, Any]]:
    if one.as_json:
        yield one.name, msgspec.json.encode(value).decode()
    elif isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        if one.style == "deepObject":
            for name, each in fields.items():
                yield f"{one.name}[{name}]", each
        elif one.explode:
            yield from fields.items()
        else:
            yield one.name, _joined(one, value)
    elif isinstance(value, list) and not one.explode:
        yield one.name, _joined(one, value)
    else:
        yield one.name, cast("Any", value)


def _joined(one: APIParameter, value: Any) -> str:
    """Return a value as one text."""
    if one.as_json:
        return msgspec.json.encode(value).decode()
    separator = _SEPARATORS.get(one.style, ",")
    match value:
        case list():
            return separator.join(as_text(each) for each in cast("list[Any]", value))
        case dict():
            fields = cast("dict[str, Any]", value).items()
            if one.explode:
                return separator.join(f"{name}={as_text(each)}" for name, each in fields)
            return separator.join(part for name, each in fields for part in (name, as_text(each)))
        case _:
            return as_text(value)
