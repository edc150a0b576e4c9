"""ErrorBody: the codes and sentences in an error's JSON, wherever a vendor puts them."""

import contextlib
import json
from collections.abc import Mapping
from typing import Any, cast

__all__ = ["ErrorBody", "has_error"]

_CODES = frozenset(
    [
        "code",
        "type",
        "status",
        "reason",
        "error_code",
        "errorcode",
        "error_type",
        "errortype",
        "errcode",
        "err_code",
        "statuscode",
        "status_code",
        "__type",
        "title",
        "exception",
        "kind",
        "category",
        "name",
    ]
)
_SENTENCES = (
    "message",
    "msg",
    "raw",
    "detail",
    "details",
    "error",
    "errors",
    "error_msg",
    "error_message",
    "errormessage",
    "error_description",
    "errmsg",
    "status_msg",
    "statusmessage",
    "faultstring",
    "description",
    "title",
    "reason",
    "reasons",
    "hint",
    "body",
)
_NESTED = (
    "error",
    "errors",
    "detail",
    "details",
    "metadata",
    "base_resp",
    "fault",
    "innererror",
    "inner_error",
    "raw",
    "cause",
    "response",
    "data",
    "body",
    "failed_generation",
    "message",
    "promptfeedback",
    "status",
)
_WAITS = frozenset(
    [
        "retrydelay",
        "retry_after",
        "retry_after_seconds",
        "retryafter",
        "retryafterseconds",
        "retry_in",
        "retry_in_seconds",
        "estimated_time",
        "resets_in",
        "resets_in_seconds",
        "seconds_until_reset",
        "wait",
        "wait_seconds",
        "wait_time",
        "reset_after",
        "resets_at",
        "reset_at",
        "resetat",
        "resetsat",
        "resettime",
        "reset_time",
    ]
)
"""Fields that say when to ask again: in so many seconds, or at a time."""
_DEEPEST = 6
_MOST = 12
"""Sentences that are kept."""
_LONGEST = 4000


class ErrorBody:
    """What an error says. Codes are in small letters; sentences in the order in which they stand."""

    def __init__(self, content: Any) -> None:
        self.words: list[str] = []
        self.numbers: list[int] = []
        self.sentences: list[str] = []
        self.waits: list[Any] = []
        """Values that say how long to wait: ``retryDelay`` and its like."""
        self.headers: dict[str, str] = {}
        """Headers of the provider behind a gateway, which it passes on in the body."""
        self.minimax = 0
        self.parameter = ""
        """The parameter that is named as the cause."""
        self._walk(content, 0)

    @property
    def message(self) -> str:
        """What to show to people: the first sentence, with a more exact one where it says nothing."""
        told = list(dict.fromkeys(self.sentences))
        if not told:
            return ", ".join(dict.fromkeys(self.words))[:200]
        if len(told) > 1 and (len(told[0]) < 40 or "provider returned" in told[0].lower()):
            return f"{told[0].rstrip('.')}: {told[1]}" if told[1] not in told[0] else told[0]
        return told[0]

    def _walk(self, found: Any, depth: int) -> None:
        if depth > _DEEPEST or len(self.sentences) >= _MOST:
            return
        match found:
            case str():
                self._said(found, depth)
            case list():
                for each in cast("list[Any]", found)[:_MOST]:
                    self._walk(each, depth + 1)
            case dict():
                self._object(cast("Mapping[str, Any]", found), depth)
            case _:
                pass

    def _said(self, text: str, depth: int) -> None:
        bare = text.strip()
        if bare[:1] in ("{", "[") and depth < _DEEPEST:
            try:
                found = json.loads(bare)
            except (ValueError, RecursionError):
                pass
            else:
                self._walk(found, depth + 1)
                return
        if bare:
            self.sentences.append(bare[:_LONGEST])
            # LiteLLM and others put a vendor's JSON into their sentence.
            start = bare.find("{")
            if start > 0 and bare.rstrip().endswith("}"):
                with contextlib.suppress(ValueError, RecursionError):
                    self._walk(json.loads(bare[start:].rstrip()), depth + 1)

    def _object(self, found: Mapping[str, Any], depth: int) -> None:
        fields = {str(name).lower(): value for name, value in found.items()}
        for name, value in fields.items():
            if name in _CODES:
                self._code(value)
            elif name in ("param", "parameter", "field") and isinstance(value, str):
                self.parameter = self.parameter or value.strip()
            elif name in _WAITS:
                self.waits.append(value)
            elif name.replace("-", "").replace("_", "") == "retryafterms":
                self.waits.append(f"{value}ms")
            elif name == "blockreason" and isinstance(value, str):
                # What Gemini says where it answers nothing at all.
                self.words.append("content_filter")
                self.sentences.append(f"the request was blocked: {value}")
            elif name == "headers" and isinstance(value, dict):
                headers = cast("Mapping[str, Any]", value)
                self.headers |= {str(each).lower(): str(headers[each]) for each in headers}
        for name in found:
            if name.endswith("Exception") and isinstance(found[name], dict):
                # Bedrock's stream names its exceptions so.
                self.words.append(name.lower())
                self._walk(found[name], depth + 1)
        if isinstance(base := fields.get("base_resp"), dict):
            code: Any = cast("Mapping[str, Any]", base).get("status_code")
            self.minimax = code if isinstance(code, int) else 0
        if isinstance(place := fields.get("loc"), list):
            where = ".".join(str(each) for each in cast("list[Any]", place))
            self.sentences.append(f"{where}: {fields.get('msg') or fields.get('type')}"[:_LONGEST])
            return
        for name in _SENTENCES:
            value = fields.get(name)
            if isinstance(value, str) and not (name in ("reason", "title") and " " not in value.strip()):
                self._said(value, depth)
            elif isinstance(value, list) and name not in _NESTED:
                self._walk(value, depth + 1)
        for name in _NESTED:
            if isinstance(value := fields.get(name), dict | list):
                self._walk(value, depth + 1)

    def _code(self, value: Any) -> None:
        if isinstance(value, bool):
            return
        if isinstance(value, int):
            self.numbers.append(value)
            self.words.append(str(value))
        elif isinstance(value, str) and 0 < len(value) <= 100:
            word = value.strip().lower().rpartition("/")[2]
            # Tencent's codes have a kind before the point.
            self.words += [word, word.partition(".")[0]] if "." in word else [word]
            if value.strip().isdecimal() and len(value) < 10:
                self.numbers.append(int(value))
        elif isinstance(value, float) and value.is_integer():
            self.numbers.append(int(value))


