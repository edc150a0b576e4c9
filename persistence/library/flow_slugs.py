"""Slugs of flows: names for addresses and for programs, unique in a workspace; former ones stay aliases."""

from sqlalchemy import Connection, delete, or_, select

from persistence.storage.dialects.upsert import insert_into
from persistence.storage.slugs import SLUG_ROOM
from persistence.storage.tables.library import flow_slugs, flows

__all__ = [
    "SlugTaken",
    "active_slugs",
    "free_slugs",
    "give_slug",
    "id_of",
    "take_slug",
]


class SlugTaken(Exception):
    """Another flow of the workspace has the slug, or had it."""

    def __init__(self, slug: str) -> None:
        super().__init__(f"The slug '{slug}' is taken.")
        self.slug = slug


def give_slug(connection: Connection, dialect: str, workspace: str, flow_id: str, wanted: str) -> str:
    """Keep a slug for a flow and return it: the wanted one, with a number behind it where it is taken."""
    first = wanted[:SLUG_ROOM].rstrip("-")
    while True:
        taken = set(
            connection.scalars(
                select(flow_slugs.c.slug).where(
                    flow_slugs.c.workspace == workspace,
                    or_(flow_slugs.c.slug == wanted, flow_slugs.c.slug.like(f"{first}-%")),
                )
            )
        )
        number, slug = 2, wanted
        while slug in taken:
            slug, number = f"{first}-{number}", number + 1
        kept = insert_into(dialect, flow_slugs).values(workspace=workspace, slug=slug, flow_id=flow_id)
        if connection.execute(kept.on_conflict_do_nothing()).rowcount:
            return slug


def take_slug(connection: Connection, dialect: str, workspace: str, flow_id: str, slug: str) -> str:
    """Keep exactly this slug for a flow, and return it.

    Raises:
        SlugTaken: it is another flow's, or was.
    """
    kept = insert_into(dialect, flow_slugs).values(workspace=workspace, slug=slug, flow_id=flow_id)
    connection.execute(kept.on_conflict_do_nothing())
    named = (flow_slugs.c.workspace == workspace, flow_slugs.c.slug == slug)
    if connection.scalar(select(flow_slugs.c.flow_id).where(*named)) != flow_id:
        raise SlugTaken(slug)
    return slug


def id_of(connection: Connection, workspace: str, named: str) -> str:
    """Return the id of the flow that has or had a slug; what is no slug of any is returned as it is."""
    held = (flow_slugs.c.workspace == workspace, flow_slugs.c.slug == named)
    return connection.scalar(select(flow_slugs.c.flow_id).where(*held)) or named


def active_slugs(connection: Connection, workspace: str, flow_type: str) -> list[tuple[str, float]]:
    """Return slug and time of creation of each flow of a kind that may be run, the newest first."""
    wanted = (
        select(flows.c.slug, flows.c.created_at)
        .where(
            flows.c.workspace == workspace,
            flows.c.flow_type == flow_type,
            flows.c.is_active,
            flows.c.deleted_at.is_(None),
        )
        .order_by(flows.c.created_at.desc(), flows.c.id)
    )
    return [(slug, made) for slug, made in connection.execute(wanted)]


def free_slugs(connection: Connection, flow_id: str) -> None:
    """Let others have all slugs of a flow."""
    connection.execute(delete(flow_slugs).where(flow_slugs.c.flow_id == flow_id))
