"""Webhook sessions: the names of sessions that only calls of a webhook make, so nobody is there first."""

import re

__all__ = ["begin_of", "webhook_of"]

_NAME = re.compile(r"webhook-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})-.*", re.DOTALL)


def begin_of(webhook_id: str) -> str:
    """Return what the names of a webhook's sessions begin with."""
    return f"webhook-{webhook_id}-"


def webhook_of(session: str) -> str:
    """Return the id of the webhook whose session has this name; empty for any other name."""
    found = _NAME.fullmatch(session)
    return "" if found is None else found[1]
