"""Routes of LangGraph's server: runs of threads, and runs that bring no thread."""

from typing import Annotated, Any

from litestar import Controller, Request, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from litestar.response.base import ASGIResponse

from server.description.operations import operation
from server.http.bodies import shape
from server.http.problems import Problem
from server.http.query_strings import ANY_QUERY
from server.identity.authentication import Caller
from server.protocols.langgraph.assistants.assistant_routes import body_of
from server.protocols.langgraph.runs.run_bodies import STREAM_MODES, RunBody, modes_of
from server.protocols.langgraph.runs.run_frames import place_of_id
from server.protocols.langgraph.runs.run_streams import RunStreams, headers_of
from server.protocols.langgraph.runs.runs import Begun, Runs
from server.protocols.langgraph.threads.threads import Threads

__all__ = ["LangGraphRunsController", "LangGraphThreadRunsController"]

READ = operation(404, needs="runs:read", bound=True)
START = operation(404, 409, 413, 415, needs="runs:start", starts_run=True, bound=True)
CHANGE = operation(404, needs="runs:start", bound=True)
BATCH = 20


class LangGraphThreadRunsController(Controller):
    """Runs of threads."""

    path = "/langgraph/threads/{thread_id:str}"
    include_in_schema = False
    opt = ANY_QUERY

    @post("/runs/stream", operation_id="langgraphStreamRun", status_code=200, opt=START)
    async def stream(
        self,
        thread_id: FromPath[str],
        request: Request[Any, Any, Any],
        langgraph_runs: NamedDependency[Runs],
        langgraph_streams: NamedDependency[RunStreams],
        caller: NamedDependency[Caller],
    ) -> ASGIResponse:
        """Begin a run and stream it."""
        return await _streamed(request, langgraph_runs, langgraph_streams, caller, thread_id)

    @post("/runs/wait", operation_id="langgraphWaitRun", status_code=200, opt=START)
    async def wait(
        self,
        thread_id: FromPath[str],
        request: Request[Any, Any, Any],
        langgraph_runs: NamedDependency[Runs],
        langgraph_streams: NamedDependency[RunStreams],
        caller: NamedDependency[Caller],
    ) -> ASGIResponse:
        """Begin a run and return its values when it has ended."""
        return await _waited(request, langgraph_runs, langgraph_streams, caller, thread_id)

    @post("/runs", operation_id="langgraphCreateRun", status_code=200, opt=START)
    async def create(
        self,
        thread_id: FromPath[str],
        request: Request[Any, Any, Any],
        langgraph_runs: NamedDependency[Runs],
        caller: NamedDependency[Caller],
    ) -> Response[dict[str, Any]]:
        """Begin a run in the background."""
        body = shape(await body_of(request), RunBody)
        run = await langgraph_runs.begin(request, caller, thread_id, body)
        return Response(run.shown(), headers=headers_of(run, ""))

    @get("/runs", operation_id="langgraphListRuns", opt=READ)
    async def list(
        self,
        thread_id: FromPath[str],
        langgraph_threads: NamedDependency[Threads],
        langgraph_runs: NamedDependency[Runs],
        caller: NamedDependency[Caller],
        limit: Annotated[int, QueryParameter(ge=1, le=1000)] = 10,
        offset: Annotated[int, QueryParameter(ge=0, le=1_000_000)] = 0,
        status: Annotated[str | None, QueryParameter()] = None,
    ) -> list[dict[str, Any]]:
        """List the runs of a thread, the newest first."""
        row = await langgraph_threads.find(caller, thread_id)
        return await langgraph_runs.of_thread(caller, row, limit=limit, offset=offset, status=status)

    @get("/runs/{run_id:str}", operation_id="langgraphGetRun", opt=READ)
    async def read(
        self,
        thread_id: FromPath[str],
        run_id: FromPath[str],
        langgraph_runs: NamedDependency[Runs],
        caller: NamedDependency[Caller],
    ) -> dict[str, Any]:
        """Return a run."""
        return (await langgraph_runs.find(caller, thread_id, run_id)).shown()

    @delete("/runs/{run_id:str}", operation_id="langgraphDeleteRun", status_code=204, opt=CHANGE)
    async def remove(
        self,
        thread_id: FromPath[str],
        run_id: FromPath[str],
        langgraph_runs: NamedDependency[Runs],
        caller: NamedDependency[Caller],
    ) -> None:
        """Forget a run."""
        await langgraph_runs.delete(caller, await langgraph_runs.find(caller, thread_id, run_id))

    @get("/runs/{run_id:str}/stream", operation_id="langgraphJoinStream", opt=READ)
    async def join_stream(
        self,
        thread_id: FromPath[str],
        run_id: FromPath[str],
        request: Request[Any, Any, Any],
        langgraph_runs: NamedDependency[Runs],
        langgraph_streams: NamedDependency[RunStreams],
        caller: NamedDependency[Caller],
    ) -> ASGIResponse:
        """Stream a run that was begun before."""
        langgraph_streams.check(caller)
        run = await langgraph_runs.find(caller, thread_id, run_id)
        return await _joined(request, langgraph_streams, caller, run)

    @get("/runs/{run_id:str}/join", operation_id="langgraphJoinRun", opt=READ)
    async def join(
        self,
        thread_id: FromPath[str],
        run_id: FromPath[str],
        request: Request[Any, Any, Any],
        langgraph_runs: NamedDependency[Runs],
        langgraph_streams: NamedDependency[RunStreams],
        caller: NamedDependency[Caller],
    ) -> ASGIResponse:
        """Return a run's values when it has ended."""
        run = await langgraph_runs.find(caller, thread_id, run_id)
        return await langgraph_streams.whole(request, caller, run)

    @post("/runs/{run_id:str}/cancel", operation_id="langgraphCancelRun", status_code=202, opt=CHANGE)
    async def cancel(
        self,
        thread_id: FromPath[str],
        run_id: FromPath[str],
        langgraph_runs: NamedDependency[Runs],
        caller: NamedDependency[Caller],
        wait: Annotated[str, QueryParameter()] = "0",
        action: Annotated[str, QueryParameter()] = "interrupt",
    ) -> Response[dict[str, Any]]:
        """End a run."""
        run = await langgraph_runs.find(caller, thread_id, run_id)
        await langgraph_runs.cancel(caller, run, rollback=action == "rollback")
        return Response({}, status_code=200 if wait.lower() in ("1", "true") else 202)

    @get("/stream", operation_id="langgraphJoinThread", opt=READ)
    async def join_thread(
        self,
        thread_id: FromPath[str],
        request: Request[Any, Any, Any],
        langgraph_threads: NamedDependency[Threads],
        langgraph_runs: NamedDependency[Runs],
        langgraph_streams: NamedDependency[RunStreams],
        caller: NamedDependency[Caller],
    ) -> ASGIResponse:
        """Stream the last run of a thread."""
        langgraph_streams.check(caller)
        row = await langgraph_threads.find(caller, thread_id)
        runs = await langgraph_runs.of_thread(caller, row, limit=1, offset=0, status=None)
        if not runs:
            raise Problem(404, "not_found", "The thread has no run yet.")
        run = await langgraph_runs.find(caller, thread_id, runs[0]["run_id"])
        return await _joined(request, langgraph_streams, caller, run, modes=tuple(sorted(STREAM_MODES)))


