"""Embedded chat: how it looks, the visitor's session, and the conversation so far."""

from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from msgspec import Struct

from graphs.conversation.citations import cited_by_message
from graphs.conversation.files import FileRef, KeptKind
from graphs.conversation.messages import Citation
from graphs.conversation.spoken_answers import ASKED, SAID
from graphs.parsing.text import as_text
from graphs.run_state.message_tree import active_line
from persistence.library.conversations import Conversations, Rating, Turn
from persistence.library.session_files import Files
from persistence.library.sessions import Sessions
from server.compilation.langgraph_engine import Engine
from server.description.operations import operation
from server.embed.embed_settings import PublicConfig, public_config
from server.embed.locales import best_locale
from server.embed.visitor_access import SESSION_HEADER, Visit
from server.embed.visitor_sessions import VisitorSession
from server.embed.visitors import Visitors, ask_of
from server.http.answers.downloads import download
from server.http.answers.sse_bytes import iso
from server.http.parameters import known_id
from server.http.problems import not_found
from server.identity.authentication import OPEN
from server.limits.rate_limits import Limits
from server.routes.embed_visits import IN_SESSION, VisitorController, needed_session, run_status
from server.settings.sources import Settings
from server.streams.visitor_sse import VisitorSource, error_code, error_for, visitor_sources

__all__ = ["EmbedSessionsController"]

TURNS = 200
"""Turns of a conversation that its visitor gets to see again."""


class SessionGiven(Struct, frozen=True, kw_only=True):
    """A visitor's session."""

    session_id: str
    """Send it as `X-Visitor-Session`. Each answer brings one that is good for longer."""
    expires_at: str | None


class VisitorFile(Struct, frozen=True):
    """A file of the visitor's, without what is in it."""

    name: str
    kind: KeptKind
    size: int
    """Bytes."""


class Said(Struct, frozen=True, kw_only=True):
    """A message in the middle of a turn."""

    role: str
    """`assistant`, or `user` for an answer to a question."""
    content: str


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
    said: list[Said] = []
    """What was said between the message and the response: questions, their answers, and interim messages."""
    answer_files: list[FileRef] = []
    """Files that the response carries: `GET …/files/{file}` gives one."""


class VisitorHistory(Struct, frozen=True, kw_only=True):
    """A conversation as its visitor sees it, the oldest turn first."""

    turns: list[TurnView]


