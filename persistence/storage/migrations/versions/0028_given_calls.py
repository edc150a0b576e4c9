"""Which calls another run has given, in a column of its own: the time of a call is a time.

Revision ID: 0028
Revises: 0027
Create Date: 2026-12-02
"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column, and make times of what stood for it."""
    op.add_column("calls", sa.Column("given", sa.String(length=8), nullable=True))
    op.execute(
        "UPDATE calls SET given = CASE WHEN created_at < 0 THEN 'shown' ELSE 'new' END, created_at = "
        "(SELECT executions.created_at FROM executions WHERE executions.id = calls.execution_id) "
        "WHERE created_at <= 0"
    )


def downgrade() -> None:
    """Put it back into the time, and drop it."""
    op.execute(
        "UPDATE calls SET created_at = CASE WHEN given = 'shown' THEN -1 ELSE 0 END WHERE given IS NOT NULL"
    )
    op.drop_column("calls", "given")
