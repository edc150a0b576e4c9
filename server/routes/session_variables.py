"""Session variables: what a chatflow keeps of a session from turn to turn, to read and to change."""

from typing import Any

from litestar import Controller, get, patch
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Struct

from graphs.parsing.text import TextError, clean
from persistence.library.flows import Flows
from server.compilation.langgraph_engine import Engine
from server.description.operations import operation
from server.http.problems import Fault, Problem
from server.identity.authentication import Caller
from server.sessions.chat_sessions import ChatSessions, exclusive_change
from server.sessions.variable_checks import refuse_misfits

__all__ = ["SessionVariablesController"]


class SessionVariables(Struct, frozen=True):
    """The variables of a session by name: those that its runs, or a request, gave a value."""

    session_id: str
    variables: dict[str, Any]


class VariablesChange(Struct, frozen=True, forbid_unknown_fields=True):
    """What to change: other variables stay as they are, and null takes one away."""

    variables: dict[str, Any]


class SessionVariablesController(Controller):
    """Variables of the workspace's conversations."""

    path = "/chatflow/sessions/{session_id:str}/variables"
    tags = ("Sessions",)

    @get("/", operation_id="getSessionVariables", opt=operation(404, 422, needs="runs:read"))
    async def read(
        self,
        session_id: FromPath[str],
        chat_sessions: NamedDependency[ChatSessions],
        engine: NamedDependency[Engine],
        caller: NamedDependency[Caller],
    ) -> SessionVariables:
        """Return the variables that the session's flow keeps from turn to turn."""
        row = await chat_sessions.get(caller, session_id)
        return SessionVariables(row.name, await engine.sessions.variables(row.id))

    @patch(
        "/",
        operation_id="setSessionVariables",
        opt=operation(400, 404, 409, 413, 415, 422, needs="runs:start"),
    )
    async def change(
        self,
        session_id: FromPath[str],
        data: JSONBody[VariablesChange],
        chat_sessions: NamedDependency[ChatSessions],
        flows: NamedDependency[Flows],
        engine: NamedDependency[Engine],
        caller: NamedDependency[Caller],
    ) -> SessionVariables:
        """Give variables of a session other values, while no run of it is under way."""
        row = await chat_sessions.get(caller, session_id)
        try:
            values = clean(data.variables)
        except TextError as error:
            detail = f"The variables cannot be kept: {error}."
            raise Problem(422, "invalid", detail, errors=[Fault(detail, pointer="/variables")]) from error
        await refuse_misfits(flows, caller, row.flow_id, values)
        await engine.sessions.write_variables(row.id, values, exclusive_change(row))
        return SessionVariables(row.name, await engine.sessions.variables(row.id))
