"""Guarded transport: for model addresses that flows and requests name, under the rules of the egress."""

from collections.abc import AsyncIterator
from typing import Any

from graphs.outbound.egress import Egress
from graphs.outbound.http_messages import EgressError
from graphs.parsing.value_count import ValueCount

__all__ = ["guarded"]


def guarded(
    library: Any, inner: Any, egress: Egress, *, most: int, unpacks: bool = False, most_values: int = 0
) -> Any:
    """Return a transport that resolves and looks at an address once, and connects to what it looked at.

    Answers are asked for as they are. One that is longer than allowed is refused.

    Args:
        library: `httpx` or `httpx2`; the SDKs of providers are on different ones, and both look the same.
        inner: Its transport, used for one host alone: a kept connection is known by its network address.
        egress: The rules.
        most: Bytes that an answer may have.
        unpacks: Whether who reads the answers unpacks them, within a limit; else packed ones are refused.
        most_values: Values and keys of JSON that an answer may have, where its reader makes all of them at
            once; 0: any number.
    """

    class Counted(library.AsyncByteStream):
        """An answer's body, no longer than it may be."""

        def __init__(self, stream: Any, named: str) -> None:
            self._stream = stream
            self._named = named

        async def __aiter__(self) -> AsyncIterator[bytes]:
            size, values = 0, ValueCount()
            async for chunk in self._stream:
                size += len(chunk)
                if size > most:
                    raise EgressError(
                        f"{self._named} answers with more than {most:,} bytes.", code="too_large"
                    )
                if most_values and values.feed(chunk) > most_values:
                    raise EgressError(
                        f"{self._named} answers with more than {most_values:,} values and keys of JSON.",
                        code="too_large",
                    )
                yield chunk

        async def aclose(self) -> None:
            await self._stream.aclose()

    class Guarded(library.AsyncBaseTransport):
        """The transport."""

        async def handle_async_request(self, request: Any) -> Any:
            address, targets = await egress.look_up(str(request.url))
            failed: Exception | None = None
            for target in targets:
                host = f"[{target}]" if target.version == 6 else str(target)
                sent = library.Request(
                    request.method,
                    request.url.copy_with(host=host),
                    headers=[
                        *((name, value) for name, value in request.headers.raw if name.lower() not in _OURS),
                        (b"Host", address.authority.encode()),
                        (b"Accept-Encoding", b"identity"),
                    ],
                    stream=request.stream,
                    extensions={**request.extensions, "sni_hostname": address.host},
                )
                try:
                    response = await inner.handle_async_request(sent)
                except (library.ConnectError, library.ConnectTimeout) as error:
                    failed = error
                    continue
                packing = response.headers.get("content-encoding", "identity").lower()
                if packing != "identity" and not unpacks:
                    await response.aclose()
                    raise EgressError(
                        f"{address.origin} packs its answer as {packing[:40]!r}, though it was asked not to. "
                        "Turn compression off at the server, or at the proxy before it.",
                        code="bad_response",
                    )
                response.stream = Counted(response.stream, address.origin)
                return response
            assert failed is not None, "`look_up` gives an address at least"
            raise failed

        async def aclose(self) -> None:
            await inner.aclose()

    return Guarded()


_OURS = frozenset({b"host", b"accept-encoding"})
