"""Run driver: drives one run of this process to its end, its hand-over or the loss of its claim."""

import asyncio
import logging
from typing import TYPE_CHECKING

from graphs.conversation.messages import InputAudience
from graphs.outbound.run_hops import begin_hops
from graphs.values.findings import FlowError
from persistence.journal.claims import ClaimLost
from persistence.journal.journal import Journal
from persistence.journal.recorder import JournalRecorder
from persistence.storage.errors import CheckpointUnreadable, StorageError, StorageUnavailable
from persistence.storage.execution_rows import ExecutionRow
from server.compilation.compiled_flows import FlowGone
from server.compilation.langgraph_engine import Engine
from server.runs.abandoned_model_calls import book_given_up_calls

if TYPE_CHECKING:
    from langgraph.runtime import RunControl

    from graphs.values.run_options import Result

__all__ = ["LiveRun", "drive"]

log = logging.getLogger("agenticrag.executions")

CANCELLED = {
    "cancel": "The run was cancelled.",
    "interrupt": "A newer message interrupted the run.",
    "rollback": "A newer message undid the run.",
}

WAITS: dict[InputAudience, str] = {
    "team": "The conversation waits for the team. Send the message again when they have answered.",
    "visitor": "The conversation waits for an answer to a question that was asked before this message's "
    "turn. Answer it, then send the message again.",
}

UNREADABLE = "What is stored of the conversation's state cannot be read; nothing of it was used."


class LiveRun:
    """A run of this process."""

    def __init__(self, row: ExecutionRow, api_key: str, fresh_thread: bool = False) -> None:
        self.row = row
        self.api_key = api_key
        self.fresh_thread = fresh_thread
        self.ended: asyncio.Future[ExecutionRow] = asyncio.get_running_loop().create_future()
        """Cancelled where this process loses the run or gives it up."""
        self.control: RunControl | None = None
        self.work: asyncio.Task[Result] | None = None
        self.driver: asyncio.Task[None] | None = None
        """None while it waits for its turn."""
        self.cancel_mode = row.cancel_requested
        self.waits_for: InputAudience | None = None
        """Who must answer a question of the session before this run could begin: then it ends instead."""
        self.fenced = False
        """True when this process can no longer be sure that it alone runs it."""

    def cancel(self, mode: str) -> None:
        """End it as `mode` says; the driver writes down how it ended."""
        self.cancel_mode = self.cancel_mode or mode
        if self.work is not None:
            self.work.cancel()

    def fence(self) -> None:
        """Stop it where it stands: another process may have taken it over."""
        if self.work is not None:
            self.fenced = True
            self.work.cancel()


async def drive(
    run: LiveRun, recorder: JournalRecorder, journal: Journal, engine: Engine, *, max_recoveries: int
) -> ExecutionRow | None:
    """Run it, write down how it ended or that it waits, and return how it stands then.

    None if it is to go on in another process.

    Raises:
        ClaimLost: another process has taken it over.
        StorageError: the database did not take what was to be written.
    """
    row = run.row
    if run.cancel_mode:
        return await _cancelled(run, recorder, engine)
    if run.waits_for is not None:
        return await _failed(recorder, f"waiting_for_{run.waits_for}", WAITS[run.waits_for])
    recorder.emit("run.resumed" if recorder.begun else "run.started", recoveries=row.recoveries)
    if row.recoveries > max_recoveries:
        await book_given_up_calls(row, recorder, journal, engine)
        return await _failed(
            recorder,
            "recovery_exhausted",
            f"The run's process died {row.recoveries} times; it is given up.",
        )
    if row.options.get("own_key") and not run.api_key:
        return await _failed(
            recorder,
            "api_key_gone",
            "The run's own api_key was only in a process that died; send it again.",
        )
    run.control = await engine.control()
    begin_hops(row.options.get("hops", 0))
    work = engine.run(row, recorder, run.control, run.api_key, fresh_thread=run.fresh_thread)
    run.work = asyncio.create_task(work, name=f"work-{row.id}")
    if run.cancel_mode:
        run.work.cancel()
    await asyncio.wait({run.work})
    if run.work.cancelled():
        if run.fenced and not run.cancel_mode:
            raise StorageUnavailable("The database was out of reach for as long as this process's lease.")
        return await _cancelled(run, recorder, engine) if run.cancel_mode else await _left(recorder)
    match run.work.exception():
        case None:
            return await _finished(run.work.result(), recorder)
        case ClaimLost() | StorageError() as stopped:
            raise stopped
        case FlowGone() as gone:
            return await _failed(recorder, "flow_gone", str(gone))
        case CheckpointUnreadable() as unreadable:
            log.warning("Execution %s was refused its stored state: %s", row.id, unreadable)
            return await _failed(recorder, "checkpoint_unreadable", UNREADABLE)
        case FlowError() as refused:
            return await _failed(recorder, "flow_refused", str(refused))
        case error:
            log.error("Execution %s failed.", row.id, exc_info=error)
            return await _failed(recorder, "internal", "The server failed at this run; its log says why.")


async def _finished(result: "Result", recorder: JournalRecorder) -> ExecutionRow | None:
    match result.status:
        case "drained":
            return await _left(recorder)
        case "paused":
            return await recorder.pause()
        case "completed":
            return await recorder.finish(
                "run.completed", "completed", output=result.output, messages=result.message_count
            )
        case "timeout":
            return await recorder.finish(
                "run.failed", "timeout", error=result.error, messages=result.message_count
            )
        case _:
            return await recorder.finish(
                "run.failed", "failed", error=result.error, messages=result.message_count
            )


async def _cancelled(run: LiveRun, recorder: JournalRecorder, engine: Engine) -> ExecutionRow:
    if run.cancel_mode == "rollback":
        checkpointer = await engine.checkpointer()
        await checkpointer.adelete_for_runs([run.row.id])
    error = {"code": "cancelled", "message": CANCELLED[run.cancel_mode]}
    messages = len(await engine.sessions.history(run.row.thread_id, asked=False)) if run.row.session else -1
    return await recorder.finish("run.cancelled", "cancelled", error=error, messages=messages)


async def _left(recorder: JournalRecorder) -> None:
    await recorder.flush()


async def _failed(recorder: JournalRecorder, code: str, message: str) -> ExecutionRow:
    return await recorder.finish("run.failed", "failed", error={"code": code, "message": message})
