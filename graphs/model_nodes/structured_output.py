"""Structured output: JSON found in a model's answer, checked, and asked for again once.

Every node that wants a model to answer in a form reads the answer by this module.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

from msgspec import Struct

from graphs.conversation.messages import Message, ModelAnswer
from graphs.parsing.json_text import json_values, read_json

__all__ = ["Form", "Unreadable", "read_or_repair"]

T = TypeVar("T")


class Unreadable(ValueError):
    """A text has no value of the form; the message says what is wrong with what it has."""


class Form(Struct, frozen=True, kw_only=True):
    """What a model's answer must be."""

    schema: Mapping[str, Any] | None = None
    """A JSON Schema that it must fit; None for any."""
    is_object: bool = False
    """Whether it must be a JSON object."""

    def read(self, text: str) -> Any:
        """Return the first value in a text that is of this form.

        Raises:
            Unreadable: there is none.
        """
        problem = ""
        for value in json_values(text):
            found = self._problem(value)
            if not found:
                return value
            problem = problem or found
        if problem:
            raise Unreadable(problem)
        try:
            read_json(text)
        except ValueError as error:
            raise Unreadable(f"It is no JSON: {error}.") from None
        raise Unreadable("It is no JSON.")

    def _problem(self, value: Any) -> str:
        if self.is_object and not isinstance(value, dict):
            return "It must be a JSON object."
        if self.schema is not None:
            from graphs.parsing.schemas import SchemaError, misfit  # a native library most runs do without

            try:
                return misfit(self.schema, value)
            except SchemaError:  # which only the provider may know to read
                return ""
        return ""


async def read_or_repair(
    answer: ModelAnswer,
    read: Callable[[str], T],
    ask_again: Callable[[list[Message]], Awaitable[ModelAnswer]],
) -> tuple[T, ModelAnswer]:
    """Return what an answer says, and the answer; where it cannot be read, of one that is asked for again.

    Args:
        answer: What the model said.
        read: Returns what a text says; raises `Unreadable` with the reason.
        ask_again: Asks the model with these messages behind those that it was asked with.

    Raises:
        Unreadable: the second answer cannot be read either.
        NodeError: no provider answered again, or a cap of the run is reached.
    """
    try:
        return read(answer.content), answer
    except Unreadable as error:
        problem = str(error)
    again = await ask_again(
        [
            Message(role="assistant", content=answer.content or "(nothing)"),
            Message(
                role="user",
                content=f"That cannot be used. {problem} Answer again, with nothing but the JSON.",
            ),
        ]
    )
    return read(again.content), again
