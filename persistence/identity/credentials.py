"""Credentials: secrets of workspaces, encrypted, found by name."""

import time
from collections.abc import Sequence
from functools import partial
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Row, delete, func, insert, inspect, select, update
from sqlalchemy.exc import IntegrityError

from graphs.outbound.credentials import Credential, CredentialError, StoredKind
from graphs.outbound.oauth_tokens import OAuthTokens
from persistence.identity.token_renewal import RenewTokens, TokenRenewal, no_renewal
from persistence.storage.change_times import next_change
from persistence.storage.database import Database
from persistence.storage.encryption import Cipher, CipherError
from persistence.storage.ids import new_id
from persistence.storage.tables.identity import credentials

__all__ = ["CredentialRow", "Credentials", "NameTaken"]

USE_RECORDED_EVERY = 60.0
"""Seconds between two records of a credential's use."""


class NameTaken(Exception):
    """The workspace has a credential of this name."""


class CredentialRow(Struct, frozen=True, kw_only=True):
    """What may be shown of a credential. Times are Unix seconds."""

    id: str
    workspace: str
    name: str
    kind: StoredKind
    field: str
    """Name of its header or query parameter, its user, or its OAuth client."""
    hosts: list[str]
    key_id: str
    """Number of the key that it is encrypted with."""
    created_at: float
    updated_at: float
    last_used_at: float | None
    """To the minute."""
    created_by: str
    """Who stored it, in words; empty where that is not known."""
    expires_at: float | None = None
    """When the access token of kind ``oauth2`` expires; it is renewed before."""


