"""Calls as runs make them: the real retry loop, the real recorder, and a scripted model behind a socket."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from typing import Any

from graphs.conversation.messages import Message, ModelRequest
from graphs.model_calls import OpenModels
from graphs.node_execution.node_run import NodeRun
from graphs.run_state.run_state import RunState
from graphs.values.run_options import Limits, RunOptions
from persistence.journal.journal import Journal
from persistence.journal.recorder import JournalRecorder
from persistence.runs.executions import Executions, NewExecution
from persistence.runs.resumption import open_recorder
from persistence.storage.database import Database
from persistence.storage.execution_rows import ExecutionRow
from tests.runtimes.fake_openai import FakeOpenAI
from tests.runtimes.replies import Exchange, Reply, question

__all__ = ["ByKind", "Caller", "begun", "told"]


class ByKind(FakeOpenAI):
    """Answers a question by its first word: with the kind's replies in turn, each question anew."""

    def __init__(self, kinds: Mapping[str, tuple[Reply, ...]]) -> None:
        super().__init__()
        self.kinds = kinds
        self.asked: Counter[str] = Counter()

    def next_reply(self, body: Any) -> Reply:
        """Return the reply that the question's kind has for this time of asking it."""
        text = question(body)
        replies = self.kinds[text.split(" ")[0]]
        self.asked[text] += 1
        return replies[min(self.asked[text], len(replies)) - 1]

    def of(self, kind: str) -> list[Exchange]:
        """Return what was asked of a kind."""
        return [exchange for exchange in self.log if question(exchange.body).split(" ")[0] == kind]


def told(prompt: int, completion: int, *, cached: int = 0, thought: int = 0) -> Reply:
    """Return an answer whose usage has details."""
    usage = (
        f'{{"prompt_tokens":{prompt},"completion_tokens":{completion},'
        f'"prompt_tokens_details":{{"cached_tokens":{cached}}},'
        f'"completion_tokens_details":{{"reasoning_tokens":{thought}}}}}'
    )
    body = (
        'data: {"choices":[{"delta":{"content":"fine"}}]}\n\n'
        'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\n'
        f'data: {{"choices":[],"usage":{usage}}}\n\ndata: [DONE]\n\n'
    )
    return Reply(body=body, content_type="text/event-stream")


class Caller:
    """A run whose only node calls models."""

    def __init__(self, journal: Journal, models: OpenModels, recorder: JournalRecorder) -> None:
        run = RunOptions(
            execution_id=recorder.row.id,
            thread_id=recorder.row.thread_id,
            limits=Limits(max_model_calls=1_000_000, max_tokens=1_000_000_000),
        )
        self.journal = journal
        self.recorder = recorder
        self._running = RunState(run, recorder, models, {})

    @classmethod
    async def open(
        cls, database: Database, journal: Journal, models: OpenModels, row: ExecutionRow
    ) -> "Caller":
        """Open a run's recorder, with what an earlier one has left."""
        return cls(journal, models, await open_recorder(database, journal, row, interval=0.015))

    async def ask(self, number: int, text: str, *, max_tokens: int | None = None, model: str = "") -> Any:
        """Ask as the node does in task `number`; the text's first word names the model, if nothing else."""
        request = ModelRequest(
            provider="openai",
            model=model or f"m-{text.split(' ')[0]}",
            messages=[Message(role="user", content=text)],
            max_tokens=max_tokens,
        )
        return await NodeRun(self._running, f"n{number % 3}", f"task-{number}", 1).ask(request)

    async def cancelled_ask(self, number: int, text: str, model: ByKind, after: float) -> None:
        """Ask, and give up in the middle of the answer."""
        asking = asyncio.create_task(self.ask(number, text))
        await model.until(lambda: model.asked[text] > 0)
        await asyncio.sleep(after)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)


async def begun(
    database: Database,
    *,
    process_id: str = "p",
    flow_id: str | None = None,
    key_id: str = "",
    user_id: str = "",
) -> ExecutionRow:
    """Return a run that was accepted and begun."""
    new = NewExecution(
        workspace="w",
        flow_type="chatflow",
        flow_id=flow_id,
        session=None,
        input={"message": "Hi"},
        options={
            **({"key_id": key_id} if key_id else {}),
            **({"user_id": user_id} if user_id else {}),
        },
    )
    return (await Executions(database).accept(new, process_id, begin=True)).execution
