"""Webhook inputs: from the body and query of a call to the input of its run, checked by the start node."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from graphs.expressions import templates
from graphs.expressions.bounded_evaluation import ExpressionError
from graphs.expressions.json_templates import fill, sources
from graphs.node.input_declaration import FILES, TEXTS, input_faults
from graphs.parsing.text import clean
from persistence.triggers.webhooks import WebhookRow
from server.http.answers.sse_bytes import iso
from server.http.bodies import JSON_TYPE, read_body
from server.http.problems import Fault, Problem
from server.requests.chat_inputs import Declared

__all__ = [
    "FORM_TYPE",
    "check_templates",
    "given_input",
    "read_form",
    "read_query",
    "refuse_misfits",
    "shown_headers",
]

FORM_TYPE = "application/x-www-form-urlencoded"
TEXT_TYPE = re.compile(r"text/[\w.+-]+|application/(?:[\w.-]+\+)?xml|application/x-ndjson")
PARAMETERS = 100
"""Parameters that a query, or fields that a form may have."""
CHAT = ("message", "session_id", "inputs", "variables")
"""What a call may set of a chat: a config may hold a key, and an edit names an earlier message."""
PRIVATE = ("authorization", "cookie", "proxy-authorization", "x-api-key", "forwarded", "x-forwarded-for")
"""Headers that templates do not see."""


async def read_form(content_type: str, body: bytes, *, most: int, text: bool = False) -> Any:
    """Return a body as JSON has it: JSON, the fields of a form, or nothing for an empty body.

    Args:
        content_type: What the call says that it is.
        body: The body as it came.
        most: Most values that it may have.
        text: Whether other text is wanted as it is, as where templates read it.

    Raises:
        Problem: 415 for another type, 400 or 413 for what cannot be read.
    """
    kind = content_type.partition(";")[0].strip().lower()
    if not body:
        return {}
    if JSON_TYPE.fullmatch(kind):
        return await read_body(body, most)
    if text and TEXT_TYPE.fullmatch(kind):
        try:
            return clean(body.decode())
        except UnicodeDecodeError:
            raise Problem(400, "malformed", "The body is no UTF-8. Send text as UTF-8.") from None
    if kind != FORM_TYPE:
        shown = f"'{content_type[:80]}'" if content_type else "missing"
        raise Problem(
            415,
            "media_type",
            f"The body must be JSON or a form, and Content-Type is {shown}. Send application/json or "
            f"{FORM_TYPE}. Text and XML are taken where the webhook has an 'input' that reads webhook.body.",
            headers={"Accept-Post": f"application/json, {FORM_TYPE}"},
        )
    try:
        form = body.decode("ascii")
    except UnicodeDecodeError:
        raise Problem(400, "malformed", "The form is not percent-encoded.") from None
    fields = _named(form, "form")
    if [*fields] == ["payload"]:  # GitHub and Slack send JSON in a field of this name
        return await read_body(fields["payload"].encode(), most)
    return clean(fields)


def read_query(query: bytes) -> dict[str, str]:
    """Return the parameters of a query.

    Raises:
        Problem: 422 for one that is given twice, or too many.
    """
    return clean(_named(query.decode("latin-1"), "query"))


def check_templates(value: dict[str, Any]) -> None:
    """Return if the templates of a webhook's input can be read.

    Raises:
        Problem: 422 that says which one cannot.
    """
    for place, source in sources(value, "input").items():
        try:
            templates.parse(source, names=("webhook",))
        except ExpressionError as error:
            detail = f"The template '{place}' cannot be read: {error}"
            raise Problem(422, "invalid", detail, errors=[Fault(detail, pointer="/input")]) from None


def shown_headers(headers: Mapping[str, str], proof: str) -> dict[str, str]:
    """Return the headers that templates may use: none that is, or may be, a secret."""
    return {name: value for name, value in headers.items() if name not in PRIVATE and name != proof}


def given_input(
    row: WebhookRow,
    declared: Declared,
    body: Any,
    query: Mapping[str, str],
    headers: Mapping[str, str],
    now: float,
) -> tuple[dict[str, Any], frozenset[str]]:
    """Return the input of a run, and the names in it that come from the query.

    Raises:
        Problem: 422 for a body that is no object, a name in both, or a template that cannot be filled.
    """
    if row.input is not None:
        facts = {"id": row.id, "name": row.name, "time": iso(now)}
        scope = {"webhook": {**facts, "body": body, "query": {**query}, "headers": {**headers}}}
        try:
            filled: dict[str, Any] = fill(row.input, scope, names=("webhook",))
        except ExpressionError as error:
            detail = f"A template of the webhook's input cannot be filled: {error}"
            raise Problem(422, "invalid", detail, errors=[Fault(detail)]) from None
        return filled, frozenset()
    if not isinstance(body, dict):
        detail = "The body must be a JSON object: its fields are the input of the flow."
        raise Problem(422, "invalid", detail, errors=[Fault(detail)])
    both = [name for name in query if name in body]
    if both:
        detail = f"'{both[0][:80]}' is in the query and in the body. Send it once."
        raise Problem(422, "invalid", detail, errors=[Fault(detail, parameter=both[0][:80])])
    types = {entry.name: entry.type for entry in declared.inputs}
    read = {name: _typed(value, types.get(name, "string")) for name, value in query.items()}
    return {**read, **body}, frozenset(query)


def refuse_misfits(
    declared: Declared, given: Mapping[str, Any], queried: frozenset[str], *, chat: bool
) -> None:
    """Return if an input fits what the start node declares.

    The inputs of a chat are checked with its message: here only which fields there are.

    Raises:
        Problem: 422 with each field that does not fit.
    """
    faults: list[Fault] = []

    def add(name: str, message: str, code: str) -> None:
        place = {"parameter": name[:80]} if name in queried else {"pointer": f"/{name}"}
        faults.append(Fault(message, code=code, **place))

    if chat:
        for name in given:
            if name not in CHAT:
                message = f"There is no field {name[:80]!r}; a chat takes {', '.join(CHAT)}."
                add(name, message, "unknown_input")
    elif declared.inputs:
        for fault in input_faults(declared.inputs, given):
            add(fault.name, fault.message, fault.code)
        for entry in declared.inputs:
            if entry.type in FILES and given.get(entry.name) is not None:
                add(entry.name, f"Input '{entry.name}' is a file, which no webhook can send.", "bad_input")
    if faults:
        detail = " ".join(fault.message for fault in faults[:5])
        raise Problem(422, "invalid", detail, errors=faults)


def _typed(value: str, kind: str) -> Any:
    """Return a parameter as the type that it is declared as; as text where it does not fit."""
    if kind in TEXTS and kind != "json":
        return value
    try:
        return msgspec.json.decode(value.encode())
    except (msgspec.MsgspecError, RecursionError):
        return value


def _named(text: str, what: str) -> dict[str, str]:
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=PARAMETERS)
    except ValueError:
        detail = f"The {what} has more than {PARAMETERS} fields. Send fewer."
        raise Problem(422, "invalid", detail, errors=[Fault(detail)]) from None
    found: dict[str, str] = {}
    for name, value in pairs:
        if name in found:
            detail = f"'{name[:80]}' is given more than once in the {what}. Give it once."
            raise Problem(422, "invalid", detail, errors=[Fault(detail, parameter=name[:80])])
        found[name] = value
    return found
