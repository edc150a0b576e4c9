"""A method an operation: what its TypeScript says, ready for the template."""

import re

from msgspec import Struct

from sdk_templates.model import (
    Content,
    Model,
    Nothing,
    Operation,
    Pages,
    Stream,
    Until,
    Value,
)
from sdk_templates.names import camel, pascal
from sdk_templates.typescript_spelling import comment, kind_text, literal

__all__ = ["Method", "all_name", "describe_method", "form_name", "query_name", "signature"]


class Method(Struct, frozen=True):
    """One method of a resource's class."""

    doc: str
    name: str
    signature: str
    """Parameters, with their types."""
    returns: str
    body: str = ""
    """Statements, of one that no table makes."""

    @property
    def declared(self) -> str:
        """Its parameters as an interface has them: without defaults."""
        return re.sub(
            r"\b(\w++): ([^=,:]++)= {}",
            lambda found: f"{found[1]}?: {found[2].rstrip()}",
            self.signature,
        )


def describe_method(operation: Operation, models: dict[str, Model]) -> tuple[Method, ...]:
    """Return the methods of an operation: the call, and for a list one that goes through all of it.

    Args:
        operation: To describe.
        models: All models by name.
    """
    found = [_call(operation, models)]
    if operation.pages is not None:
        found.append(_all_of(operation, operation.pages, models))
    if operation.until is not None:
        found.append(_wait(operation, operation.until, models))
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


def _call(operation: Operation, models: dict[str, Model]) -> Method:
    match operation.answer:
        case Nothing():
            returns = "APIPromise<void>"
        case Value(kind=kind):
            returns = f"APIPromise<{kind_text(kind)}>"
        case Content() as answer:
            returns = "APIPromise<string>" if answer.is_text else "APIPromise<Download>"
        case Stream(kind=kind):
            returns = f"EventStream<{kind_text(kind)}>"
    parameters = [*_parameters(operation, models), f"options?: {_options(operation)}"]
    return Method(comment(_words(operation), 2), camel(operation.method), signature(parameters), returns)


def _all_of(operation: Operation, pages: Pages, models: dict[str, Model]) -> Method:
    return Method(
        doc=comment(f"Go through all that `{camel(operation.method)}` lists, page by page.", 2),
        name=camel(all_name(operation.method)),
        signature=signature([*_parameters(operation, models), "options?: RequestOptions"]),
        returns=f"AsyncGenerator<{kind_text(pages.item)}, void, undefined>",
    )


def _wait(operation: Operation, until: Until, models: dict[str, Model]) -> Method:
    assert isinstance(operation.answer, Value)
    words = ", ".join(f"`{value}`" for value in until.values)
    return Method(
        doc=comment(f"Wait until `{camel(until.field)}` is one of {words}, and return what it is then.", 2),
        name="wait",
        signature=signature([*_parameters(operation, models), "options?: WaitOptions"]),
        returns=f"Promise<{kind_text(operation.answer.kind)}>",
    )


def _parameters(operation: Operation, models: dict[str, Model]) -> list[str]:
    """Return a method's parameters, without its options."""
    parameters = [f"{camel(each.name)}: string | number" for each in operation.path]
    body, named = operation.body, (*operation.query, *operation.headers)
    required = any(each.required for each in named)
    kinds: list[str] = []
    if body is not None and body.is_whole:
        parameters.append(f"{camel(body.fields[0].name)}?: Payload")
    elif body is not None:
        fields = [field for field in body.fields if field.name != body.leading]
        if body.leading:
            parameters.append(f"{camel(body.leading)}?: Record<string, unknown>")
        required = required or any(field.required for field in fields)
        if fields or not body.leading:
            kinds.append(_body_type(operation, models))
    if named:
        kinds.append(query_name(operation))
    if kinds:
        parameters.append(f"input{'' if required else '?'}: {' & '.join(kinds)}")
    return parameters


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
