"""Reading an OpenAPI document of version 3.0 or 3.1: from its text to what is kept of it.

It takes as long as the document is large. Call it where that harms nobody: `graphs.openapi.document_reader`
does so in a process of its own.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, cast, get_args

import msgspec

from graphs.mcp.tool_lists import visible
from graphs.openapi.operations import (
    APIDocument,
    APIParameter,
    AuthKind,
    AuthScheme,
    DocumentError,
    Operation,
    Place,
)
from graphs.openapi.request_schemas import (
    FILE_SCHEMA,
    MAX_SCHEMA,
    Components,
    SchemaTooLarge,
    arguments_schema,
)
from graphs.outbound.http_exchange import BodyType
from graphs.parsing.schemas import SchemaError
from graphs.parsing.yaml_text import YAMLError, read_yaml

__all__ = ["MAX_OPERATIONS", "read_document"]

MAX_OPERATIONS = 5_000
MAX_VALUES = 5_000_000
"""Values and keys of a document in YAML."""
MAX_DESCRIPTION, MAX_ID = 1_024, 200
"""Characters of an operation's description and of its ID."""
_METHODS = ("get", "put", "post", "delete", "options", "head", "patch")
_IGNORED = frozenset({"accept", "content-type", "authorization"})
"""Header parameters that mean nothing (OpenAPI 3.1 §4.8.12.2)."""
_CLOSED = frozenset(
    {"host", "content-length", "transfer-encoding", "connection", "keep-alive", "upgrade", "te", "trailer"}
    | {"proxy-authorization", "proxy-connection", "expect", "accept-encoding"}
)
"""Header parameters that belong to the connection."""
_STYLES: Mapping[str, frozenset[str]] = {
    "path": frozenset({"simple"}),
    "query": frozenset({"form", "spaceDelimited", "pipeDelimited", "deepObject"}),
    "header": frozenset({"simple"}),
    "cookie": frozenset({"form"}),
}
_JSON = re.compile(r"application/(?:[\w.+-]+\+)?json", re.IGNORECASE)
_TEXT = re.compile(r"text/.*|application/(?:[\w.+-]+\+)?(?:xml|yaml)", re.IGNORECASE)


def read_document(content: bytes) -> APIDocument:
    """Return what is kept of a document in JSON or YAML.

    Raises:
        DocumentError: it is no OpenAPI document of version 3.0 or 3.1.
    """
    document = _decoded(content)
    version = str(document.get("openapi"))  # YAML without quotes has a number
    if not version.startswith(("3.0", "3.1")):
        found = document.get("swagger") or document.get("openapi")
        hint = (
            "Convert it to OpenAPI 3 first."
            if document.get("swagger")
            else "Set 'openapi' to 3.0.x or 3.1.x."
        )
        raise DocumentError(
            f"Expected an OpenAPI document of version 3.0 or 3.1, found {str(found)[:40]!r}. {hint}"
        )
    components = Components(document, old=version.startswith("3.0"))
    info = _object(document.get("info"))
    schemes = [*_schemes(components)]
    operations = [*_operations(components, document)]
    if not operations:
        raise DocumentError("The document has no operations in 'paths'.")
    return APIDocument(
        version=version[:20],
        title=visible(str(info.get("title") or ""))[:200],
        api_version=str(info.get("version") or "")[:60],
        servers=_servers(document.get("servers")),
        schemes=schemes,
        operations=operations,
    )


def _decoded(content: bytes) -> dict[str, Any]:
    try:
        if content.lstrip()[:1] == b"{":
            found = msgspec.json.decode(content.removeprefix(b"\xef\xbb\xbf"))
        else:
            found = read_yaml(content, MAX_VALUES)
    except (msgspec.DecodeError, YAMLError, UnicodeDecodeError, RecursionError, ValueError) as error:
        raise DocumentError(f"The document is neither JSON nor YAML that can be read: {error}") from None
    if not isinstance(found, dict):
        raise DocumentError("Expected an OpenAPI document, found another value than an object.")
    return cast("dict[str, Any]", found)


