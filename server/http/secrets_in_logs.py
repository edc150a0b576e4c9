"""Log redaction: credentials taken out of every line of the log, whoever writes it."""

import logging
import re

__all__ = ["RedactingFormatter", "guard_handlers", "quiet_careless", "without_credentials"]

_CREDENTIAL = re.compile(
    r"(?P<name>authorization|proxy-authorization|x-api-key|cookie|set-cookie|x-visitor-session)"
    r"(?P<gap>[\"']?\s{0,4}[:=,]\s{0,4}(?:b?[\"'])?(?:(?:bearer|basic)\s)?)[^\s\"',;)\]]++"
    r"|(?P<query>[?&'\"](?:token|key|api_key|access_token)=)[^&\s\"'#]++"
    r"|\b(?P<kind>ar_|st_|rt_|emb_|ql_|whk_|whsec_|sk-)[A-Za-z0-9_.-]{12,}+"
    r"|\beyJ[A-Za-z0-9_-]{8,}+\.[A-Za-z0-9_-]++\.[A-Za-z0-9_-]++",
    re.IGNORECASE,
)
"""Headers and parameters with a credential, and whatever looks like a key, a ticket or a token of ours."""
_CARELESS = ("httpcore", "httpcore2", "openai", "websockets", "wsproto", "hpack", "h11", "asyncpg", "redis")
"""Loggers whose debug lines have whole headers, frames or statements."""


def without_credentials(text: str) -> str:
    """Return a text without what looks like a credential."""
    return _CREDENTIAL.sub(_hidden, text)


class RedactingFormatter(logging.Formatter):
    """Formats a record, traceback and all, without the credentials in it."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        return without_credentials(super().format(record))


class _Guarded(logging.Formatter):
    """Takes the credentials out of what another formatter makes."""

    def __init__(self, inner: logging.Formatter) -> None:
        super().__init__()
        self._inner = inner

    def format(self, record: logging.LogRecord) -> str:
        return without_credentials(self._inner.format(record))


def guard_handlers() -> None:
    """Take the credentials out of what every handler writes that another program has set up by now.

    A server that is not ours has a log of its own, with an access log that notes whole addresses.
    """
    loggers = [logging.getLogger(), *map(logging.getLogger, [*logging.root.manager.loggerDict])]
    handlers = {handler for logger in loggers for handler in logger.handlers}
    if logging.lastResort is not None:
        handlers.add(logging.lastResort)
    for handler in handlers:
        if not isinstance(handler.formatter, RedactingFormatter | _Guarded):
            handler.setFormatter(_Guarded(handler.formatter or logging.Formatter()))
    quiet_careless()


def quiet_careless() -> None:
    """Keep libraries from telling at level `debug` what they send and receive."""
    for name in _CARELESS:
        logging.getLogger(name).setLevel(logging.INFO)
    # uvicorn lends its own logger to the libraries of its WebSockets, which tell every header at `debug`.
    lent = logging.getLogger("uvicorn.error")
    if lent.getEffectiveLevel() < logging.INFO:
        lent.setLevel(logging.INFO)


def _hidden(found: re.Match[str]) -> str:
    if found["name"]:
        return f"{found['name']}{found['gap']}***"
    return (found["query"] or found["kind"] or "") + "***"
