"""Routes of LangGraph's server: what it is, and its assistants."""

from typing import Any

from litestar import Controller, Request, Response, get, post, route
from litestar.di import NamedDependency
from litestar.params import FromPath

from server.description.operations import operation
from server.http.bodies import read_body, shape
from server.http.problems import Problem
from server.http.query_strings import ANY_QUERY
from server.identity.authentication import Caller
from server.protocols.langgraph.assistants.assistants import Assistants, AssistantSearch, shown_assistant

__all__ = ["LangGraphController", "body_of", "paged"]

READ = operation(404, needs="flows:read", bound=True)
VERSION = "0.16.7"
"""The release of LangGraph's server whose API this is."""


class LangGraphController(Controller):
    """Assistants: the flows of a workspace."""

    path = "/langgraph"
    include_in_schema = False
    opt = ANY_QUERY

    @get("/ok", operation_id="langgraphOk", opt=READ)
    async def ok(self) -> dict[str, bool]:
        """Say that the server answers."""
        return {"ok": True}

    @get("/info", operation_id="langgraphInfo", opt=READ)
    async def info(self) -> dict[str, Any]:
        """Say which release of the API this is, and which parts of it are here."""
        flags = {"assistants": True, "crons": True, "langsmith": False, "langsmith_tracing_replicas": False}
        return {"version": VERSION, "flags": flags, "metadata": {"name": "agenticrag"}}

    @post("/assistants/search", operation_id="langgraphSearchAssistants", status_code=200, opt=READ)
    async def search(
        self,
        request: Request[Any, Any, Any],
        langgraph_assistants: NamedDependency[Assistants],
        caller: NamedDependency[Caller],
    ) -> Response[Any]:
        """List assistants."""
        wanted = shape(await body_of(request), AssistantSearch)
        found, total = await langgraph_assistants.search(caller, wanted)
        return paged(found, total, wanted.offset)

    @post("/assistants/count", operation_id="langgraphCountAssistants", status_code=200, opt=READ)
    async def count(
        self,
        request: Request[Any, Any, Any],
        langgraph_assistants: NamedDependency[Assistants],
        caller: NamedDependency[Caller],
    ) -> int:
        """Count assistants."""
        wanted = shape(await body_of(request), AssistantSearch)
        return (await langgraph_assistants.search(caller, wanted))[1]

    @get("/assistants/{assistant:str}", operation_id="langgraphGetAssistant", opt=READ)
    async def read(
        self,
        assistant: FromPath[str],
        langgraph_assistants: NamedDependency[Assistants],
        caller: NamedDependency[Caller],
    ) -> dict[str, Any]:
        """Return an assistant."""
        return shown_assistant(await langgraph_assistants.get(caller, assistant))

    @get("/assistants/{assistant:str}/graph", operation_id="langgraphGetGraph", opt=READ)
    async def graph(
        self,
        assistant: FromPath[str],
        langgraph_assistants: NamedDependency[Assistants],
        caller: NamedDependency[Caller],
    ) -> dict[str, Any]:
        """Return the graph of an assistant."""
        return langgraph_assistants.drawn(caller, await langgraph_assistants.get(caller, assistant))

    @get("/assistants/{assistant:str}/schemas", operation_id="langgraphGetSchemas", opt=READ)
    async def schemas(
        self,
        assistant: FromPath[str],
        langgraph_assistants: NamedDependency[Assistants],
        caller: NamedDependency[Caller],
    ) -> dict[str, Any]:
        """Return what an assistant takes and gives."""
        return langgraph_assistants.schemas(await langgraph_assistants.get(caller, assistant))

    @get(
        ["/assistants/{assistant:str}/subgraphs", "/assistants/{assistant:str}/subgraphs/{namespace:str}"],
        operation_id="langgraphGetSubgraphs",
        opt=READ,
    )
    async def subgraphs(
        self,
        assistant: FromPath[str],
        langgraph_assistants: NamedDependency[Assistants],
        caller: NamedDependency[Caller],
    ) -> dict[str, Any]:
        """Return the graphs within an assistant's: none, since a flow runs as one."""
        await langgraph_assistants.get(caller, assistant)
        return {}

    @post("/assistants/{assistant:str}/versions", operation_id="langgraphVersions", status_code=200, opt=READ)
    async def versions(
        self,
        assistant: FromPath[str],
        langgraph_assistants: NamedDependency[Assistants],
        caller: NamedDependency[Caller],
    ) -> list[dict[str, Any]]:
        """List the version of an assistant that runs."""
        return [shown_assistant(await langgraph_assistants.get(caller, assistant))]

    @post("/assistants", operation_id="langgraphCreateAssistant", status_code=200, opt=READ)
    async def create(self) -> None:
        """Say that flows alone are assistants."""
        raise _flows_alone()

    @route(
        ["/assistants/{assistant:str}", "/assistants/{assistant:str}/latest"],
        http_method=["PATCH", "DELETE"],
        operation_id="langgraphChangeAssistant",
        status_code=200,
        opt=READ,
    )
    async def change(self, assistant: FromPath[str]) -> None:
        """Say that flows alone are assistants."""
        raise _flows_alone()

    @post("/assistants/{assistant:str}/latest", operation_id="langgraphSetLatest", status_code=200, opt=READ)
    async def latest(self, assistant: FromPath[str]) -> None:
        """Say that flows alone are assistants."""
        raise _flows_alone()


async def body_of(request: Request[Any, Any, Any]) -> Any:
    """Return the JSON of a body; an empty object where there is none."""
    body = await request.body()
    return await read_body(body, request.app.state["settings"].max_body_values) if body else {}


def paged(found: list[Any], total: int, offset: int) -> Response[Any]:
    """Return a page of a list, with where it goes on."""
    headers = {"X-Pagination-Total": str(total)}
    if offset + len(found) < total:
        headers["X-Pagination-Next"] = str(offset + len(found))
    return Response(found, status_code=200, headers=headers)


def _flows_alone() -> Problem:
    detail = (
        "Each flow is an assistant, and there are no others. Make and change flows over "
        "/api/agent-builder/flows; a name such as support@production runs a version."
    )
    return Problem(422, "not_supported", detail)
