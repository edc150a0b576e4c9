"""Executions that go on from others.

Revision ID: 0027
Revises: 0026
Create Date: 2026-12-01
"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    op.add_column("executions", sa.Column("parent_id", sa.String(length=64), nullable=True))
    op.create_index(
        op.f("ix_executions_parent_id"),
        "executions",
        ["parent_id"],
        sqlite_where=sa.text("parent_id IS NOT NULL"),
        postgresql_where=sa.text("parent_id IS NOT NULL"),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_index(op.f("ix_executions_parent_id"), table_name="executions")
    op.drop_column("executions", "parent_id")
