"""Which words sessions have, for the search. Sessions of before are read in steps while the server runs.

Revision ID: 0032
Revises: 0031
Create Date: 2026-12-02
"""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table, the column and its index."""
    op.create_table(
        "session_words",
        sa.Column("session_id", sa.String(length=64), nullable=False),
        sa.Column("messages", sa.Integer(), nullable=False),
        sa.Column("last_message", sa.String(length=255), nullable=False),
        sa.Column("word_keys", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["sessions.id"],
            name=op.f("fk_session_words_session_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_session_words")),
    )
    op.add_column("sessions", sa.Column("indexed_at", sa.Double(), nullable=True))
    behind = sa.text("indexed_at IS NULL OR indexed_at <> last_activity_at")
    op.create_index(
        "ix_sessions_not_indexed",
        "sessions",
        ["last_activity_at"],
        sqlite_where=behind,
        postgresql_where=behind,
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_index("ix_sessions_not_indexed", table_name="sessions")
    op.drop_column("sessions", "indexed_at")
    op.drop_table("session_words")