def _object(value: Any) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else []


def _servers(said: Any) -> list[str]:
    """Return the URLs of servers, each variable as its default."""
    found: list[str] = []
    for server in map(_object, _list(said)[:20]):
        url = str(server.get("url") or "")[:2048]
        for name, variable in _object(server.get("variables")).items():
            url = url.replace(f"{{{name}}}", str(_object(variable).get("default", "")))
        if url:
            found.append(url)
    return found


def _schemes(components: Components) -> Iterator[AuthScheme]:
    for name, said in list(_object(components.find("#/components/securitySchemes")).items())[:50]:
        scheme = components.resolved(said)
        kind: AuthKind = "other"
        field = ""
        match scheme.get("type"), str(scheme.get("scheme", "")).lower(), scheme.get("in"):
            case "apiKey", _, "header" | "query" as place:
                field = str(scheme.get("name") or "")[:255]
                kind = place
            case ("http", "basic", _):
                kind = "basic"
            case ("http", "bearer", _) | ("oauth2" | "openIdConnect", _, _):
                kind = "bearer"
            case _:
                pass
        yield AuthScheme(name=str(name)[:255], kind=kind, field=field)


def _operations(components: Components, document: dict[str, Any]) -> Iterator[Operation]:
    taken: set[str] = set()
    for path, item in _object(document.get("paths")).items():
        shared = components.resolved(item)
        for method in _METHODS:
            if not isinstance(shared.get(method), dict):
                continue
            if len(taken) == MAX_OPERATIONS:
                raise DocumentError(f"The document has more than {MAX_OPERATIONS:,} operations.")
            said = cast("dict[str, Any]", shared[method])
            id = _id(said.get("operationId"), method, str(path), taken)
            taken.add(id)
            security = said.get("security", document.get("security"))
            yield _Reading(components, id, method.upper(), str(path)).operation(
                said,
                [*_list(shared.get("parameters")), *_list(said.get("parameters"))],
                server=next(iter(_servers(said.get("servers") or shared.get("servers"))), ""),
                authorized=not isinstance(security, list) or bool(security),
            )


def _id(said: Any, method: str, path: str, taken: set[str]) -> str:
    id = said if isinstance(said, str) and said and said == visible(said) else ""
    id = (id or f"{method} {path}")[:MAX_ID]
    number, name = 2, id
    while name in taken:
        number, name = number + 1, f"{id}_{number}"
    return name


