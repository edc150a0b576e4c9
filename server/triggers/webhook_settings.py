"""Settings of webhooks and their targets, as the API takes them."""

from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType

from persistence.journal.announcements import Announced
from persistence.triggers.webhook_targets import MailRoute
from persistence.triggers.webhooks import AnswerMode, Style
from server.http.problems import Fault, Problem
from server.triggers.signatures import misfit, new_secret

__all__ = ["NewSecret", "NewTarget", "NewWebhook", "TargetChange", "WebhookChange", "chosen_secret"]

Name = Annotated[str, Meta(max_length=255)]
Header = Annotated[str, Meta(max_length=100, pattern=r"^[A-Za-z0-9-]*$")]
Secret = Annotated[str, Meta(max_length=255)]
Version = Annotated[str, Meta(max_length=64)]
URL = Annotated[str, Meta(min_length=1, max_length=2048)]
Events = Annotated[list[Announced], Meta(min_length=1, max_length=4)]
KeepHours = Annotated[float, Meta(ge=0, le=168)]


class NewWebhook(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A URL at which other services start a flow."""

    flow_id: str
    style: Style
    """How a call proves the secret: `token` (in a header), `hmac` (HMAC-SHA256 of the body, in hex or
    base64), `github`, `slack` or `standard` (Standard Webhooks)."""
    secret: Secret | None = None
    """The secret, where the other service has made it, as Slack does. Null: the server makes one."""
    name: Name = ""
    """Empty: the name of the flow."""
    header: Header = ""
    """Header of the token or signature, for `token` and `hmac`. Empty: `X-Webhook-Token` or `X-Signature`."""
    delivery_header: Header = ""
    """Header that names a delivery: a second call with the same name starts no run. Empty: that of the style,
    else `Idempotency-Key`."""
    answer: AnswerMode = "async"
    """`async`: 202 at once. `sync`: the answer of the run. `stream`: its Server-Sent Events."""
    input: dict[str, Any] | None = None
    """Input of the run. Texts are templates that may name `webhook.body`, `query`, `headers`, `time`, `id`
    and `name`. Null: the fields of the query and the body."""
    version: Version = ""
    """Version to run: a number, a label or `draft`. Empty: the current one."""
    enabled: bool = True
    """False: paused."""


class WebhookChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Changes of a webhook. Missing fields stay unchanged. Runs have the rights of who changed it last."""

    name: Name | UnsetType = UNSET
    header: Header | UnsetType = UNSET
    delivery_header: Header | UnsetType = UNSET
    answer: AnswerMode | UnsetType = UNSET
    input: dict[str, Any] | UnsetType | None = UNSET
    version: Version | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET


class NewSecret(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Another secret."""

    secret: Secret | None = None
    """Null: the server makes one."""
    keep_hours: KeepHours = 24
    """Hours that the secret before it stays valid."""


class NewTarget(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where to send it that runs end or ask: to a `url`, or questions by `mail`."""

    url: URL | None = None
    """Where deliveries go by POST, signed as Standard Webhooks says."""
    mail: MailRoute | None = None
    """The mail server by which questions go to a person, with a link that answers them."""
    flow_id: str | None = None
    """The flow. Null: all flows of the workspace."""
    events: Events | None = None
    """`run.completed`, `run.failed`, `run.cancelled` and `input.requested`. Null: all but `run.cancelled`; by
    `mail` only `input.requested`."""
    with_output: bool = False
    """Whether deliveries have the output of runs. It needs `sessions:all`: runs of all users are sent."""
    secret: Annotated[str, Meta(max_length=255)] | None = None
    """Base64, with or without `whsec_` before it. Null: the server makes one."""
    name: Name = ""
    """Empty: the host of the URL, or the email address."""
    enabled: bool = True
    """False: paused, and nothing is kept for it."""


class TargetChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Changes of a webhook target. Missing fields stay unchanged."""

    url: URL | UnsetType = UNSET
    mail: MailRoute | UnsetType = UNSET
    events: Events | UnsetType = UNSET
    with_output: bool | UnsetType = UNSET
    name: Annotated[str, Meta(min_length=1, max_length=255)] | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET


def chosen_secret(style: Style, given: str | None) -> str:
    """Return the secret that is given, or a new one.

    Raises:
        Problem: 422 for one that cannot be used.
    """
    if given is None:
        return new_secret()
    if why := misfit(style, given):
        raise Problem(422, "invalid", why, errors=[Fault(why, pointer="/secret")])
    return given
