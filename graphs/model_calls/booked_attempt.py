"""One request to a provider that streams nothing, booked however it ends."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

from graphs.conversation.messages import Attempt, ErrorClass, ModelRequest, Usage
from graphs.model_api.model_interface import ModelError
from graphs.model_api.provider_errors import classify
from graphs.model_calls.echoed_keys import redacted

__all__ = ["AttemptListener", "booked_attempt"]

T = TypeVar("T")


class AttemptListener(Protocol):
    """Hears what requests cost, while they are made; a `graphs.model_api.model_interface.Listener` is one."""

    async def asked(self, request: ModelRequest) -> tuple[ModelRequest, str]:
        """Return a request that is about to be sent and what `Attempt.held` is to say.

        Raises:
            ModelError: a budget does not allow it (class ``budget``).
        """
        ...

    def attempt(self, attempt: Attempt) -> None:
        """One request ended, well or badly: the ledger has a row for each."""
        ...


async def booked_attempt(
    request: ModelRequest,
    listener: AttemptListener | None,
    send: Callable[[], Awaitable[T]],
    usage_of: Callable[[T], Usage],
    *,
    seconds: float,
    late: str,
    api_key: str,
    retry_of: ErrorClass | None,
) -> T:
    """Return what `send` gives.

    Args:
        request: What is booked, and what budgets are asked about.
        listener: Hears it.
        send: Sends it once.
        usage_of: What it used.
        seconds: How long it may take.
        late: What is said if it takes longer.
        api_key: The key that goes with it: taken out of errors.
        retry_of: The class of the error that it repeats.

    Raises:
        ModelError: it failed, or a budget does not allow it.
    """
    held = ""
    if listener is not None:
        _, held = await listener.asked(request)
    started_at, began = time.time(), time.perf_counter()

    def book(usage: Usage, error: ModelError | None = None, *, cancelled: bool = False) -> None:
        if listener is not None:
            listener.attempt(
                Attempt(
                    provider=request.provider,
                    model=request.model,
                    connection=request.connection,
                    status="cancelled" if cancelled else "failed" if error else "completed",
                    usage=usage,
                    error_class=error.error_class if error else None,
                    error=str(error) if error else "",
                    retry_of=retry_of,
                    started_at=started_at,
                    duration_ms=(time.perf_counter() - began) * 1000,
                    held=held,
                )
            )

    try:
        async with asyncio.timeout(max(0.0, seconds)):
            found = await send()
    except asyncio.CancelledError:
        book(Usage(), cancelled=True)
        raise
    except TimeoutError:
        error = ModelError(late, error_class="timeout_first_token")
        book(Usage(), error)
        raise error from None
    except Exception as failure:
        error = redacted(classify(request.provider, failure), api_key)
        book(Usage(), error)
        raise error from None
    book(usage_of(found))
    return found
