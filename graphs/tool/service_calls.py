"""Service calls: a request of a tool to one web service, and its answer as JSON or text."""

from collections.abc import Mapping, Sequence
from typing import Any

from graphs.conversation.files import StoredFile
from graphs.outbound.http_exchange import BodyType, answered, content_of, file_of, outbound
from graphs.outbound.http_messages import EgressError
from graphs.parsing.text import as_text
from graphs.parsing.web_address import WebAddressError, read_address
from graphs.tool.tool_type import ToolContext, ToolError
from graphs.values.node_error import NodeError

__all__ = ["call_service", "service_problem"]

_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})


def service_problem(field: str, url: str) -> str:
    """Return why an address in a configuration cannot be asked, a sentence; empty where it can."""
    try:
        read_address(url)
    except WebAddressError as error:
        return f"'{field}' cannot be asked. {error}"
    return ""


async def call_service(
    context: ToolContext,
    method: str,
    url: str,
    *,
    credential: str = "",
    headers: Mapping[str, str] | None = None,
    query: Mapping[str, Any] | None = None,
    body: Any = None,
    body_type: BodyType = "json",
    files: Mapping[str, StoredFile] | None = None,
    seconds: float = 30.0,
    max_bytes: int = 1_000_000,
    stay: bool = True,
    keep_files: bool = False,
    secrets: Sequence[str] = (),
) -> dict[str, Any]:
    """Return a service's answer: ``status``, ``headers``, ``body``, below 400.

    With `keep_files` an answer that is neither JSON nor text is kept as a file of the session, without the
    `secrets` that it repeats.

    Raises:
        ToolError: there is none, or its status says that the request failed.
        NodeError: the credential may not go there: the flow's mistake, which no model can mend.
    """
    secret = await context.credential(credential) if credential else None
    try:
        came = await context.egress.fetch(
            outbound(
                method,
                url,
                headers=headers,
                query=query,
                body=body,
                body_type=body_type,
                files=files,
                idempotency_key=context.idempotency_key,
                seconds=seconds,
                max_bytes=max_bytes,
                stay=stay,
                credential=secret,
            )
        )
        file = file_of(came) if keep_files and came.status < 400 else None
        kept = None if file is None else await context.keep_file(*file, content_of(came, secret, *secrets))
        answer = answered(came, secret, file=kept)
    except EgressError as error:
        if error.code in ("credential_host_mismatch", "bad_credential"):
            raise NodeError(str(error), code=error.code) from None
        raise ToolError(str(error), passing=error.code in ("network", "timeout")) from error
    if answer["status"] >= 400:
        said = as_text(answer["body"])[:500]
        raise ToolError(
            f"The service answered {answer['status']}: {said}", passing=answer["status"] in _PASSING
        )
    return answer
