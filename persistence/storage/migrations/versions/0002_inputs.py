"""Calls of every kind, questions to people, runs that wait without a process, and outcomes kept for reuse.

Revision ID: 0002
Revises: 0001
Create Date: 2026-11-23
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Give calls a kind and room for long paths; add `inputs` and `outcomes`."""
    op.execute("CREATE TABLE calls_before AS SELECT * FROM calls")
    op.drop_table("calls")
    op.create_table(
        "calls",
        sa.Column("execution_id", sa.String(length=64), nullable=False),
        sa.Column("task_id", sa.String(length=1024), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("request_hash", sa.String(length=64), nullable=False),
        sa.Column("result", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["execution_id"], ["executions.id"], name=op.f("fk_calls_execution_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("execution_id", "task_id", "kind", "number", name=op.f("pk_calls")),
        sqlite_with_rowid=False,
    )
    op.execute(
        "INSERT INTO calls (execution_id, task_id, kind, number, request_hash, result, created_at) "
        "SELECT execution_id, task_id, 'model', number, request_hash, answer, created_at FROM calls_before"
    )
    op.drop_table("calls_before")
    op.add_column("executions", sa.Column("parked_at", sa.Double(), nullable=True))
    op.create_table(
        "inputs",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("execution_id", sa.String(length=64), nullable=False),
        sa.Column("workspace", sa.String(length=64), nullable=False),
        sa.Column("node", sa.String(length=255), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("requested_at", sa.Double(), nullable=False),
        sa.Column("expires_at", sa.Double(), nullable=True),
        sa.Column("answered_at", sa.Double(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_by", sa.String(length=255), nullable=True),
        sa.ForeignKeyConstraint(
            ["execution_id"], ["executions.id"], name=op.f("fk_inputs_execution_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inputs")),
    )
    op.create_index(op.f("ix_inputs_execution_id"), "inputs", ["execution_id"], unique=False)
    op.create_index(
        "ix_inputs_open",
        "inputs",
        ["workspace", "requested_at"],
        unique=False,
        sqlite_where=sa.text("answered_at IS NULL"),
        postgresql_where=sa.text("answered_at IS NULL"),
    )
    op.create_index(
        "ix_inputs_expiring",
        "inputs",
        ["expires_at"],
        unique=False,
        sqlite_where=sa.text("answered_at IS NULL AND expires_at IS NOT NULL"),
        postgresql_where=sa.text("answered_at IS NULL AND expires_at IS NOT NULL"),
    )
    op.create_table(
        "outcomes",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("workspace", sa.String(length=64), nullable=False),
        sa.Column("flow_id", sa.String(length=64), nullable=True),
        sa.Column("outcome", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_outcomes")),
    )
    op.create_index(op.f("ix_outcomes_expires_at"), "outcomes", ["expires_at"], unique=False)


def downgrade() -> None:
    """Keep the calls of models alone, and forget questions and kept outcomes."""
    op.drop_index(op.f("ix_outcomes_expires_at"), table_name="outcomes")
    op.drop_table("outcomes")
    op.drop_index(
        "ix_inputs_expiring",
        table_name="inputs",
        sqlite_where=sa.text("answered_at IS NULL AND expires_at IS NOT NULL"),
        postgresql_where=sa.text("answered_at IS NULL AND expires_at IS NOT NULL"),
    )
    op.drop_index(
        "ix_inputs_open",
        table_name="inputs",
        sqlite_where=sa.text("answered_at IS NULL"),
        postgresql_where=sa.text("answered_at IS NULL"),
    )
    op.drop_index(op.f("ix_inputs_execution_id"), table_name="inputs")
    op.drop_table("inputs")
    op.drop_column("executions", "parked_at")
    op.execute(
        "CREATE TABLE calls_after AS SELECT * FROM calls WHERE kind = 'model' AND length(task_id) <= 64"
    )
    op.drop_table("calls")
    op.create_table(
        "calls",
        sa.Column("execution_id", sa.String(length=64), nullable=False),
        sa.Column("task_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("request_hash", sa.String(length=64), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["execution_id"], ["executions.id"], name=op.f("fk_calls_execution_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("execution_id", "task_id", "number", name=op.f("pk_calls")),
        sqlite_with_rowid=False,
    )
    op.execute(
        "INSERT INTO calls (execution_id, task_id, number, request_hash, answer, created_at) "
        "SELECT execution_id, task_id, number, request_hash, result, created_at FROM calls_after"
    )
    op.drop_table("calls_after")
