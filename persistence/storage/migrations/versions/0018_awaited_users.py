"""Awaited users: invitations that stand among the users of a workspace until they are accepted.

Revision ID: 0018
Revises: 0017
Create Date: 2026-12-01
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; an invitation of before stands among the invitations, as it did."""
    op.add_column("invitations", sa.Column("name", sa.String(length=255), nullable=True))
    op.add_column("invitations", sa.Column("disabled_at", sa.Double(), nullable=True))


def downgrade() -> None:
    """Drop them."""
    op.drop_column("invitations", "disabled_at")
    op.drop_column("invitations", "name")
