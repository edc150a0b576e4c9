"""The text of documents that were sent to chats.

Revision ID: 0023
Revises: 0022
Create Date: 2026-12-01
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    op.add_column("session_files", sa.Column("parsed", sa.Text(), nullable=True))


def downgrade() -> None:
    """Drop it."""
    op.drop_column("session_files", "parsed")
