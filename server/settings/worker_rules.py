"""Worker rules: what the settings of workers say, read once: queues, weights and the queue's address."""

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Literal

from msgspec import Struct

from server.settings.groups.worker_values import WorkerValues

__all__ = [
    "QueueRule",
    "missing_packages",
    "queue_address",
    "queue_rules",
    "redis_address",
    "wakeup_way",
    "workspace_weights",
]

REDIS = ("redis://", "rediss://", "unix://")


class QueueRule(Struct, frozen=True):
    """Which runs wait in which queue."""

    kind: Literal["workspace", "flow", "tag", "background"]
    value: str
    """An id or a tag; empty for ``background``."""
    queue: str


def queue_rules(settings: WorkerValues) -> list[QueueRule]:
    """Return the rules in their order.

    Raises:
        ValueError: an entry is none; the message says what one looks like.
    """
    rules: list[QueueRule] = []
    for entry in settings.queue_rules:
        what, sign, queue = entry.rpartition("=")
        kind, colon, value = what.partition(":")
        match (kind.strip(), bool(colon), value.strip()):
            case ("workspace" | "flow" | "tag" as known, True, str(given)) if given:
                rules.append(QueueRule(known, given, _name(queue, entry)))
            case ("background", False, "") if sign:
                rules.append(QueueRule("background", "", _name(queue, entry)))
            case _:
                raise ValueError(
                    "AGENTICRAG_QUEUE_RULES takes entries as workspace:ID=name, flow:ID=name, tag:NAME=name "
                    f"or background=name; '{entry}' is none."
                )
    for queue in settings.worker_queues:
        _name(queue, queue)
    return rules


def workspace_weights(settings: WorkerValues) -> Mapping[str, int]:
    """Return the weights by workspace.

    Raises:
        ValueError: an entry is none.
    """
    weights: dict[str, int] = {}
    for entry in settings.workspace_weights:
        workspace, _, weight = entry.rpartition("=")
        if not (workspace.strip() and weight.strip().isdecimal() and 1 <= int(weight) <= 1000):
            raise ValueError(
                f"AGENTICRAG_WORKSPACE_WEIGHTS takes entries as ID=3, from 1 to 1000; '{entry}' is none."
            )
        weights[workspace.strip()] = int(weight)
    return weights


def queue_address(settings: WorkerValues) -> str:
    """Return where the queue is: ``redis://…`` or ``postgresql://…``; empty with the executor ``inline``.

    Raises:
        ValueError: nothing says where, or it is neither Redis nor PostgreSQL.
    """
    if settings.executor == "inline":
        return ""
    url = settings.queue_url or settings.redis_url
    if not url and settings.database_url.startswith("postgresql"):
        url = settings.database_url
    if not url:
        raise ValueError(
            "AGENTICRAG_EXECUTOR=saq needs a queue: set AGENTICRAG_QUEUE_URL to redis://… or postgresql://…, "
            "or AGENTICRAG_DATABASE_URL to PostgreSQL."
        )
    if url.startswith(REDIS):
        return url
    if url.startswith("postgresql"):
        return _without_driver(url)
    raise ValueError(
        "AGENTICRAG_QUEUE_URL must start with redis:// or postgresql://; "
        f"it starts with '{url.split(':')[0]}:'."
    )


def missing_packages(settings: WorkerValues) -> str:
    """Return which packages the queue needs and has not, as a sentence; empty where all are there."""
    address = queue_address(settings)
    needed = () if not address else ("saq", "psycopg", "psycopg_pool") if address[:1] == "p" else ("saq",)
    missing = [name for name in needed if find_spec(name) is None]
    if not missing:
        return ""
    return f"AGENTICRAG_EXECUTOR=saq needs packages that are not installed: {', '.join(missing)}."


def redis_address(settings: WorkerValues) -> str:
    """Return the Redis that wake-ups go by; empty where none is named."""
    return next((url for url in (settings.redis_url, settings.queue_url) if url.startswith(REDIS)), "")


def wakeup_way(settings: WorkerValues) -> Literal["redis", "postgresql", "polling"]:
    """Return how processes learn of each other's runs.

    Raises:
        ValueError: that way is asked for and nothing says where it is.
    """
    redis, postgresql = redis_address(settings), settings.database_url.startswith("postgresql")
    match settings.wakeups:
        case "auto":
            shared = settings.executor == "saq" or settings.workers > 1
            return "redis" if redis else "postgresql" if postgresql and shared else "polling"
        case "redis" if not redis:
            raise ValueError("AGENTICRAG_WAKEUPS=redis needs AGENTICRAG_REDIS_URL.")
        case "postgresql" if not postgresql:
            raise ValueError("AGENTICRAG_WAKEUPS=postgresql needs PostgreSQL in AGENTICRAG_DATABASE_URL.")
        case way:
            return way


def _without_driver(url: str) -> str:
    """Return a PostgreSQL address of SQLAlchemy's as drivers take it."""
    scheme, sign, rest = url.partition("://")
    return f"{scheme.split('+')[0]}{sign}{rest}"


def _name(queue: str, entry: str) -> str:
    name = queue.strip()
    if not (name and len(name) <= 64 and name.replace("-", "").replace("_", "").isalnum() and name.isascii()):
        raise ValueError(
            f"A queue's name has 1 to 64 letters, digits, '-' and '_'; that of '{entry}' has not."
        )
    return name
