"""The document: from OpenAPI 3.1 to the intermediate representation.

`x-sdk` of an operation says what cannot be read off it: `{"name": "executions.follow", "omit": ["limit"],
"require": ["X-Name"], "until": {"status": ["completed", …]}}`, every part of which may be left out. `x-sdk`
of a tag names its resource. `x-last` of an event stream lists the types of its last events.
"""

import re
from collections.abc import Iterator
from typing import Any

from msgspec import UNSET

from sdk_templates.answers import answer_of, pages_of
from sdk_templates.model import (
    Api,
    Body,
    Field,
    Free,
    Kind,
    MapOf,
    OneOf,
    Operation,
    Parameter,
    Plain,
    Ref,
    Resource,
    Stream,
    Until,
    Value,
)
from sdk_templates.names import header_name, method_name, resource_name
from sdk_templates.schemas import Inexpressible, closure, fields_of, kind_of, model_of, refs_of

__all__ = ["read_api"]

_PROBLEM = "application/problem+json"
_VERBS = ("get", "post", "put", "patch", "delete")
_ANY = (
    "Text and bytes are sent as they are, all else as JSON. The content type is JSON's, unless a header says."
)
_RESUMES, _REPEATS = "Last-Event-ID", "Idempotency-Key"


def read_api(document: dict[str, Any]) -> Api:
    """Return the API that an OpenAPI document describes.

    Raises:
        Inexpressible: something in it cannot be said in an SDK; the message names the operation.
    """
    if not str(document.get("openapi", "")).startswith("3.1"):
        raise Inexpressible(f"Expected an OpenAPI 3.1 document, found {document.get('openapi')!r}.")
    schemas: dict[str, Any] = document.get("components", {}).get("schemas", {})
    tags = {each["name"]: each.get("x-sdk", resource_name(each["name"])) for each in document.get("tags", [])}
    operations = [
        _operation(url, verb, item[verb], schemas, tags)
        for url, item in document["paths"].items()
        for verb in _VERBS
        if verb in item
    ]
    _refuse_twins(operations)
    sent = closure({name for each in operations for name in _sent(each)}, schemas, "requests")
    received = closure({name for each in operations for name in _received(each)}, schemas, "answers")
    problem = _problem(document)
    received |= closure({problem} if problem else set(), schemas, "problems")
    resources: dict[str, list[Operation]] = {}
    for operation in operations:
        resources.setdefault(operation.resource, []).append(operation)
    return Api(
        title=document["info"]["title"],
        version=document["info"]["version"],
        resources=tuple(Resource(name, tuple(each)) for name, each in sorted(resources.items())),
        models=tuple(
            model_of(name, schemas[name], sent=name in sent, received=name in received)
            for name in sorted(sent | received)
        ),
        unions=_unions(operations),
        problem=problem,
    )


def _operation(
    url: str, verb: str, described: dict[str, Any], schemas: dict[str, Any], tags: dict[str, str]
) -> Operation:
    identity = described.get("operationId", "")
    place = f"operation {identity or f'{verb.upper()} {url}'}"
    if not identity or not described.get("tags"):
        raise Inexpressible(f"{place}: expected an operationId and a tag.")
    hints: dict[str, Any] = described.get("x-sdk", {})
    tag = described["tags"][0]
    resource, method = _name(identity, tags.get(tag, resource_name(tag)), hints.get("name", ""), place)
    path, query, headers = _parameters(url, described, hints, place)
    rules = {each["name"] for each in described.get("parameters", []) if each["in"] == "header"}
    answer = answer_of(described["responses"], place)
    if isinstance(answer, Stream) and _RESUMES not in rules:
        raise Inexpressible(f"{place}: a stream without {_RESUMES} cannot be resumed.")
    body = _body(described.get("requestBody"), {each.name for each in path}, schemas, place)
    named = [each.name for each in (*path, *query, *headers, *(body.fields if body else ()))]
    if twice := {name for name in named if named.count(name) > 1}:
        raise Inexpressible(f"{place}: {', '.join(sorted(twice))} is in several places of a request.")
    return Operation(
        id=identity,
        resource=resource,
        method=method,
        verb=verb,
        url=url,
        summary=described.get("summary", ""),
        description=described.get("description", ""),
        answer=answer,
        path=path,
        query=query,
        headers=headers,
        body=body,
        idempotent=_REPEATS in rules,
        open=described.get("security") == [],
        pages=pages_of(query, answer, schemas, place),
        until=_until(hints.get("until"), place),
        statuses=tuple(sorted(int(status) for status in described["responses"] if status >= "400")),
    )


def _name(identity: str, resource: str, hint: str, place: str) -> tuple[str, str]:
    if hint:
        resource, dot, method = hint.partition(".")
        if not dot or not re.fullmatch(r"[a-z_]+", resource) or not re.fullmatch(r"[a-z_]+", method):
            raise Inexpressible(f"{place}: x-sdk names it '{hint}'; expected 'resource.method'.")
        return resource, method
    return resource, method_name(identity, resource)


