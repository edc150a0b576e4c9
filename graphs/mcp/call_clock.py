"""Call clock: the time of a call, which stands still while a model answers for its server."""

import asyncio

from graphs.mcp.server_access import CallSample, SampleAnswer, SampleRequest

__all__ = ["untimed"]


def untimed(sample: CallSample, clock: asyncio.Timeout) -> CallSample:
    """Return a `CallSample` during which a clock stands still."""
    under_way, left = 0, 0.0
    loop = asyncio.get_running_loop()

    async def sampled(request: SampleRequest) -> SampleAnswer:
        nonlocal under_way, left
        if not under_way:
            left = (clock.when() or loop.time()) - loop.time()
            clock.reschedule(None)
        under_way += 1
        try:
            return await sample(request)
        finally:
            under_way -= 1
            if not under_way and not clock.expired():
                clock.reschedule(loop.time() + left)

    return sampled
