"""Slugs of flows: names for addresses, unique in a workspace. Flows of before get one made from their name.

Revision ID: 0014
Revises: 0013
Create Date: 2026-12-01
"""

import sqlalchemy as sa
from alembic import op

from persistence.storage.slugs import slug_from

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column and the table, and name every flow that is not deleted, the oldest first."""
    op.add_column("flows", sa.Column("slug", sa.String(length=64), nullable=True))
    op.create_table(
        "flow_slugs",
        sa.Column("workspace", sa.String(length=64), nullable=False),
        sa.Column("slug", sa.String(length=64), nullable=False),
        sa.Column("flow_id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["flow_id"], ["flows.id"], name=op.f("fk_flow_slugs_flow_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("workspace", "slug", name=op.f("pk_flow_slugs")),
    )
    op.create_index(op.f("ix_flow_slugs_flow_id"), "flow_slugs", ["flow_id"], unique=False)
    _name_all()


def downgrade() -> None:
    """Drop them."""
    op.drop_index(op.f("ix_flow_slugs_flow_id"), table_name="flow_slugs")
    op.drop_table("flow_slugs")
    op.drop_column("flows", "slug")


def _name_all() -> None:
    names = ("id", "workspace", "flow_type", "name", "created_at", "deleted_at", "slug")
    flows = sa.table("flows", *map(sa.column, names))
    slugs = sa.table("flow_slugs", *map(sa.column, ("workspace", "slug", "flow_id")))
    connection = op.get_bind()
    columns = (flows.c.id, flows.c.workspace, flows.c.flow_type, flows.c.name)
    wanted = sa.select(*columns).where(flows.c.deleted_at.is_(None))
    numbers: dict[tuple[str, str], int] = {}
    taken: set[tuple[str, str]] = set()
    for id, workspace, flow_type, name in connection.execute(
        wanted.order_by(flows.c.created_at, flows.c.id)
    ).all():
        first = slug = slug_from(name, flow_type)
        while (workspace, slug) in taken:
            number = numbers[workspace, first] = numbers.get((workspace, first), 1) + 1
            slug = f"{first}-{number}"
        taken.add((workspace, slug))
        connection.execute(sa.insert(slugs).values(workspace=workspace, slug=slug, flow_id=id))
        connection.execute(sa.update(flows).where(flows.c.id == id).values(slug=slug))
