"""Routes of AG-UI: the ``url`` of an agent is ``/ag-ui/{slug}``."""

from typing import Annotated, Any

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.response.base import ASGIResponse

from server.description.operations import operation
from server.http.bodies import shape
from server.http.query_strings import ANY_QUERY
from server.identity.authentication import Caller
from server.protocols.agui.agent_inputs import AgentInput
from server.protocols.agui.agent_runs import AgentRuns

__all__ = ["AgUiController"]


class AgUiController(Controller):
    """Agents of AG-UI."""

    path = "/ag-ui/{slug:str}"
    include_in_schema = False
    opt = ANY_QUERY

    @post(
        "/",
        operation_id="agUiRun",
        status_code=200,
        opt=operation(400, 404, 409, 413, 415, needs="runs:start", starts_run=True, bound=True),
    )
    async def run(
        self,
        slug: FromPath[str],
        data: JSONBody[dict[str, Any]],
        request: Request[Any, Any, Any],
        agui_runs: NamedDependency[AgentRuns],
        caller: NamedDependency[Caller],
    ) -> ASGIResponse:
        """Run an agent."""
        return await agui_runs.run(request, caller, slug, shape(data, AgentInput))

    @get(
        "/threads/{thread_id:str}/events",
        operation_id="agUiRejoin",
        opt=operation(404, needs="runs:read", bound=True),
    )
    async def rejoin(
        self,
        slug: FromPath[str],
        thread_id: FromPath[str],
        request: Request[Any, Any, Any],
        agui_runs: NamedDependency[AgentRuns],
        caller: NamedDependency[Caller],
        run_id: Annotated[str | None, QueryParameter(name="runId")] = None,
        version: Annotated[str | None, QueryParameter(name="protocolVersion")] = None,
    ) -> ASGIResponse:
        """Return the events of a run that was begun before."""
        newest = version is not None
        return await agui_runs.rejoin(request, caller, slug, thread_id, run_id, newest=newest)

    @post(
        "/threads/{thread_id:str}/stop",
        operation_id="agUiStop",
        status_code=204,
        opt=operation(404, needs="runs:start", bound=True),
    )
    async def stop(
        self,
        slug: FromPath[str],
        thread_id: FromPath[str],
        agui_runs: NamedDependency[AgentRuns],
        caller: NamedDependency[Caller],
    ) -> None:
        """Stop what is under way of a thread."""
        await agui_runs.stop(caller, slug, thread_id)
