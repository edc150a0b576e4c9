"""Prices, budgets with what is reserved of them, sums over time, and what processes have measured.

Revision ID: 0003
Revises: 0002
Create Date: 2026-11-23
"""

# ruff: noqa: S608
# The statements are made of names and numbers of this file alone.

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

DAY = 86_400
BOUNDS = (50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 300_000, 900_000)


def upgrade() -> None:
    """Add the tables, and sum up what is there."""
    op.create_table(
        "budgets",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("workspace", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("scope", sa.String(length=16), nullable=False),
        sa.Column("scope_id", sa.String(length=64), nullable=False),
        sa.Column("period", sa.String(length=8), nullable=False),
        sa.Column("unit", sa.String(length=8), nullable=False),
        sa.Column("amount", sa.Double(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("updated_at", sa.Double(), nullable=False),
        sa.Column("deleted_at", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_budgets")),
    )
    op.create_index(
        op.f("ix_budgets_workspace_created_at"), "budgets", ["workspace", "created_at"], unique=False
    )

    op.create_table(
        "model_pricing",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("provider", sa.String(length=64), nullable=False),
        sa.Column("model", sa.String(length=255), nullable=False),
        sa.Column("input_price_per_1k", sa.Double(), nullable=False),
        sa.Column("output_price_per_1k", sa.Double(), nullable=False),
        sa.Column("cached_input_price_per_1k", sa.Double(), nullable=True),
        sa.Column("reasoning_price_per_1k", sa.Double(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("valid_from", sa.Double(), nullable=False),
        sa.Column("source", sa.String(length=255), nullable=False),
        sa.Column("edited_by_operator", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model_pricing")),
    )
    op.create_table(
        "process_metrics",
        sa.Column("process_id", sa.String(length=64), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("written_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("process_id", name=op.f("pk_process_metrics")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "reservations",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("budget_id", sa.String(length=64), nullable=False),
        sa.Column("period", sa.String(length=10), nullable=False),
        sa.Column("amount", sa.Double(), nullable=False),
        sa.Column("process_id", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", "budget_id", name=op.f("pk_reservations")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_reservations_process_id"), "reservations", ["process_id"], unique=False)

    op.create_table(
        "run_periods",
        sa.Column("start", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("span", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("workspace", sa.String(length=64), nullable=False),
        sa.Column("flow_id", sa.String(length=64), nullable=False),
        sa.Column("flow_type", sa.String(length=16), nullable=False),
        sa.Column("status", sa.String(length=24), nullable=False),
        sa.Column("bucket", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("process_id", sa.String(length=64), nullable=False),
        sa.Column("runs", sa.BigInteger(), nullable=False),
        sa.Column("duration_ms", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint(
            "start",
            "span",
            "workspace",
            "flow_id",
            "flow_type",
            "status",
            "bucket",
            "process_id",
            name=op.f("pk_run_periods"),
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "usage_periods",
        sa.Column("start", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("span", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("workspace", sa.String(length=64), nullable=False),
        sa.Column("flow_id", sa.String(length=64), nullable=False),
        sa.Column("provider", sa.String(length=64), nullable=False),
        sa.Column("model", sa.String(length=255), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("process_id", sa.String(length=64), nullable=False),
        sa.Column("requests", sa.BigInteger(), nullable=False),
        sa.Column("input_tokens", sa.BigInteger(), nullable=False),
        sa.Column("output_tokens", sa.BigInteger(), nullable=False),
        sa.Column("cached_input_tokens", sa.BigInteger(), nullable=False),
        sa.Column("reasoning_tokens", sa.BigInteger(), nullable=False),
        sa.Column("cost_usd", sa.Double(), nullable=False),
        sa.Column("unpriced", sa.BigInteger(), nullable=False),
        sa.Column("estimated", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "start",
            "span",
            "workspace",
            "flow_id",
            "provider",
            "model",
            "status",
            "process_id",
            name=op.f("pk_usage_periods"),
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "budget_periods",
        sa.Column("budget_id", sa.String(length=64), nullable=False),
        sa.Column("period", sa.String(length=10), nullable=False),
        sa.Column("spent", sa.Double(), nullable=False),
        sa.Column("reserved", sa.Double(), nullable=False),
        sa.Column("alerted", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["budget_id"], ["budgets.id"], name=op.f("fk_budget_periods_budget_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("budget_id", "period", name=op.f("pk_budget_periods")),
        sqlite_with_rowid=False,
    )
    op.add_column("usage", sa.Column("key_id", sa.String(length=64), nullable=True))
    op.add_column("usage", sa.Column("user_id", sa.String(length=64), nullable=True))

    _sum_up()


def downgrade() -> None:
    """Drop them; usage keeps its rows."""
    with op.batch_alter_table("usage", schema=None) as batch_op:
        batch_op.drop_column("user_id")
        batch_op.drop_column("key_id")

    op.drop_table("budget_periods")
    op.drop_table("usage_periods")
    op.drop_table("run_periods")
    op.drop_index(op.f("ix_reservations_process_id"), table_name="reservations")

    op.drop_table("reservations")
    op.drop_table("process_metrics")
    op.drop_table("model_pricing")
    op.drop_index(op.f("ix_budgets_workspace_created_at"), table_name="budgets")

    op.drop_table("budgets")


def _sum_up() -> None:
    """Count by days what the ledger and the executions hold."""
    sqlite = op.get_bind().dialect.name == "sqlite"

    def day(column: str) -> str:
        days = f"{column} / {DAY}"  # SQLite's cast cuts off what PostgreSQL's rounds
        return f"CAST({days} AS INTEGER) * {DAY}" if sqlite else f"CAST(FLOOR({days}) AS BIGINT) * {DAY}"

    op.execute(
        "INSERT INTO usage_periods (start, span, workspace, flow_id, provider, model, status, process_id, "
        "requests, input_tokens, output_tokens, cached_input_tokens, reasoning_tokens, cost_usd, unpriced, "
        f"estimated) SELECT {day('created_at')}, {DAY}, workspace, COALESCE(flow_id, ''), provider, model, "
        "status, '', COUNT(*), SUM(input_tokens), SUM(output_tokens), SUM(cached_input_tokens), "
        "SUM(reasoning_tokens), SUM(COALESCE(cost_usd, 0)), "
        "SUM(CASE WHEN cost_usd IS NULL THEN 1 ELSE 0 END), SUM(CASE WHEN estimated THEN 1 ELSE 0 END) "
        f"FROM usage GROUP BY {day('created_at')}, workspace, COALESCE(flow_id, ''), provider, model, status"
    )
    steps = " ".join(f"WHEN duration_ms <= {bound} THEN {place}" for place, bound in enumerate(BOUNDS))
    bucket = f"CASE WHEN duration_ms IS NULL THEN 0 {steps} ELSE {len(BOUNDS)} END"
    op.execute(
        "INSERT INTO run_periods (start, span, workspace, flow_id, flow_type, status, bucket, process_id, "
        f"runs, duration_ms) SELECT {day('completed_at')}, {DAY}, workspace, COALESCE(flow_id, ''), "
        f"flow_type, status, {bucket}, '', COUNT(*), SUM(COALESCE(duration_ms, 0)) FROM executions "
        f"WHERE completed_at IS NOT NULL GROUP BY {day('completed_at')}, workspace, COALESCE(flow_id, ''), "
        f"flow_type, status, {bucket}"
    )
