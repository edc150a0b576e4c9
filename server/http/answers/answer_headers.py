"""Headers of every answer that keep browsers from doing more with it than it is for."""

from litestar.types import Message, Send

__all__ = ["guarded"]

HEADERS = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
)
"""Given where a handler has not chosen otherwise: pages say themselves what they load and who may frame them.
"""
NAMES = frozenset(name for name, _ in HEADERS)


def guarded(send: Send) -> Send:
    """Return a `send` that adds what an answer has not said itself."""

    async def send_guarded(message: Message) -> None:
        if message["type"] == "http.response.start":
            given = [*message["headers"]]
            said = {name.lower() for name, _ in given} & NAMES
            message["headers"] = [*given, *(header for header in HEADERS if header[0] not in said)]
        await send(message)

    return send_guarded
