"""How much callers have had of what they may have in a span of time.

Revision ID: 0007
Revises: 0008
Create Date: 2026-11-26
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "rate_limits",
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("spent", sa.Double(), nullable=False),
        sa.Column("seen", sa.Double(), nullable=False),
        sa.Column("granted", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_rate_limits")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_rate_limits_spent"), "rate_limits", ["spent"], unique=False)


def downgrade() -> None:
    """Forget them."""
    op.drop_table("rate_limits")
