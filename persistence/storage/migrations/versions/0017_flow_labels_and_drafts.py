"""Labels and drafts of flows, and notes on their versions.

Revision ID: 0017
Revises: 0016
Create Date: 2026-12-01
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables and the column."""
    op.add_column("flow_versions", sa.Column("notes", sa.Text(), nullable=True))
    op.create_table(
        "flow_labels",
        sa.Column("flow_id", sa.String(length=64), nullable=False),
        sa.Column("label", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["flow_id"], ["flows.id"], name=op.f("fk_flow_labels_flow_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("flow_id", "label", name=op.f("pk_flow_labels")),
    )
    op.create_table(
        "flow_drafts",
        sa.Column("flow_id", sa.String(length=64), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("based_on", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["flow_id"], ["flows.id"], name=op.f("fk_flow_drafts_flow_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("flow_id", name=op.f("pk_flow_drafts")),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("flow_drafts")
    op.drop_table("flow_labels")
    op.drop_column("flow_versions", "notes")
