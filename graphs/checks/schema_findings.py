"""Schema findings: fields that no schema has, and operations on values of kinds that do not fit."""

from collections.abc import Iterator, Mapping
from typing import Any, cast

from msgspec import Struct

from graphs.checks.field_lookups import field_finding, lookups, meant, written_terms
from graphs.checks.known_schemas import KnownSchemas, kind_of, properties_of, within
from graphs.document.topology import Topology
from graphs.expressions.calls import Call, Default
from graphs.expressions.comprehensions import ListFrom, ObjectFrom
from graphs.expressions.constants import constant_value
from graphs.expressions.functions import FUNCTIONS, Arguments
from graphs.expressions.operation_terms import Chain, Comparison, Percent, Power
from graphs.expressions.terms import Literal, Lookup, Name, NewList, NewObject, Term
from graphs.node.node import Node
from graphs.values.findings import Finding, shown

__all__ = ["schema_findings"]

_RESULTS: Mapping[str, frozenset[str]] = {
    "number": frozenset(
        ["length", "number", "sum", "count", "round", "floor", "ceil", "abs", "sqrt", "integer", "timestamp"]
    ),
    "text": frozenset(
        ["string", "lower", "upper", "trim", "join", "title", "replace", "pad", "repeat", "json", "hash"]
    )
    | {"replace_pattern", "format_date", "now", "today", "url_encode", "url_decode", "base64_encode"},
    "list": frozenset(
        ["split", "lines", "sort", "unique", "flatten", "pluck", "range", "zip", "enumerate", "chunk", "keys"]
    )
    | {"values", "items", "find_all", "split_pattern", "difference", "intersection", "paths"},
    "object": frozenset(["merge", "pick", "omit", "group", "date_parts"]),
}
"""Functions whose results are of one kind."""
_TAKES: Mapping[Any, tuple[str, str]] = {
    Arguments.text: ("text", "string(…) makes text, and join(list, ', ') of a list."),
    Arguments.number: ("number", "number(…) converts a text."),
    Arguments.whole: ("number", "number(…) converts a text."),
    Arguments.list: ("list", "[x] makes a list of one item, and split(text, ', ') of a text."),
    Arguments.object: ("object", "An item of a list has it: list[0]."),
}
"""Of each reader of an argument its kind, and what to do about another."""
_MOST = 50


def schema_findings(shape: Topology) -> Iterator[Finding]:
    """Warn of fields that no schema has, and of operations whose values do not fit; all sources parse.

    Pointers are relative to the node.
    """
    known = KnownSchemas(shape)
    for id, node in shape.nodes.items():
        yield from _unknown_fields(id, node, known)
        told = 0
        for field, term, _ in written_terms(node):
            for one in _operations(term):
                told += 1
                if told <= _MOST:
                    match one:
                        case Comparison():
                            yield from _never(id, field, one, known)
                        case Chain():
                            yield from _unfit(id, field, one, known)
                        case _:
                            yield from _given(id, field, one, known)


def _unknown_fields(id: str, node: Node, known: KnownSchemas) -> Iterator[Finding]:
    for field, path, certain in lookups(node):
        found = known.root(id, path)
        if found is None:
            continue
        at, schema, keys = found
        told = path[0] in ("nodes", "arrived", "message")
        for place, key in enumerate(keys):
            kind = "" if key.removeprefix("-").isdecimal() else kind_of(schema)
            if kind not in ("", "object") and not (kind == "text" and told and not place):
                call = f" pluck({at}, {key[:40]!r}) gives that of each item." if kind == "list" else ""
                if key in ("length", "len", "size", "count"):
                    call = f" Write length({at})."
                yield field_finding(
                    "unknown_field",
                    id,
                    field,
                    f"it looks up {shown(key)} in {at}, which is a {kind} and has no fields.{call}",
                )
                break
            named = properties_of(schema)
            if named is not None and key not in named:
                near = meant(key, named)
                if not certain and not near:
                    break  # default(…) and exists(…) look for what may not be there
                yield field_finding(
                    "unknown_field",
                    id,
                    field,
                    f"it looks up {shown(key)} in {at}, whose schema has no such field. "
                    f"{near or 'It has ' + ', '.join(map(shown, named)) + '.'}",
                )
                break
            inner = within(schema, key)
            if inner is None:
                break
            at, schema = f"{at}.{key}", inner


def _operations(whole: Any) -> Iterator[Comparison | Chain | Call]:
    """Yield the comparisons, calculations and calls in a term or in the parts of a template."""
    waiting = [whole]
    while waiting:
        one = waiting.pop()
        if isinstance(one, Comparison | Chain | Call):
            yield one
        if isinstance(one, tuple):
            waiting += reversed(cast("tuple[Any, ...]", one))
        elif isinstance(one, Struct):
            waiting += [getattr(one, name) for name in reversed(one.__struct_fields__)]


