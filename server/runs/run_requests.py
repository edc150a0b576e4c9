"""Run requests: what is to be run, and by which limits."""

from collections.abc import Collection, Mapping
from typing import Any, cast

import msgspec
from msgspec import Struct

from graphs.conversation.files import FileRef, StoredFile, file_value
from graphs.document.flow import FlowType
from graphs.values.call_settings import CallSettings
from graphs.values.run_options import Branch, FlowLimits, Limits
from persistence.library.flows import FlowRow
from persistence.runs.accept import BOUND, VISITOR, Beside
from persistence.runs.executions import Idempotency, NewExecution, OnBusy
from server.http.problems import Problem
from server.knowledge.uploaded_documents import UploadedDocuments
from server.settings.sources import Settings

__all__ = ["Order", "any_session_of", "limits_of", "new_execution", "owner_of", "with_documents"]


class Order(Struct, frozen=True, kw_only=True):
    """What a request asks to be run."""

    workspace: str
    flow: FlowRow | None = None
    """The stored flow; None where `document` is run on its own."""
    document: dict[str, Any] | None = None
    """What is run in place of the flow's own document: a draft, or a chat by its own config."""
    flow_type: FlowType = "chatflow"
    input: dict[str, Any]
    files: list[StoredFile] = []
    """What comes with the message."""
    input_files: list[StoredFile] = []
    """What its inputs name."""
    history: list[dict[str, Any]] = []
    """Messages of the conversation before this one, where the caller brings them: for a new session."""
    history_files: list[StoredFile] = []
    """What came with those."""
    call_settings: CallSettings | None = None
    """What the client asks of the model of a plain chat."""
    branch: Branch | None = None
    """Where it goes on with its session; None: at the end of the chosen line."""
    message_id: str = ""
    """What the client calls its message; empty for an id of ours."""
    kept_files: list[FileRef] = []
    """Files of the session that the message has already."""
    variables: dict[str, Any] = {}
    session: str | None = None
    """The caller's name of the session; None for a run without history."""
    any_session: bool = False
    """Whether it may go on with sessions of others."""
    title: str = ""
    on_busy: OnBusy = "wait"
    idempotency: Idempotency | None = None
    api_key: str = ""
    """A provider's key for this run alone: kept in memory only, so the run fails if its process dies."""
    key_id: str = ""
    """The API key that asks; empty where it is none. Its budgets are drawn on."""
    bound: bool = False
    """Whether that key is of one flow: its sessions are the key's own."""
    user_id: str = ""
    """The user who asks, or whose key does; empty where it is nobody. Their budgets are drawn on."""
    answers: str = ""
    """The message, where it may answer a question that its session waits for."""
    labels: Mapping[str, Collection[str]] = {}
    """What front ends call the actions of questions."""
    by: str = ""
    """The name of who asks, as answers tell it."""
    lacks: Problem | None = None
    """What is missing for a run to begin."""
    limits: FlowLimits = FlowLimits()
    """What the request sets in place of what the flow or the settings say."""
    traceparent: str = ""
    """The span of the client's that asks, as W3C's Trace Context writes it; empty for none."""
    hops: int = 0
    """How many runs led to it, each by a request of the one before."""
    webhook: str = ""
    """The webhook that starts it, whose sessions it may make; empty for none."""
    background: bool = False
    """Whether it leaves room for others: of those that do, few run at a time."""
    own_limits: Limits | None = None
    """The limits of a run of the server's own; None for those of the settings."""
    beside: Beside | None = None
    parent: str | None = None
    """The run that it goes on from."""
    schedule: str | None = None
    """The schedule that starts it."""
    from_run: dict[str, Any] = {}
    """What options the run has because it goes on from another: ``origin``, ``files_of``, ``alone``."""
    pins: dict[str, Any] | None = None
    """The versions that it uses, where they are those of another run; None to look them up."""
    visitor: bool = False
    """Whether a visitor of an embedded chat asks: their runs may ask models less often by default."""

    def __repr__(self) -> str:
        """Show what is run without what it is run with."""
        return f"Order(workspace={self.workspace!r}, session={self.session!r})"


