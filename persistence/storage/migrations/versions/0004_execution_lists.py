"""Indexes that lists of executions are read by, and counts of executions, kept by triggers.

Revision ID: 0004
Revises: 0003
Create Date: 2026-11-23

A trigger counts whatever changes the table, deletes by cascade included, in the same transaction. On
PostgreSQL each connection counts in rows of its own (64 of them for each count), so that transactions of
several processes do not wait for one another. A later revision that copies `executions` on SQLite has to make
the triggers again.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ENDED = sa.text("completed_at IS NOT NULL")
COUNT = "INSERT INTO execution_counts (workspace, flow_id, status, shard, runs) VALUES "
AGAIN = (
    "ON CONFLICT (workspace, flow_id, status, shard) "
    "DO UPDATE SET runs = execution_counts.runs + excluded.runs"
)
SQLITE = {
    "added": (
        "AFTER INSERT ON executions",
        f"{COUNT} (NEW.workspace, coalesce(NEW.flow_id, ''), NEW.status, 0, 1) {AGAIN};",
    ),
    "changed": (
        "AFTER UPDATE OF status ON executions WHEN OLD.status <> NEW.status",
        f"{COUNT} (OLD.workspace, coalesce(OLD.flow_id, ''), OLD.status, 0, -1) {AGAIN}; "
        f"{COUNT} (NEW.workspace, coalesce(NEW.flow_id, ''), NEW.status, 0, 1) {AGAIN};",
    ),
    "removed": (
        "AFTER DELETE ON executions",
        f"{COUNT} (OLD.workspace, coalesce(OLD.flow_id, ''), OLD.status, 0, -1) {AGAIN};",
    ),
}
SHARD = "mod(pg_backend_pid(), 64)"
POSTGRESQL = f"""
CREATE FUNCTION count_executions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.status = NEW.status THEN
        RETURN NULL;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        {COUNT} (OLD.workspace, coalesce(OLD.flow_id, ''), OLD.status, {SHARD}, -1) {AGAIN};
    END IF;
    IF TG_OP <> 'DELETE' THEN
        {COUNT} (NEW.workspace, coalesce(NEW.flow_id, ''), NEW.status, {SHARD}, 1) {AGAIN};
    END IF;
    RETURN NULL;
END $$
"""


def upgrade() -> None:
    """Make the indexes, count what is there, and go on counting."""
    op.drop_index(op.f("ix_executions_workspace_created_at"), table_name="executions")
    op.drop_index(op.f("ix_executions_flow_id_created_at"), table_name="executions")
    for columns in (
        ["workspace", "created_at", "id"],
        ["workspace", "status", "created_at", "id"],
        ["flow_id", "created_at", "id"],
        ["flow_id", "status", "created_at", "id"],
    ):
        op.create_index(op.f(f"ix_executions_{'_'.join(columns)}"), "executions", columns, unique=False)
    op.create_index(
        "ix_executions_ended",
        "executions",
        ["workspace", "completed_at", "flow_id", "duration_ms"],
        unique=False,
        sqlite_where=ENDED,
        postgresql_where=ENDED,
    )
    op.create_table(
        "execution_counts",
        sa.Column("workspace", sa.String(length=64), nullable=False),
        sa.Column("flow_id", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=24), nullable=False),
        sa.Column("shard", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("runs", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("workspace", "flow_id", "status", "shard", name=op.f("pk_execution_counts")),
        sqlite_with_rowid=False,
    )
    op.execute(
        "INSERT INTO execution_counts (workspace, flow_id, status, shard, runs) "
        "SELECT workspace, coalesce(flow_id, ''), status, 0, count(*) FROM executions "
        "GROUP BY workspace, coalesce(flow_id, ''), status"
    )
    if op.get_bind().dialect.name == "sqlite":
        for name, (when, work) in SQLITE.items():
            op.execute(f"CREATE TRIGGER execution_{name} {when} BEGIN {work} END")
    else:
        op.execute(POSTGRESQL)
        op.execute(
            "CREATE TRIGGER execution_counted AFTER INSERT OR DELETE OR UPDATE OF status ON executions "
            "FOR EACH ROW EXECUTE FUNCTION count_executions()"
        )


def downgrade() -> None:
    """Stop counting, and make the former indexes again."""
    if op.get_bind().dialect.name == "sqlite":
        for name in SQLITE:
            op.execute(f"DROP TRIGGER execution_{name}")
    else:
        op.execute("DROP TRIGGER execution_counted ON executions")
        op.execute("DROP FUNCTION count_executions()")
    op.drop_table("execution_counts")
    op.drop_index("ix_executions_ended", table_name="executions", sqlite_where=ENDED, postgresql_where=ENDED)
    for columns in (
        "workspace_created_at",
        "workspace_status_created_at",
        "flow_id_created_at",
        "flow_id_status_created_at",
    ):
        op.drop_index(op.f(f"ix_executions_{columns}_id"), table_name="executions")
    op.create_index(
        op.f("ix_executions_workspace_created_at"), "executions", ["workspace", "created_at"], unique=False
    )
    op.create_index(
        op.f("ix_executions_flow_id_created_at"), "executions", ["flow_id", "created_at"], unique=False
    )
