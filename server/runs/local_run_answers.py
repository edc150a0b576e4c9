"""Answers on a terminal: shows what a local run asks of a person, and reads the answer from stdin."""

import asyncio
import sys
from collections.abc import Sequence

import msgspec

from graphs.conversation.inputs import actions, refusal
from graphs.conversation.messages import InputAnswer, InputRequest
from graphs.parsing.text import as_text
from server.terminal import CommandError, print_progress

__all__ = ["ask_on_terminal"]


async def ask_on_terminal(request: InputRequest) -> InputAnswer:
    """Ask until an answer fits, and return it. Where only time can pass, wait.

    Raises:
        CommandError: standard input has no answer.
    """
    taken = actions(request)
    if not taken:
        await asyncio.sleep(request.timeout_seconds or 0)
        return InputAnswer("expired")
    print_progress(f"? {request.message or 'The run waits for an answer.'}")
    if request.value is not None:
        print_progress(f"  {as_text(request.value)}")
    while True:
        print_progress(f"  Type {_words(taken)}, then Enter:")
        line = await asyncio.to_thread(sys.stdin.readline)
        if not line:
            raise CommandError(
                f"The run waits for an answer, and standard input has none. Type {_words(taken)}, "
                "or give one line for each question, as: echo approve | agenticrag flow run FILE"
            )
        answer = _read(line.strip(), taken)
        wrong = None if answer is None else refusal(request, answer)
        if answer is not None and wrong is None:
            return answer
        print_progress(f"  {'That is no answer.' if wrong is None else wrong[1]}")


def _read(line: str, taken: Sequence[str]) -> InputAnswer | None:
    """Return what a line answers: an action, and for `edit` and `submit` a value as JSON or as text."""
    action, _, rest = line.partition(" ")
    if action not in taken:
        if "submit" not in taken or not line:
            return None
        action, rest = "submit", line
    if action not in ("edit", "submit"):
        return InputAnswer(action, comment=rest.strip())
    if not rest.strip():
        return None
    try:
        return InputAnswer(action, msgspec.json.decode(rest))
    except (msgspec.DecodeError, RecursionError):
        return InputAnswer(action, rest.strip())


def _words(taken: Sequence[str]) -> str:
    words = {"edit": "'edit VALUE'", "submit": "the value"}
    return " or ".join(words.get(action, f"'{action}'") for action in taken)
