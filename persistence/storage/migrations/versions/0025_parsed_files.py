"""The text of documents that were sent to chats.

Revision ID: 0025
Revises: 0024
Create Date: 2026-12-01
"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    op.add_column("session_files", sa.Column("parsed", sa.Text(), nullable=True))


def downgrade() -> None:
    """Drop it."""
    op.drop_column("session_files", "parsed")
