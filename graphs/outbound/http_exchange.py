"""HTTP exchanges: from the parts of a request to what is sent, and from an answer to plain JSON."""

import json
import mimetypes
import re
from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

import msgspec

from graphs.conversation.files import StoredFile
from graphs.outbound.credentials import Credential
from graphs.outbound.http_messages import EgressError, Inbound, Outbound
from graphs.outbound.multipart import form_data, raw_file
from graphs.parsing.text import TextError, as_text, clean
from graphs.parsing.web_address import WebAddressError, read_address
from graphs.values.secrets_in_answers import Redaction

__all__ = [
    "METHODS",
    "BodyType",
    "Method",
    "answered",
    "content_of",
    "file_of",
    "fixed_host",
    "outbound",
    "private_headers",
    "secret_headers",
    "shown_request",
]

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]
METHODS: tuple[Method, ...] = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
BodyType = Literal["json", "form", "text", "multipart", "file"]

_SECRET = re.compile(r"auth|cookie|token|secret|password|signature|api[-_]?key|(^|[-_])key$", re.IGNORECASE)
_JSON = re.compile(r"application/(?:[\w.+-]+\+)?json", re.IGNORECASE)
_JSON_LINES = re.compile(r"application/(?:x-)?(?:ndjson|jsonl|jsonlines|json-lines)", re.IGNORECASE)
_FILE_NAME = re.compile(r"filename=(?:\"([^\"]+)\"|([^;\s]+))", re.IGNORECASE)
_TEXT = re.compile(r"text/.*|application/(?:[\w.+-]+\+)?(?:xml|yaml|javascript|x-www-form-urlencoded)", re.I)
_CHARSET = re.compile(r"charset=[\"']?([\w.-]+)", re.IGNORECASE)
_TYPES: Mapping[str, str] = {
    "json": "application/json",
    "form": "application/x-www-form-urlencoded",
    "text": "text/plain; charset=utf-8",
}


def outbound(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    query: Mapping[str, Any] | None = None,
    body: Any = None,
    body_type: BodyType = "json",
    files: Mapping[str, StoredFile] | None = None,
    idempotency_key: str = "",
    seconds: float | None = None,
    max_bytes: int | None = None,
    stay: bool = False,
    credential: Credential | None = None,
) -> Outbound:
    """Return the request that these parts make.

    Args:
        method: Its method.
        url: Its address; `query` goes behind what query it has.
        headers: ``Content-Type`` among them wins over that of `body_type`.
        query: Values are texts, other JSON values, or lists of them for a name that comes several times.
        body: None for none.
        body_type: How the body is written. A form takes an object, `file` one file.
        files: The files that the body names, by id.
        idempotency_key: Sent with every method but GET, HEAD and OPTIONS, unless `headers` has one.
        seconds: The longest it may take.
        max_bytes: The longest answer.
        stay: Refuse redirects to another origin.
        credential: What the egress adds, in place of a header of the same name.
    """
    sent = dict(headers or {})
    known = {name.lower() for name in sent}
    if query:
        pairs = [
            (name, as_text(item))
            for name, value in query.items()
            for item in (value if isinstance(value, list) else [value])
        ]
        base, mark, fragment = url.partition("#")
        url = f"{base}{'&' if '?' in base else '?'}{urlencode(pairs)}{mark}{fragment}"
    content = b""
    if body is not None:
        content, media = _content(body, body_type, files or {})
        if body_type == "multipart":  # whose boundary nobody else knows
            sent = {name: value for name, value in sent.items() if name.lower() != "content-type"}
        if "content-type" not in known or body_type == "multipart":
            sent["Content-Type"] = media
    if idempotency_key and method not in ("GET", "HEAD", "OPTIONS") and "idempotency-key" not in known:
        sent["Idempotency-Key"] = idempotency_key
    return Outbound(
        method=method,
        url=url,
        headers=sent,
        content=content,
        seconds=seconds,
        max_bytes=max_bytes,
        stay=stay,
        credential=credential,
    )


def file_of(answer: Inbound) -> tuple[str, str] | None:
    """Return name and media type of an answer that is neither JSON nor text; None for one that is."""
    media = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    read = any(known.fullmatch(media) for known in (_JSON, _JSON_LINES, _TEXT))
    if not answer.content or not media or read:
        return None
    found = _FILE_NAME.search(answer.headers.get("content-disposition", ""))
    name = unquote((found[1] or found[2]).strip()) if found else urlsplit(answer.url).path.rpartition("/")[2]
    name = unquote(name).rpartition("/")[2] or "file"
    ending = mimetypes.guess_extension(media) or ""
    return (name if "." in name else name + ending), media


def content_of(answer: Inbound, credential: Credential | None = None, *secrets: str) -> bytes:
    """Return an answer's bytes, with ``***`` where the service repeats a secret that it was sent."""
    content = answer.content
    for secret in (*secrets, *(() if credential is None else credential.secrets)):
        content = content.replace(secret.encode(), b"***")
    return content


