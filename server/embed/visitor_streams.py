"""Visitors' streams: how many each session has open, and an end to those whose embed or session is over, or
whose page may not show the chat any more."""

import asyncio
import logging
import math
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Mapping

from persistence.library.embeds import EmbedRow
from persistence.storage.ids import new_id
from server.embed.embed_settings import config_of
from server.embed.stream_slots import StreamSlots
from server.embed.visitor_origins import Page, is_allowed
from server.http.problems import Problem
from server.runs.dropped_streams import EventStream

__all__ = ["Seat", "VisitorStreams"]

LOOK_SECONDS = 1.0
"""How often the embeds of open streams are looked at: a revoked one's streams end soon after."""

log = logging.getLogger("agenticrag.embeds")


class Seat:
    """The right to one stream; give it to the stream, or `leave` it."""

    def __init__(self, token: str, session: str, page: Page, leave: Callable[["Seat"], None]) -> None:
        self.id = new_id()
        self.token = token
        self.session = session
        self.page = page
        self.stream: EventStream | None = None
        self._leave = leave
        self._left = False

    def take(self, stream: EventStream) -> EventStream:
        """Let a stream have it, to the stream's end."""
        self.stream = stream
        stream.at_end = self.leave
        return stream

    def leave(self) -> None:
        """Make room for another."""
        if not self._left:
            self._left = True
            self._leave(self)


class VisitorStreams:
    """The streams that visitors have open with this process; with shared seats, others' are counted too."""

    def __init__(
        self,
        opening: Callable[[Collection[str]], Awaitable[Mapping[str, EmbedRow]]],
        *,
        most: int,
        shared: StreamSlots | None = None,
    ) -> None:
        self._opening = opening
        self._most = most
        self._shared = shared
        self._leaving: set[asyncio.Task[None]] = set()
        self._counts: Counter[str] = Counter()
        self._seats: set[Seat] = set()
        self._until: dict[str, float] = {}
        """When the sessions of open streams end, as far as this process was asked to make it later."""

    def renew(self, session: str, until: float) -> None:
        """Let the streams of a session stay open until then, as Unix seconds."""
        if session in self._counts:
            self._until[session] = until

    async def seat(self, token: str, session: str, page: Page) -> Seat:
        """Return the right to one more stream of a session, for as long as its page may show the chat.

        Raises:
            Problem: 429 if it has as many as it may have.
        """
        if self._counts[session] >= self._most:
            raise self._full()
        self._counts[session] += 1
        seat = Seat(token, session, page, self._leave)
        self._seats.add(seat)
        if self._shared is not None:
            try:
                granted = await self._shared.take(session, seat.id, self._most)
            except BaseException:
                seat.leave()
                raise
            if not granted:
                seat.leave()
                raise self._full()
        return seat

    def _leave(self, seat: Seat) -> None:
        self._seats.discard(seat)
        self._counts[seat.session] -= 1
        if not self._counts[seat.session]:
            del self._counts[seat.session]
            self._until.pop(seat.session, None)
        if self._shared is not None:
            leaving = asyncio.create_task(self._shared.leave(seat.session, seat.id))
            self._leaving.add(leaving)
            leaving.add_done_callback(self._leaving.discard)

    def _full(self) -> Problem:
        return Problem(
            429,
            "too_many_streams",
            f"This session has {self._most} streams open, as many as it may have. End one first.",
            headers={"Retry-After": "1"},
        )

    async def keep(self) -> None:
        """Renew what is held of shared seats, until cancelled."""
        while self._shared is not None:
            await asyncio.sleep(self._shared.renew_seconds)
            if self._seats:
                await self._shared.keep([(seat.session, seat.id) for seat in self._seats])

    async def close(self) -> None:
        """Give all shared seats back: whose stream goes on with another process finds room there."""
        shared, self._shared = self._shared, None
        if shared is not None:
            held = [shared.leave(seat.session, seat.id) for seat in self._seats]
            await asyncio.gather(*held, *self._leaving)

    async def tend(self) -> None:
        """End the streams whose token opens nothing any more, whose session is over, or whose page may show
        the chat no more, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if self._seats:
                try:
                    await self._look()
                except Exception:
                    log.exception("The embeds of open streams could not be looked at; trying again.")

    async def _look(self) -> None:
        seats = tuple(self._seats)
        embeds = await self._opening({seat.token for seat in seats})
        allowed = {token: config_of(embed).allowed_domains for token, embed in embeds.items()}
        for seat in seats:
            over = time.time() >= self._until.get(seat.session, math.inf)
            may = seat.token in allowed and is_allowed(seat.page, allowed[seat.token])
            if (over or not may) and seat.stream is not None:
                seat.stream.drop()  # whose session goes on with another process comes back, and goes on
