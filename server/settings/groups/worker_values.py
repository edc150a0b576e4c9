"""Settings of workers, as values."""

from typing import Annotated, Literal

from msgspec import Meta

from server.settings.groups.code_graph_values import CodeGraphValues

__all__ = ["WorkerValues"]

Port = Annotated[int, Meta(ge=0, le=65535)]
Limit = Annotated[int, Meta(ge=0, le=1_000_000)]


class WorkerValues(CodeGraphValues, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The value of every setting, with those of workers."""

    executor: Literal["inline", "saq"] = "inline"
    """Who runs what the server accepts. `inline`: the server process itself. `saq`: processes of `agenticrag
    worker`, which read a queue. Needs `pip install 'agenticrag[workers]'`."""
    queue_url: str = ""
    """Where that queue is: `redis://…` or `postgresql://…`. Empty: `redis_url`, or else the PostgreSQL
    database. It says that runs wait, and holds no run: what it loses is found in the database."""
    wakeups: Literal["auto", "redis", "postgresql", "polling"] = "auto"
    """How a process learns that a run of another process has new events. `auto`: by Redis if `redis_url` or
    `queue_url` names one, else by PostgreSQL's `LISTEN` on one connection, else by reading every 0.1 s."""
    queue_rules: list[str] = []  # noqa: RUF012 (msgspec copies it)
    """Which queue a run waits in: `workspace:ID=name`, `flow:ID=name`, `tag:NAME=name` (a tag of the flow) or
    `background=name` (schedules and documents). The first that fits. Runs that fit none wait in `default`."""
    worker_queues: list[str] = []  # noqa: RUF012 (msgspec copies it)
    """The queues that a worker takes runs from. Empty: `default`."""
    worker_concurrency: Annotated[int, Meta(ge=1, le=10_000)] = 16
    """Maximum number of active runs in one worker."""
    worker_host: str = "127.0.0.1"
    """IP address on which a worker answers `/health`, `/ready` and `/metrics`."""
    worker_port: Port = 0
    """Its port. 0 selects a free port, which the worker prints."""
    turn_runs: Annotated[int, Meta(ge=1, le=1000)] = 4
    """How many runs a worker begins for a workspace before it is the next workspace's turn."""
    workspace_weights: list[str] = []  # noqa: RUF012 (msgspec copies it)
    """How many times as many runs a workspace begins in its turn, as `ID=3`."""
    max_running_runs: Limit = 0
    """Maximum number of runs of one workspace that workers run at once. More wait. 0: no limit."""

    @property
    def queues_taken(self) -> tuple[str, ...]:
        """The queues that a worker takes runs from."""
        return tuple(self.worker_queues) or ("default",)
