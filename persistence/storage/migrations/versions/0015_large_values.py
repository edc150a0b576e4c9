"""Large values, stored once for all that hold them. What was stored before stays as it is.

Revision ID: 0015
Revises: 0014
Create Date: 2026-12-01
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the values and the two tables of who refers to them."""
    op.create_table(
        "large_values",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("workspace", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_large_values")),
    )
    op.create_table(
        "run_values",
        sa.Column("execution_id", sa.String(length=64), nullable=False),
        sa.Column("value_id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["execution_id"],
            ["executions.id"],
            name=op.f("fk_run_values_execution_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["value_id"], ["large_values.id"], name=op.f("fk_run_values_value_id")),
        sa.PrimaryKeyConstraint("execution_id", "value_id", name=op.f("pk_run_values")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_run_values_value_id"), "run_values", ["value_id"], unique=False)
    op.create_table(
        "checkpoint_values",
        sa.Column("thread_id", sa.String(length=64), nullable=False),
        sa.Column("checkpoint_ns", sa.String(length=1024), nullable=False),
        sa.Column("checkpoint_id", sa.String(length=64), nullable=False),
        sa.Column("value_id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["value_id"], ["large_values.id"], name=op.f("fk_checkpoint_values_value_id")
        ),
        sa.PrimaryKeyConstraint(
            "thread_id",
            "checkpoint_ns",
            "checkpoint_id",
            "value_id",
            name=op.f("pk_checkpoint_values"),
        ),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_checkpoint_values_value_id"), "checkpoint_values", ["value_id"], unique=False)


def downgrade() -> None:
    """Forget the values: what refers to them cannot be read any more."""
    op.drop_table("checkpoint_values")
    op.drop_table("run_values")
    op.drop_table("large_values")
