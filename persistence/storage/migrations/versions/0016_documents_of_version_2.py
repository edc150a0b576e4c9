"""Mark the flows that were stored before questions were part of the conversation.

Revision ID: 0016
Revises: 0015
Create Date: 2026-12-01
"""

from typing import Any

import msgspec
import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_KEYS = {"flows": ("id",), "flow_versions": ("flow_id", "version"), "executions": ("id",)}
_BATCH = 200


def upgrade() -> None:
    """Give every drawn flow that has no version the second one, by whose rules it was written."""
    _rewrite(_marked)


def downgrade() -> None:
    """Take the second version, and later ones, away."""
    _rewrite(_unmarked)


def _marked(definition: dict[str, Any]) -> bool:
    if definition.get("version") is not None:
        return False
    definition["version"] = 2
    return True


def _unmarked(definition: dict[str, Any]) -> bool:
    return definition.get("version") != 1 and definition.pop("version", None) is not None


def _rewrite(change: Any) -> None:
    connection = op.get_bind()
    for name, keys in _KEYS.items():
        table = sa.table(name, sa.column("document"), *(sa.column(key) for key in keys))
        columns = [table.c[key] for key in keys]
        last: tuple[Any, ...] | None = None
        while True:
            wanted = sa.select(*columns, table.c.document).where(
                table.c.document.contains("graph_definition")
            )
            if last is not None:
                wanted = wanted.where(sa.tuple_(*columns) > sa.tuple_(*map(sa.literal, last)))
            rows = connection.execute(wanted.order_by(*columns).limit(_BATCH)).all()
            for *key, document in rows:
                plain = msgspec.json.decode(document)
                definition = plain.get("graph_definition")
                if isinstance(definition, dict) and change(definition):
                    at = [column == value for column, value in zip(columns, key, strict=True)]
                    encoded = msgspec.json.encode(plain).decode()
                    connection.execute(sa.update(table).where(*at).values(document=encoded))
            if len(rows) < _BATCH:
                break
            last = tuple(rows[-1][:-1])
