"""The event loop of a serving process: what a task that exits ends, and what goes on."""

import asyncio
import logging
import sys

import pytest
import uvloop

from server.serving.event_loop import run_serving


async def leave() -> None:
    sys.exit(3)


@pytest.mark.parametrize("loop_factory", [None, uvloop.new_event_loop])
def test_a_task_that_exits_ends_no_other(loop_factory: type[asyncio.AbstractEventLoop] | None) -> None:
    seen: list[str] = []

    async def beside() -> None:
        await asyncio.sleep(0.05)
        seen.append("beside")

    async def serve() -> None:
        other = asyncio.create_task(beside())
        for work in (leave(), asyncio.to_thread(sys.exit, 3)):
            task = asyncio.create_task(work)
            with pytest.raises(SystemExit):
                await task
        async with asyncio.timeout(30):
            await other

    logging.disable(logging.CRITICAL)
    try:
        run_serving(serve(), loop_factory)
    finally:
        logging.disable(logging.NOTSET)
    assert seen == ["beside"]


def test_what_is_served_may_exit() -> None:
    with pytest.raises(SystemExit):
        run_serving(leave())
