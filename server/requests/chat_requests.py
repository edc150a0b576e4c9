"""Chat requests: what a chat asks, checked and made into an order for the execution service."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from graphs.analysis.chatflow import definition_of
from graphs.model_api.connection import ConnectionName
from graphs.model_nodes.model_settings import (
    ContextTokens,
    ExtraBody,
    FirstTokenSeconds,
    IdleSeconds,
    KeepAlive,
    LogitBias,
    MinP,
    ParallelToolCalls,
    Penalty,
    ReasoningEffort,
    TemplateArguments,
    Think,
    TopK,
    User,
    more_settings,
)
from graphs.values.run_options import FlowLimits
from persistence.library.flow_versions import FlowVersions
from persistence.library.flows import FlowRow, Flows
from persistence.runs.executions import Idempotency, OnBusy
from persistence.storage.ids import new_id
from server.compilation.langgraph_engine import Engine
from server.compilation.tool_setup import ServerTools
from server.flow_choice.adhoc_tools import (
    refuse_bad_tools,
    refuse_connection,
    refuse_tools_of_others,
    refuse_variables,
)
from server.flow_choice.stored_flows import stored_flow
from server.flow_choice.wanted_versions import at_version, draft_of
from server.http.parameters import session_name
from server.http.problems import Fault, Problem
from server.identity.authentication import Caller
from server.identity.bound_keys import require_within
from server.requests.chat_inputs import ChatValues, read_inputs
from server.requests.limit_values import refuse_above
from server.requests.upload_checks import SentFiles, taken
from server.runs.run_requests import Order
from server.sessions.branched_chats import branched, reconfigured
from server.sessions.message_branches import MessageBranches
from server.settings.default_model import DefaultModel
from server.settings.sources import Settings

__all__ = ["ChatOptions", "ChatOrders", "ChatRequest", "ExecutionRequest", "answering_flow"]

TITLE = 80


class ChatOptions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of a chat without a stored flow. A stored flow uses its own settings."""

    provider: str = ""
    """`ollama`, `openai`, `anthropic`, `local` or `demo`. Empty: the server's default model."""
    model: str = ""
    """The provider's name of the model. Empty: `llama3.3:70b` of Ollama, otherwise the provider's first
    model."""
    temperature: Annotated[float, Meta(ge=0, le=2)] | UnsetType | None = UNSET
    """Null: the model's default. Not set: 0.7 for `local` and `demo`, the model's default for others."""
    max_tokens: Annotated[int, Meta(ge=1, le=1_000_000)] | UnsetType | None = UNSET
    """Maximum number of tokens in the answer. Null: the model's default. Not set: 1000 for `local` and
    `demo`, the model's default for others."""
    system_prompt: str = ""
    memory_type: Literal["buffer", "summary", "vector", "hybrid"] = "buffer"
    """Memory strategy."""
    memory_config: dict[str, Any] = {}
    """Options of the memory: see `GET /chatflow/memory/strategies`."""
    top_p: Annotated[float, Meta(ge=0, le=1)] | None = None
    stop: list[str] = []
    """Texts that end the answer."""
    seed: int | None = None
    top_k: TopK = None
    min_p: MinP = None
    presence_penalty: Penalty = None
    frequency_penalty: Penalty = None
    logit_bias: LogitBias = {}
    user: User = ""
    reasoning_effort: ReasoningEffort = ""
    parallel_tool_calls: ParallelToolCalls = None
    chat_template_kwargs: TemplateArguments = {}
    num_ctx: ContextTokens = None
    keep_alive: KeepAlive = ""
    think: Think = None
    model_first_token_seconds: FirstTokenSeconds = None
    model_idle_seconds: IdleSeconds = None
    extra_body: ExtraBody = {}
    tools: Annotated[list[str | dict[str, Any]], Meta(max_length=100)] = []
    """Tools from `GET /tools`: names, or objects with `name` and settings."""
    response_format: dict[str, Any] | None = None
    """`{"type": "json_object"}`, or `{"type": "json_schema", "json_schema": {…}}`."""
    base_url: str = ""
    """Another URL of the provider, from the operator's list."""
    connection: ConnectionName = ""
    """Name of a connection of the workspace to ask `model` by. Needs the permission `connections:read`."""
    api_key: str = ""
    """API key for the provider, for this run only. It is never stored, logged or shown."""
    on_busy: OnBusy = "wait"
    """If the session has an active run: `wait` for it, `refuse`, `interrupt` it, or `rollback` its messages.
    """


class ChatRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One message of a chat."""

    message: Annotated[str, Meta(min_length=1)]
    session_id: str | None = None
    """The session to continue, or a name for a new one: 1 to 255 printable characters. Null: a new session.
    """
    workflow_id: str | None = None
    """A stored chatflow. Its settings win over `config`."""
    config: ChatOptions | None = None
    limits: FlowLimits | None = None
    """Limits of this run, instead of the chatflow's. They cannot exceed the server's settings."""
    files: SentFiles = []
    """Files of the message, if the chatflow's `uploads` accepts files."""
    inputs: ChatValues = {}
    """Inputs that the chatflow's start node declares, by name. A file is an object with `name` and `data`."""
    variables: ChatValues = {}
    """Values of variables that the chatflow's start node declares, by name."""
    edits: Annotated[str, Meta(min_length=1, max_length=255)] | None = None
    """Id of an earlier message of the user in this session. The new message becomes an alternative to it, and
    the session continues from there."""


class ExecutionRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Input of an agentflow."""

    input_data: dict[str, Any] = {}
    """Input of the run. Nodes read it as `input.<name>`."""
    variables: dict[str, Any] = {}
    """Initial variables. Nodes read them as `variables.<name>`."""
    limits: FlowLimits | None = None
    """Limits of this run, instead of the flow's. They cannot exceed the server's settings."""


class ChatOrders:
    """Makes chats into orders: with the session, the files and the model that each is answered with."""

    def __init__(
        self,
        settings: Settings,
        flows: Flows,
        engine: Engine,
        default_model: DefaultModel,
        tools: ServerTools,
        branches: MessageBranches,
    ) -> None:
        self._branches = branches
        self._settings = settings
        self._flows = flows
        self._engine = engine
        self._default_model = default_model
        self._tools = tools

    async def order(
        self,
        caller: Caller,
        chat: ChatRequest,
        *,
        flow: FlowRow | None = None,
        idempotency: Idempotency | None = None,
        visitor: bool = False,
        public_inputs: bool = False,
        again: str | None = None,
    ) -> Order:
        """Return the order of a chat, by a stored flow or by its own config.

        Args:
            caller: Who asks.
            chat: What they ask.
            flow: The stored chatflow that answers; None for the one that the chat names, if any.
            idempotency: What a repeated request is known by.
            visitor: Whether a visitor of an embedded chat asks, who may set public inputs alone.
            public_inputs: Whether others may too: a protocol that is not ours.
            again: A message that gets another answer: what the chat says is that message then.

        Raises:
            Problem: the message or a name is not what it should be, the flow does not exist, or the caller's
                key is of another one.
            FlowError: the config asks for something that cannot run.
        """
        refuse_above(self._settings, chat.limits)
        longest = self._settings.max_message_chars
        if len(chat.message) > longest:
            raise Problem(
                413, "too_large", f"The message has {len(chat.message)} characters; {longest} are taken."
            )
        session = (
            new_id() if chat.session_id is None else session_name(chat.session_id, pointer="/session_id")
        )
        options = chat.config or ChatOptions()
        if flow is None and chat.workflow_id is not None:
            flow = await stored_flow(self._flows, caller.workspace, chat.workflow_id, "chatflow")
        found = None
        if (changed := again or chat.edits) is not None:
            found = await self._branches.find(caller, chat.session_id, changed, again=again is not None)
            if again is not None:
                chat = msgspec.structs.replace(chat, message=found.text)
            if flow is None and found.flow_id is not None:
                flow = await stored_flow(self._flows, caller.workspace, found.flow_id, "chatflow")
        require_within(caller, None if flow is None else flow.id)
        files = taken(chat.files, None if flow is None else flow.document, self._settings)
        given = read_inputs(
            flow,
            chat.message,
            chat.inputs,
            chat.variables,
            self._settings,
            files=len(files),
            visitor=visitor or public_inputs,
        )
        if found is not None and chat.config is None and flow is None and found.run is not None:
            document = found.run.document
        elif found is not None and chat.config is not None and flow is not None:
            changed_flow = reconfigured(flow, chat.config)
            document = await self._completed(changed_flow, changed=changed_flow is not flow)
        else:
            document = await (self._configured(caller, options) if flow is None else self._completed(flow))
        order = Order(
            workspace=caller.workspace,
            key_id=caller.key_id,
            user_id=caller.user_id,
            bound=bool(caller.flow_id),
            flow=flow,
            document=document,
            flow_type="chatflow",
            input={**given.inputs, "message": chat.message},
            files=files,
            input_files=given.files,
            variables=given.variables,
            visitor=visitor,
            answers="" if chat.session_id is None else chat.message,
            by="visitor" if visitor else caller.name,
            lacks=given.lacks,
            limits=chat.limits or FlowLimits(),
            session=session,
            any_session=caller.any_session,
            title=" ".join(chat.message.split())[:TITLE],
            on_busy=options.on_busy,
            idempotency=idempotency,
            api_key=options.api_key,
        )
        return order if found is None else branched(order, found)

    async def _configured(self, caller: Caller, options: ChatOptions) -> dict[str, Any]:
        """Return the document of a chat without a stored flow."""
        refuse_variables(caller, [options.system_prompt, options.tools])
        if options.tools:
            refuse_bad_tools(options.tools, self._tools, pointer="/config/tools")
            refuse_tools_of_others(caller, options.tools, self._tools)
        provider, model = options.provider, options.model
        if options.connection:
            _refuse_connection(caller, options)
        else:
            provider, model = await self._default_model.complete(provider, model)
        chat_config: dict[str, Any] = {
            "llm_provider": provider,
            "llm_model": model,
            "system_prompt": options.system_prompt,
            "top_p": options.top_p,
            "stop": options.stop,
            "seed": options.seed,
            **more_settings(options),
            "response_format": options.response_format,
            "base_url": options.base_url,
            "connection": options.connection,
            "tools": options.tools,
        }
        document = {
            "chat_config": {
                name: value for name, value in chat_config.items() if value not in (None, "", [], {})
            }
            | {
                name: value
                for name, value in (("temperature", options.temperature), ("max_tokens", options.max_tokens))
                if value is not UNSET
            },
            "memory_config": {"type": options.memory_type, **options.memory_config},
        }
        if not self._engine.compiled.has_compiled("chatflow", document):
            from graphs.checks.check import read_flow

            tools = self._tools.loaded.kinds if options.tools else None
            read_flow(definition_of(document), name="chat", type="chatflow", tools=tools)
        return document

    async def _completed(self, flow: FlowRow, *, changed: bool = False) -> dict[str, Any] | None:
        """Return what is run in place of the flow's version: a draft, a document that was `changed` for this
        run, or its document with the default model filled in; None where it names its own."""
        own = flow.document if changed else draft_of(flow)
        if flow.document.get("graph_definition"):
            return own
        config: dict[str, Any] = flow.document.get("chat_config") or {}
        if config.get("connection") or (config.get("llm_provider") and config.get("llm_model")):
            return own
        provider, model = await self._default_model.complete(
            config.get("llm_provider", ""), config.get("llm_model", "")
        )
        return {**flow.document, "chat_config": {**config, "llm_provider": provider, "llm_model": model}}


async def answering_flow(
    flows: Flows,
    versions: FlowVersions,
    caller: Caller,
    workflow_id: str,
    chat: ChatRequest,
    version: str | None,
) -> FlowRow:
    """Return the stored chatflow that an address names, as it is in the wanted version.

    Raises:
        Problem: 422 if the body names another one, 404 if there is none, or no such version.
    """
    if chat.workflow_id is not None and chat.workflow_id != workflow_id:
        detail = "workflow_id in the body differs from the one in the address. Leave it out of the body."
        raise Problem(422, "invalid", detail, errors=[Fault(detail, pointer="/workflow_id")])
    flow = await stored_flow(flows, caller.workspace, workflow_id, "chatflow")
    return await at_version(versions, flow, version, caller=caller)


def _refuse_connection(caller: Caller, options: ChatOptions) -> None:
    """Return if a chat may name its connection without a stored flow.

    Raises:
        Problem: 403 without the permission, 422 without a model.
    """
    refuse_connection(caller)
    if not options.model:
        detail = "With a connection, the chat names the model: set 'model'."
        raise Problem(422, "invalid", detail, errors=[Fault(detail, pointer="/config/model")])
