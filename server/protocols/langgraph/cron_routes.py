"""Routes of LangGraph's server: crons."""

from typing import Any

from litestar import Controller, Request, Response, delete, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from server.description.operations import operation
from server.http.bodies import shape
from server.http.query_strings import ANY_QUERY
from server.identity.authentication import Caller
from server.protocols.langgraph.assistants.assistant_routes import body_of, paged
from server.protocols.langgraph.crons import CronBody, Crons, CronSearch

__all__ = ["LangGraphCronsController"]

READ = operation(404, needs="schedules:read")
CHANGE = operation(404, needs="schedules:write")


class LangGraphCronsController(Controller):
    """Crons: schedules of the workspace."""

    path = "/langgraph"
    include_in_schema = False
    opt = ANY_QUERY

    @post("/runs/crons", operation_id="langgraphCreateCron", status_code=200, opt=CHANGE)
    async def create(
        self,
        request: Request[Any, Any, Any],
        langgraph_crons: NamedDependency[Crons],
        caller: NamedDependency[Caller],
    ) -> dict[str, Any]:
        """Have an assistant run at the times of a cron expression, in a new thread each."""
        return await langgraph_crons.create(caller, shape(await body_of(request), CronBody), None)

    @post(
        "/threads/{thread:str}/runs/crons",
        operation_id="langgraphCreateThreadCron",
        status_code=200,
        opt=CHANGE,
    )
    async def create_for_thread(
        self,
        thread: FromPath[str],
        request: Request[Any, Any, Any],
        langgraph_crons: NamedDependency[Crons],
        caller: NamedDependency[Caller],
    ) -> dict[str, Any]:
        """Have an assistant run at the times of a cron expression, in a thread."""
        return await langgraph_crons.create(caller, shape(await body_of(request), CronBody), thread)

    @post("/runs/crons/search", operation_id="langgraphSearchCrons", status_code=200, opt=READ)
    async def search(
        self,
        request: Request[Any, Any, Any],
        langgraph_crons: NamedDependency[Crons],
        caller: NamedDependency[Caller],
    ) -> Response[Any]:
        """List crons."""
        wanted = shape(await body_of(request), CronSearch)
        found, total = await langgraph_crons.search(caller, wanted)
        return paged(found, total, wanted.offset)

    @post("/runs/crons/count", operation_id="langgraphCountCrons", status_code=200, opt=READ)
    async def count(
        self,
        request: Request[Any, Any, Any],
        langgraph_crons: NamedDependency[Crons],
        caller: NamedDependency[Caller],
    ) -> int:
        """Count crons."""
        return (await langgraph_crons.search(caller, shape(await body_of(request), CronSearch)))[1]

    @patch("/runs/crons/{cron:str}", operation_id="langgraphChangeCron", opt=CHANGE)
    async def change(
        self,
        cron: FromPath[str],
        request: Request[Any, Any, Any],
        langgraph_crons: NamedDependency[Crons],
        caller: NamedDependency[Caller],
    ) -> dict[str, Any]:
        """Change a cron."""
        return await langgraph_crons.change(caller, cron, shape(await body_of(request), CronBody))

    @delete("/runs/crons/{cron:str}", operation_id="langgraphDeleteCron", status_code=200, opt=CHANGE)
    async def remove(
        self, cron: FromPath[str], langgraph_crons: NamedDependency[Crons], caller: NamedDependency[Caller]
    ) -> dict[str, bool]:
        """Delete a cron. Its runs stay."""
        await langgraph_crons.delete(caller, cron)
        return {"ok": True}
