"""Credentials of OAuth 2.0: when their tokens expire, who renews them, and authorizations under way.

Revision ID: 0024
Revises: 0023
Create Date: 2026-12-01
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add two columns and a table."""
    op.add_column("credentials", sa.Column("expires_at", sa.Double(), nullable=True))
    op.add_column("credentials", sa.Column("renewing_until", sa.Double(), nullable=True))
    op.create_table(
        "oauth_authorizations",
        sa.Column("state_hash", sa.String(length=64), nullable=False),
        sa.Column("workspace", sa.String(length=64), nullable=False),
        sa.Column("owner", sa.String(length=255), nullable=False),
        sa.Column("ciphertext", sa.LargeBinary(), nullable=False),
        sa.Column("key_id", sa.String(length=32), nullable=False),
        sa.Column("expires_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("state_hash", name=op.f("pk_oauth_authorizations")),
    )
    op.create_index(op.f("ix_oauth_authorizations_expires_at"), "oauth_authorizations", ["expires_at"])


def downgrade() -> None:
    """Drop them."""
    op.drop_index(op.f("ix_oauth_authorizations_expires_at"), table_name="oauth_authorizations")
    op.drop_table("oauth_authorizations")
    op.drop_column("credentials", "renewing_until")
    op.drop_column("credentials", "expires_at")