def new_execution(order: Order, settings: Settings, pins: Mapping[str, Any]) -> NewExecution:
    """Return an order as it is written down, with all that the run needs in whatever process it runs.

    Args:
        order: What is asked.
        settings: Whose limits hold where the order and its flow set none.
        pins: The versions of what its flow names without one; see `VersionPinning.pins`.
    """
    flow = order.flow
    limits = order.own_limits or limits_of(order, settings)
    options: dict[str, Any] = {"limits": msgspec.to_builtins(limits), "by_place": True, **order.from_run}
    if order.hops:
        options["hops"] = order.hops
    if order.background:
        options["background"] = True
    if order.variables:
        options["variables"] = order.variables
    if order.history:
        options["history"] = order.history
    if order.call_settings is not None:
        options["call_settings"] = msgspec.to_builtins(order.call_settings)
    if order.message_id:
        options["message_id"] = order.message_id
    if order.branch is not None:
        options["branch"] = msgspec.to_builtins(order.branch)
    if order.files or order.kept_files:
        options["files"] = msgspec.to_builtins([*order.kept_files, *(file.ref for file in order.files)])
    if order.api_key:
        options["own_key"] = True
    if order.key_id:
        options["key_id"] = order.key_id
    if order.visitor:
        options["visitor"] = True
    if order.user_id:
        options["user_id"] = order.user_id
    if flow is not None:
        options["flow_name"] = flow.name
    if order.traceparent:
        options["traceparent"] = order.traceparent
    if pins:
        options["pins"] = pins
    return NewExecution(
        workspace=order.workspace,
        flow_type=order.flow_type if flow is None else flow.flow_type,
        flow_id=None if flow is None else flow.id,
        flow_version=None if flow is None else flow.version or None,
        document=order.document,
        session=order.session,
        title=order.title,
        owner=owner_of(order),
        any_session=any_session_of(order),
        webhook=order.webhook,
        input=order.input,
        options=options,
        files=[*order.history_files, *order.files, *order.input_files],
        on_busy=order.on_busy,
        idempotency=order.idempotency,
        beside=order.beside,
        parent=order.parent,
        schedule=order.schedule,
    )


async def with_documents(order: Order, documents: UploadedDocuments) -> Order:
    """Return an order whose documents have their text, in the values of its inputs too.

    Raises:
        Problem: 422 where one cannot be read.
    """
    if not any(
        file.ref.kind == "document" for file in (*order.history_files, *order.files, *order.input_files)
    ):
        return order
    named = await documents.parsed(order.input_files)
    values = {file.ref.id: file_value(file) for file in named}

    def read(value: Any) -> Any:
        match value:
            case {"type": "file", "id": str(id)} if id in values:
                return values[id]
            case list() as items:
                return [*map(read, cast("list[Any]", items))]
            case _:
                return value

    return msgspec.structs.replace(
        order,
        history_files=await documents.parsed(order.history_files),
        files=await documents.parsed(order.files),
        input_files=named,
        input={name: read(value) for name, value in order.input.items()},
    )


def owner_of(order: Order) -> str:
    """Return whose a session is that an order makes; empty where nobody was asked who they are."""
    if order.visitor:
        return VISITOR
    if order.bound:
        return f"{BOUND}{order.key_id}"
    return order.user_id or (f"key:{order.key_id}" if order.key_id else "")


def any_session_of(order: Order) -> bool:
    """Say whether who asks may write to sessions of others."""
    return order.any_session or not owner_of(order)


def limits_of(order: Order, settings: Settings) -> Limits:
    """Return a run's limits: what the request sets, else what the flow sets, else the settings."""
    document = order.document if order.flow is None else order.flow.document
    of_flow = msgspec.convert((document or {}).get("limits") or {}, FlowLimits)
    usual = settings.run_limits()
    if order.visitor:
        most = min(settings.embed_model_calls, usual.max_model_calls)
        usual_calls = FlowLimits(max_model_calls=most)
        return of_flow.over(usual_calls).within(usual)
    return order.limits.over(of_flow).within(usual)
