"""Words of Python: how its templates spell names, defaults, addresses and texts."""

import keyword
import textwrap
from collections.abc import Callable
from typing import Any

from sdk_templates.flows import FlowMethod
from sdk_templates.model import (
    Answer,
    Api,
    Body,
    Content,
    Field,
    Kind,
    Nothing,
    Nullable,
    Operation,
    Plain,
    Ref,
    Stream,
    Value,
)
from sdk_templates.names import is_secret, pascal, snake
from sdk_templates.python_types import (
    answer_type,
    argument_type,
    literal,
    optional_type,
    parameter_type,
    received_type,
    sent_type,
)

__all__ = ["filters"]

WIDTH = 100
_CALL = [
    ("timeout", "Timeout = UNSET"),
    ("extra_headers", "Optional[Mapping[str, str]] = None"),
    ("max_retries", "Optional[int] = None"),
]
_FAILURE = ("raise_on_failure", "Optional[bool] = None")


def filters(api: Api) -> dict[str, Callable[..., Any]]:
    """Return the filters of the templates."""
    del api
    return {
        "address": _address,
        "answer": answer_type,
        "argument": argument_type,
        "default": _default,
        "docstring": docstring,
        "field_type": _field_type,
        "flow_options": _flow_options,
        "has": _has,
        "identifier": identifier,
        "inputs": _inputs,
        "is_hidden": _is_hidden,
        "is_stream": _is_stream,
        "iterating": _iterating,
        "leading": _leading,
        "literal": literal,
        "optional": optional_type,
        "options": _options,
        "parameter": parameter_type,
        "pascal": pascal,
        "shape": _shape,
        "snake": snake,
        "texts": _texts,
        "told": _told,
        "type": received_type,
        "unsettable": _unsettable,
    }


def identifier(name: str) -> str:
    """Return a name as Python may have it: a keyword gets an underscore."""
    return f"{name}_" if keyword.iskeyword(name) else name


def docstring(text: str, indent: int = 0, arguments: tuple[tuple[str, str], ...] = ()) -> str:
    """Return a text as a docstring, wrapped, its arguments below it."""
    margin = " " * indent
    blocks = [_wrapped(paragraph, margin, margin) for paragraph in text.strip().split("\n\n") if paragraph]
    if told := [(name, words) for name, words in arguments if words]:
        lines = [
            _wrapped(f"{identifier(name)}: {words}", f"{margin}    ", f"{margin}        ")
            for name, words in told
        ]
        blocks.append("\n".join([f"{margin}Args:", *lines]))
    body = "\n\n".join(blocks).replace("\\", "\\\\").replace('"""', '\\"\\"\\"').strip()
    close = '"""' if "\n" not in body and not body.endswith('"') else f'\n{margin}"""'
    return f'"""{body}{close}'


def _wrapped(text: str, first: str, others: str) -> str:
    return textwrap.fill(
        " ".join(text.split()),
        WIDTH - 4,
        initial_indent=first,
        subsequent_indent=others,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _field_type(field: Field, received: bool) -> str:
    """Return the type of a model's field; what an answer may leave out without a word for it may be None."""
    if not received:
        return argument_type(field) if not field.required else sent_type(field.kind)
    if field.required or field.has_default or isinstance(field.kind, Nullable):
        return received_type(field.kind)
    return received_type(Nullable(field.kind))


def _default(field: Field) -> str:
    """Return what a field of an answer is where it was left out."""
    if not field.has_default:
        return "None"
    match field.default:
        case []:
            return "field(default_factory=lambda: [])"
        case {}:
            return "field(default_factory=lambda: {})"
        case list() | dict():
            return f"field(default_factory=lambda: {literal(field.default)})"
        case value:
            return literal(value)


def _address(operation: Operation) -> str:
    """Return the address of an operation as an expression."""
    url = operation.url
    for parameter in operation.path:
        filled = f"{{segment({identifier(parameter.name)}, '{parameter.name}')}}"
        url = url.replace(f"{{{parameter.name}}}", filled)
    return f'f"{url}"' if operation.path else f'"{url}"'


def _is_hidden(field: Field) -> bool:
    """Return whether a field holds a secret, which no `repr` shows."""
    kind = field.kind.inner if isinstance(field.kind, Nullable) else field.kind
    return kind == Plain("string") and is_secret(field.name)


def _is_stream(operation: Operation) -> bool:
    """Return whether an operation gives a stream of events."""
    return isinstance(operation.answer, Stream)


def _has(operation: Operation, name: str) -> bool:
    """Return whether an operation has a parameter or a field of a name."""
    fields = operation.body.fields if operation.body else ()
    return any(each.name == name for each in (*operation.path, *operation.query, *operation.headers, *fields))


def _flow_options(flow: FlowMethod, streamed: bool) -> tuple[tuple[str, str], ...]:
    """Return what may be said of a run of a flow beside its input, whose names go before."""
    places = [("after", "Optional[Id] = None"), ("last_event_id", "Optional[Id] = None")]
    options = [("idempotency_key", "Optional[str] = None"), *(places if streamed else ()), *_CALL, _FAILURE]
    taken = {field.name for field in flow.input}
    return tuple((name, kind) for name, kind in options if name not in taken)


def _options(operation: Operation) -> tuple[tuple[str, str], ...]:
    """Return what may be said of a call alone: names that it has not yet, with their types and defaults."""
    runs = operation.idempotent or operation.until or _is_stream(operation)
    options = [*_CALL, _FAILURE] if runs else _CALL
    return tuple((name, kind) for name, kind in options if not _has(operation, name))


def _iterating(method: str) -> str:
    """Return the name of the call that goes through all that another lists."""
    return method.replace("list", "iterate", 1) if method.startswith("list") else f"iterate_{method}"


def _leading(body: Body | None) -> tuple[list[Field], list[Field]]:
    """Return the fields of a body that go by position, and those that go by name alone."""
    if body is None:
        return [], []
    first = [each for each in body.fields if each.required or each.name == body.leading or body.is_whole]
    return first, [field for field in body.fields if field not in first]


def _inputs(flow: FlowMethod) -> tuple[tuple[str, str], ...]:
    """Return what a flow takes, each with its description."""
    return tuple((field.name, field.description) for field in flow.input)


def _shape(answer: Answer) -> str:
    """Return which way an answer is read."""
    match answer:
        case Nothing():
            return "nothing"
        case Content():
            return "text" if answer.is_text else "content"
        case Stream():
            return "stream"
        case Value(kind=Ref()):
            return "model"
        case Value():
            return "value"


def _told(operation: Operation) -> str:
    """Return what an operation does, in words."""
    return "\n\n".join(part for part in (f"{operation.summary}.", operation.description) if part)


def _unsettable(kind: Kind, scope: str) -> str:
    """Return the type of an argument that may be left out."""
    return argument_type(Field("", kind, required=False), scope)


def _texts(operation: Operation) -> tuple[tuple[str, str], ...]:
    """Return the arguments of an operation, each with its description."""
    described = [(each.name, each.description) for each in operation.path]
    described += [(each.name, each.description) for each in (*operation.query, *operation.headers)]
    described += [(each.name, each.description) for each in (operation.body.fields if operation.body else ())]
    if operation.idempotent:
        words = "A name for this call; made where it is left out. Repetitions carry the same."
        described.append(("idempotency_key", words))
    if _is_stream(operation):
        if not _has(operation, "after"):
            described.append(("after", "The event after which to go on; the same as `last_event_id`."))
        words = "The `last_event_id` of a stream that was left: it goes on from there."
        described.append(("last_event_id", words))
    return tuple(described)