def _unfit(id: str, field: str, one: Chain, known: KnownSchemas) -> Iterator[Finding]:
    """Tell of the first operand that does not fit what stands before it; of two constants, others tell."""
    left, constant = _kind(id, one.first, known), bool(constant_value(one.first))
    for operator, _, term in one.rest:
        right, also = _kind(id, term, known), bool(constant_value(term))
        told = [kind for kind, fixed in ((left, constant), (right, also)) if not fixed]
        wrong = next((kind for kind in told if kind and kind != "number"), "")
        if operator != "+" and wrong:
            message = f"takes two numbers, but gets {_one(wrong)}. number(…) converts a text."
        elif operator == "+" and "boolean" in told:
            message = "takes no boolean. string(…) converts it."
        elif operator == "+" and any(told) and left and right and left != right:
            message = f"adds values of one kind, but gets {_one(left)} and {_one(right)}. "
            message += (
                "Write '+ [x]' to add x to a list, join(list, ', ') to make text of one."
                if "list" in (left, right)
                else "Write string(…) around the number, or use a template."
            )
        else:
            message = ""
        if message:
            message = f"it calculates with '{operator}', which fails: it {message}"
            yield field_finding("wrong_kind", id, field, message)
            return
        if operator != "+":
            left, constant = "number", False
        elif not left:
            left, constant = right, also


def _given(id: str, field: str, one: Call, known: KnownSchemas) -> Iterator[Finding]:
    """Tell of the first argument of a kind that the function does not take; of constants, others tell."""
    function = FUNCTIONS[one.name]
    for index, term in enumerate(one.arguments):
        reader = function.reader(index)
        wanted, advice = _TAKES.get(reader, ("", "")) if reader is not None else ("", "")
        found = _kind(id, term, known) if wanted else ""
        if found and found != wanted and not constant_value(term):
            call = f"it calls {one.name}(), which takes {_one(wanted)} as argument {index + 1}"
            yield field_finding("wrong_kind", id, field, f"{call}, but gets {_one(found)}. {advice}")
            return


def _one(kind: str) -> str:
    """Return a kind with its article."""
    return f"an {kind}" if kind == "object" else f"a {kind}"


def _never(id: str, field: str, one: Comparison, known: KnownSchemas) -> Iterator[Finding]:
    left, right = _kind(id, one.left, known), _kind(id, one.right, known)
    if one.operator in ("in", "not in"):
        items = one.right.items if isinstance(one.right, NewList) else ()
        kinds = {_kind(id, item, known) for item in items}
        right = kinds.pop() if len(kinds) == 1 else ""
    if not left or not right or left == right:
        return
    if one.operator not in ("<", "<=", ">", ">=") and {"list", "object"} & {left, right}:
        return  # it is as it says, if seldom what was meant
    always = one.operator in ("!=", "not in")
    if one.operator in ("<", "<=", ">", ">="):
        result = "fails"
    else:
        result = f"is always {'true' if always else 'false'}"
    yield field_finding(
        "never_equal",
        id,
        field,
        f"it compares {_one(left)} with {_one(right)} by '{one.operator}', which {result}. "
        f"{_advice(one, left, right)}",
    )


def _advice(one: Comparison, left: str, right: str) -> str:
    for term, other in ((one.right, left), (one.left, right)):
        if isinstance(term, Literal) and isinstance(term.content, str) and term.content.strip():
            text = term.content.strip()
            if other == "number" and text.lstrip("-").replace(".", "", 1).isdecimal():
                return f"Write {text} without quotation marks."
            if other == "boolean" and text.lower() in ("true", "false"):
                return f"Write {text.lower()} without quotation marks."
    if {left, right} == {"number", "text"}:
        return "number(…) and string(…) convert."
    return "Compare values of one kind."


def _kind(id: str, term: Term, known: KnownSchemas) -> str:
    """Return what a term gives, where each evaluation gives the same kind; else empty."""
    match term:
        case Literal(content=bool()):
            return "boolean"
        case Literal(content=int() | float()):
            return "number"
        case Literal(content=str()):
            return "text"
        case Chain(rest=rest) if all(operator != "+" for operator, _, _ in rest):
            return "number"
        case Chain(first=first, rest=rest) if all(operator == "+" for operator, _, _ in rest):
            kinds = [_kind(id, operand, known) for operand in (first, *(each for _, _, each in rest))]
            return next((kind for kind in kinds if kind), "")
        case Power() | Percent():
            return "number"
        case Call(name=name):
            return next((kind for kind, names in _RESULTS.items() if name in names), "")
        case NewList() | ListFrom():
            return "list"
        case NewObject() | ObjectFrom():
            return "object"
        case Default(wanted=wanted, otherwise=otherwise):
            kinds = {_kind(id, wanted, known), _kind(id, otherwise, known)}
            return kinds.pop() if len(kinds) == 1 else ""
        case Name(name=name):
            return known.kind(id, (name,))
        case Lookup(base=Name(name=name), keys=keys):
            path = [name, *(str(key.content) for key in keys if isinstance(key, Literal))]
            return known.kind(id, tuple(path)) if len(path) == 1 + len(keys) else ""
        case _:
            return ""
