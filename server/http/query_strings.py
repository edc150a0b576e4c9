"""Query strings: the part of an address after its question mark. Unknown parameters are refused."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal, get_args, get_origin
from urllib.parse import unquote_plus

from litestar import Litestar, Request
from litestar.handlers import HTTPRouteHandler
from litestar.params import ParameterKwarg
from litestar.routes import HTTPRoute
from litestar.typing import FieldDefinition
from litestar.utils.signature import ParsedSignature

from server.http.problems import Fault, Problem

__all__ = ["ANY_QUERY", "parameters_of", "read_queries", "refuse_odd_parameters", "refuse_odd_query"]

ANY_QUERY: dict[str, bool] = {"any_query": True}
"""``opt`` of a handler that ignores parameters it does not know: files, probes, and protocols of others."""
_KNOWN = "query_parameters"
"""Name in a handler's ``opt`` of the parameters that its queries may have."""
_CHOICES = "query_choices"
"""Name in a handler's ``opt`` of the words that parameters take, by name, where they take one of some."""
_ELSEWHERE = "query_elsewhere"
"""Name in a handler's ``opt`` of the parameters that other methods of its address take, by name."""
_GIVEN = frozenset({"self", "data", "request", "scope", "body"})
"""What handlers and providers take of a request by these names, beside parameters and dependencies."""
_MOST = 200
"""Faults that an answer tells."""
_NEAR = 20
"""Unknown names that are compared with those that there are."""
_LONGEST = 80
"""Characters of a name that a sentence shows."""


def parameters_of(path: str, handler: HTTPRouteHandler) -> Iterator[tuple[str, str, FieldDefinition]]:
    """Yield what a handler and its dependencies take: name on the wire, `path` or `query`, and field."""
    in_path, provided = re.findall(r"{(\w+)}", path), handler.resolve_dependencies()

    def declared(signature: ParsedSignature) -> Iterator[tuple[str, str, FieldDefinition]]:
        for name, field in signature.parameters.items():
            if name in provided:
                yield from declared(provided[name].parsed_fn_signature)
            elif name not in _GIVEN:
                extra = field.kwarg_definition
                asked = extra.name if isinstance(extra, ParameterKwarg) and extra.name else name
                yield asked, "path" if name in in_path else "query", field

    return declared(handler.parsed_fn_signature)


def read_queries(app: Litestar) -> None:
    """Note at each handler which parameters its queries may have, once for all requests."""
    for route in app.routes:
        if not isinstance(route, HTTPRoute):
            continue
        for handler, _ in route.route_handler_map.values():
            taken = [each for each in parameters_of(route.path_format, handler) if each[1] == "query"]
            names = [name for name, _, _ in taken]
            choices = {name: words for name, _, field in taken if (words := _words(field.annotation))}
            if handler.opt.get("events") is not None:
                names.append("after")  # which may be the header Last-Event-ID too
            if handler.opt.get("token_in_query"):
                names.append("token")
            handler.opt[_KNOWN] = tuple(dict.fromkeys(names))
            handler.opt[_CHOICES] = choices
        _note_others(route)


def _note_others(route: HTTPRoute) -> None:
    """Note at each handler of an address which method takes what the handler does not."""
    for method, (handler, _) in route.route_handler_map.items():
        for other, (elsewhere, _) in route.route_handler_map.items():
            if other != method and other not in ("HEAD", "OPTIONS"):
                noted = handler.opt.setdefault(_ELSEWHERE, {})
                noted.update(dict.fromkeys(elsewhere.opt.get(_KNOWN, ()), other))


def _words(annotation: Any) -> tuple[str, ...]:
    """Return the words of which a parameter takes one; none where it takes something else."""
    if get_origin(annotation) is Literal:
        return tuple(word for word in get_args(annotation) if isinstance(word, str))
    kinds = [kind for kind in get_args(annotation) if kind is not type(None)]
    return _words(kinds[0]) if len(kinds) == 1 and get_origin(annotation) is not list else ()


async def refuse_odd_query(request: Request[Any, Any, Any]) -> None:
    """Refuse a query that has a parameter twice, or one that the operation does not take.

    Litestar would take the last of several, and leave out what it does not know: whoever misspells `limit`
    would get a page of another size, and whoever checked one of two may not have meant the other.

    Raises:
        Problem: 422 with everything that is odd.
    """
    opt = request.route_handler.opt
    if not opt.get("any_query"):
        refuse_odd_parameters(
            request.scope["query_string"],
            opt.get(_KNOWN, ()),
            opt.get(_CHOICES, {}),
            opt.get(_ELSEWHERE, {}),
        )


def refuse_odd_parameters(
    query: bytes,
    known: tuple[str, ...],
    choices: Mapping[str, tuple[str, ...]] | None = None,
    elsewhere: Mapping[str, str] | None = None,
) -> None:
    """Refuse a query that has a parameter twice, one that is not among the known, or a word that a parameter
    with `choices` does not take. `elsewhere` names the method that takes a parameter at the same address.

    Raises:
        Problem: 422 with everything that is odd.
    """
    if not query:
        return
    seen: set[str] = set()
    faults: dict[str, Fault] = {}
    for part in query.decode("latin-1").split("&"):
        name, value = (unquote_plus(text) for text in part.partition("=")[::2])
        shown = name[:_LONGEST]
        if len(faults) == _MOST:
            break
        if name and name not in known:
            near = known if len(faults) < _NEAR else ()
            method = (elsewhere or {}).get(name)
            hint = f" {method} of this address takes it." if method else ""
            faults[name] = Fault(_unknown(shown, known, near) + hint, parameter=shown)
        elif name in seen:
            faults[name] = Fault(
                f"The parameter '{shown}' is given more than once. Give it once.", parameter=shown
            )
        elif name and (words := (choices or {}).get(name)) and value not in words:
            faults[name] = Fault(_none_of(name, value, words), parameter=shown)
        if name:
            seen.add(name)
    if faults:
        told = [*faults.values()]
        more = f" And {len(told) - 1} more: see errors." if len(told) > 1 else ""
        raise Problem(422, "invalid", told[0].message + more, errors=told)


def _none_of(name: str, value: str, words: tuple[str, ...]) -> str:
    from difflib import get_close_matches  # only for who mistyped

    near = get_close_matches(value[:_LONGEST], words, 1)
    hint = f" Did you mean '{near[0]}'?" if near else ""
    return f"The parameter '{name}' may be {', '.join(words)}; found '{value[:_LONGEST]}'.{hint}"


def _unknown(name: str, known: tuple[str, ...], compared: tuple[str, ...]) -> str:
    from difflib import get_close_matches  # only for who mistyped

    sentence = f"There is no parameter '{name}' here."
    if near := get_close_matches(name, compared, n=1):
        return f"{sentence} Did you mean '{near[0]}'?"
    return (
        f"{sentence} The query can have {', '.join(known)}."
        if known
        else f"{sentence} It takes no parameters."
    )
