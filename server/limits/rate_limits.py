"""Rate limits: how often a caller may do something, counted over all processes.

A process does not ask the store for each request. It lets the first few of a caller in by itself, and takes
further ones in blocks, a block being a fiftieth of the limit. What it let in unasked is told to the store
with the next block. So a limit below a hundred is exact, whatever comes at once; of a larger one every
process may let in a fiftieth more in a window than there is, and never more.
"""

import asyncio
import ipaddress
import logging
import math
from collections import OrderedDict
from typing import Literal

from msgspec import Struct

from persistence.counters.request_rates import Grant, Rate
from server.http.problems import Problem
from server.limits.limit_stores import LimitStore, ProcessStore
from server.settings.sources import Settings

__all__ = ["Ask", "LimitName", "Limits", "network_of"]

BLOCKS = 50
"""Parts of a limit that a process takes at a time."""
CALLERS = 20_000
"""Callers that a process holds blocks of at most."""
SHARE = 4
"""Where the store does not answer, a process lets in this part of a limit: one in four."""
PAUSE = 2.0
"""Seconds until a store that did not answer is asked again."""
PATIENCE = 1.0
"""Seconds that the store has for an answer."""

LimitName = Literal["address", "key", "starts", "session_starts", "flow_starts", "logins", "users", "embed"]
WORDS: dict[str, str] = {
    "address": "requests from this address",
    "key": "requests with this key",
    "starts": "runs started with this key",
    "session_starts": "runs started in this session",
    "flow_starts": "runs of this flow started",
    "logins": "attempts to log in to this account from this address",
    "users": "users created in this workspace",
    "embed": "messages from this address",
}
"""What each limit counts, in the words of its refusal."""

log = logging.getLogger("agenticrag.limits")


class Ask(Struct, frozen=True):
    """One thing that a caller wants to do, against one limit."""

    name: LimitName
    subject: str
    """Whose limit: a key, an address, a session, a flow … with whatever sets it apart from others' of its
    kind."""
    limit: int
    """How many there are in a window; 0 for no limit."""
    window: float = 60.0
    """Seconds."""


