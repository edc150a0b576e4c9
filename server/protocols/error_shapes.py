"""Error shapes: each door answers its errors in the shape that its clients read."""

from typing import Any

import msgspec
from litestar import Request, Response

from server.http.problems import MEDIA_TYPE, Problem, answer_of, problem_bytes, problem_of
from server.protocols.mcp import messages as mcp
from server.protocols.openai import errors as openai

__all__ = ["answer_problem", "refusal"]

TEXT = "text/plain"
JSON = "application/json"


def answer_problem(request: Request[Any, Any, Any], exception: Exception) -> Response[bytes]:
    """Return the answer to a request that raised something, in the shape of the door that it came to."""
    problem = problem_of(request, exception)
    path = request.url.path
    if _is_mcp(path):
        status = problem.document.status
        invalid = {"WWW-Authenticate": 'Bearer error="invalid_token"'} if status == 401 else {}
        return Response(
            mcp.body_of(problem),
            status_code=status,
            media_type=mcp.MEDIA_TYPE,
            headers={"Cache-Control": "no-store", **problem.headers, **invalid},
        )
    if _is_ai_sdk(path):
        document = problem.document
        headers = {"Cache-Control": "no-store", **problem.headers}
        return Response(_text(problem), status_code=document.status, media_type=TEXT, headers=headers)
    if _is_langgraph(path):
        document = problem.document
        headers = {"Cache-Control": "no-store", **problem.headers}
        return Response(_detail(problem), status_code=document.status, media_type=JSON, headers=headers)
    if not _is_openai(path):
        return answer_of(problem)
    return Response(
        openai.body_of(problem),
        status_code=openai.error_status(problem.document),
        media_type=openai.MEDIA_TYPE,
        headers={"Cache-Control": "no-store", **openai.error_headers(problem)},
    )


def refusal(path: str, problem: Problem) -> tuple[str, bytes]:
    """Return media type and body of a problem that ends a request before it is routed."""
    if _is_openai(path):
        return openai.MEDIA_TYPE, openai.body_of(problem)
    if _is_mcp(path):
        return mcp.MEDIA_TYPE, mcp.body_of(problem)
    if _is_ai_sdk(path):
        return TEXT, _text(problem)
    if _is_langgraph(path):
        return JSON, _detail(problem)
    return MEDIA_TYPE, problem_bytes(problem)


def _is_openai(path: str) -> bool:
    return path == "/v1" or path.startswith("/v1/")


def _is_mcp(path: str) -> bool:
    return path == "/mcp" or path.startswith("/mcp/")


def _is_ai_sdk(path: str) -> bool:
    return path == "/ai-sdk" or path.startswith("/ai-sdk/")


def _is_langgraph(path: str) -> bool:
    return path == "/langgraph" or path.startswith("/langgraph/")


def _detail(problem: Problem) -> bytes:
    """Return an error as LangGraph's clients read it."""
    document = problem.document
    detail = document.detail.encode("utf-8", "replace").decode()
    return msgspec.json.encode({"detail": detail, "code": document.code})


def _text(problem: Problem) -> bytes:
    """Return the sentence that the AI SDK makes the message of an error of."""
    return problem.document.detail.encode("utf-8", "replace")