class LangGraphRunsController(Controller):
    """Runs that bring no thread: each gets one of its own."""

    path = "/langgraph/runs"
    include_in_schema = False
    opt = ANY_QUERY

    @post("/stream", operation_id="langgraphStreamAlone", status_code=200, opt=START)
    async def stream(
        self,
        request: Request[Any, Any, Any],
        langgraph_runs: NamedDependency[Runs],
        langgraph_streams: NamedDependency[RunStreams],
        caller: NamedDependency[Caller],
    ) -> ASGIResponse:
        """Begin a run and stream it."""
        return await _streamed(request, langgraph_runs, langgraph_streams, caller, None)

    @post("/wait", operation_id="langgraphWaitAlone", status_code=200, opt=START)
    async def wait(
        self,
        request: Request[Any, Any, Any],
        langgraph_runs: NamedDependency[Runs],
        langgraph_streams: NamedDependency[RunStreams],
        caller: NamedDependency[Caller],
    ) -> ASGIResponse:
        """Begin a run and return its values when it has ended."""
        return await _waited(request, langgraph_runs, langgraph_streams, caller, None)

    @post("/", operation_id="langgraphCreateAlone", status_code=200, opt=START)
    async def create(
        self,
        request: Request[Any, Any, Any],
        langgraph_runs: NamedDependency[Runs],
        caller: NamedDependency[Caller],
    ) -> Response[dict[str, Any]]:
        """Begin a run in the background."""
        run = await langgraph_runs.begin(request, caller, None, shape(await body_of(request), RunBody))
        return Response(run.shown(), headers=headers_of(run, ""))

    @post("/batch", operation_id="langgraphBatch", status_code=200, opt=START)
    async def batch(
        self,
        request: Request[Any, Any, Any],
        langgraph_runs: NamedDependency[Runs],
        caller: NamedDependency[Caller],
    ) -> list[dict[str, Any]]:
        """Begin several runs in the background."""
        bodies = shape(await body_of(request), list[RunBody])
        if len(bodies) > BATCH:
            raise Problem(422, "invalid", f"Expected at most {BATCH} runs, found {len(bodies)}.")
        return [(await langgraph_runs.begin(request, caller, None, body)).shown() for body in bodies]

    @post("/cancel", operation_id="langgraphCancelRuns", status_code=204, opt=CHANGE)
    async def cancel(
        self,
        request: Request[Any, Any, Any],
        langgraph_threads: NamedDependency[Threads],
        langgraph_runs: NamedDependency[Runs],
        caller: NamedDependency[Caller],
        action: Annotated[str, QueryParameter()] = "interrupt",
    ) -> None:
        """End runs of a thread: those that are named, or all that are under way."""
        body = await body_of(request)
        thread_id = str(body.get("thread_id") or "")
        ids = [str(one) for one in body.get("run_ids") or []]
        if not ids:
            ids = await langgraph_runs.open_runs(await langgraph_threads.find(caller, thread_id))
        for id in ids:
            run = await langgraph_runs.find(caller, thread_id or None, id)
            await langgraph_runs.cancel(caller, run, rollback=action == "rollback")

    @get("/{run_id:str}", operation_id="langgraphGetAlone", opt=READ)
    async def read(
        self,
        run_id: FromPath[str],
        langgraph_runs: NamedDependency[Runs],
        caller: NamedDependency[Caller],
    ) -> dict[str, Any]:
        """Return a run."""
        return (await langgraph_runs.find(caller, None, run_id)).shown()

    @get("/{run_id:str}/stream", operation_id="langgraphJoinStreamAlone", opt=READ)
    async def join_stream(
        self,
        run_id: FromPath[str],
        request: Request[Any, Any, Any],
        langgraph_runs: NamedDependency[Runs],
        langgraph_streams: NamedDependency[RunStreams],
        caller: NamedDependency[Caller],
    ) -> ASGIResponse:
        """Stream a run that was begun before."""
        langgraph_streams.check(caller)
        run = await langgraph_runs.find(caller, None, run_id)
        return await _joined(request, langgraph_streams, caller, run)

    @get("/{run_id:str}/join", operation_id="langgraphJoinAlone", opt=READ)
    async def join(
        self,
        run_id: FromPath[str],
        request: Request[Any, Any, Any],
        langgraph_runs: NamedDependency[Runs],
        langgraph_streams: NamedDependency[RunStreams],
        caller: NamedDependency[Caller],
    ) -> ASGIResponse:
        """Return a run's values when it has ended."""
        run = await langgraph_runs.find(caller, None, run_id)
        return await langgraph_streams.whole(request, caller, run)


