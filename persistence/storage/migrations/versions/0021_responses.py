"""Responses: answers that clients of other protocols know by an id, and where repeated requests begin.

Revision ID: 0021
Revises: 0020
Create Date: 2026-12-01
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table and the column."""
    op.add_column("idempotency_keys", sa.Column("after_seq", sa.Integer(), nullable=True))
    op.create_table(
        "responses",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("workspace", sa.String(length=64), nullable=False),
        sa.Column("execution_id", sa.String(length=64), nullable=False),
        sa.Column("after_seq", sa.Integer(), nullable=False),
        sa.Column("previous_id", sa.String(length=64), nullable=True),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("continued_at", sa.Double(), nullable=True),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("deleted_at", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(
            ["execution_id"], ["executions.id"], name=op.f("fk_responses_execution_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_responses")),
    )
    for column in ("execution_id", "previous_id"):
        op.create_index(op.f(f"ix_responses_{column}"), "responses", [column], unique=False)


def downgrade() -> None:
    """Drop them."""
    op.drop_table("responses")
    op.drop_column("idempotency_keys", "after_seq")
