"""What all routes of visitors share: who may come, the session that a request is in, and runs of its own."""

from typing import Any

from litestar import Controller
from litestar.di import Provide

from server.embed.visitor_access import (
    SESSION_HEADER,
    Visit,
    admit_visitor,
    answer_visitor,
    provide_visit,
)
from server.embed.visitor_sessions import VisitorSession
from server.http.problems import Problem
from server.identity.authentication import OPEN
from server.requests.upload_checks import WITHOUT_FILES

__all__ = ["IN_SESSION", "VisitorController", "needed_session", "run_status"]

IN_SESSION: dict[str, Any] = {"visitor": True, "sdk_requires": (SESSION_HEADER,), "opt": OPEN}
"""Of operations in a visitor's session. Who is no browser begins it first: without one, a message that is
sent again would be another visitor's."""
OPEN_STATUS = {"pending": "running", "running": "running", "waiting_approval": "waiting"}


class VisitorController(Controller):
    """A controller of one embedded chat, for visitors of the pages that may show it."""

    path = "/embed/public/{embed_token:str}"
    tags = ("Embed",)
    guards = (admit_visitor,)
    dependencies = {"visit": Provide(provide_visit)}  # noqa: RUF012  # Litestar's own way
    exception_handlers = {Exception: answer_visitor}  # noqa: RUF012
    request_max_body_size = WITHOUT_FILES


def needed_session(visit: Visit) -> VisitorSession:
    """Return the session of a request.

    Raises:
        Problem: 401 where it names none.
    """
    if visit.session is None:
        raise Problem(
            401, "session_over", f"This needs the visitor's session in the header {SESSION_HEADER}."
        )
    return visit.session


def run_status(status: str) -> str:
    """Return a run's status in the few words that visitors get."""
    return "completed" if status == "completed" else OPEN_STATUS.get(status, "failed")
