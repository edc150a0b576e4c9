"""Inputs: which answers a question takes."""

from collections.abc import Sequence

from graphs.conversation.messages import InputAnswer, InputRequest

__all__ = ["actions", "refusal"]

_ACTIONS: dict[str, tuple[str, ...]] = {
    "approval": ("approve", "reject", "edit"),
    "input": ("submit",),
    "decision": (),
    "timer": (),
}
_WITH_VALUE = frozenset({"edit", "submit"})


def actions(request: InputRequest) -> Sequence[str]:
    """Return the actions that may be answered; none where only time can pass."""
    return request.choices or _ACTIONS[request.kind]


def refusal(request: InputRequest, answer: InputAnswer) -> tuple[str, str] | None:
    """Return which field of an answer does not do and why, a sentence; None where it is a good answer.

    Raises:
        SchemaError: the question's own schema cannot be used.
    """
    taken = actions(request)
    if not taken:
        return "action", "This waits for its time alone and takes no answer. Cancel the run to end it."
    if answer.action not in taken:
        return "action", f"Expected {' or '.join(taken)}, found {answer.action[:80]!r}."
    if answer.action == "edit" and answer.value is None and request.schema is None:
        return "value", "Expected the edited value, found none. Send it as 'value', or approve it as it is."
    if request.schema is not None and answer.action in _WITH_VALUE:
        from graphs.parsing.schemas import misfit  # its library is only for those who ask with a schema

        if wrong := misfit(request.schema, answer.value):
            return "value", wrong
    return None
