"""Routes of OpenAI's Responses API, and of conversations, which are sessions."""

from typing import Annotated, Any

from litestar import Controller, Request, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.response.base import ASGIResponse

from persistence.library.sessions import SessionRow, Sessions
from persistence.storage.ids import new_id
from server.description.operations import operation
from server.http.bodies import shape
from server.http.problems import Fault, Problem
from server.http.query_strings import ANY_QUERY
from server.identity.auth import Caller
from server.protocols.openai.response_requests import ResponseRequest
from server.protocols.openai.responses import CONVERSATION, StoredResponses
from server.requests.chat_sessions import ChatSessions

__all__ = ["ConversationsController", "ResponsesController"]

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


class ConversationsController(Controller):
    """Conversations: the sessions of a workspace."""

    path = "/v1/conversations"
    include_in_schema = False
    opt = ANY_QUERY

    @post("/", operation_id="openaiCreateConversation", status_code=200, opt=CHANGE)
    async def create(
        self,
        request: Request[Any, Any, Any],
        sessions: NamedDependency[Sessions],
        caller: NamedDependency[Caller],
    ) -> dict[str, Any]:
        """Begin a conversation."""
        return _conversation(await sessions.create(caller.workspace, new_id(), owner=caller.owner))

    @get("/{conversation_id:str}", operation_id="openaiGetConversation", opt=READ)
    async def read(
        self,
        conversation_id: FromPath[str],
        chat_sessions: NamedDependency[ChatSessions],
        caller: NamedDependency[Caller],
    ) -> dict[str, Any]:
        """Return a conversation."""
        return _conversation(await _found(chat_sessions, caller, conversation_id))

    @delete("/{conversation_id:str}", operation_id="openaiDeleteConversation", status_code=200, opt=CHANGE)
    async def delete(
        self,
        conversation_id: FromPath[str],
        chat_sessions: NamedDependency[ChatSessions],
        sessions: NamedDependency[Sessions],
        caller: NamedDependency[Caller],
    ) -> dict[str, Any]:
        """Delete a conversation with its runs."""
        row = await _found(chat_sessions, caller, conversation_id)
        await chat_sessions.end_runs(caller, row)
        await sessions.delete(caller.workspace, row.name)
        return {"id": conversation_id, "object": "conversation.deleted", "deleted": True}

    @get("/{conversation_id:str}/items", operation_id="openaiListConversationItems", opt=READ)
    async def items(
        self,
        conversation_id: FromPath[str],
        chat_sessions: NamedDependency[ChatSessions],
        caller: NamedDependency[Caller],
        limit: Annotated[int, QueryParameter(ge=1, le=100)] = 20,
        order: Annotated[str, QueryParameter()] = "desc",
        after: Annotated[str | None, QueryParameter()] = None,
    ) -> dict[str, Any]:
        """List the messages of a conversation, the last one first unless `order` is `asc`."""
        row = await _found(chat_sessions, caller, conversation_id)
        history = await chat_sessions.history(caller, row.name)
        data = [
            {
                "id": message.id,
                "type": "message",
                "role": message.role,
                "status": "completed",
                "content": [
                    {"type": "output_text", "text": message.content, "annotations": []}
                    if message.role == "assistant"
                    else {"type": "input_text", "text": message.content}
                ],
            }
            for message in history.messages
            if message.role in ("user", "assistant", "system")
        ]
        if order != "asc":
            data.reverse()
        begin = 0
        if after is not None:
            begin = next((place for place, one in enumerate(data, 1) if one["id"] == after), len(data))
        page = data[begin : begin + limit]
        ends = (page[0]["id"], page[-1]["id"]) if page else (None, None)
        more = begin + limit < len(data)
        return {"object": "list", "data": page, "first_id": ends[0], "last_id": ends[1], "has_more": more}


async def _found(sessions: ChatSessions, caller: Caller, id: str) -> SessionRow:
    if id.startswith(CONVERSATION):
        try:
            return await sessions.get(caller, id.removeprefix(CONVERSATION))
        except Problem:
            pass
    detail = f"Conversation '{id[:80]}' does not exist."
    raise Problem(404, "conversation_not_found", detail, errors=[Fault(detail)])


def _conversation(row: SessionRow) -> dict[str, Any]:
    return {
        "id": f"{CONVERSATION}{row.name}",
        "object": "conversation",
        "created_at": int(row.created_at),
        "metadata": {},
    }
