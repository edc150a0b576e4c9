"""Operations: what a route says of itself beside its signature, for the OpenAPI document and the guards."""

from typing import Any

from server.identity.permissions import Permission

__all__ = ["ENDED", "operation"]

ENDED = ("cancelled", "completed", "failed", "timeout", "waiting_approval")
"""Words of an execution that does nothing more by itself."""


def operation(
    *problems: int,
    needs: Permission | None = None,
    events: Any = None,
    listed: Any = None,
    media: str | tuple[str, ...] = "",
    form: dict[str, Any] | None = None,
    json: Any = None,
    any_body: bool = False,
    answers: dict[int, tuple[Any, ...]] | None = None,
    starts_run: bool = False,
    visitor: bool = False,
    exports: bool = False,
    secret: bool = False,
    bound: bool = False,
    last: tuple[str, ...] = (),
    sdk: str = "",
    sdk_omits: tuple[str, ...] = (),
    sdk_requires: tuple[str, ...] = (),
    sdk_until: dict[str, tuple[str, ...]] | None = None,
    opt: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Return a handler's ``opt``: what the document says of it beside its signature.

    Args:
        problems: Statuses of the problems it may answer, beside 401, 403, 422, 429 and 503, which all may,
            and 508, which all may that start runs.
        needs: What a caller must be allowed to. Without it, only an `OPEN` handler makes an app.
        events: The union of Structs that its event stream sends; a tuple of unions where there are several
            kinds.
        listed: The Struct of which a list is sent instead of events to who asks for that.
        media: Media type of its answer where that is not JSON; several where the caller chooses.
        starts_run: True if it takes an ``Idempotency-Key``.
        visitor: True if it takes the session of an embedded chat's visitor, and the origin of their page.
        exports: True for a GET that gives out what is kept of, as changes are, in the audit log.
        secret: True if its answer hands out a secret, which keeps the answer from being compressed.
        bound: True if it looks itself at which flow a key of one flow may use.
        form: JSON Schema of the form that it takes in place of JSON.
        json: The Struct that it takes as JSON in place of the form; the SDKs send the form.
        any_body: True if it takes any JSON, a form of texts, or nothing.
        answers: The Structs that it answers with by status, where that does not follow from its signature.
        last: The types of the events after which its stream has nothing more.
        sdk: What the SDKs call it, `resource.method`, where that does not follow from its tag and id.
        sdk_omits: Parameters that the SDKs leave out.
        sdk_requires: Parameters that the SDKs require though a request may leave them out.
        sdk_until: A field of its answer and that field's values which the SDKs' `wait` waits for.
        opt: Further entries of ``opt``.
    """
    return {
        **(opt or {}),
        "problems": problems,
        "needs": needs,
        "events": events,
        "listed": listed,
        "media": media,
        "form": form,
        "json": json,
        "any_body": any_body,
        "answers": answers,
        "starts_run": starts_run,
        "secret": secret,
        "bound": bound,
        "visitor": visitor,
        "exports": exports,
        "last": last,
        "sdk": {
            **({"name": sdk} if sdk else {}),
            **({"omit": sdk_omits} if sdk_omits else {}),
            **({"require": sdk_requires} if sdk_requires else {}),
            **({"until": sdk_until} if sdk_until else {}),
        },
    }