def has_error(found: Any) -> bool:
    """Whether JSON that has the place of an answer, or of a chunk of one, is an error."""
    if isinstance(found, list):
        return any(has_error(each) for each in cast("list[Any]", found)[:_MOST])
    if not isinstance(found, dict):
        return False
    fields = cast("Mapping[str, Any]", found)
    for name in ("Response", "response", "body"):
        if isinstance(inner := fields.get(name), dict):
            told = cast("Mapping[str, Any]", inner)
            if (
                _says(told.get("Error"))
                or _says(told.get("error"))
                or _failed(told)
                or has_error(told.get("body"))
            ):
                return True
    if _says(fields.get("Error")) or _says(fields.get("ErrorMsg")):
        return True
    if _says(fields.get("error")) or _says(fields.get("errors")) or _says(fields.get("fault")):
        return True
    if isinstance(status := fields.get("status"), dict):
        # NAVER's, whose first three digits are HTTP's.
        told = str(cast("Mapping[str, Any]", status).get("code", ""))
        if told.isdecimal() and told[0] in "45":
            return True
    if isinstance(base := fields.get("base_resp"), dict):
        return bool(cast("Mapping[str, Any]", base).get("status_code"))
    feedback = fields.get("promptFeedback")
    if isinstance(feedback, dict) and cast("Mapping[str, Any]", feedback).get("blockReason"):
        return True
    if fields.get("object") == "error" or fields.get("success") is False or fields.get("ok") is False:
        return True
    if any(name.endswith("Exception") and isinstance(fields[name], dict) for name in fields):
        return True
    if fields.get("type") in ("error", "abort") or str(fields.get("status")).lower() in _FAILURES:
        return True
    if any(_says(fields.get(name)) for name in _TOLD):
        return True
    if _failed(fields):
        return True
    code = fields.get("code")
    return (
        isinstance(code, str) and code not in ("", "0", "200", "ok", "OK", "success") and "message" in fields
    )


_FAILURES = frozenset({"error", "failed", "fail", "failure"})
_TOLD = ("detail", "error_code", "error_msg", "error_message", "errorMessage", "errcode")


def _failed(fields: Mapping[str, Any]) -> bool:
    """Whether an object has a number that says of a failure."""
    numbers = [fields.get(name) for name in ("code", "status", "statusCode", "status_code")]
    return any(
        isinstance(number, int) and not isinstance(number, bool) and number >= 400 for number in numbers
    )


def _says(value: Any) -> bool:
    """Whether a field that tells of an error tells of one: not null, and not empty all through."""
    if isinstance(value, dict):
        return any(_says(each) for each in cast("Mapping[str, Any]", value).values())
    if isinstance(value, list):
        return any(_says(each) for each in cast("list[Any]", value))
    return value is not None and value is not False and value not in ("", 0)
