"""OAuth authorizations under way: each is used once, by who began it, before its time is up."""

import time

from sqlalchemy import Connection, delete, insert, select

from persistence.storage.database import Database
from persistence.storage.encryption import Cipher, CipherError
from persistence.storage.tables.identity import oauth_authorizations

__all__ = ["Authorizations"]


class Authorizations:
    """The authorizations of all workspaces. What belongs to one is encrypted."""

    def __init__(self, database: Database, sealer: Cipher) -> None:
        self._database = database
        self._sealer = sealer

    async def begin(
        self, state_hash: str, workspace: str, owner: str, pending: str, expires_at: float
    ) -> None:
        """Keep an authorization, and forget those whose time is up."""
        values = {
            "state_hash": state_hash,
            "workspace": workspace,
            "owner": owner,
            "ciphertext": self._sealer.seal(pending, [state_hash, workspace, owner]),
            "key_id": self._sealer.key_id,
            "expires_at": expires_at,
        }
        old = delete(oauth_authorizations).where(oauth_authorizations.c.expires_at < time.time())

        def write(held: Connection) -> None:
            held.execute(old)
            held.execute(insert(oauth_authorizations).values(values))

        await self._database.write(write)

    async def take(self, state_hash: str, workspace: str, owner: str) -> str | None:
        """Return what belongs to an authorization, once; None where it is not the caller's, or over."""
        mine = (
            oauth_authorizations.c.state_hash == state_hash,
            oauth_authorizations.c.workspace == workspace,
            oauth_authorizations.c.owner == owner,
        )
        wanted = select(oauth_authorizations).where(*mine)
        found = await self._database.read(lambda held: held.execute(wanted).one_or_none())
        if found is None:
            return None
        gone = delete(oauth_authorizations).where(*mine)
        if not await self._database.write(lambda held: held.execute(gone).rowcount > 0):
            return None  # another request was first
        if found.expires_at < time.time():
            return None
        try:
            return self._sealer.unseal(found.ciphertext, [state_hash, workspace, owner], key_id=found.key_id)
        except CipherError:
            return None
