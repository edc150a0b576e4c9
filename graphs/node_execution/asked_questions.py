"""Questions of a node run: each is asked once, in a conversation again until a message is an answer."""

import hashlib

import msgspec
from langgraph.errors import GraphInterrupt
from langgraph.types import Interrupt
from msgspec import Struct

from graphs.conversation.messages import InputAnswer, InputRequest, Message
from graphs.conversation.spoken_answers import UNCLEAR, asked_again, exchange, input_id
from graphs.run_state.run_state import RunState
from graphs.values.events import CallKey

__all__ = ["Questions", "hash_of"]


class Questions:
    """What one run of one node asks people."""

    def __init__(self, running: RunState, node: str, path: str, attempt: int) -> None:
        self.talk: list[Message] = []
        """What was asked of whom the run talks with, and answered: messages of the conversation."""
        self._running = running
        self._place = {"node": node, "path": path}
        self._attempt = attempt
        self._asked: dict[tuple[str, str], int] = {}

    async def ask(self, task_id: str, request: InputRequest) -> InputAnswer:
        """Return a person's answer.

        Raises:
            GraphInterrupt: there is none yet; the run pauses.
        """
        if not self._running.converses or request.kind == "timer":
            return (await self._answer(task_id, request))[1]
        request = asked = msgspec.structs.replace(request, conversation=True)
        while True:
            key, answer = await self._answer(task_id, asked)
            if request.audience != "visitor":
                return answer
            execution_id = self._running.run.execution_id
            id = input_id(execution_id, key.task_id, key.number, key.request_hash)
            self.talk += exchange(id, asked, answer)
            if answer.action != UNCLEAR:
                return answer
            asked = asked_again(request, answer)

    async def _answer(self, task_id: str, request: InputRequest) -> tuple[CallKey, InputAnswer]:
        """Return what a question is known by, and its answer."""
        hashed = hash_of(request)
        # Numbered among its like: questions asked side by side may come in another order the next time.
        number = self._asked.get((task_id, hashed), 0)
        self._asked[task_id, hashed] = number + 1
        key = CallKey(task_id, number, hashed, "input")
        answer = await self._running.guarded(
            self._running.recorder.request(key, request, **self._place, attempt=self._attempt)
        )
        if answer is None:
            raise GraphInterrupt((Interrupt(value=request.kind, id=hash_of(key)),))
        return key, answer


def hash_of(value: Struct) -> str:
    return hashlib.sha256(msgspec.json.encode(value, order="sorted")).hexdigest()
