"""Routes of OpenAI's Responses API."""

from typing import Annotated, Any

from litestar import Controller, Request, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.response.base import ASGIResponse

from server.description.operations import operation
from server.http.bodies import shape
from server.http.query_strings import ANY_QUERY
from server.identity.authentication import Caller
from server.protocols.openai.response_requests import ResponseRequest
from server.protocols.openai.responses import StoredResponses

__all__ = ["ResponsesController"]

READ = operation(404, needs="runs:read", bound=True)
CHANGE = operation(404, needs="runs:start", bound=True)


class ResponsesController(Controller):
    """Responses."""

    path = "/v1/responses"
    include_in_schema = False
    opt = ANY_QUERY

    @post(
        "/",
        operation_id="openaiCreateResponse",
        status_code=200,
        opt=operation(400, 404, 409, 413, 415, needs="runs:start", starts_run=True, bound=True),
    )
    async def create(
        self,
        data: JSONBody[dict[str, Any]],
        request: Request[Any, Any, Any],
        stored_responses: NamedDependency[StoredResponses],
        caller: NamedDependency[Caller],
    ) -> ASGIResponse:
        """Answer a conversation with a chatflow."""
        return await stored_responses.create(request, caller, shape(data, ResponseRequest), data)

    @get("/{response_id:str}", operation_id="openaiGetResponse", opt=READ)
    async def read(
        self,
        response_id: FromPath[str],
        stored_responses: NamedDependency[StoredResponses],
        caller: NamedDependency[Caller],
        stream: Annotated[bool, QueryParameter()] = False,
        starting_after: Annotated[int, QueryParameter(ge=-1, le=1_000_000_000)] = -1,
    ) -> ASGIResponse:
        """Return a response, or its events after a number."""
        return await stored_responses.read(caller, response_id, stream=stream, after=starting_after)

    @post("/{response_id:str}/cancel", operation_id="openaiCancelResponse", status_code=200, opt=CHANGE)
    async def cancel(
        self,
        response_id: FromPath[str],
        stored_responses: NamedDependency[StoredResponses],
        caller: NamedDependency[Caller],
    ) -> ASGIResponse:
        """Cancel a response."""
        return await stored_responses.cancel(caller, response_id)

    @delete("/{response_id:str}", operation_id="openaiDeleteResponse", status_code=200, opt=CHANGE)
    async def delete(
        self,
        response_id: FromPath[str],
        stored_responses: NamedDependency[StoredResponses],
        caller: NamedDependency[Caller],
    ) -> dict[str, Any]:
        """Delete a response."""
        return await stored_responses.delete(caller, response_id)

    @get("/{response_id:str}/input_items", operation_id="openaiListInputItems", opt=READ)
    async def input_items(
        self,
        response_id: FromPath[str],
        stored_responses: NamedDependency[StoredResponses],
        caller: NamedDependency[Caller],
    ) -> dict[str, Any]:
        """Return what a response was asked with."""
        return await stored_responses.input_items(caller, response_id)