async def _streamed(
    request: Request[Any, Any, Any],
    runs: Runs,
    streams: RunStreams,
    caller: Caller,
    thread_id: str | None,
) -> ASGIResponse:
    streams.check(caller)
    body = shape(await body_of(request), RunBody)
    modes = modes_of(body.stream_mode)
    run = await runs.begin(request, caller, thread_id, body)
    return await streams.streamed(request, caller, run, modes, body=body)


async def _waited(
    request: Request[Any, Any, Any],
    runs: Runs,
    streams: RunStreams,
    caller: Caller,
    thread_id: str | None,
) -> ASGIResponse:
    body = shape(await body_of(request), RunBody)
    run = await runs.begin(request, caller, thread_id, body)
    return await streams.whole(request, caller, run, body=body)


async def _joined(
    request: Request[Any, Any, Any],
    streams: RunStreams,
    caller: Caller,
    run: Begun,
    modes: tuple[str, ...] = (),
) -> ASGIResponse:
    """Return the stream of a run: in the wanted modes, else those that it was asked with."""
    given = request.query_params.getall("stream_mode", [])
    named = [one for part in given for one in part.split(",") if one]
    asked = (run.row.asked.get("kwargs") or {}).get("stream_mode")
    modes = modes or modes_of(named or asked)
    cursor = request.headers.get("last-event-id")
    leaves = request.query_params.get("cancel_on_disconnect", "").lower() in ("1", "true")
    return await streams.streamed(
        request,
        caller,
        run,
        modes,
        after=(-1, 0) if cursor in (None, "-1", "0") else place_of_id(cursor),
        live=cursor is None,
        on_disconnect="cancel" if leaves else None,
    )
