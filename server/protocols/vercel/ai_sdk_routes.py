"""Routes of Vercel's AI SDK: the ``api`` of a chat is ``/ai-sdk/{slug}``."""

from typing import Any

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from litestar.response.base import ASGIResponse

from server.description.operations import operation
from server.http.bodies import shape
from server.http.query_strings import ANY_QUERY
from server.identity.authentication import Caller
from server.protocols.vercel.ui_chats import UiChatRequest, UiChats

__all__ = ["AiSdkController"]


class AiSdkController(Controller):
    """Chats of the AI SDK."""

    path = "/ai-sdk/{slug:str}"
    include_in_schema = False
    opt = ANY_QUERY

    @post(
        "/",
        operation_id="aiSdkChat",
        status_code=200,
        opt=operation(400, 404, 409, 413, 415, needs="runs:start", starts_run=True, bound=True),
    )
    async def send(
        self,
        slug: FromPath[str],
        data: JSONBody[dict[str, Any]],
        request: Request[Any, Any, Any],
        ui_chats: NamedDependency[UiChats],
        caller: NamedDependency[Caller],
    ) -> ASGIResponse:
        """Answer the last message of a chat."""
        return await ui_chats.send(request, caller, slug, shape(data, UiChatRequest))

    @get(
        "/{chat_id:str}/stream", operation_id="aiSdkResume", opt=operation(404, needs="runs:read", bound=True)
    )
    async def resume(
        self,
        slug: FromPath[str],
        chat_id: FromPath[str],
        ui_chats: NamedDependency[UiChats],
        caller: NamedDependency[Caller],
    ) -> ASGIResponse:
        """Return the answer that is under way."""
        return await ui_chats.resume(caller, slug, chat_id)

    @post(
        "/{chat_id:str}/stop",
        operation_id="aiSdkStop",
        status_code=204,
        opt=operation(404, needs="runs:start", bound=True),
    )
    async def stop(
        self,
        slug: FromPath[str],
        chat_id: FromPath[str],
        ui_chats: NamedDependency[UiChats],
        caller: NamedDependency[Caller],
    ) -> None:
        """Stop the answer that is under way."""
        await ui_chats.stop(caller, slug, chat_id)