def _parameters(
    url: str, described: dict[str, Any], hints: dict[str, Any], place: str
) -> tuple[tuple[Parameter, ...], ...]:
    """Return those of the path, in its order, those of the query, and headers that calls have a say in."""
    path: dict[str, Parameter] = {}
    query: list[Parameter] = []
    headers: list[Parameter] = []
    for each in described.get("parameters", []):
        name, where = each["name"], each["in"]
        if where == "header" and name in (_RESUMES, _REPEATS):
            continue
        found = Parameter(
            header_name(name) if where == "header" else name,
            kind_of(each["schema"], f"{place}, parameter {name}"),
            each.get("required", False) or name in hints.get("require", ()),
            description=each.get("description", ""),
            default=each["schema"].get("default", UNSET),
            header=name if where == "header" else "",
        )
        if isinstance(found.kind, MapOf | Ref | Free):
            raise Inexpressible(f"{place}: an object as parameter '{name}' has no spelling in an address.")
        match where:
            case "path":
                path[name] = found
            case "query" | "header" if name in hints.get("omit", ()):
                pass
            case "query":
                query.append(found)
            case "header" if found.kind == Plain("string"):
                headers.append(found)
            case "header":
                raise Inexpressible(f"{place}: the header {name} is something else than a text.")
            case _:
                raise Inexpressible(f"{place}: no SDK has a place for a parameter in {where}.")
    asked = re.findall(r"{(\w+)}", url)
    if set(asked) != set(path):
        raise Inexpressible(f"{place}: the parameters of {url} are not those that it declares.")
    return (
        tuple(path[name] for name in asked),
        tuple(sorted(query, key=lambda p: not p.required)),
        tuple(sorted(headers, key=lambda p: not p.required)),
    )


def _body(
    described: dict[str, Any] | None, in_path: set[str], schemas: dict[str, Any], place: str
) -> Body | None:
    if described is None:
        return None
    content: dict[str, Any] = described["content"]
    if content.get("application/json", {}).get("schema") == {}:
        return Body("application/json", (Field("body", Free(), required=False, description=_ANY),))
    if "multipart/form-data" in content:  # it takes all that JSON may say
        content = {"multipart/form-data": content["multipart/form-data"]}
    if len(content) != 1 or not described.get("required", False):
        raise Inexpressible(f"{place}: expected one kind of body, and that it is required.")
    ((media, entry),) = content.items()
    schema = entry["schema"]
    match media, schema:
        case "multipart/form-data", {"type": "object", "properties": dict()}:
            name, fields = "", fields_of(schema, f"{place}, form")
        case "application/json", {"$ref": str(target)}:
            name = target.rpartition("/")[2]
            if name not in schemas:
                raise Inexpressible(f"{place}: there is no schema '{name}'.")
            fields = fields_of(schemas[name], f"schema {name}")
        case _:
            raise Inexpressible(f"{place}: its body is neither a JSON object with a name nor a form.")
    if shadowed := [field.name for field in fields if field.name in in_path and field.required]:
        raise Inexpressible(f"{place}: {', '.join(shadowed)} is in the path and required in the body.")
    kept = tuple(field for field in fields if field.name not in in_path)
    return Body(media, kept, leading=_leading(kept), model=name)


def _leading(fields: tuple[Field, ...]) -> str:
    """Return the first field where it is free JSON and none is required."""
    match fields:
        case (Field(name=name, required=False, kind=MapOf()), *_):
            return name
        case _:
            return ""


def _until(hint: Any, place: str) -> Until | None:
    match hint:
        case None:
            return None
        case dict() if len(hint) == 1:
            ((field, values),) = hint.items()
            return Until(field, tuple(values))
        case _:
            raise Inexpressible(f"{place}: x-sdk's 'until' names one field and its values.")


def _refuse_twins(operations: list[Operation]) -> None:
    seen: dict[tuple[str, str], str] = {}
    for each in operations:
        other = seen.setdefault((each.resource, each.method), each.id)
        if other != each.id:
            raise Inexpressible(
                f"operation {each.id}: it would be {each.resource}.{each.method}, as {other} is; name it "
                "with x-sdk."
            )


def _problem(document: dict[str, Any]) -> str:
    """Return the one model of every `application/problem+json`; empty where there are none."""
    found = {
        response["content"][_PROBLEM]["schema"].get("$ref", "").rpartition("/")[2]
        for item in document["paths"].values()
        for each in item.values()
        for response in each["responses"].values()
        if _PROBLEM in response.get("content", {})
    }
    if len(found) > 1:
        raise Inexpressible(f"problems: expected one schema for all, found {', '.join(sorted(found))}.")
    return found.pop() if found else ""


def _sent(operation: Operation) -> Iterator[str]:
    for field in operation.body.fields if operation.body else ():
        yield from refs_of(field.kind)


def _received(operation: Operation) -> Iterator[str]:
    if isinstance(operation.answer, Value | Stream):
        yield from refs_of(operation.answer.kind)


def _unions(operations: list[Operation]) -> tuple[OneOf, ...]:
    found: dict[str, OneOf] = {}
    for operation in operations:
        if isinstance(operation.answer, Stream):
            for union in _named(operation.answer.kind):
                if found.setdefault(union.name, union) != union:
                    raise Inexpressible(
                        f"operation {operation.id}: two different unions of events would be {union.name}."
                    )
    return tuple(found[name] for name in sorted(found))


def _named(kind: Kind) -> Iterator[OneOf]:
    if isinstance(kind, OneOf):
        if kind.name:
            yield kind
        for member in kind.members:
            yield from _named(member)