class Limits:
    """The limits of this process's callers. `take` what a request asks for before it is done."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.refused: dict[str, int] = {}
        """How many requests each limit has refused here."""
        self.unanswered = 0
        """How often the store did not answer."""
        self._store: LimitStore | None = None
        self._own = ProcessStore()
        self._away_until = 0.0
        self._held: OrderedDict[tuple[str, str], _Held] = OrderedDict()

    def use(self, store: LimitStore | None) -> None:
        """Count in a store from now on; None for none."""
        self._store = store
        self._away_until = 0.0
        self.refused, self.unanswered = {}, 0  # counted by what opens and closes with the store

    def of_address(self, client: tuple[str, int] | None) -> Ask:
        """Return the ask of a request from an address."""
        host = "" if client is None else client[0]
        return Ask("address", network_of(host), self.settings.rate_address)

    def of_key(self, key_id: str) -> Ask:
        """Return the ask of a request with a key."""
        return Ask("key", key_id, self.settings.rate_key)

    def of_start(self, workspace: str, key_id: str, session: str | None, flow_id: str | None) -> list[Ask]:
        """Return the asks of a run's start."""
        settings = self.settings
        asks = [Ask("starts", key_id or workspace, settings.rate_starts)]
        if session is not None:
            asks.append(Ask("session_starts", f"{workspace}:{session}", settings.rate_session))
        if flow_id is not None:
            asks.append(Ask("flow_starts", flow_id, settings.rate_flow))
        return asks

    async def take(self, *asks: Ask) -> None:
        """Take one of each, or of none.

        Raises:
            Problem: 429 with ``Retry-After``, ``RateLimit`` and ``RateLimit-Policy``.
        """
        taken: list[_Held] = []
        for ask in asks:
            if ask.limit <= 0:
                continue
            held = self._of(ask)
            wait = 0.0
            while held.left < 1 and not wait:
                wait = await self._fill(held)
            if wait:
                for each in taken:
                    each.left += 1
                self.refused[ask.name] = self.refused.get(ask.name, 0) + 1
                raise refusal(ask, wait)
            held.left -= 1
            taken.append(held)

    def _of(self, ask: Ask) -> "_Held":
        """Return what this process holds for an ask; what it held in an earlier window is gone."""
        place = (ask.name, ask.subject)
        now = asyncio.get_running_loop().time()
        held = self._held.get(place)
        if held is None or now >= held.until or held.ask.limit != ask.limit:
            block = ask.limit // BLOCKS
            held = self._held[place] = _Held(ask, now + ask.window, block=max(1, block))
            if block > 1:
                held.left = held.owed = block
            if len(self._held) > CALLERS:
                self._held.popitem(last=False)
        return held

    async def _fill(self, held: "_Held") -> float:
        """Ask the store for more; return the seconds to wait where there is none, else 0.

        All who wait for the same ask together.
        """
        now = asyncio.get_running_loop().time()
        if held.refused_until > now:
            return held.refused_until - now
        held.waiting += 1
        if held.filling is None:
            held.filling = asyncio.ensure_future(self._ask(held))
        try:
            return await asyncio.shield(held.filling)
        finally:
            held.waiting -= 1

    async def _ask(self, held: "_Held") -> float:
        await asyncio.sleep(0)  # so that those who come at the same moment are counted
        try:
            ask, owed = held.ask, held.owed
            held.owed = 0
            count, name = max(held.block, held.waiting), f"{ask.name}:{ask.subject}"
            grant = await self._shared(name, count, Rate(ask.limit, ask.window), owed)
            held.left += grant.granted
            if grant.wait:
                held.refused_until = asyncio.get_running_loop().time() + grant.wait
                held.until = max(held.until, held.refused_until)
            return grant.wait
        finally:
            held.filling = None

    async def _shared(self, name: str, count: int, rate: Rate, owed: int) -> Grant:
        """Ask the store; where it does not answer, the lower limit of this process alone holds."""
        now = asyncio.get_running_loop().time()
        if self._store is not None and now >= self._away_until:
            try:
                async with asyncio.timeout(PATIENCE):
                    return await self._store.take(name, count, rate, owed=owed)
            except Exception as error:  # whatever its engine raises: no error may open the gate
                self.unanswered += 1
                self._away_until = now + PAUSE
                log.warning(
                    "Limits are counted by this process alone, at a quarter of what they are: %s",
                    str(error) or type(error).__name__,
                )
        lower = Rate(max(1, rate.limit // SHARE), rate.window)
        return await self._own.take(name, count, lower, owed=owed)


class _Held:
    """What a process holds of one caller's limit."""

    __slots__ = ("ask", "block", "filling", "left", "owed", "refused_until", "until", "waiting")

    def __init__(self, ask: Ask, until: float, *, block: int) -> None:
        self.ask = ask
        self.until = until
        self.block = block
        self.left = 0
        self.owed = 0
        self.waiting = 0
        self.refused_until = 0.0
        self.filling: asyncio.Future[float] | None = None


def refusal(ask: Ask, wait: float) -> Problem:
    """Return the 429 of a limit that is reached (draft-ietf-httpapi-ratelimit-headers-10)."""
    seconds = max(1, math.ceil(wait))
    return Problem(
        429,
        "rate_limited",
        f"There were more than {ask.limit:,} {WORDS[ask.name]} {_within(ask.window)}. "
        f"Try again in {seconds:,} s.",
        headers={
            "Retry-After": str(seconds),
            "RateLimit-Policy": f'"{ask.name}";q={ask.limit};w={math.ceil(ask.window)}',
            "RateLimit": f'"{ask.name}";r=0;t={seconds}',
        },
    )


def network_of(host: str) -> str:
    """Return whom an address stands for: itself; of IPv6 its network of 64 bits, which is one customer's."""
    if ":" not in host:
        return host
    try:
        address = ipaddress.IPv6Address(host)
    except ValueError:
        return host
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(address) >> 64 << 64, 64)))


def _within(window: float) -> str:
    return {60.0: "a minute", 3600.0: "an hour", 86400.0: "a day"}.get(window, f"in {window:g} s")
