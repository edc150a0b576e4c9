"""The OpenAPI document: read off the routes and their Structs, so that it cannot say anything else than
they do.

Litestar's own generator knows neither the docstrings of a Struct's fields, nor strict Structs, nor event
streams."""

import inspect
from collections.abc import Iterable, Iterator
from importlib.metadata import PackageNotFoundError, version
from types import UnionType
from typing import Any, Union, get_args, get_origin

import msgspec
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.params import ParameterKwarg
from litestar.response.base import ASGIResponse
from litestar.routes import HTTPRoute
from msgspec import Struct

from server.http.problems import MEDIA_TYPE, ProblemDocument
from server.http.query_strings import parameters_of
from server.settings.docstrings import field_docstrings, unwrapped

__all__ = ["describe_app"]

SDK_RESOURCES = {
    "Chat": "chatflows",
    "Costs": "cost_tracking",
    "Embed": "embeds",
    "Knowledge": "knowledge_bases",
}
"""What the SDKs call the resource of a tag, where that is not the tag."""
LAST_EVENT_ID = {
    "name": "Last-Event-ID",
    "in": "header",
    "description": "The id of the last frame that arrived: the stream goes on right after it.",
    "schema": {"type": "string"},
}
IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "A name for this request, 1 to 255 characters. The same request with the same key starts "
    "nothing new: it gets the first one's answer, with `Idempotent-Replayed: true`.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
}
VISITOR_SESSION = {
    "name": "X-Visitor-Session",
    "in": "header",
    "description": "The visitor's session, as the last answer had it in this header.",
    "schema": {"type": "string", "maxLength": 512},
}
ORIGIN = {
    "name": "Origin",
    "in": "header",
    "description": "The origin of the page that shows the chat, one of its `allowed_domains`. Browsers send "
    "it by themselves; another client that does not name it is refused.",
    "schema": {"type": "string"},
}
WORDS = {
    400: "The request cannot be parsed: invalid JSON, invalid UTF-8, or an invalid event ID.",
    401: "The API key is missing or invalid. For visitors of an embedded chat: the session has ended.",
    403: "The required permission is missing, or the origin is not allowed.",
    404: "The resource does not exist, or it belongs to another workspace.",
    408: "The body did not arrive in time.",
    409: "Conflict with the current state.",
    410: "Deleted, or too old.",
    412: "The flow or draft was changed since: `If-Match` names an ETag that it no longer has.",
    413: "The body is too large.",
    415: "The body is not JSON.",
    422: "The request is invalid. `errors` lists every error.",
    429: "Too many requests. `Retry-After` says when to try again.",
    502: "A model server did not answer, or refused.",
    503: "The server is starting or stopping, or its database is not available.",
    508: "Too many runs start each other by requests.",
}


def describe_app(app: Litestar) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of an app."""
    paths: dict[str, dict[str, Any]] = {}
    schemas = _Schemas()
    for path, method, handler in sorted(_operations(app), key=lambda found: (found[0], found[1])):
        paths.setdefault(path, {})[method] = _operation(path, handler, schemas)
    tags = sorted({tag for item in paths.values() for each in item.values() for tag in each["tags"]})
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "AgenticRAG",
            "version": _version(),
            "description": "Chatflows and agentflows: documents that run, stream and are kept. Every error "
            "is a problem document (RFC 9457) whose `detail` says what to do. Times are ISO 8601 UTC.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [
            {"name": tag, **({"x-sdk": SDK_RESOURCES[tag]} if tag in SDK_RESOURCES else {})} for tag in tags
        ],
        "security": [{"bearer": []}, {"header": []}],
        "paths": paths,
        "components": {
            "schemas": schemas.components(),
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "An API key, or the access token of a login.",
                },
                "header": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
                "query": {
                    "type": "apiKey",
                    "in": "query",
                    "name": "token",
                    "description": "A ticket, for GET streams only: an EventSource cannot send headers.",
                },
            },
        },
    }


ANY_BODY = {
    "application/json": {"schema": {}},
    "application/x-www-form-urlencoded": {"schema": {"type": "object"}},
}
"""What the body of an operation that takes any body may be."""


class _Schemas:
    """Collects types, and gives their JSON Schemas at the end under one name each."""

    def __init__(self) -> None:
        self._types: list[Any] = []
        self._places: list[dict[str, Any]] = []

    def refer(self, kind: Any) -> dict[str, Any]:
        """Return a place that is filled with the type's schema when all are known."""
        place: dict[str, Any] = {}
        self._types.append(kind)
        self._places.append(place)
        return place

    def components(self) -> dict[str, Any]:
        """Fill all places and return the schemas that they refer to."""
        found, components = msgspec.json.schema_components(
            self._types, ref_template="#/components/schemas/{name}"
        )
        _name_items([found, components])
        for place, schema in zip(self._places, found, strict=True):
            place.update(schema)
        named = {kind.__name__: kind for root in self._types for kind in _structs(root, set())}
        for name, schema in components.items():
            _explain(schema, named.get(name))
        return dict(sorted(components.items()))


