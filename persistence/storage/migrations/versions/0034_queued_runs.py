"""Queued runs: the queue and the priority of a run that waits for a worker.

Revision ID: 0034
Revises: 0033
Create Date: 2026-12-02
"""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

WAITING = sa.text("status = 'pending' AND process_id IS NULL")


def upgrade() -> None:
    """Add the columns, and the index that workers find waiting runs by."""
    op.add_column("executions", sa.Column("queue", sa.String(length=64), nullable=True))
    op.add_column("executions", sa.Column("priority", sa.Integer(), nullable=True))
    op.create_index(
        "ix_executions_queued",
        "executions",
        ["queue", "workspace", "priority", "position"],
        sqlite_where=WAITING,
        postgresql_where=WAITING,
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_index("ix_executions_queued", table_name="executions")
    op.drop_column("executions", "priority")
    op.drop_column("executions", "queue")
