"""Multipart bodies: fields and files as a form sends them (RFC 7578)."""

import secrets
from collections.abc import Mapping
from typing import Any, cast

from graphs.conversation.files import StoredFile, file_ids, held_file
from graphs.outbound.http_messages import EgressError
from graphs.parsing.text import as_text

__all__ = ["form_data", "raw_file"]

_ESCAPED = {ord('"'): "%22", ord("\r"): "%0D", ord("\n"): "%0A"}


def form_data(body: Any, files: Mapping[str, StoredFile]) -> tuple[bytes, str]:
    """Return a form's body and its ``Content-Type``.

    Args:
        body: An object of fields: values, files, or lists of them for a name that comes several times.
        files: The files of the run by id.

    Raises:
        EgressError: it is no object, or a file is not there.
    """
    if not isinstance(body, dict):
        raise EgressError("A form's body is an object of its fields.", code="bad_request")
    boundary = secrets.token_hex(16)
    parts: list[bytes] = []
    for name, value in cast("dict[str, Any]", body).items():
        for item in cast("list[Any]", value) if isinstance(value, list) else [value]:
            head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name.translate(_ESCAPED)}"'
            if file_ids(item, within=False):
                file = raw_file(item, files)
                head += (
                    f'; filename="{file.ref.name.translate(_ESCAPED)}"\r\nContent-Type: {file.ref.media_type}'
                )
                content = file.content
            else:
                content = as_text(item).encode()
            parts += [head.encode(), b"\r\n\r\n", content, b"\r\n"]
    parts.append(f"--{boundary}--\r\n".encode())
    return b"".join(parts), f"multipart/form-data; boundary={boundary}"


def raw_file(value: Any, files: Mapping[str, StoredFile]) -> StoredFile:
    """Return the file that a value is.

    Raises:
        EgressError: it is none, or it is not there.
    """
    file = held_file(value, files)
    if file is None:
        raise EgressError(
            "Expected a file, such as files[0], found another value or a file that is no longer there.",
            code="bad_request",
        )
    return file
