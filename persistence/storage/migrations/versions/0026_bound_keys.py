"""Keys of one flow, what a closed connection means to a key, marked retries, labels of sessions.

Revision ID: 0026
Revises: 0025
Create Date: 2026-12-01
"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns."""
    op.add_column("api_keys", sa.Column("flow_id", sa.String(length=64), nullable=True))
    op.add_column("api_keys", sa.Column("on_disconnect", sa.String(length=16), nullable=True))
    op.add_column("sessions", sa.Column("labels", sa.Text(), nullable=True))
    op.add_column("idempotency_keys", sa.Column("attempt", sa.Integer(), nullable=True))


def downgrade() -> None:
    """Drop them."""
    op.drop_column("sessions", "labels")
    op.drop_column("idempotency_keys", "attempt")
    op.drop_column("api_keys", "on_disconnect")
    op.drop_column("api_keys", "flow_id")
