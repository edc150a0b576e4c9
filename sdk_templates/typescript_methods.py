"""A method an operation: what its TypeScript says, ready for the template."""

import re

from msgspec import Struct

from sdk_templates.model import (
    Content,
    Field,
    Model,
    Nothing,
    Operation,
    Pages,
    Parameter,
    Ref,
    Stream,
    Value,
)
from sdk_templates.names import camel, pascal, plain_camel
from sdk_templates.typescript_shapes import Shapes
from sdk_templates.typescript_spelling import comment, key, kind_text, literal

__all__ = ["Method", "describe_method", "form_name", "query_name", "signature"]


class Method(Struct, frozen=True):
    """One method of a resource's class."""

    doc: str
    name: str
    signature: str
    """Parameters, with their types."""
    returns: str
    body: str
    """Statements."""


def describe_method(operation: Operation, models: dict[str, Model], shapes: Shapes) -> tuple[Method, ...]:
    """Return the methods of an operation: the call, and for a list one that goes through all of it.

    Args:
        operation: To describe.
        models: All models by name.
        shapes: How values are renamed.
    """
    found = [_call(operation, models, shapes)]
    if operation.pages is not None:
        found.append(_all_of(operation, operation.pages, models))
    if operation.until is not None:
        found.append(_wait(operation, models))
    return tuple(found)


def query_name(operation: Operation) -> str:
    """Return the name of the interface for an operation's query and headers."""
    return f"{pascal(operation.id)}{'Parameters' if operation.headers else 'Query'}"


def form_name(operation: Operation) -> str:
    """Return the name of the interface for an operation's form."""
    return f"{pascal(operation.id)}Form"


def all_name(method: str) -> str:
    """Return the name of what goes through a whole list: `list_runs` gives `list_all_runs`."""
    return re.sub(r"^(list|)_?", "list_all_", method).rstrip("_")


def _call(operation: Operation, models: dict[str, Model], shapes: Shapes) -> Method:
    parameters, before = _parameters(operation, models)
    parts = [
        f"method: {literal(operation.verb.upper())}",
        f"path: {_path(operation)}",
        *_named(operation),
        *_body(operation, shapes),
    ]
    answer = operation.answer
    if operation.idempotent:
        parts.append("keyed: true")
    if operation.open:
        parts.append("open: true")
    match answer:
        case Nothing():
            send, returns = "json<undefined>", "APIPromise<void>"
        case Value(kind=kind):
            send, returns = f"json<{kind_text(kind)}>", f"APIPromise<{kind_text(kind)}>"
            if shape := shapes.of(kind):
                parts.append(f"gives: {shape}")
        case Content(media=media):
            parts.append(f"accept: {literal(', '.join(media))}")
            send, returns = (
                ("text", "APIPromise<string>") if answer.is_text else ("download", "APIPromise<Download>")
            )
        case Stream(kind=kind, last=last):
            send, returns = f"stream<{kind_text(kind)}>", f"EventStream<{kind_text(kind)}>"
            if shape := shapes.of(kind):
                parts.append(f"gives: {shape}")
            if last:
                parts.append(f"ends: {literal(last)}")
    call = _braces(parts, "      ", "    ")
    option = _options(operation)
    return Method(
        doc=comment(_words(operation), 2),
        name=camel(operation.method),
        signature=signature([*parameters, f"options: {option} = {{}}"]),
        returns=returns,
        body="\n".join([*before, f"    return this.#connection.{send}({call}, options);"]),
    )


def _all_of(operation: Operation, pages: Pages, models: dict[str, Model]) -> Method:
    parameters, _ = _parameters(operation, models)
    arguments = "".join(f"{camel(each.name)}, " for each in operation.path)
    counting = (
        f"by: {literal(pages.start)}, start: input.{camel(pages.start)}, size: input.{camel(pages.size)}"
    )
    return Method(
        doc=comment(f"Go through all that `{camel(operation.method)}` lists, page by page.", 2),
        name=camel(all_name(operation.method)),
        signature=signature([*parameters, "options: RequestOptions = {}"]),
        returns=f"AsyncGenerator<{kind_text(pages.item)}, void, undefined>",
        body="    return goThrough(\n"
        f"      (place) => this.{camel(operation.method)}({arguments}{{ ...input, ...place }}, options),\n"
        f"      (found) => found.{camel(pages.items)},\n"
        f"      {{ {counting} }},\n"
        "    );",
    )


def _wait(operation: Operation, models: dict[str, Model]) -> Method:
    until = operation.until
    assert until is not None
    assert isinstance(operation.answer, Value)
    parameters, _ = _parameters(operation, models)
    arguments = "".join(f"{camel(each.name)}, " for each in operation.path)
    words = ", ".join(f"`{value}`" for value in until.values)
    return Method(
        doc=comment(f"Wait until `{camel(until.field)}` is one of {words}, and return what it is then.", 2),
        name="wait",
        signature=signature([*parameters, "options: WaitOptions = {}"]),
        returns=f"Promise<{kind_text(operation.answer.kind)}>",
        body=f"    return waitFor((request) => this.{camel(operation.method)}({arguments}request), "
        f"(found) => {literal(until.values)}.includes(found.{camel(until.field)}), options);",
    )