def answered(
    answer: Inbound, credential: Credential | None = None, *, file: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Return an answer as ``{"status", "headers", "body"}``: a body of JSON as its value, text as text.

    Lines of JSON are a list, and what is neither JSON nor text is the `file` that it is kept as.

    Where the service repeats the credential that it was sent, ``***`` stands in its place.

    Raises:
        EgressError: the body is neither, or not what its ``Content-Type`` says.
    """
    kind = answer.headers.get("content-type", "")
    media = kind.partition(";")[0].strip()
    headers = {name: value for name, value in answer.headers.items() if name != "set-cookie"}
    body: Any = ""
    if answer.content:
        if file is not None:
            body = file
        elif _JSON.fullmatch(media):
            body = _json(answer)
        elif _JSON_LINES.fullmatch(media):
            body = _json_lines(answer)
        elif not media or _TEXT.fullmatch(media):
            body = _text(answer, kind)
        else:
            raise EgressError(
                f"{answer.url} answers with {media[:80]!r}; JSON and text are understood.",
                code="bad_response",
            )
    plain = {"status": answer.status, "headers": clean(headers), "body": body}
    return plain if credential is None else Redaction(credential.secrets).value(plain)


def shown_request(method: str, url: str, headers: Mapping[str, str], body: Any) -> dict[str, Any]:
    """Return a request as the journal shows it: what may be a credential is left out."""
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    parts = parts._replace(netloc=parts.netloc.rpartition("@")[2])
    query = "&".join(
        f"{name}=…" if _SECRET.search(name) else urlencode([(name, value)])
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
    )
    shown: dict[str, Any] = {"method": method, "url": parts._replace(query=query).geturl()}
    if headers:
        shown["headers"] = {name: "…" if _SECRET.search(name) else value for name, value in headers.items()}
    return shown if body is None else {**shown, "body": body}


def secret_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers whose value is a secret as it stands, each with a sentence about it."""
    return {
        name: f"the header '{name[:80]}' holds a secret as it is: everybody who sees the flow can read it. "
        "Store it as a credential and name that in 'credential'."
        for name, value in headers.items()
        if value and "{{" not in value and _SECRET.search(name)
    }


def fixed_host(template: str) -> str:
    """Return host and port of an address's template, ``api.example.com:443``; empty where they are looked up
    in the run, or where it is none."""
    try:
        address = read_address(_without_look_ups(template) if template[:2] != "{{" else "")
    except WebAddressError:
        return ""
    return f"{address.host}:{address.port}" if "{{" not in re.split(r"[/?#]", template)[2] else ""


def private_headers(credential: str, headers: Mapping[str, str]) -> str:
    """Return by what a request gets to see what is not everybody's, for people; empty if by nothing."""
    if credential:
        return f"what the credential '{credential[:80]}' opens"
    named = next((name for name, value in headers.items() if value and _SECRET.search(name)), "")
    return f"what the header '{named[:80]}' opens" if named else ""


def _without_look_ups(template: str) -> str:
    """Return a template with ``_`` in place of each ``{{ … }}``."""
    parts: list[str] = []
    at = 0
    while (start := template.find("{{", at)) >= 0 and (end := template.find("}}", start + 2)) >= 0:
        parts += (template[at:start], "_")
        at = end + 2
    return "".join([*parts, template[at:]])


def _content(body: Any, body_type: BodyType, files: Mapping[str, StoredFile]) -> tuple[bytes, str]:
    if body_type == "multipart":
        return form_data(body, files)
    if body_type == "file":
        file = raw_file(body, files)
        return file.content, file.ref.media_type
    return _written(body, body_type), _TYPES[body_type]


def _written(body: Any, body_type: BodyType) -> bytes:
    match body_type, body:
        case "json", _:
            return msgspec.json.encode(body)
        case "form", dict():
            pairs = [
                (str(name), as_text(item))
                for name, value in body.items()
                for item in (value if isinstance(value, list) else [value])
            ]
            return urlencode(pairs).encode()
        case "form", _:
            raise EgressError("A form's body is an object of its fields.", code="bad_request")
        case _:
            return as_text(body).encode()


def _json(answer: Inbound) -> Any:
    try:
        return clean(msgspec.json.decode(_as_utf8(answer)))
    except (msgspec.DecodeError, TextError, RecursionError, UnicodeDecodeError) as error:
        raise EgressError(
            f"{answer.url} says that it answers with JSON, and it does not: {error}.", code="bad_response"
        ) from None


def _json_lines(answer: Inbound) -> list[Any]:
    try:
        return clean(msgspec.json.Decoder().decode_lines(_as_utf8(answer)))
    except (msgspec.DecodeError, TextError, RecursionError, UnicodeDecodeError) as error:
        raise EgressError(
            f"{answer.url} says that it answers with lines of JSON, and it does not: {error}.",
            code="bad_response",
        ) from None


def _as_utf8(answer: Inbound) -> bytes:
    """Return JSON in UTF-8 without a byte order mark, whichever Unicode encoding it came in."""
    encoding = json.detect_encoding(answer.content)
    return answer.content if encoding == "utf-8" else answer.content.decode(encoding).encode()


def _text(answer: Inbound, kind: str) -> str:
    found = _CHARSET.search(kind)
    try:
        text = answer.content.decode(found[1] if found else "utf-8", "replace")
    except LookupError:
        text = answer.content.decode("utf-8", "replace")
    return str(clean(text))
