"""Health: whether the process serves, and whether it can work."""

from litestar import Controller, get
from litestar.di import NamedDependency
from msgspec import Struct

from server.description.operations import operation
from server.http.query_strings import ANY_QUERY
from server.identity.authentication import OPEN
from server.runs.readiness import Readiness

__all__ = ["HealthController"]


class Health(Struct, frozen=True):
    """The process serves."""

    status: str


class HealthController(Controller):
    """For load balancers and whoever starts the server."""

    tags = ("Health",)
    opt = ANY_QUERY

    @get("/health", operation_id="health", opt=operation(opt=OPEN))
    async def health(self) -> Health:
        """Report that the process runs."""
        return Health("ok")

    @get("/ready", operation_id="ready", opt=operation(503, opt=OPEN))
    async def ready(self, readiness: NamedDependency[Readiness]) -> Health:
        """Report that the server is ready. A 503 says what is missing."""
        await readiness.check()
        return Health("ready")