def _parameters(operation: Operation, models: dict[str, Model]) -> tuple[list[str], list[str]]:
    """Return a method's parameters, without its options, and the statements before its call."""
    parameters = [f"{camel(each.name)}: string" for each in operation.path]
    body, named = operation.body, (*operation.query, *operation.headers)
    before: list[str] = []
    required = any(each.required for each in named)
    kinds: list[str] = []
    if body is not None:
        fields = [field for field in body.fields if field.name != body.leading]
        if body.leading:
            parameters.append(f"{camel(body.leading)}: Record<string, unknown> = {{}}")
        required = required or any(field.required for field in fields)
        if fields or not body.leading:
            kinds.append(_body_type(operation, models))
        if named and body.model:
            names = ", ".join(camel(each.name) for each in named)
            before.append(f"    const {{ {names}, ...body }} = input;")
    if named:
        kinds.append(query_name(operation))
    if kinds:
        parameters.append(f"input: {' & '.join(kinds)}{'' if required else ' = {}'}")
    return parameters, before


def _body_type(operation: Operation, models: dict[str, Model]) -> str:
    body = operation.body
    assert body is not None
    if not body.model:
        return form_name(operation)
    taken = {field.name for field in body.fields if field.name != body.leading}
    left_out = [camel(field.name) for field in models[body.model].fields if field.name not in taken]
    if not left_out:
        return body.model
    return f"Omit<{body.model}, {' | '.join(literal(name) for name in left_out)}>"


def _body(operation: Operation, shapes: Shapes) -> list[str]:
    body = operation.body
    if body is None:
        return []
    if not body.model:
        files = tuple(field for field in body.fields if field.is_file)
        texts = tuple(field for field in body.fields if not field.is_file)
        both = [("files", files), ("texts", texts)]
        parts = [f"{name}: {_pairs(fields, 'input.')}" for name, fields in both if fields]
        return [f"form: {_braces(parts, '        ', '      ')}"]
    given = "body" if operation.query or operation.headers else "input"
    if body.leading:
        rest = ", ...input" if len(body.fields) > 1 else ""
        given = f"{{ {camel(body.leading)}{rest} }}"
    takes = [f"takes: {shape}"] if (shape := shapes.of(Ref(body.model))) else []
    return ["body" if given == "body" else f"body: {given}", *takes]


def _path(operation: Operation) -> str:
    if not operation.path:
        return literal(operation.url)
    filled = re.sub(
        r"{(\w+)}",
        lambda found: f"${{segment({literal(camel(found[1]))}, {camel(found[1])})}}",
        operation.url,
    )
    return f"`{filled}`"


def _named(operation: Operation) -> list[str]:
    """Return the parts of a call that hold what goes in its query and its headers."""
    source = "" if operation.body is not None and operation.body.model else "input."
    parts: list[str] = []
    if operation.query:
        parts.append(f"query: {_pairs(operation.query, source)}")
    if operation.headers:
        pairs = (f"{key(each.header)}: {source}{camel(each.name)}" for each in operation.headers)
        parts.append(f"headers: {{ {', '.join(pairs)} }}")
    return parts


def _pairs(fields: tuple[Parameter, ...] | tuple[Field, ...], source: str) -> str:
    """Return an object of the wire's names with their values, which are `source`'s or variables."""
    if source and all(plain_camel(each.name) == camel(each.name) for each in fields):
        return f"pick({source.rstrip('.')}, {literal(' '.join(each.name for each in fields))})"
    return f"{{ {', '.join(f'{key(each.name)}: {source}{camel(each.name)}' for each in fields)} }}"


def _options(operation: Operation) -> str:
    match operation.answer, operation.idempotent:
        case Stream(), True:
            return "StartStreamOptions"
        case Stream(), False:
            return "StreamOptions"
        case _, True:
            return "StartOptions"
        case _:
            return "RequestOptions"


def _words(operation: Operation) -> str:
    summary = f"{operation.summary}." if operation.summary else ""
    return f"{summary} {operation.description} `{operation.verb.upper()} {operation.url}`".strip()


def signature(parameters: list[str]) -> str:
    """Return parameters as they stand between a method's parentheses."""
    single = ", ".join(parameters)
    if len(single) <= 80:
        return single
    return "\n    " + ",\n    ".join(parameters) + ",\n  "


def _braces(parts: list[str], inner: str, outer: str) -> str:
    single = f"{{ {', '.join(parts)} }}"
    if len(single) <= 70:
        return single
    return "{\n" + "".join(f"{inner}{part},\n" for part in parts) + f"{outer}}}"
