"""Flow views: a stored flow in the shape of its kind."""

from typing import TypeVar

from litestar import Response

from persistence.library.flows import FlowRow
from server.flows.flow_documents import AgentflowView, ChatflowView, view_of
from server.http.answers.etags import etag
from server.http.problems import Fault

__all__ = ["agentflow_view", "chatflow_view", "tagged"]

V = TypeVar("V", ChatflowView, AgentflowView, ChatflowView | AgentflowView)


def chatflow_view(row: FlowRow, warnings: list[Fault] | None = None) -> ChatflowView:
    """Return a chatflow as the API gives it."""
    view = view_of(row, warnings)
    assert isinstance(view, ChatflowView), "the row is of another kind"
    return view


def agentflow_view(row: FlowRow, warnings: list[Fault] | None = None) -> AgentflowView:
    """Return an agentflow as the API gives it."""
    view = view_of(row, warnings)
    assert isinstance(view, AgentflowView), "the row is of another kind"
    return view


def tagged(view: V) -> Response[V]:
    """Return a flow with its ETag, which `If-Match` of a change may name."""
    return Response(view, headers={"ETag": etag(view.version)})
