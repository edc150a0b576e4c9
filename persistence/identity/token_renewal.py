"""Token renewal: OAuth tokens are renewed before their use, by one process at a time."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from weakref import WeakValueDictionary

from msgspec import structs
from sqlalchemy import or_, select, update

from graphs.outbound.credentials import CredentialError
from graphs.outbound.oauth_tokens import EARLY_SECONDS, OAuthError, OAuthTokens
from persistence.storage.database import Database
from persistence.storage.tables.identity import credentials

__all__ = ["ReadTokens", "RenewTokens", "StoreTokens", "TokenRenewal", "no_renewal"]

RenewTokens = Callable[[str, OAuthTokens], Awaitable[OAuthTokens]]
"""From the name of an OAuth client and its tokens to newer ones; raises `OAuthError`."""
ReadTokens = Callable[[], Awaitable[OAuthTokens | None]]
StoreTokens = Callable[[OAuthTokens, OAuthTokens], Awaitable[bool]]
"""Stores the second in place of the first; False where that is no longer what is stored."""

CLAIM_SECONDS = 30.0
"""How long a process may take to renew. Another one takes over from one that died."""
POLL_SECONDS = 0.1


async def no_renewal(client: str, tokens: OAuthTokens) -> OAuthTokens:
    """Refuse: where there are no OAuth clients."""
    raise OAuthError(f"The OAuth client '{client}' is not known here.")


class TokenRenewal:
    """Gives access tokens that can be used."""

    def __init__(self, database: Database, renew: RenewTokens) -> None:
        self._database = database
        self._renew = renew
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._renewing: set[asyncio.Task[OAuthTokens]] = set()

    async def access_token(
        self, id: str, name: str, client: str, tokens: OAuthTokens, read: ReadTokens, store: StoreTokens
    ) -> str:
        """Return the access token of a credential, renewed where its time is nearly up.

        Args:
            id: Of the credential.
            name: Of the credential.
            client: The OAuth client that it is of.
            tokens: As they were read.
            read: Reads them again; None where the credential is gone.
            store: Stores newer ones.

        Raises:
            CredentialError: there is no token that can be used.
        """
        if tokens.lasts(EARLY_SECONDS):
            return tokens.access_token
        lock = self._locks.setdefault(id, asyncio.Lock())
        async with lock:
            # A caller that is cancelled must not lose a refresh token that was used.
            task = asyncio.create_task(self._renewed(id, name, client, read, store))
            self._renewing.add(task)
            task.add_done_callback(self._renewing.discard)
            return (await asyncio.shield(task)).access_token

    async def _renewed(
        self, id: str, name: str, client: str, read: ReadTokens, store: StoreTokens
    ) -> OAuthTokens:
        given_up = time.monotonic() + CLAIM_SECONDS * 2
        while True:
            claimed = await self._claim(id)
            tokens = await read()
            if tokens is None:
                raise CredentialError(f"The credential '{name}' was deleted.", code="no_credential")
            if tokens.lasts(EARLY_SECONDS):  # another process was first
                if claimed:
                    await self._release(id)
                return tokens
            if claimed:
                return await self._fresh(id, name, client, tokens, read, store)
            if time.monotonic() > given_up:
                raise CredentialError(
                    f"The tokens of the credential '{name}' are being renewed for too long. Try again.",
                    code="credential_not_renewed",
                )
            await asyncio.sleep(POLL_SECONDS)

    async def _fresh(
        self,
        id: str,
        name: str,
        client: str,
        tokens: OAuthTokens,
        read: ReadTokens,
        store: StoreTokens,
    ) -> OAuthTokens:
        try:
            fresh = await self._renew(client, tokens)
            await store(tokens, fresh)
        except OAuthError as error:
            if error.code == "oauth_denied" and tokens.refresh_token:
                without = structs.replace(tokens, refresh_token="")  # it is not asked for again
                if not await store(tokens, without):
                    newer = await read()
                    if newer is not None and newer.lasts():  # somebody has authorized it again meanwhile
                        return newer
            if tokens.lasts():
                return tokens
            if error.code == "oauth_denied":
                raise CredentialError(
                    f"The credential '{name}' is no longer authorized. Authorize it again. {error}",
                    code="credential_expired",
                ) from None
            raise CredentialError(
                f"The tokens of the credential '{name}' could not be renewed. {error}",
                code="credential_not_renewed",
            ) from None
        finally:
            await self._release(id)
        return fresh

    async def _claim(self, id: str) -> bool:
        """Say whether this process is the one that renews."""
        now = time.time()
        column = credentials.c.renewing_until
        claim = (
            update(credentials)
            .where(credentials.c.id == id, or_(column.is_(None), column < now))
            .values(renewing_until=now + CLAIM_SECONDS)
        )
        return await self._database.write(lambda held: held.execute(claim).rowcount > 0) or not (
            await self._exists(id)
        )

    async def _exists(self, id: str) -> bool:
        wanted = select(credentials.c.id).where(credentials.c.id == id)
        return await self._database.read(lambda held: held.execute(wanted).first() is not None)

    async def _release(self, id: str) -> None:
        released = update(credentials).where(credentials.c.id == id).values(renewing_until=None)
        await self._database.write(lambda held: held.execute(released))
