"""Connections, which are named model addresses of a workspace, and what writes to providers' caches cost.

Revision ID: 0012
Revises: 0011
Create Date: 2026-12-01
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table and the columns."""
    op.create_table(
        "connections",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("workspace", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("provider", sa.String(length=64), nullable=False),
        sa.Column("base_url", sa.String(length=2048), nullable=False),
        sa.Column("credential", sa.String(length=255), nullable=False),
        sa.Column("profile", sa.String(length=64), nullable=False),
        sa.Column("headers", sa.Text(), nullable=False),
        sa.Column("defaults", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("updated_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_connections")),
        sa.UniqueConstraint("workspace", "name", name=op.f("uq_connections_workspace_name")),
    )
    op.add_column(
        "usage", sa.Column("cache_write_tokens", sa.BigInteger(), nullable=False, server_default="0")
    )
    op.add_column("model_pricing", sa.Column("cache_write_price_per_1k", sa.Double(), nullable=True))


def downgrade() -> None:
    """Drop them."""
    op.drop_column("model_pricing", "cache_write_price_per_1k")
    op.drop_column("usage", "cache_write_tokens")
    op.drop_table("connections")
