"""Owners of sessions: the user or key whose it is.

Sessions of before have none: they are the workspace's until somebody writes to them. Visitors' keep their
names, by which they are known.

Revision ID: 0010
Revises: 0009
Create Date: 2026-12-01
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column, and write down which sessions are visitors'."""
    op.add_column("sessions", sa.Column("owner", sa.String(length=96), nullable=True))
    op.execute(
        "UPDATE sessions SET owner = 'visitor' WHERE name LIKE 'visitor-%' AND length(name) = 44 "
        "AND flow_id IN (SELECT flow_id FROM embeds)"
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_column("sessions", "owner")
