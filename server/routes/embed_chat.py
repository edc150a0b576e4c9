"""Embedded chat: what visitors' browsers call, without a key and within one chat."""

from typing import Annotated, Any

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.response.base import ASGIResponse
from msgspec import Meta, Struct

from graphs.citations import cited_by_message
from graphs.files import FileKind
from graphs.inputs import refusal
from graphs.messages import Citation, InputAnswer
from graphs.text import clean
from persistence.conversations import Rating, Turn
from persistence.executions import Accepted, ExecutionRow, goes_on
from persistence.flows import FlowRow
from persistence.inputs import NotOpen
from server.auth import OPEN, Caller
from server.embed_door import (
    BRINGS_FILES,
    SESSION_HEADER,
    Visit,
    admit_visitor,
    answer_visitor,
    gone,
    provide_visit,
)
from server.embeds import PublicConfig, config_of, public_config
from server.limits import Ask, network_of
from server.locales import best_locale
from server.openapi import operation
from server.orders import ChatRequest, chat_order
from server.problems import Fault, Problem, not_found
from server.projections.frames import iso
from server.projections.visitor import (
    VisitorAnswer,
    VisitorEvent,
    VisitorFrames,
    VisitorSource,
    error_code,
    error_for,
    visitor_answer,
    visitor_sources,
)
from server.routes.chat import in_flight, replayed
from server.routes.parameters import idempotency_of, known_id
from server.runtime import Runtime
from server.uploads import WITHOUT_FILES, SentFiles
from server.visitor_sessions import PREFIX, VisitorSession
from server.visitor_streams import Seat
from server.watching import Place, ended, place_of, watch

__all__ = ["EmbedChatController"]

HOUR = 3600.0
TURNS = 200
"""Turns of a conversation that its visitor gets to see again."""
IN_SESSION: dict[str, Any] = {"visitor": True, "sdk_requires": (SESSION_HEADER,), "opt": OPEN}
"""Of operations in a visitor's session. Who is no browser begins it first: without one, a message that is
sent again would be another visitor's."""
IN_MESSAGE: dict[str, Any] = {**IN_SESSION, "opt": OPEN | {BRINGS_FILES: True}}
OF_MESSAGE = (400, 401, 403, 404, 409, 413, 415, 422, 429)
"""What a message may be refused with."""
KEPT_IN_SESSION: dict[str, Any] = IN_SESSION | {"opt": {**OPEN, "audited": True}}
OPEN_STATUS = {"pending": "running", "running": "running", "waiting_approval": "waiting"}


