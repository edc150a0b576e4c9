"""Routes of OpenAI's Conversations API: a conversation is a session."""

from typing import Annotated, Any

from litestar import Controller, Request, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter

from server.description.operations import operation
from server.http.bodies import read_body, shape
from server.http.query_strings import ANY_QUERY
from server.identity.authentication import Caller
from server.protocols.openai.conversations import (
    ConversationChange,
    ConversationItems,
    Conversations,
    NewConversation,
)

__all__ = ["ConversationsController"]

READ = operation(404, needs="runs:read", bound=True)
CHANGE = operation(404, 409, needs="runs:start", bound=True)


class ConversationsController(Controller):
    """Conversations: the sessions of a workspace."""

    path = "/v1/conversations"
    include_in_schema = False
    opt = ANY_QUERY

    @post("/", operation_id="openaiCreateConversation", status_code=200, opt=CHANGE)
    async def create(
        self,
        request: Request[Any, Any, Any],
        openai_conversations: NamedDependency[Conversations],
        caller: NamedDependency[Caller],
    ) -> dict[str, Any]:
        """Begin a conversation. The body is optional."""
        body = await request.body()
        most = request.app.state["settings"].max_body_values
        data: Any = await read_body(body, most) if body else {}
        return await openai_conversations.create(caller, shape(data, NewConversation))

    @get("/{conversation_id:str}", operation_id="openaiGetConversation", opt=READ)
    async def read(
        self,
        conversation_id: FromPath[str],
        openai_conversations: NamedDependency[Conversations],
        caller: NamedDependency[Caller],
    ) -> dict[str, Any]:
        """Return a conversation."""
        return await openai_conversations.read(caller, conversation_id)

    @post("/{conversation_id:str}", operation_id="openaiUpdateConversation", status_code=200, opt=CHANGE)
    async def change(
        self,
        conversation_id: FromPath[str],
        data: JSONBody[dict[str, Any]],
        openai_conversations: NamedDependency[Conversations],
        caller: NamedDependency[Caller],
    ) -> dict[str, Any]:
        """Give a conversation other metadata."""
        return await openai_conversations.change(caller, conversation_id, shape(data, ConversationChange))

    @delete("/{conversation_id:str}", operation_id="openaiDeleteConversation", status_code=200, opt=CHANGE)
    async def remove(
        self,
        conversation_id: FromPath[str],
        openai_conversations: NamedDependency[Conversations],
        caller: NamedDependency[Caller],
    ) -> dict[str, Any]:
        """Delete a conversation with its runs."""
        return await openai_conversations.delete(caller, conversation_id)

    @get("/{conversation_id:str}/items", operation_id="openaiListConversationItems", opt=READ)
    async def items(
        self,
        conversation_id: FromPath[str],
        openai_conversations: NamedDependency[Conversations],
        caller: NamedDependency[Caller],
        limit: Annotated[int, QueryParameter(ge=1, le=100)] = 20,
        order: Annotated[str, QueryParameter()] = "desc",
        after: Annotated[str | None, QueryParameter()] = None,
    ) -> dict[str, Any]:
        """List the messages of a conversation, the last one first unless `order` is `asc`."""
        return await openai_conversations.items(
            caller, conversation_id, limit=limit, order=order, after=after
        )

    @post(
        "/{conversation_id:str}/items",
        operation_id="openaiAddConversationItems",
        status_code=200,
        opt=CHANGE,
    )
    async def add(
        self,
        conversation_id: FromPath[str],
        data: JSONBody[dict[str, Any]],
        openai_conversations: NamedDependency[Conversations],
        caller: NamedDependency[Caller],
    ) -> dict[str, Any]:
        """Add messages to a conversation."""
        return await openai_conversations.add(caller, conversation_id, shape(data, ConversationItems))

    @get("/{conversation_id:str}/items/{item_id:str}", operation_id="openaiGetConversationItem", opt=READ)
    async def item(
        self,
        conversation_id: FromPath[str],
        item_id: FromPath[str],
        openai_conversations: NamedDependency[Conversations],
        caller: NamedDependency[Caller],
    ) -> dict[str, Any]:
        """Return a message of a conversation."""
        return await openai_conversations.item(caller, conversation_id, item_id)

    @delete(
        "/{conversation_id:str}/items/{item_id:str}",
        operation_id="openaiDeleteConversationItem",
        status_code=200,
        opt=CHANGE,
    )
    async def delete_item(
        self,
        conversation_id: FromPath[str],
        item_id: FromPath[str],
        openai_conversations: NamedDependency[Conversations],
        caller: NamedDependency[Caller],
    ) -> dict[str, Any]:
        """Take a message out of a conversation."""
        return await openai_conversations.delete_item(caller, conversation_id, item_id)