class Credentials:
    """The credentials of all workspaces; each call but `reseal` sees one.

    A secret is bound to its workspace, id, kind, field and hosts: a row that is changed or copied beside this
    class cannot be read any more, and so goes nowhere else than it was to go.
    """

    def __init__(self, database: Database, sealer: Cipher, renew: RenewTokens = no_renewal) -> None:
        self._database = database
        self._sealer = sealer
        self._renewal = TokenRenewal(database, renew)

    async def create(
        self,
        workspace: str,
        *,
        name: str,
        kind: StoredKind,
        field: str,
        hosts: Sequence[str],
        secret: str,
        created_by: str = "",
        expires_at: float | None = None,
    ) -> CredentialRow:
        """Store a credential.

        Raises:
            NameTaken: there is one of this name.
        """
        now = time.time()
        row = CredentialRow(
            id=new_id(),
            workspace=workspace,
            name=name,
            kind=kind,
            field=field,
            hosts=[*hosts],
            key_id=self._sealer.key_id,
            created_at=now,
            updated_at=now,
            last_used_at=None,
            created_by=created_by,
            expires_at=expires_at,
        )
        values = {
            **msgspec.structs.asdict(row),
            "hosts": msgspec.json.encode(row.hosts).decode(),
            "ciphertext": self._sealer.seal(secret, _bound(row)),
        }
        try:
            await self._database.write(
                lambda connection: connection.execute(insert(credentials).values(values))
            )
        except IntegrityError:
            raise NameTaken(name) from None
        return row

    async def list(self, workspace: str) -> list[CredentialRow]:
        """Return a workspace's credentials by name."""
        wanted = select(*_columns()).where(credentials.c.workspace == workspace).order_by(credentials.c.name)
        rows = await self._database.read(lambda connection: connection.execute(wanted).all())
        return [_row(row) for row in rows]

    async def names(self, workspace: str) -> frozenset[str]:
        """Return the names of a workspace's credentials."""
        wanted = select(credentials.c.name).where(credentials.c.workspace == workspace)
        return frozenset(await self._database.read(lambda connection: connection.scalars(wanted).all()))

    async def get(self, workspace: str, id: str) -> CredentialRow | None:
        """Return a credential."""
        return await self._database.read(lambda connection: _find(connection, workspace, id))

    async def replace(
        self,
        known: CredentialRow,
        *,
        hosts: Sequence[str],
        secret: str | None = None,
        expires_at: float | None = None,
    ) -> CredentialRow | None:
        """Give a credential other hosts, and another secret where one is given; None if it was changed or
        deleted since it was read.

        Args:
            known: As it is.
            hosts: Its hosts from now on.
            secret: Its secret from now on; None for the one it has.
            expires_at: When that expires, where it is one of OAuth.

        Raises:
            CredentialError: the stored secret, which is to stay, cannot be read.
        """
        same = [
            credentials.c.id == known.id,
            credentials.c.workspace == known.workspace,
            credentials.c.updated_at == known.updated_at,
        ]
        row = msgspec.structs.replace(known, expires_at=expires_at)
        if secret is None:
            found = await self._sealed(known)
            if found is None:
                return None
            row, ciphertext = found
            secret = self._unsealed(row, ciphertext)
            same.append(credentials.c.ciphertext == ciphertext)  # tokens are renewed, keys rotate
        row = msgspec.structs.replace(
            row, hosts=[*hosts], key_id=self._sealer.key_id, updated_at=next_change(known.updated_at)
        )
        changed = (
            update(credentials)
            .where(*same)
            .values(
                hosts=msgspec.json.encode(row.hosts).decode(),
                key_id=row.key_id,
                ciphertext=self._sealer.seal(secret, _bound(row)),
                updated_at=row.updated_at,
                expires_at=row.expires_at,
            )
        )
        done = await self._database.write(lambda connection: connection.execute(changed).rowcount > 0)
        return row if done else None

    async def delete(self, workspace: str, id: str) -> bool:
        """Forget a credential for good; False if there is none."""
        gone = delete(credentials).where(credentials.c.workspace == workspace, credentials.c.id == id)
        return await self._database.write(lambda connection: connection.execute(gone).rowcount > 0)

    async def find(self, workspace: str, name: str) -> Credential | None:
        """Return a credential with its secret, for the moment of its use, which is recorded.

        Raises:
            CredentialError: it cannot be read.
        """
        wanted = select(*_columns(), credentials.c.ciphertext).where(
            credentials.c.workspace == workspace, credentials.c.name == name
        )
        found = await self._database.read(lambda connection: connection.execute(wanted).one_or_none())
        if found is None:
            return None
        row, now = _row(found), time.time()
        secret = self._unsealed(row, found.ciphertext)
        if row.last_used_at is None or row.last_used_at < now - USE_RECORDED_EVERY:
            used = update(credentials).where(credentials.c.id == row.id).values(last_used_at=now)
            self._database.write(lambda connection: connection.execute(used))  # nobody waits for it
        if row.kind == "oauth2":
            secret = await self._renewal.access_token(
                row.id,
                row.name,
                row.field,
                msgspec.json.decode(secret, type=OAuthTokens),
                partial(self.tokens, row),
                partial(self._keep, row),
            )
            return Credential(name=row.name, kind="bearer", hosts=tuple(row.hosts), secret=secret)
        return Credential(
            name=row.name, kind=row.kind, hosts=tuple(row.hosts), field=row.field, secret=secret
        )

    async def tokens(self, row: CredentialRow) -> OAuthTokens | None:
        """Return the tokens of a credential of kind ``oauth2`` as they are stored; None if it is gone.

        Raises:
            CredentialError: they cannot be read.
        """
        found = await self._sealed(row)
        return None if found is None else self._tokens(*found)

    async def _keep(self, row: CredentialRow, before: OAuthTokens, tokens: OAuthTokens) -> bool:
        """Store tokens in place of those before; False where others were stored since, or it is gone."""
        plain = msgspec.json.encode(tokens).decode()
        while (found := await self._sealed(row)) is not None:
            current, ciphertext = found
            if self._tokens(current, ciphertext) != before:
                return False
            kept = (
                update(credentials)
                .where(credentials.c.id == row.id, credentials.c.ciphertext == ciphertext)
                .values(
                    ciphertext=self._sealer.seal(plain, _bound(current)),
                    key_id=self._sealer.key_id,
                    expires_at=tokens.expires_at,
                )
            )
            if await self._database.write(
                lambda connection, kept=kept: connection.execute(kept).rowcount > 0
            ):
                return True
        return False

    async def unreadable(self) -> dict[str, int]:
        """Return the numbers of keys that are not here, each with how many credentials it encrypted.

        A database of a release that had no credentials has none.
        """

        def count(connection: Connection) -> Sequence[Row[str, int]]:
            if not inspect(connection).has_table(credentials.name):
                return []
            counted = select(credentials.c.key_id, func.count()).group_by(credentials.c.key_id)
            return connection.execute(counted).all()

        found = await self._database.read(count)
        return {str(key): int(count) for key, count in found if not self._sealer.knows(str(key))}

    async def reseal(self) -> tuple[int, Sequence[str]]:
        """Encrypt everything with the present key that is not; return how many that were, and sentences about
        those that cannot be read."""
        wanted = select(*_columns(), credentials.c.ciphertext).where(
            credentials.c.key_id != self._sealer.key_id
        )
        rows = await self._database.read(lambda connection: connection.execute(wanted).all())
        done, failed = 0, list[str]()
        for found in rows:
            row = _row(found)
            try:
                secret = self._unsealed(row, found.ciphertext)
            except CredentialError as error:
                failed.append(f"{error} (workspace '{row.workspace}')")
                continue
            changed = (
                update(credentials)
                .where(credentials.c.id == row.id, credentials.c.ciphertext == found.ciphertext)
                .values(
                    key_id=self._sealer.key_id,
                    ciphertext=self._sealer.seal(secret, _bound(row)),
                )
            )
            done += await self._database.write(
                lambda connection, changed=changed: connection.execute(changed).rowcount
            )
        return done, failed

    async def _sealed(self, row: CredentialRow) -> tuple[CredentialRow, bytes] | None:
        """Return a credential as it is now, with its ciphertext; None if it is gone."""
        wanted = select(*_columns(), credentials.c.ciphertext).where(
            credentials.c.workspace == row.workspace, credentials.c.id == row.id
        )
        found = await self._database.read(lambda connection: connection.execute(wanted).one_or_none())
        return None if found is None else (_row(found), found.ciphertext)

    def _tokens(self, row: CredentialRow, sealed: bytes) -> OAuthTokens:
        return msgspec.json.decode(self._unsealed(row, sealed), type=OAuthTokens)

    def _unsealed(self, row: CredentialRow, sealed: bytes) -> str:
        try:
            return self._sealer.unseal(sealed, _bound(row), key_id=row.key_id)
        except CipherError as error:
            raise CredentialError(
                f"The credential '{row.name}' cannot be read. {error}", code="credential_unreadable"
            ) from None


def _bound(row: CredentialRow) -> list[str]:
    return [row.workspace, row.id, row.kind, row.field, *row.hosts]


def _columns() -> list[Any]:
    return [credentials.c[name] for name in CredentialRow.__struct_fields__]


def _find(connection: Connection, workspace: str, id: str) -> CredentialRow | None:
    wanted = select(*_columns()).where(credentials.c.workspace == workspace, credentials.c.id == id)
    row = connection.execute(wanted).one_or_none()
    return None if row is None else _row(row)


def _row(row: Row[*tuple[Any, ...]]) -> CredentialRow:
    values = {name: getattr(row, name) for name in CredentialRow.__struct_fields__}
    return CredentialRow(**values | {"hosts": msgspec.json.decode(row.hosts)})
