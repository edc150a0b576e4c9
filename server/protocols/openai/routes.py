"""Routes of OpenAI's API: the base address of a client is ``…/v1``."""

from typing import Any

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from litestar.response.base import ASGIResponse
from msgspec import Struct

from persistence.library.flows import Flows
from server.description.operations import operation
from server.http.bodies import shape
from server.http.query_strings import ANY_QUERY
from server.identity.authentication import Caller
from server.protocols.openai.chats import ChatCompletions, CompletionRequest

__all__ = ["OpenAIController"]


class Model(Struct, frozen=True):
    """A chatflow, as a client sees models."""

    id: str
    created: int
    object: str = "model"
    owned_by: str = "agenticrag"


class ModelList(Struct, frozen=True):
    """The chatflows of a workspace that are switched on."""

    data: list[Model]
    object: str = "list"


class OpenAIController(Controller):
    """Models and chat completions in OpenAI's shape."""

    path = "/v1"
    include_in_schema = False
    opt = ANY_QUERY

    @get("/models", operation_id="openaiListModels", opt=operation(needs="runs:start", bound=True))
    async def models(self, flows: NamedDependency[Flows], caller: NamedDependency[Caller]) -> ModelList:
        """List the chatflows that can be asked."""
        if caller.flow_id:
            flow = await flows.get(caller.workspace, caller.flow_id, "chatflow")
            known = [] if flow is None or not flow.is_active else [flow]
            return ModelList([Model(each.slug, int(each.created_at)) for each in known])
        found = await flows.active_slugs(caller.workspace, "chatflow")
        return ModelList([Model(slug, int(created)) for slug, created in found])

    @get(
        "/models/{model:str}",
        operation_id="openaiGetModel",
        opt=operation(404, needs="runs:start", bound=True),
    )
    async def model(
        self,
        model: FromPath[str],
        chat_completions: NamedDependency[ChatCompletions],
        caller: NamedDependency[Caller],
    ) -> Model:
        """Return a chatflow by slug or id."""
        flow = await chat_completions.model(caller, model)
        return Model(flow.slug, int(flow.created_at))

    @post(
        "/chat/completions",
        operation_id="openaiChatCompletions",
        status_code=200,
        opt=operation(400, 404, 409, 413, 415, needs="runs:start", starts_run=True, bound=True),
    )
    async def complete(
        self,
        data: JSONBody[dict[str, Any]],
        request: Request[Any, Any, Any],
        chat_completions: NamedDependency[ChatCompletions],
        caller: NamedDependency[Caller],
    ) -> ASGIResponse:
        """Answer a conversation with a chatflow, whole or as a stream."""
        return await chat_completions.answer(request, caller, shape(data, CompletionRequest), data)
