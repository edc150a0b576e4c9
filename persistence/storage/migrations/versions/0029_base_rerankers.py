"""Knowledge bases with a reranker of their own.

Revision ID: 0029
Revises: 0028
Create Date: 2026-12-02
"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    column = sa.Column("reranker", sa.Text(), nullable=False, server_default=sa.text("''"))
    op.add_column("knowledge_bases", column)


def downgrade() -> None:
    """Drop it."""
    op.drop_column("knowledge_bases", "reranker")
