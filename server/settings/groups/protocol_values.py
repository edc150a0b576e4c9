"""Settings of protocols of others, as values."""

from typing import Annotated, Literal

from msgspec import Meta

from server.settings.groups.session_values import SessionValues

__all__ = ["ProtocolValues"]


class ProtocolValues(SessionValues, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The value of every setting, with those of protocols of others."""

    openai_on_disconnect: Literal["auto", "continue", "cancel"] = "auto"
    """What happens to a run of `/v1/chat/completions` if its client disconnects. `auto`: the run is
    cancelled, but not if the request has a session or an `Idempotency-Key`. The header
    `X-AgenticRAG-On-Disconnect` overrides it."""
    retry_seconds: Annotated[float, Meta(ge=0, le=86_400)] = 900
    """How long after a request its retry gets the same run, if the client marks retries with
    `X-Stainless-Retry-Count`, as OpenAI's clients do. 0: such retries are new requests."""
    retry_grace_seconds: Annotated[float, Meta(ge=0, le=60)] = 2
    """How long a run waits for a retry after such a client disconnects, before it is cancelled."""
