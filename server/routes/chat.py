"""Chats: one message, one answer, whole or streamed."""

from typing import Annotated, Any

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.response.base import ASGIResponse

from graphs.parsing.text import clean
from persistence.library.flow_versions import FlowVersions
from persistence.library.flows import Flows
from server.description.operations import operation
from server.flow_choice.wanted_versions import RunVersion
from server.http.bodies import read_json, shape
from server.http.problems import Fault, Problem
from server.identity.authentication import TOKEN_IN_QUERY, Caller
from server.requests.chat_answers import CHAT, STREAM, ChatAnswers
from server.requests.chat_requests import ChatOptions, ChatRequest, answering_flow
from server.streams.chat_sse import ChatEvent, ChatFrames
from server.views.run_answers import ChatAnswer

__all__ = ["ChatController", "FlowChatController"]

Message = Annotated[str, QueryParameter(min_length=1, description="The user's message.")]
SessionId = Annotated[
    str | None, QueryParameter(description="The session to go on with, or a name for a new one.")
]
Inputs = Annotated[
    str | None,
    QueryParameter(
        name="inputs", description="The `inputs` of a chat, as JSON: those that the flow declares."
    ),
]
Config = Annotated[str | None, QueryParameter(description="The `config` of a chat, as JSON.")]
STREAMED = operation(
    400,
    404,
    409,
    413,
    415,
    422,
    needs="runs:start",
    bound=True,
    events=ChatEvent,
    last=ChatFrames.last,
    starts_run=True,
)


class ChatController(Controller):
    """Chats by a config, or by the stored chatflow that the body names."""

    path = "/chatflow/chat"
    tags = ("Chat",)

    @post(
        "/",
        operation_id="chat",
        status_code=200,
        opt=operation(400, 404, 409, 413, 415, 422, needs="runs:start", starts_run=True, bound=True),
    )
    async def chat(
        self,
        data: JSONBody[ChatRequest],
        request: Request[Any, Any, Any],
        chat_answers: NamedDependency[ChatAnswers],
        caller: NamedDependency[Caller],
    ) -> Response[ChatAnswer]:
        """Send a chat message and return the answer.

        The run belongs to the server: it goes on when the client leaves. A run that fails is an answer with
        `success: false` and a sentence in `error`; the HTTP status speaks of the request alone.
        """
        return await chat_answers.whole(request, caller, data, route=CHAT)

    @post("/stream", operation_id="chatStream", status_code=200, opt=STREAMED)
    async def stream(
        self,
        data: JSONBody[ChatRequest],
        request: Request[Any, Any, Any],
        chat_answers: NamedDependency[ChatAnswers],
        caller: NamedDependency[Caller],
    ) -> ASGIResponse:
        """Send a chat message and stream the answer as Server-Sent Events.

        A repeated request that carries `Last-Event-ID`, or the same `Idempotency-Key`, goes on with its run.
        """
        return await chat_answers.streamed(request, caller, data, route=STREAM)

    @get("/stream", operation_id="chatEventSource", opt=STREAMED | TOKEN_IN_QUERY)
    async def event_source(
        self,
        request: Request[Any, Any, Any],
        chat_answers: NamedDependency[ChatAnswers],
        caller: NamedDependency[Caller],
        message: Message,
        session_id: SessionId = None,
        workflow_id: Annotated[
            str | None, QueryParameter(description="A stored chatflow that answers.")
        ] = None,
        config: Config = None,
        given: Inputs = None,
    ) -> ASGIResponse:
        """The same for EventSource in browsers. A ticket can be in `?token=`.

        An EventSource reconnects by itself. It then sends `Last-Event-ID` and goes on with its run; and as
        long as the end of a run has not been delivered, the same address leads to it and never starts a
        second one."""
        chat = _chat(message, session_id, workflow_id, config, given)
        return await chat_answers.reconnecting(request, caller, chat, route=STREAM)


class FlowChatController(Controller):
    """Chats with a stored chatflow."""

    path = "/chatflow/workflows/{workflow_id:str}/chat"
    tags = ("Chat",)

    @post(
        "/",
        operation_id="chatWithFlow",
        status_code=200,
        opt=operation(400, 404, 409, 413, 415, 422, needs="runs:start", starts_run=True),
    )
    async def chat(
        self,
        workflow_id: FromPath[str],
        data: JSONBody[ChatRequest],
        request: Request[Any, Any, Any],
        flows: NamedDependency[Flows],
        flow_versions: NamedDependency[FlowVersions],
        chat_answers: NamedDependency[ChatAnswers],
        caller: NamedDependency[Caller],
        version: RunVersion = None,
    ) -> Response[ChatAnswer]:
        """Send a message to a stored chatflow and return the answer."""
        flow = await answering_flow(flows, flow_versions, caller, workflow_id, data, version)
        return await chat_answers.whole(request, caller, data, route=f"{CHAT}:{flow.id}", flow=flow)

    @post("/stream", operation_id="chatWithFlowStream", status_code=200, opt=STREAMED)
    async def stream(
        self,
        workflow_id: FromPath[str],
        data: JSONBody[ChatRequest],
        request: Request[Any, Any, Any],
        flows: NamedDependency[Flows],
        flow_versions: NamedDependency[FlowVersions],
        chat_answers: NamedDependency[ChatAnswers],
        caller: NamedDependency[Caller],
        version: RunVersion = None,
    ) -> ASGIResponse:
        """Send a message to a stored chatflow and stream the answer as Server-Sent Events."""
        flow = await answering_flow(flows, flow_versions, caller, workflow_id, data, version)
        return await chat_answers.streamed(request, caller, data, route=f"{STREAM}:{flow.id}", flow=flow)

    @get("/stream", operation_id="chatWithFlowEventSource", opt=STREAMED | TOKEN_IN_QUERY)
    async def event_source(
        self,
        workflow_id: FromPath[str],
        request: Request[Any, Any, Any],
        flows: NamedDependency[Flows],
        flow_versions: NamedDependency[FlowVersions],
        chat_answers: NamedDependency[ChatAnswers],
        caller: NamedDependency[Caller],
        message: Message,
        session_id: SessionId = None,
        config: Config = None,
        given: Inputs = None,
        version: RunVersion = None,
    ) -> ASGIResponse:
        """The same for EventSource in browsers."""
        chat = _chat(message, session_id, None, config, given)
        flow = await answering_flow(flows, flow_versions, caller, workflow_id, chat, version)
        return await chat_answers.reconnecting(request, caller, chat, route=f"{STREAM}:{flow.id}", flow=flow)


def _chat(
    message: str, session_id: str | None, workflow_id: str | None, config: str | None, inputs: str | None
) -> ChatRequest:
    """Return the chat that an address asks for."""
    message = clean(message)
    if not message:
        raise Problem(
            422, "invalid", "The message is empty.", errors=[Fault("It is empty.", parameter="message")]
        )
    chat = ChatRequest(message=message, session_id=session_id, workflow_id=workflow_id)
    if inputs is not None:
        given = read_json(inputs.encode("utf-8", "surrogatepass"))
        if not isinstance(given, dict):
            detail = "The inputs are no JSON object."
            raise Problem(422, "invalid", detail, errors=[Fault(detail, parameter="inputs")])
        chat = msgspec.structs.replace(chat, inputs=given)
    if config is None:
        return chat
    options = shape(read_json(config.encode("utf-8", "surrogatepass")), ChatOptions)
    return msgspec.structs.replace(chat, config=options)
