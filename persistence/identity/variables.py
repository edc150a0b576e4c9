"""Workspace variables: named values by label that flows read as ``env``; secret ones are encrypted."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Row, delete, func, insert, inspect, select, update
from sqlalchemy.exc import IntegrityError

from graphs.outbound.credentials import CredentialError
from graphs.values.environment import Revealed
from persistence.identity.credentials import NameTaken
from persistence.storage.database import Database
from persistence.storage.encryption import Cipher, CipherError
from persistence.storage.ids import new_id
from persistence.storage.named_locks import hold
from persistence.storage.tables.identity import workspace_variables

__all__ = ["OtherKind", "VariableRow", "Variables"]


class OtherKind(Exception):
    """The variable is secret under other labels and not under this one, or the other way round."""


class VariableRow(Struct, frozen=True, kw_only=True):
    """What may be shown of a variable under one label. Times are Unix seconds."""

    id: str
    workspace: str
    name: str
    label: str
    """The label that it counts for; empty for its default."""
    secret: bool
    value: Any
    """Plain JSON; None for a secret."""
    key_id: str
    """Number of the key that a secret is encrypted with; empty for what is none."""
    version: int
    """1, then one more for every change."""
    created_at: float
    updated_at: float
    created_by: str


class Variables:
    """The variables of all workspaces; each call but `reseal` and `unreadable` sees one.

    A secret is bound to its workspace, id, name and label, as a credential is.
    """

    def __init__(self, database: Database, sealer: Cipher) -> None:
        self._database = database
        self._sealer = sealer

    async def create(
        self, workspace: str, *, name: str, label: str, value: Any, secret: bool, created_by: str = ""
    ) -> VariableRow:
        """Store a variable under a label.

        Raises:
            NameTaken: there is one of this name and label.
            OtherKind: it is secret under another label and here not, or the other way round.
        """
        now = time.time()
        row = VariableRow(
            id=new_id(),
            workspace=workspace,
            name=name,
            label=label,
            secret=secret,
            value=None if secret else value,
            key_id=self._sealer.key_id if secret else "",
            version=1,
            created_at=now,
            updated_at=now,
            created_by=created_by,
        )

        def write(held: Connection) -> None:
            hold(held, f"variable {name} of {workspace}")
            same = select(workspace_variables.c.secret).where(
                workspace_variables.c.workspace == workspace, workspace_variables.c.name == name
            )
            if any(bool(known) != secret for known in held.scalars(same)):
                raise OtherKind(name)
            held.execute(insert(workspace_variables).values(**self._stored(row, value)))

        try:
            await self._database.write(write)
        except IntegrityError:
            raise NameTaken(name) from None
        return row

    async def list(self, workspace: str) -> list[VariableRow]:
        """Return a workspace's variables by name and label."""
        table = workspace_variables
        wanted = (
            select(*_columns()).where(table.c.workspace == workspace).order_by(table.c.name, table.c.label)
        )
        rows = await self._database.read(lambda held: held.execute(wanted).all())
        return [_row(row) for row in rows]

    async def get(self, workspace: str, id: str) -> VariableRow | None:
        """Return a variable by its id."""
        wanted = select(*_columns()).where(
            workspace_variables.c.workspace == workspace, workspace_variables.c.id == id
        )
        row = await self._database.read(lambda held: held.execute(wanted).one_or_none())
        return None if row is None else _row(row)

    async def kinds(self, workspace: str) -> dict[str, bool]:
        """Return the names that there are under any label, each with whether it is secret."""
        table = workspace_variables
        wanted = select(table.c.name, table.c.secret).where(table.c.workspace == workspace)
        rows = await self._database.read(lambda held: held.execute(wanted).all())
        kinds: dict[str, bool] = {}
        for name, secret in rows:
            kinds[name] = bool(secret) or kinds.get(name, False)
        return kinds

    async def replace(self, known: VariableRow, value: Any) -> VariableRow | None:
        """Give a variable another value; None if it was changed or deleted meanwhile."""
        row = msgspec.structs.replace(
            known,
            value=None if known.secret else value,
            key_id=self._sealer.key_id if known.secret else "",
            version=known.version + 1,
            updated_at=time.time(),
        )
        table = workspace_variables
        changed = (
            update(table)
            .where(
                table.c.workspace == known.workspace,
                table.c.id == known.id,
                table.c.version == known.version,
            )
            .values(**self._stored(row, value))
        )
        done = await self._database.write(lambda held: held.execute(changed).rowcount > 0)
        return row if done else None

    async def delete(self, known: VariableRow) -> bool:
        """Forget a variable under its label for good; False if it was changed or deleted meanwhile."""
        table = workspace_variables
        gone = delete(table).where(
            table.c.workspace == known.workspace, table.c.id == known.id, table.c.version == known.version
        )
        return await self._database.write(lambda held: held.execute(gone).rowcount > 0)

    async def chosen(self, workspace: str, label: str, names: Sequence[str]) -> Sequence[VariableRow]:
        """Return the variables of these names that count under a label: its own, else the default."""
        table = workspace_variables
        wanted = select(*_columns()).where(
            table.c.workspace == workspace, table.c.name.in_(names), table.c.label.in_({label, ""})
        )
        rows = await self._database.read(lambda held: held.execute(wanted).all())
        found: dict[str, VariableRow] = {}
        for row in map(_row, rows):
            if row.name not in found or row.label == label:
                found[row.name] = row
        return [found[name] for name in sorted(found)]

    async def secrets(self, workspace: str, label: str, names: Sequence[str]) -> dict[str, str]:
        """Return secret variables by name, for the moment of their use; those that are gone are left out.

        Raises:
            CredentialError: one cannot be read.
        """
        rows = [row for row in await self.chosen(workspace, label, names) if row.secret]
        return {row.name: await self._secret(row) for row in rows}

    async def revealed(self, workspace: str, label: str, names: Sequence[str]) -> Revealed:
        """Return variables that count under a label, secret ones too, for the moment of their use.

        Raises:
            CredentialError: one cannot be read.
        """
        rows = await self.chosen(workspace, label, names) if names else []
        return Revealed(
            {row.name: row.value for row in rows if not row.secret},
            {row.name: await self._secret(row) for row in rows if row.secret},
        )

    async def unreadable(self) -> dict[str, int]:
        """Return the numbers of keys that are not here, each with how many secrets it encrypted.

        A database of a release that had no variables has none.
        """
        table = workspace_variables

        def count(held: Connection) -> Sequence[Row[str, int]]:
            if not inspect(held).has_table(table.name):
                return []
            counted = (
                select(table.c.key_id, func.count()).where(table.c.key_id != "").group_by(table.c.key_id)
            )
            return held.execute(counted).all()

        found = await self._database.read(count)
        return {str(key): int(count) for key, count in found if not self._sealer.knows(str(key))}

    async def reseal(self) -> tuple[int, Sequence[str]]:
        """Encrypt every secret with the present key that is not; return how many that were, and sentences
        about those that cannot be read."""
        table = workspace_variables
        wanted = select(*_columns()).where(table.c.key_id != "", table.c.key_id != self._sealer.key_id)
        rows = await self._database.read(lambda held: held.execute(wanted).all())
        done, failed = 0, list[str]()
        for row in map(_row, rows):
            try:
                secret = await self._secret(row)
            except CredentialError as error:
                failed.append(f"{error} (workspace '{row.workspace}')")
                continue
            anew = msgspec.structs.replace(row, key_id=self._sealer.key_id)
            changed = (
                update(table)
                .where(table.c.id == row.id, table.c.key_id == row.key_id, table.c.version == row.version)
                .values(**self._stored(anew, secret))
            )
            done += await self._database.write(lambda held, changed=changed: held.execute(changed).rowcount)
        return done, failed

    async def _secret(self, row: VariableRow) -> str:
        table = workspace_variables
        wanted = select(table.c.ciphertext, table.c.key_id).where(
            table.c.workspace == row.workspace, table.c.id == row.id
        )
        found = await self._database.read(lambda held: held.execute(wanted).one_or_none())
        if found is None:
            raise CredentialError(f"The variable '{row.name}' was deleted.", code="no_variable")
        try:
            return self._sealer.unseal(found.ciphertext, _bound(row), key_id=found.key_id)
        except CipherError as error:
            message = f"The variable '{row.name}' cannot be read. {error}"
            raise CredentialError(message, code="variable_unreadable") from None

    def _stored(self, row: VariableRow, value: Any) -> Mapping[str, Any]:
        return {
            **msgspec.structs.asdict(row),
            "value": None if row.secret else msgspec.json.encode(value).decode(),
            "ciphertext": self._sealer.seal(str(value), _bound(row)) if row.secret else None,
        }


def _bound(row: VariableRow) -> list[str]:
    return ["variable", row.workspace, row.id, row.name, row.label]


def _columns() -> list[Any]:
    return [workspace_variables.c[name] for name in VariableRow.__struct_fields__]


def _row(row: Row[*tuple[Any, ...]]) -> VariableRow:
    values: dict[str, Any] = {name: getattr(row, name) for name in VariableRow.__struct_fields__}
    values["value"] = None if row.value is None else msgspec.json.decode(row.value)
    values["secret"] = bool(row.secret)
    return VariableRow(**values)