class EmbedSessionsController(VisitorController):
    """What a visitor's browser asks before it talks."""

    @get(
        "/config",
        operation_id="getEmbedConfig",
        opt=operation(401, 403, 404, visitor=True, sdk="embeds.visitor_config", opt=OPEN),
    )
    async def config(
        self,
        embed_token: FromPath[str],
        visitors: NamedDependency[Visitors],
        settings: NamedDependency[Settings],
        visit: NamedDependency[Visit],
        locale: Annotated[
            str, QueryParameter(max_length=200, description="Languages in order, as browsers name them.")
        ] = "en",
    ) -> PublicConfig:
        """Return the appearance of the chat in the visitor's language."""
        return public_config(visit.embed, await visitors.flow(visit), best_locale(locale), settings)

    @post(
        "/session",
        operation_id="beginVisitorSession",
        status_code=200,
        opt=operation(401, 403, 404, 429, visitor=True, secret=True, opt=OPEN),
    )
    async def session(
        self,
        embed_token: FromPath[str],
        request: Request[Any, Any, Any],
        limits: NamedDependency[Limits],
        visitors: NamedDependency[Visitors],
        visit: NamedDependency[Visit],
    ) -> Response[SessionGiven]:
        """Start a session, or extend the one in the header."""
        if (session := visit.session) is None:
            await limits.take(ask_of(request, visit, "sessions"))
            session = visitors.sessions.begin()
        headers = visitors.session_headers(visit, session)
        longer = visitors.sessions.read(visit.embed, headers[SESSION_HEADER])
        given = SessionGiven(session_id=headers[SESSION_HEADER], expires_at=iso(longer.expires_at))
        return Response(given, headers=headers)

    @get(
        "/history",
        operation_id="embedHistory",
        opt=operation(401, 403, 404, sdk="embeds.visitor_history", **IN_SESSION),
    )
    async def history(
        self,
        embed_token: FromPath[str],
        conversations: NamedDependency[Conversations],
        visitors: NamedDependency[Visitors],
        sessions: NamedDependency[Sessions],
        settings: NamedDependency[Settings],
        engine: NamedDependency[Engine],
        visit: NamedDependency[Visit],
    ) -> Response[VisitorHistory]:
        """Return the visitor's conversation."""
        session = needed_session(visit)
        turns = await conversations.turns(
            visit.embed.workspace, session.name, visit.embed.flow_id, limit=TURNS
        )
        messages = await _messages(sessions, engine, visit, session) if turns else []
        turns = _on_line(turns, messages)
        cited, said = _cited(settings, messages), _said(messages)
        return Response(
            VisitorHistory(
                turns=[
                    _turn(turn, cited.get(turn.execution_id, []), said.get(turn.execution_id, []))
                    for turn in turns
                ]
            ),
            headers=visitors.session_headers(visit, session),
        )

    @get(
        "/files/{file_id:str}",
        operation_id="getVisitorFile",
        opt=operation(
            401, 403, 404, media="application/octet-stream", sdk="embeds.visitor_file", **IN_SESSION
        ),
    )
    async def file(
        self,
        embed_token: FromPath[str],
        file_id: FromPath[str],
        sessions: NamedDependency[Sessions],
        session_files: NamedDependency[Files],
        visit: NamedDependency[Visit],
    ) -> Response[bytes]:
        """Download a file of the visitor's conversation."""
        row = await sessions.get(visit.embed.workspace, needed_session(visit).name)
        id = known_id("file", file_id)
        found = {} if row is None else await session_files.read([row.id], [id])
        if (file := found.get(id)) is None:
            raise not_found("file", file_id)
        return download(file.content, file.ref.name)


async def _messages(
    sessions: Sessions, engine: Engine, visit: Visit, session: VisitorSession
) -> list[dict[str, Any]]:
    row = await sessions.get(visit.embed.workspace, session.name)
    return [] if row is None else await engine.sessions.conversation(row.id)


def _on_line(turns: list[Turn], messages: list[dict[str, Any]]) -> list[Turn]:
    """Return the turns of the session's chosen line: of each message the run that has answered it last.

    Args:
        turns: All turns.
        messages: The whole conversation, as `graphs.run_state.message_tree` has it.
    """
    everything = {str(message.get("metadata", {}).get("execution_id")) for message in messages}
    line: list[str] = []
    for message in active_line(messages):
        execution_id = str(message.get("metadata", {}).get("execution_id"))
        if message["role"] == "user":
            line.append(execution_id)
        elif line:
            line[-1] = execution_id
    return [turn for turn in turns if turn.execution_id in line or turn.execution_id not in everything]


def _said(messages: list[dict[str, Any]]) -> dict[str, list[Said]]:
    """Return what was said in the middle of a conversation's turns, by execution."""
    found: dict[str, list[Said]] = {}
    for message in messages:
        metadata = message.get("metadata", {})
        if {SAID, ASKED} & metadata.keys():
            said = Said(role=message["role"], content=as_text(message.get("content", "")))
            found.setdefault(str(metadata.get("execution_id")), []).append(said)
    return found


def _cited(settings: Settings, messages: list[dict[str, Any]]) -> dict[str, list[VisitorSource]]:
    """Return the sources of a conversation's answers as its history bears them, by execution."""
    cited: dict[str, list[Citation]] = {}
    limits = settings.citations()
    for message in messages:
        if found := cited_by_message(message, limits):
            cited.setdefault(str(message["metadata"].get("execution_id")), []).extend(found)
    return {execution: visitor_sources(found) for execution, found in cited.items()}


def _turn(turn: Turn, citations: list[VisitorSource], said: list[Said]) -> TurnView:
    status = run_status(turn.status)
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
        said=said,
        answer_files=turn.answer_files if status == "completed" else [],
    )