def _operations(app: Litestar) -> Iterator[tuple[str, str, HTTPRouteHandler]]:
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for handler, _ in route.route_handler_map.values():
                if handler.resolve_include_in_schema() and handler.operation_id:
                    for method in handler.http_methods:
                        yield route.path_format or "/", str(method).lower(), handler


def _operation(path: str, handler: HTTPRouteHandler, schemas: _Schemas) -> dict[str, Any]:
    opt = handler.opt
    summary, _, more = (inspect.getdoc(handler.fn) or "").partition("\n")
    described: dict[str, Any] = {
        "operationId": handler.operation_id,
        "tags": list(handler.resolve_tags()),
        "summary": summary.rstrip("."),
    }
    if text := unwrapped(more):
        described["description"] = text
    parameters = list(_parameters(path, handler, schemas))
    if opt.get("events") is not None:
        parameters.append(LAST_EVENT_ID)
    if opt.get("visitor"):
        parameters.extend((VISITOR_SESSION, ORIGIN))
    if opt.get("starts_run"):
        parameters.append(IDEMPOTENCY_KEY)
    if parameters:
        described["parameters"] = parameters
    if "data" in handler.parsed_fn_signature.parameters:
        kind = handler.parsed_fn_signature.parameters["data"].annotation
        described["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": schemas.refer(kind)}},
        }
    elif opt.get("form") is not None:
        content: dict[str, Any] = {"multipart/form-data": {"schema": opt["form"]}}
        if opt.get("json") is not None:
            content["application/json"] = {"schema": schemas.refer(opt["json"])}
        described["requestBody"] = {"required": True, "content": content}
    elif opt.get("any_body"):
        described["requestBody"] = {"required": False, "content": ANY_BODY}
    described["responses"] = _responses(handler, schemas)
    if opt.get("sdk"):
        described["x-sdk"] = opt["sdk"]
    if opt.get("open"):
        described["security"] = []
    else:
        described["x-permission"] = opt["needs"]
    if opt.get("token_in_query"):
        described["security"] = [{"bearer": []}, {"header": []}, {"query": []}]
    return described


def _parameters(path: str, handler: HTTPRouteHandler, schemas: _Schemas) -> Iterator[dict[str, Any]]:
    for asked, place, field in parameters_of(path, handler):
        schema = schemas.refer(field.annotation)
        extra = field.kwarg_definition
        described: dict[str, Any] = {"name": asked, "in": place, "schema": schema}
        if place == "path" or (not field.has_default and not field.is_optional):
            described["required"] = True
        if isinstance(extra, ParameterKwarg):
            if extra.description:
                described["description"] = extra.description
            schema.update(_bounds(extra))
        if field.has_default and field.default is not None:
            schema["default"] = field.default
        yield described


def _bounds(extra: ParameterKwarg) -> dict[str, Any]:
    bounds = {
        "minimum": extra.ge,
        "maximum": extra.le,
        "minLength": extra.min_length,
        "maxLength": extra.max_length,
    }
    return {name: value for name, value in bounds.items() if value is not None}


