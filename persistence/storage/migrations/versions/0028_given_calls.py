"""Which calls another run has given, in a column of its own: the time of a call is a time.

Revision ID: 0028
Revises: 0027
Create Date: 2026-12-02
"""

import zlib

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

_KEY = ("execution_id", "task_id", "kind", "number")


def upgrade() -> None:
    """Add the column, and make times of what stood for it."""
    op.add_column("calls", sa.Column("given", sa.String(length=8), nullable=True))
    op.execute(
        "UPDATE calls SET given = CASE WHEN created_at < 0 THEN 'shown' ELSE 'new' END, created_at = "
        "(SELECT executions.created_at FROM executions WHERE executions.id = calls.execution_id) "
        "WHERE created_at <= 0"
    )


def downgrade() -> None:
    """Put it back into the time, and drop it. Results lie there as plain JSON again."""
    connection = op.get_bind()
    calls = sa.table("calls", *(sa.column(name) for name in (*_KEY, "result")))
    for id in connection.scalars(sa.select(calls.c.execution_id).distinct()).all():
        for *key, result in connection.execute(
            sa.select(*(calls.c[name] for name in _KEY), calls.c.result).where(calls.c.execution_id == id)
        ).all():
            if bytes(result[:1]) == b"x":
                place = [calls.c[name] == value for name, value in zip(_KEY, key, strict=True)]
                plain = zlib.decompress(result)
                connection.execute(sa.update(calls).where(*place).values(result=plain))
    op.execute(
        "UPDATE calls SET created_at = CASE WHEN given = 'shown' THEN -1 ELSE 0 END WHERE given IS NOT NULL"
    )
    op.drop_column("calls", "given")
