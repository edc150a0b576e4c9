"""Webhook secrets: what signs calls of webhooks and deliveries to targets, encrypted, and how they rotate."""

import time
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, inspect, or_, select, update

from graphs.outbound.credentials import CredentialError
from persistence.storage.database import Database
from persistence.storage.encryption import Cipher, CipherError
from persistence.storage.ids import new_id
from persistence.storage.named_locks import hold
from persistence.storage.tables.triggers import webhook_secrets

__all__ = ["WebhookSecrets", "drop_secrets"]


class WebhookSecrets:
    """The secrets of all webhooks and webhook targets: of each the one of now, and perhaps the one before.

    A secret is bound to its workspace, owner and id, as a credential is.
    """

    def __init__(self, database: Database, sealer: Cipher) -> None:
        self._database = database
        self._sealer = sealer

    def add(self, held: Connection, workspace: str, owner_id: str, secret: str) -> None:
        """Store the first secret of a webhook or target, in the transaction that makes it."""
        id = new_id()
        held.execute(
            insert(webhook_secrets).values(
                id=id,
                workspace=workspace,
                owner_id=owner_id,
                ciphertext=self._sealer.seal(secret, _bound(workspace, owner_id, id)),
                key_id=self._sealer.key_id,
                created_at=time.time(),
            )
        )

    async def rotate(self, workspace: str, owner_id: str, secret: str, *, keep_seconds: float) -> float:
        """Store another secret; the one of now stays valid for a while. Return until when, in Unix seconds.

        One that was replaced before ends at once.
        """
        c = webhook_secrets.c
        until = time.time() + keep_seconds

        def work(held: Connection) -> None:
            hold(held, f"secrets of {owner_id}")
            held.execute(delete(webhook_secrets).where(c.owner_id == owner_id, c.ends_at.is_not(None)))
            held.execute(update(webhook_secrets).where(c.owner_id == owner_id).values(ends_at=until))
            self.add(held, workspace, owner_id, secret)

        await self._database.write(work)
        return until

    async def of(self, workspace: str, owner_id: str) -> list[str]:
        """Return the secrets that are valid now, the newest first.

        Raises:
            CredentialError: one cannot be read.
        """
        c = webhook_secrets.c
        valid = or_(c.ends_at.is_(None), c.ends_at > time.time())
        wanted = select(webhook_secrets).where(c.workspace == workspace, c.owner_id == owner_id, valid)
        newest = wanted.order_by(c.created_at.desc(), c.id.desc())
        rows = await self._database.read(lambda held: held.execute(newest).all())
        return [self._unsealed(row) for row in rows]

    async def unreadable(self) -> dict[str, int]:
        """Return the numbers of keys that are not here, each with how many secrets it encrypted.

        A database of a release that had no webhooks has none.
        """

        def count(held: Connection) -> Sequence[Row[str, int]]:
            if not inspect(held).has_table(webhook_secrets.name):
                return []
            counted = select(webhook_secrets.c.key_id, func.count()).group_by(webhook_secrets.c.key_id)
            return held.execute(counted).all()

        found = await self._database.read(count)
        return {str(key): int(count) for key, count in found if not self._sealer.knows(str(key))}

    async def reseal(self) -> tuple[int, Sequence[str]]:
        """Encrypt every secret with the present key that is not; return how many that were, and sentences
        about those that cannot be read."""
        c = webhook_secrets.c
        wanted = select(webhook_secrets).where(c.key_id != self._sealer.key_id)
        rows = await self._database.read(lambda held: held.execute(wanted).all())
        done, failed = 0, list[str]()
        for row in rows:
            try:
                secret = self._unsealed(row)
            except CredentialError as error:
                failed.append(f"{error} (workspace '{row.workspace}')")
                continue
            anew = self._sealer.seal(secret, _bound(row.workspace, row.owner_id, row.id))
            changed = (
                update(webhook_secrets)
                .where(c.id == row.id, c.key_id == row.key_id)
                .values(ciphertext=anew, key_id=self._sealer.key_id)
            )
            done += await self._database.write(lambda held, changed=changed: held.execute(changed).rowcount)
        return done, failed

    def _unsealed(self, row: Row[Any]) -> str:
        try:
            return self._sealer.unseal(
                row.ciphertext, _bound(row.workspace, row.owner_id, row.id), key_id=row.key_id
            )
        except CipherError as error:
            message = f"The secret of webhook '{row.owner_id}' cannot be read. {error}"
            raise CredentialError(message, code="credential_unreadable") from None


def drop_secrets(held: Connection, owner_id: str) -> None:
    """Forget the secrets of a webhook or target that is deleted."""
    held.execute(delete(webhook_secrets).where(webhook_secrets.c.owner_id == owner_id))


def _bound(workspace: str, owner_id: str, id: str) -> list[str]:
    return ["webhook", workspace, owner_id, id]