class VisitorMessage(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A visitor's message."""

    message: Annotated[str, Meta(min_length=1)]
    session_id: Annotated[str, Meta(max_length=512)] | None = None
    """The `session_id` of an answer before, to go on with its conversation. Any other name means nothing:
    what two visitors call by the same name are two conversations."""
    files: SentFiles = []
    """Files that come with the message, as far as the public config's `uploads` allows."""


class SessionGiven(Struct, frozen=True, kw_only=True):
    """A visitor's session."""

    session_id: str
    """Send it as `X-Visitor-Session`. Each answer brings one that is good for longer."""
    expires_at: str | None


class VisitorFile(Struct, frozen=True):
    """A file of the visitor's, without what is in it."""

    name: str
    kind: FileKind
    size: int
    """Bytes."""


class TurnView(Struct, frozen=True, kw_only=True):
    """A message of the visitor and its answer."""

    execution_id: str
    message: str
    files: list[VisitorFile]
    """What the visitor sent with it."""
    response: str
    """Empty where there is none (yet)."""
    status: str
    """`running`, `waiting`, `completed` or `failed`."""
    error: str | None
    """What went wrong, in general words; null if nothing did."""
    code: str | None
    """`cancelled`, `timeout` or `failed`; null if nothing went wrong."""
    rating: Rating | None
    created_at: str | None
    citations: list[VisitorSource] = []
    """The sources of the answer."""


class VisitorHistory(Struct, frozen=True, kw_only=True):
    """A conversation as its visitor sees it, the oldest turn first."""

    turns: list[TurnView]


class OneRun(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Names a run of the visitor's own."""

    execution_id: str


class VisitorReply(OneRun, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An answer to what a run asks of the visitor."""

    input_id: str
    action: Annotated[str, Meta(max_length=255)]
    """One of the question's `actions`."""
    value: Any = None
    """The edited or submitted value; it must fit the question's `schema`."""
    comment: Annotated[str, Meta(max_length=2000)] = ""


class VisitorOpinion(OneRun, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the visitor thinks of an answer."""

    rating: Rating
    comment: Annotated[str, Meta(max_length=2000)] = ""


class RunStatus(Struct, frozen=True):
    """How a run stands."""

    execution_id: str
    status: str
    """`running`, `waiting`, `completed` or `failed`."""


class EmbedChatController(Controller):
    """One chat, for visitors of the pages that may show it."""

    path = "/embed/public/{embed_token:str}"
    tags = ("Embed",)
    guards = (admit_visitor,)
    dependencies = {"visit": Provide(provide_visit)}  # noqa: RUF012  # Litestar's own way
    exception_handlers = {Exception: answer_visitor}  # noqa: RUF012
    request_max_body_size = WITHOUT_FILES

    @get(
        "/config",
        operation_id="getEmbedConfig",
        opt=operation(401, 403, 404, visitor=True, sdk="embeds.visitor_config", opt=OPEN),
    )
    async def config(
        self,
        embed_token: FromPath[str],
        runtime: NamedDependency[Runtime],
        visit: NamedDependency[Visit],
        locale: Annotated[
            str, QueryParameter(max_length=200, description="Languages in order, as browsers name them.")
        ] = "en",
    ) -> PublicConfig:
        """Return how the chat looks, in the visitor's language."""
        return public_config(visit.embed, await _flow(runtime, visit), best_locale(locale), runtime.settings)

    @post(
        "/session",
        operation_id="beginVisitorSession",
        status_code=200,
        opt=operation(401, 403, 404, 429, visitor=True, opt=OPEN),
    )
    async def session(
        self,
        embed_token: FromPath[str],
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        visit: NamedDependency[Visit],
    ) -> Response[SessionGiven]:
        """Begin a conversation; with a session in the header, keep it for longer."""
        if (session := visit.session) is None:
            await runtime.limits.take(_ask(request, visit, "sessions"))
            session = runtime.ready.visitor_sessions.begin()
        headers = _session_headers(runtime, visit, session)
        longer = runtime.ready.visitor_sessions.read(visit.embed, headers[SESSION_HEADER])
        given = SessionGiven(session_id=headers[SESSION_HEADER], expires_at=iso(longer.expires_at))
        return Response(given, headers=headers)

    @post(
        "/chat",
        operation_id="embedChat",
        status_code=200,
        request_max_body_size=None,  # the door sets a limit, by what the chatflow takes
        opt=operation(
            *OF_MESSAGE,
            starts_run=True,
            sdk="embeds.visitor_chat",
            **IN_MESSAGE,
        ),
    )
    async def chat(
        self,
        embed_token: FromPath[str],
        data: JSONBody[VisitorMessage],
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        visit: NamedDependency[Visit],
    ) -> Response[VisitorAnswer]:
        """Answer a visitor's message."""
        session = _session(runtime, visit, data)
        accepted = await _start(request, runtime, visit, session, data, "chat")
        if accepted.replayed and goes_on(accepted.execution):
            raise in_flight(accepted)
        events = await ended(runtime.ready, accepted.execution)
        headers = _session_headers(runtime, visit, session)
        answer = visitor_answer(events, headers[SESSION_HEADER])
        return Response(answer, headers={**replayed(accepted), **headers})

    @post(
        "/chat/stream",
        operation_id="embedChatStream",
        status_code=200,
        request_max_body_size=None,  # the door sets a limit, by what the chatflow takes
        opt=operation(
            *OF_MESSAGE,
            events=VisitorEvent,
            last=VisitorFrames.last,
            starts_run=True,
            sdk="embeds.visitor_chat_stream",
            **IN_MESSAGE,
        ),
    )
    async def stream(
        self,
        embed_token: FromPath[str],
        data: JSONBody[VisitorMessage],
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        visit: NamedDependency[Visit],
    ) -> ASGIResponse:
        """Answer a visitor's message as Server-Sent Events.

        A repeated request with the same `Idempotency-Key` goes on with its run, after `Last-Event-ID` where
        it has one.
        """
        session = _session(runtime, visit, data)
        seat = runtime.ready.visitor_streams.seat(visit.embed.token, session.id, visit.page)
        try:
            place = place_of(request)
            if place is not None and place.execution_id:
                row = await _own_run(runtime, visit, session, place.execution_id)
                return _watch(runtime, visit, session, row, seat, after=place)
            accepted = await _start(request, runtime, visit, session, data, "chat.stream")
            return _watch(runtime, visit, session, accepted.execution, seat, headers=replayed(accepted))
        except BaseException:
            seat.leave()
            raise

    @get(
        "/chat/stream",
        operation_id="embedChatResume",
        opt=operation(
            400,
            401,
            403,
            404,
            429,
            events=VisitorEvent,
            last=VisitorFrames.last,
            sdk="embeds.visitor_chat_resume",
            **IN_SESSION,
        ),
    )
    async def resume(
        self,
        embed_token: FromPath[str],
        execution_id: Annotated[str, QueryParameter(description="A run of the visitor's own.")],
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        visit: NamedDependency[Visit],
    ) -> ASGIResponse:
        """Show a run of the visitor's own from its first frame on, or from the one after `Last-Event-ID`."""
        session = _needed(visit)
        row = await _own_run(runtime, visit, session, execution_id)
        place = place_of(request)
        seat = runtime.ready.visitor_streams.seat(visit.embed.token, session.id, visit.page)
        return _watch(runtime, visit, session, row, seat, after=place)

    @get(
        "/history",
        operation_id="embedHistory",
        opt=operation(401, 403, 404, sdk="embeds.visitor_history", **IN_SESSION),
    )
    async def history(
        self, embed_token: FromPath[str], runtime: NamedDependency[Runtime], visit: NamedDependency[Visit]
    ) -> Response[VisitorHistory]:
        """Return the visitor's conversation so far."""
        session = _needed(visit)
        turns = await runtime.ready.conversations.turns(
            visit.embed.workspace, session.name, visit.embed.flow_id, limit=TURNS
        )
        cited = await _cited(runtime, visit, session) if turns else {}
        return Response(
            VisitorHistory(turns=[_turn(turn, cited.get(turn.execution_id, [])) for turn in turns]),
            headers=_session_headers(runtime, visit, session),
        )

    @post(
        "/cancel",
        operation_id="embedCancel",
        status_code=200,
        opt=operation(400, 401, 403, 404, 413, 415, 422, sdk="embeds.visitor_cancel", **KEPT_IN_SESSION),
    )
    async def cancel(
        self,
        embed_token: FromPath[str],
        data: JSONBody[OneRun],
        runtime: NamedDependency[Runtime],
        visit: NamedDependency[Visit],
    ) -> RunStatus:
        """Stop an answer of the visitor's own."""
        row = await _own_run(runtime, visit, _needed(visit), data.execution_id)
        ending = await runtime.ready.service.cancel(visit.embed.workspace, row.id)
        return RunStatus(row.id, _status((ending or row).status))

    @post(
        "/respond",
        operation_id="embedRespond",
        status_code=200,
        opt=operation(
            400,
            401,
            403,
            404,
            409,
            413,
            415,
            422,
            starts_run=True,
            sdk="embeds.visitor_respond",
            **IN_SESSION,
        ),
    )
    async def respond(
        self,
        embed_token: FromPath[str],
        data: JSONBody[VisitorReply],
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        visit: NamedDependency[Visit],
    ) -> RunStatus:
        """Answer what a run of the visitor's own asks of them. Questions to the team are not theirs."""
        session = _needed(visit)
        row = await _own_run(runtime, visit, session, data.execution_id)
        question = next(
            (
                one
                for one in await runtime.ready.inputs.of(row.id)
                if one.id == data.input_id and one.request.audience == "visitor"
            ),
            None,
        )
        if question is None:
            raise not_found("input", data.input_id)
        answer = InputAnswer(data.action, clean(data.value), clean(data.comment), by="visitor")
        if question.answer is None and (wrong := refusal(question.request, answer)) is not None:
            field, detail = wrong
            raise Problem(422, "invalid", detail, errors=[Fault(detail, pointer=f"/{field}")])
        idempotency = idempotency_of(request, f"embed.respond:{question.id}", data)
        try:
            answered = await runtime.ready.service.respond(question, answer, idempotency)
        except NotOpen:
            raise Problem(
                409, "already_answered", "This was answered before, or its time is up.", execution_id=row.id
            ) from None
        return RunStatus(row.id, _status(answered.execution.status))

    @post(
        "/feedback",
        operation_id="embedFeedback",
        status_code=200,
        opt=operation(400, 401, 403, 404, 413, 415, 422, sdk="embeds.visitor_feedback", **IN_SESSION),
    )
    async def feedback(
        self,
        embed_token: FromPath[str],
        data: JSONBody[VisitorOpinion],
        runtime: NamedDependency[Runtime],
        visit: NamedDependency[Visit],
    ) -> VisitorOpinion:
        """Keep what the visitor thinks of an answer of their own."""
        row = await _own_run(runtime, visit, _needed(visit), data.execution_id)
        await runtime.ready.conversations.rate(
            visit.embed.workspace, visit.embed.flow_id, row.id, data.rating, data.comment
        )
        return data


async def _flow(runtime: Runtime, visit: Visit) -> FlowRow:
    """Return the embed's chatflow.

    Raises:
        Problem: 404 if it is deleted or switched off.
    """
    flow = await runtime.ready.flows.get(visit.embed.workspace, visit.embed.flow_id, "chatflow")
    if flow is None or not flow.is_active:
        raise gone()
    return flow


def _session(runtime: Runtime, visit: Visit, data: VisitorMessage) -> VisitorSession:
    """Return the session that a message belongs to: the header's, the body's, or a new one."""
    if visit.session is not None:
        return visit.session
    sessions = runtime.ready.visitor_sessions
    if data.session_id is not None and data.session_id.startswith(PREFIX):
        return sessions.read(visit.embed, data.session_id)
    return sessions.begin()


def _needed(visit: Visit) -> VisitorSession:
    if visit.session is None:
        raise Problem(
            401, "session_over", f"This needs the visitor's session in the header {SESSION_HEADER}."
        )
    return visit.session


def _session_headers(runtime: Runtime, visit: Visit, session: VisitorSession) -> dict[str, str]:
    """Return the session as the visitor's browser keeps it from now on."""
    sessions = runtime.ready.visitor_sessions
    longer = sessions.longer(session)
    runtime.ready.visitor_streams.renew(longer.id, longer.expires_at)
    return {SESSION_HEADER: sessions.signed(visit.embed, longer), "Cache-Control": "no-store"}


async def _start(
    request: Request[Any, Any, Any],
    runtime: Runtime,
    visit: Visit,
    session: VisitorSession,
    data: VisitorMessage,
    route: str,
) -> Accepted:
    """Have the chatflow answer a message.

    Raises:
        Problem: 413 for a message that is too long, 429 if the address has sent too many.
    """
    most = runtime.settings.embed_message_bytes
    size = len(data.message.encode("utf-8", "surrogatepass"))
    if size > most:
        raise Problem(413, "too_large", f"The message has {size:,} bytes; {most:,} are taken.")
    flow = await _flow(runtime, visit)
    chat = ChatRequest(message=data.message, session_id=session.name, files=data.files)
    idempotency = idempotency_of(request, f"embed.{route}:{visit.embed.id}:{session.id}", chat)
    caller = Caller(visit.embed.workspace, "")
    order = await chat_order(runtime, caller, chat, flow=flow, idempotency=idempotency)
    await runtime.limits.take(_ask(request, visit, "messages"))
    request.scope["user"] = msgspec.structs.replace(visit, session=session)  # who did it, as the audit has it
    return await runtime.ready.service.start(order)


def _ask(request: Request[Any, Any, Any], visit: Visit, what: str) -> Ask:
    """Return the ask of an address for one of what it may have in an hour."""
    host = "" if request.client is None else request.client.host
    subject = f"{what}:{visit.embed.id}:{network_of(host)}"
    return Ask("embed", subject, config_of(visit.embed).rate_limit_per_ip, HOUR)


async def _own_run(
    runtime: Runtime, visit: Visit, session: VisitorSession, execution_id: str
) -> ExecutionRow:
    """Return a run of the visitor's own session.

    Raises:
        Problem: 404 for any other.
    """
    embed = visit.embed
    row = await runtime.ready.executions.get(embed.workspace, known_id("execution", execution_id))
    if row is None or row.session != session.name or row.flow_id != embed.flow_id:
        raise not_found("execution", execution_id)
    return row


def _watch(
    runtime: Runtime,
    visit: Visit,
    session: VisitorSession,
    row: ExecutionRow,
    seat: Seat,
    *,
    after: Place | None = None,
    headers: dict[str, str] | None = None,
) -> ASGIResponse:
    kept = _session_headers(runtime, visit, session)
    seq = 0 if after is None else after.seq
    if row.completed_at is not None and seq >= row.last_seq:
        seat.leave()
        return ASGIResponse(status_code=204, headers=kept)
    stream = watch(
        runtime,
        row,
        VisitorFrames(kept[SESSION_HEADER]),
        after=seq,
        headers={**(headers or {}), SESSION_HEADER: kept[SESSION_HEADER]},
    )
    return seat.take(stream)


async def _cited(runtime: Runtime, visit: Visit, session: VisitorSession) -> dict[str, list[VisitorSource]]:
    """Return the sources of a conversation's answers as its history bears them, by execution."""
    row = await runtime.ready.sessions.get(visit.embed.workspace, session.name)
    cited: dict[str, list[Citation]] = {}
    for message in await runtime.ready.engine.history(row.id) if row is not None else []:
        if found := cited_by_message(message):
            cited.setdefault(str(message["metadata"].get("execution_id")), []).extend(found)
    return {execution: visitor_sources(found) for execution, found in cited.items()}


def _turn(turn: Turn, citations: list[VisitorSource]) -> TurnView:
    status = _status(turn.status)
    code = error_code(turn.status) if status == "failed" else None
    return TurnView(
        execution_id=turn.execution_id,
        message=turn.message,
        files=[VisitorFile(file.name, file.kind, file.size) for file in turn.files],
        response=turn.response if status == "completed" else "",
        status=status,
        error=None if code is None else error_for(code),
        code=code,
        rating=turn.rating,
        created_at=iso(turn.created_at),
        citations=citations if status == "completed" else [],
    )


def _status(status: str) -> str:
    """Return a run's status in the few words that visitors get."""
    return "completed" if status == "completed" else OPEN_STATUS.get(status, "failed")
