"""Types of Python: how kinds are spelled in annotations that Python 3.9 can read too."""

from sdk_templates.model import (
    Answer,
    Binary,
    Content,
    Field,
    Free,
    Kind,
    ListOf,
    MapOf,
    Nothing,
    Nullable,
    OneOf,
    Parameter,
    Plain,
    Ref,
    Stream,
    Value,
    Words,
)

__all__ = [
    "answer_type",
    "argument_type",
    "literal",
    "optional_type",
    "parameter_type",
    "received_type",
    "sent_type",
]

_PLAIN = {"string": "str", "integer": "int", "number": "float", "boolean": "bool"}


def received_type(kind: Kind, scope: str = "") -> str:
    """Return the type of what an answer holds; `scope` goes before the names of models."""
    return _union(_members(kind, scope, sent=False))


def sent_type(kind: Kind, scope: str = "") -> str:
    """Return the type of what a request takes: for a model, a mapping of the same shape will do."""
    return _union(_members(kind, scope, sent=True))


def optional_type(kind: Kind, scope: str = "") -> str:
    """Return the type of a parameter whose None means that it is not sent."""
    return _union([*_members(kind, scope, sent=True), "None"])


def argument_type(field: Field, scope: str = "") -> str:
    """Return the type of a field of a request, which may be unset unless it is required."""
    if scope and field.kind == Plain("string") and field.name.endswith("_id"):
        return "Id" if field.required else "Union[Id, Unset]"
    return _union([*_members(field.kind, scope, sent=True), *([] if field.required else ["Unset"])])


def parameter_type(parameter: Parameter) -> str:
    """Return the type of a parameter that is left out where it is None; a number or a UUID may be an id."""
    if parameter.kind == Plain("string") and parameter.name.endswith("_id"):
        return "Optional[Id]"
    return optional_type(parameter.kind)


def answer_type(answer: Answer) -> str:
    """Return the type of what a call gives."""
    match answer:
        case Nothing():
            return "None"
        case Value(kind=kind):
            return received_type(kind, "models.")
        case Content():
            return "str" if answer.is_text else "Content"
        case Stream(kind=kind):
            return f"EventStream[{received_type(kind, 'models.')}]"


def literal(value: object) -> str:
    """Return a constant as source text, in double quotes."""
    match value:
        case str():
            text = repr(value)
            return text if '"' in value or "'" in value else f'"{text[1:-1]}"'
        case tuple() | list():
            inner = ", ".join(literal(each) for each in value)
            comma = "," if isinstance(value, tuple) and len(value) == 1 else ""
            return f"({inner}{comma})" if isinstance(value, tuple) else f"[{inner}]"
        case dict():
            return f"{{{', '.join(f'{literal(key)}: {literal(each)}' for key, each in value.items())}}}"
        case _:
            return repr(value)


def _members(kind: Kind, scope: str, *, sent: bool) -> list[str]:
    match kind:
        case Plain(name=name):
            return [_PLAIN[name]]
        case Free():
            return ["Any"]
        case Binary():
            return ["File"]
        case Words(values=values):
            return [f"Literal[{', '.join(literal(value) for value in values)}]"]
        case ListOf(items=items):
            return [f"{'Sequence' if sent else 'List'}[{_union(_members(items, scope, sent=sent))}]"]
        case MapOf(values=values):
            inner = _union(_members(values, scope, sent=sent))
            return [f"{'Mapping' if sent else 'Dict'}[str, {inner}]"]
        case Ref(name=name):
            return [f"{scope}{name}", "Mapping[str, Any]"] if sent else [f"{scope}{name}"]
        case Nullable(inner=inner):
            return [*_members(inner, scope, sent=sent), "None"]
        case OneOf(name=name) if name:
            return [f"{scope}{name}"]
        case OneOf(members=members):
            return [each for member in members for each in _members(member, scope, sent=sent)]


def _union(members: list[str]) -> str:
    """Return members as one type, each once; any JSON takes in all others but what is unset."""
    if "Any" in members:
        members = [member for member in members if member in ("Any", "Unset")]
    once = list(dict.fromkeys(members))
    match once:
        case [only]:
            return only
        case [one, "None"]:
            return f"Optional[{one}]"
        case _:
            return f"Union[{', '.join(once)}]"