def _responses(handler: HTTPRouteHandler, schemas: _Schemas) -> dict[str, Any]:
    opt = handler.opt
    content: dict[str, Any] = {}
    words = "The answer."
    if opt.get("events") is not None:
        kinds = opt["events"] if isinstance(opt["events"], tuple) else (opt["events"],)
        each = [schemas.refer(kind) for kind in kinds]
        streamed: dict[str, Any] = {"schema": each[0] if len(each) == 1 else {"anyOf": each}}
        if opt.get("last"):
            streamed["x-last"] = list(opt["last"])
        content = {"text/event-stream": streamed}
        if (one := opt.get("listed")) is not None:
            content["application/json"] = {"schema": schemas.refer(list[one])}
        words = "Server-Sent Events; `data` of each frame is one of these, and `event` its `type`."
    elif opt.get("media"):
        kinds = (opt["media"],) if isinstance(opt["media"], str) else opt["media"]
        content = {kind: {"schema": {"type": _shape(kind, kinds)}} for kind in kinds}
    elif (kind := _answer_type(handler)) is not None:
        content = {"application/json": {"schema": schemas.refer(kind)}}
    responses: dict[str, Any] = {str(handler.status_code): {"description": words, "content": content}}
    if not content:
        del responses[str(handler.status_code)]["content"]
    for status, kinds in (opt.get("answers") or {}).items():
        each = [schemas.refer(kind) for kind in kinds]
        content = {"application/json": {"schema": each[0] if len(each) == 1 else {"anyOf": each}}}
        responses[str(status)] = {"description": words, "content": content}
    if opt.get("events") is not None:
        responses["204"] = {"description": "The client had the whole stream; there is nothing more to come."}
    always = () if opt.get("open") else (401, 403, 422, 429, 503)
    loops = (508,) if opt.get("starts_run") else ()
    for status in sorted({*opt.get("problems", ()), *always, *loops}):
        problem = {"schema": schemas.refer(ProblemDocument)}
        responses[str(status)] = {"description": WORDS[status], "content": {MEDIA_TYPE: problem}}
    return responses


def _shape(media: str, choices: tuple[str, ...]) -> str:
    """Return what an answer of a media type is; where there are several, JSON and YAML are read as such."""
    return "object" if media in ("application/json", "application/yaml") and len(choices) > 1 else "string"


def _answer_type(handler: HTTPRouteHandler) -> Any:
    returned = handler.parsed_fn_signature.return_type
    kind = returned.annotation
    if returned.is_none_type or (isinstance(kind, type) and issubclass(kind, ASGIResponse)):
        return None
    if returned.origin is not None and getattr(returned.origin, "__name__", "") == "Response":
        inner = returned.inner_types[0]
        return None if inner.is_none_type or inner.annotation is bytes else inner.annotation
    return kind


def _structs(kind: Any, seen: set[Any]) -> Iterable[type[Struct]]:
    """Yield every Struct that a type is made of."""
    if isinstance(kind, type) and issubclass(kind, Struct):
        if kind not in seen:
            seen.add(kind)
            yield kind
            for field in msgspec.structs.fields(kind):
                yield from _structs(field.type, seen)
    elif get_origin(kind) in (Union, UnionType) or get_args(kind):
        for argument in get_args(kind):
            yield from _structs(argument, seen)


def _explain(schema: dict[str, Any], kind: type[Struct] | None) -> None:
    """Add the docstrings of a Struct and its fields to its schema."""
    if "description" in schema:
        schema["description"] = unwrapped(inspect.cleandoc(schema["description"]))
    if kind is None:
        return
    for name, words in field_docstrings(kind).items():
        encoded = next(f.encode_name for f in msgspec.structs.fields(kind) if f.name == name)
        place = schema.get("properties", {}).get(encoded)
        if place is not None:
            place["description"] = words


def _name_items(schemas: Any) -> None:
    """Say of arrays of anything that their items are anything: generators of clients ask for `items`."""
    if isinstance(schemas, dict) and schemas.get("type") == "array":
        schemas.setdefault("items", {})
    for inner in schemas.values() if isinstance(schemas, dict) else schemas:
        if isinstance(inner, dict | list | tuple):
            _name_items(inner)


def _version() -> str:
    try:
        return version("agenticrag")
    except PackageNotFoundError:
        return "0"