class _Reading:
    """One operation while it is read."""

    def __init__(self, components: Components, id: str, method: str, path: str) -> None:
        self._components = components
        self._id, self._method, self._path = id, method, path
        self._properties: dict[str, Any] = {}
        self._required: list[str] = []
        self._parameters: list[APIParameter] = []
        self._problem = ""
        if not path.startswith("/") or len(path) > 2000:
            self._problem = "Its path does not begin with '/', or is too long."

    def operation(
        self, said: dict[str, Any], parameters: list[Any], *, server: str, authorized: bool
    ) -> Operation:
        """Return it."""
        by_place: dict[tuple[str, str], dict[str, Any]] = {}
        for one in map(self._components.resolved, parameters[:500]):
            by_place[str(one.get("name")), str(one.get("in"))] = one  # an operation's own wins
        for (name, place), one in by_place.items():
            self._take(name, place, one)
        missing = set(re.findall(r"\{([^{}]+)\}", self._path)) - {
            one.name for one in self._parameters if one.place == "path"
        }
        for name in sorted(missing):  # documents forget them
            self._take(name, "path", {"schema": {"type": "string"}})
        body, body_type, media = self._body(self._components.resolved(said.get("requestBody")))
        texts = [visible(str(said.get(name) or "")) for name in ("summary", "description")]
        text = "\n".join(dict.fromkeys(filter(None, texts)))
        schema: dict[str, Any] = {}
        try:
            files = body if body_type == "multipart" else ""
            schema = arguments_schema(self._components, self._properties, self._required, files=files)
        except SchemaTooLarge:
            self._problem = self._problem or f"Its schema needs more than {MAX_SCHEMA:,} bytes."
        except (SchemaError, RecursionError, AttributeError, TypeError) as error:
            self._problem = self._problem or f"Its schema cannot be used. {str(error)[:300]}"
        return Operation(
            id=self._id,
            method=self._method,
            path=self._path,
            description=(text or f"{self._method} {self._path}")[:MAX_DESCRIPTION],
            parameters=self._parameters,
            body=body,
            body_type=body_type,
            media_type=media,
            schema=schema,
            server=server,
            authorized=authorized,
            problem=self._problem,
        )

    def _take(self, name: str, place: str, said: dict[str, Any]) -> None:
        """Take a parameter."""
        lower = name.lower()
        if place not in get_args(Place) or (place == "header" and lower in _IGNORED):
            return
        needed = said.get("required") is True or place == "path"
        if place == "header" and lower in _CLOSED:
            if needed:
                self._problem = f"It needs the header '{name[:60]}', which cannot be set."
            return
        schema, content = said.get("schema"), _object(said.get("content"))
        if content:
            schema = _object(next(iter(content.values()))).get("schema")
        style = str(said.get("style") or ("form" if place in ("query", "cookie") else "simple"))
        if style not in _STYLES[place] and not content:
            if needed:
                self._problem = (
                    f"Its parameter '{name[:60]}' has the style '{style[:40]}', which is not supported."
                )
            return
        argument = self._argument(name, place)
        description = said.get("description")
        described = {**_object(schema)} if isinstance(schema, dict) else {}
        if isinstance(description, str) and description.strip() and "$ref" not in described:
            described["description"] = description
        self._properties[argument] = described
        if needed:
            self._required.append(argument)
        explode = said.get("explode")
        self._parameters.append(
            APIParameter(
                name=name,
                argument=argument,
                place=cast("Place", place),
                style=style,
                explode=explode if isinstance(explode, bool) else style == "form",
                as_json=bool(content),
            )
        )

    def _argument(self, name: str, place: str) -> str:
        """Return a name that models' providers take, and that no other argument has."""
        plain = re.sub(r"[^A-Za-z0-9_.-]+", "_", name).strip("_")[:56] or "value"
        if plain in self._properties:
            plain = f"{plain}_{place}"
        number, argument = 2, plain
        while argument in self._properties:
            number, argument = number + 1, f"{plain}_{number}"
        return argument

    def _body(self, said: dict[str, Any]) -> tuple[str, BodyType, str]:
        """Return the argument of the body, how it is written, and its media type."""
        chosen = _chosen(_object(said.get("content")))
        if chosen is None:
            return "", "json", ""
        kind, media, content = chosen
        name = "body" if "body" not in self._properties else "request_body"
        schema: Any = FILE_SCHEMA if kind == "file" else content.get("schema")
        self._properties[name] = schema if isinstance(schema, dict) else {}
        if kind == "text":
            self._properties[name] = {"type": "string"}
        if said.get("required") is True:
            self._required.append(name)
        return name, kind, "" if kind in ("multipart", "file") else media


def _chosen(content: dict[str, Any]) -> tuple[BodyType, str, dict[str, Any]] | None:
    """Return the first kind of body that can be written; JSON before forms, forms before the rest."""
    found: list[tuple[int, BodyType, str, dict[str, Any]]] = []
    for media, said in content.items():
        name = str(media).partition(";")[0].strip()
        kinds: tuple[tuple[bool, BodyType], ...] = (
            (bool(_JSON.fullmatch(name)) or name == "*/*", "json"),
            (name == "multipart/form-data", "multipart"),
            (name == "application/x-www-form-urlencoded", "form"),
            (bool(_TEXT.fullmatch(name)), "text"),
            (True, "file"),
        )
        place = next(place for place, (fits, _) in enumerate(kinds) if fits)
        found.append(
            (place, kinds[place][1], "application/json" if name == "*/*" else str(media), _object(said))
        )
    if not found:
        return None
    _, kind, media, said = min(found, key=lambda one: one[0])
    return kind, media, said
