"""Uses that must not be repeated: noted before they begin, and asked about where they began before."""

import msgspec

from graphs.conversation.messages import InputRequest, ToolResult, ToolUse
from graphs.node_execution.asked_questions import Questions
from graphs.parsing.text import as_text
from graphs.run_state.run_state import RunState
from graphs.values.events import CallKey
from graphs.values.node_error import NodeError

__all__ = ["intend"]


async def intend(running: RunState, questions: Questions, key: CallKey, use: ToolUse) -> ToolResult | None:
    """Write down that a use which must not be repeated begins; where it began before, ask a person.

    Each time that the person has it repeated is written down too, so that the next crash asks again. It
    began before also where the run that this one was forked from has used the tool.

    Returns the result that the person gives in place of the use's own; None where it may begin.

    Raises:
        NodeError: the person lets the node fail (code ``undecided``).
        GraphInterrupt: there is no answer yet; the run pauses.
    """
    recorder, origin, begun = running.recorder, running.run.origin, 0
    place = msgspec.structs.replace(key, kind="intent")
    while await running.guarded(recorder.recall(_nth(place, begun), ToolUse)) is not None:
        begun += 1
    forked = not begun and origin is not None and use.name in origin.tools
    if begun or forked:
        why = (
            f"The run that this one was forked from has called '{use.name}' already. "
            if forked
            else f"The server stopped during the call to '{use.name}'. It may or may not have completed. "
        )
        question = InputRequest(
            kind="decision",
            message=f"{why}Repeat it, skip it (the value is used as its result), or let the node fail?",
            value={"tool": use.name, "arguments": use.arguments},
            choices=["repeat", "skip", "fail"],
        )
        answer = await questions.ask(f"{place.task_id}/{place.number}/{begun}", question)
        if answer.action == "fail":
            what = "was made in the run before" if forked else "was interrupted by a server restart"
            raise NodeError(
                f"The call to '{use.name}' {what}. A reviewer chose not to retry it.", code="undecided"
            )
        if answer.action != "repeat":
            return ToolResult(content=as_text(answer.value), value=answer.value)
    await running.guarded(recorder.store(_nth(place, begun), use))
    return None


def _nth(place: CallKey, begun: int) -> CallKey:
    """Return where the note lies that a use was begun once more after it was `begun` times."""
    return msgspec.structs.replace(place, task_id=f"{place.task_id}/{place.number}", number=begun)
