"""Owners of sessions, invitations into workspaces, and members whom a workspace keeps out of itself.

Sessions of before have none: they are the workspace's until somebody writes to them. Visitors' keep their
names, by which they are known.

Revision ID: 0011
Revises: 0010
Create Date: 2026-12-01
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column, and write down which sessions are visitors'."""
    op.add_column("sessions", sa.Column("owner", sa.String(length=96), nullable=True))
    op.add_column("members", sa.Column("disabled_at", sa.Double(), nullable=True))
    op.create_table(
        "invitations",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("workspace", sa.String(length=64), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace"], ["workspaces.id"], name=op.f("fk_invitations_workspace"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
        sa.UniqueConstraint("workspace", "email", name=op.f("uq_invitations_workspace_email")),
    )
    op.create_index(op.f("ix_invitations_email"), "invitations", ["email"], unique=False)
    op.execute(
        "UPDATE sessions SET owner = 'visitor' WHERE name LIKE 'visitor-%' AND length(name) = 44 "
        "AND flow_id IN (SELECT flow_id FROM embeds)"
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_index(op.f("ix_invitations_email"), table_name="invitations")
    op.drop_table("invitations")
    op.drop_column("members", "disabled_at")
    op.drop_column("sessions", "owner")
