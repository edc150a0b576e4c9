"""The answer page: a question as a form that needs no script, and what is read from the form."""

import base64
import hashlib
from collections.abc import Mapping
from html import escape
from typing import Any, cast

import msgspec

from server.http.problems import Fault, Problem
from server.requests.input_answers import InputResponse, InputView
from server.triggers.question_mails import as_shown

__all__ = ["POLICY", "answer_page", "read_answer_form", "told_page"]

STYLE = (
    ":root{color-scheme:light dark}body{font:1rem/1.5 system-ui,sans-serif;max-width:38rem;margin:2rem auto;"
    "padding:0 1rem}h1{font-size:1.3rem}pre{white-space:pre-wrap;overflow-wrap:anywhere;border:1px solid;"
    "border-radius:.4rem;padding:.8rem;max-height:24rem;overflow:auto}label{display:block;margin:1rem 0}"
    "input:not([type=checkbox]),select,textarea{box-sizing:border-box;display:block;width:100%;font:inherit;"
    "padding:.5rem;margin-top:.3rem}button{font:inherit;padding:.6rem 1.2rem;margin:.5rem .5rem 0 0}"
    ".wrong{border-left:.3rem solid #c00;padding-left:.8rem}"
)
_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = (
    f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{title}</title>
<style>{style}</style>
</head>
<body><main>
{body}
</main></body>
</html>
"""
WORDS = {"approve": "Approve", "reject": "Reject", "edit": "Approve with changes", "submit": "Send"}
"""What the usual actions are called."""
WITH_VALUE = ("edit", "submit")
SIMPLE = ("string", "number", "integer", "boolean")
FIELD = "value."
"""Begins the names of fields of an object."""


def answer_page(question: InputView, *, wrong: str = "", given: Mapping[str, str] | None = None) -> bytes:
    """Return the page that asks; `wrong` says what was wrong with the form that was sent, with `given`."""
    parts = [f"<h1>{escape(question.message or 'A run waits for an answer')}</h1>"]
    if wrong:
        parts.append(f'<p class="wrong" role="alert">{escape(wrong)}</p>')
    if question.value is not None:
        parts.append(f"<pre>{escape(as_shown(question.value))}</pre>")
    parts.append('<form method="post">')
    if any(action in WITH_VALUE for action in question.actions):
        parts += _fields(question, given or {})
    comment = escape((given or {}).get("comment", ""))
    parts.append(
        f'<label>Comment (optional)<textarea name="comment" rows="2" maxlength="2000">{comment}</textarea>'
        "</label><p>"
    )
    for action in question.actions:
        word = escape(WORDS.get(action, action))
        parts.append(f'<button name="action" value="{escape(action)}">{word}</button>')
    parts.append("</p></form>")
    if question.expires_at:
        parts.append(f"<p>The question expires at {escape(question.expires_at)}.</p>")
    return _page(question.message or "Question", "\n".join(parts))


def told_page(title: str, sentence: str) -> bytes:
    """Return a page that only tells something."""
    return _page(title, f"<h1>{escape(title)}</h1>\n<p>{escape(sentence)}</p>")


def read_answer_form(question: InputView, form: Mapping[str, str]) -> InputResponse:
    """Return the answer that a form has.

    Raises:
        Problem: 422 for a value that cannot be read.
    """
    action = form.get("action", "")
    value: Any = None
    if action in WITH_VALUE:
        properties = _properties(question)
        value = _text_value(question, form.get("value", ""))
        if properties:
            value = {**question.value} if action == "edit" and isinstance(question.value, dict) else {}
            for name, schema in properties.items():
                said = form.get(FIELD + name, "")
                if schema.get("type") == "boolean":
                    value[name] = said == "true"
                elif said or schema.get("type") == "string":
                    value[name] = said if schema.get("type") == "string" else _json(name, said)
                if said == "" and name not in (question.schema or {}).get("required", ()):
                    value.pop(name, None)
    return InputResponse(
        action=action, input_id=question.id, value=value, comment=form.get("comment", "")[:2000]
    )


def _properties(question: InputView) -> dict[str, dict[str, Any]]:
    """Return the properties of a value, where each is a field of the form; else nothing."""
    schema = question.schema or {}
    found: Any = schema.get("properties")
    if schema.get("type") != "object" or not isinstance(found, dict):
        return {}
    properties = cast("dict[str, Any]", found)
    plain = all(isinstance(each, dict) and each.get("type") in SIMPLE for each in properties.values())
    return properties if plain else {}


def _fields(question: InputView, given: Mapping[str, str]) -> list[str]:
    properties = _properties(question)
    if not properties:
        kept = "" if question.value is None or "edit" not in question.actions else as_shown(question.value)
        shown = escape(given.get("value", kept))
        word = "Answer" if _is_text(question) else "Answer (JSON)"
        return [f'<label>{word}<textarea name="value" rows="6">{shown}</textarea></label>']
    before: Any = question.value if isinstance(question.value, dict) else {}
    return [_field(name, schema, given, before) for name, schema in properties.items()]


def _field(name: str, schema: dict[str, Any], given: Mapping[str, str], before: Any) -> str:
    label, key = escape(str(schema.get("title") or name)), escape(FIELD + name)
    if schema.get("description"):
        label += f" – {escape(str(schema['description']))}"
    known = before.get(name, schema.get("default"))
    value = given.get(FIELD + name, "" if known is None else as_shown(known))
    if schema["type"] == "boolean":
        checked = " checked" if value == "true" else ""
        return f'<label><input type="checkbox" name="{key}" value="true"{checked}> {label}</label>'
    if choices := schema.get("enum"):
        options = "".join(
            f"<option{' selected' if as_shown(each) == value else ''}>{escape(as_shown(each))}</option>"
            for each in choices
        )
        return f'<label>{label}<select name="{key}">{options}</select></label>'
    kind = "text" if schema["type"] == "string" else "number"
    step = ' step="any"' if schema["type"] == "number" else ""
    return f'<label>{label}<input type="{kind}"{step} name="{key}" value="{escape(value)}"></label>'


def _is_text(question: InputView) -> bool:
    if question.schema is not None:
        return question.schema.get("type") == "string"
    return question.value is None or isinstance(question.value, str)


def _text_value(question: InputView, said: str) -> Any:
    return said if _is_text(question) or not said else _json("value", said)


def _json(name: str, said: str) -> Any:
    try:
        return msgspec.json.decode(said.encode())
    except (msgspec.MsgspecError, RecursionError):
        detail = f"'{name[:80]}' is no JSON value: {said[:80]}"
        raise Problem(422, "invalid", detail, errors=[Fault(detail, pointer="/value")]) from None


def _page(title: str, body: str) -> bytes:
    return PAGE.format(title=escape(title[:100]), style=STYLE, body=body).encode()
