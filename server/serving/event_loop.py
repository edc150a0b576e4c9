"""The event loop of a serving process, which code of others does not end."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

__all__ = ["run_serving"]


def run_serving(
    main: Coroutine[Any, Any, None], loop_factory: Callable[[], asyncio.AbstractEventLoop] | None = None
) -> None:
    """Run a coroutine to its end in a new event loop, as `asyncio.run` does, but past `sys.exit()` of others.

    A task that calls ``sys.exit()`` ends the loop at once, whoever awaits it, and with it every run of the
    process. Here the loop goes on: whoever awaits the task gets `SystemExit`. Tools, nodes and graphs in code
    may be anybody's.

    Raises:
        SystemExit: `main` itself raised it.
    """
    with asyncio.Runner(loop_factory=loop_factory) as runner:
        loop = runner.get_loop()
        serving = loop.create_task(main)
        while True:
            try:
                return loop.run_until_complete(serving)
            except SystemExit:
                if serving.done():
                    raise
                logging.getLogger(__name__).exception("A task called sys.exit(). The server goes on.")
