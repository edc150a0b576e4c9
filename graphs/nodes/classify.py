"""The classify node."""

from typing import Annotated, Any, ClassVar

from msgspec import Meta, Struct

from graphs import expressions
from graphs.conversation.messages import Message
from graphs.expressions import templates
from graphs.model_nodes.model_choice import Decision, decide
from graphs.model_nodes.model_node import ModelNode
from graphs.node.context import Context
from graphs.node.node import Example, Outcome
from graphs.values.node_view import View

__all__ = ["Classify", "Kind"]


class Kind(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A class, and what belongs to it."""

    name: Annotated[
        str, Meta(pattern=r"^[\w-]+$", max_length=64, description="Its name, and the outlet that it is.")
    ]
    description: Annotated[str, Meta(max_length=2000, description="What belongs to it.")] = ""


class Classify(ModelNode, frozen=True, kw_only=True, tag="classify"):
    """Let a model choose a class, and continue at the outlet of that class.

    If the answer names no class, the model gets one more attempt. Then the node continues at `fallback`, and
    a `custom` event with code `class_unreadable` gives the reason. The output is the name of the class.
    """

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            title="What a message is about",
            data={
                "provider": "openai",
                "model": "gpt-4.1-mini",
                "classes": [
                    {"name": "billing", "description": "Money, invoices, refunds."},
                    {"name": "technical", "description": "Something does not work."},
                ],
            },
            input={"message": "I was charged twice."},
            answers=['{"choice": "billing"}'],
            output="billing",
            outlet="billing",
        ),
        Example(
            title="None of the classes",
            data={
                "provider": "openai",
                "model": "gpt-4.1-mini",
                "classes": [{"name": "praise"}, {"name": "blame"}],
                "fallback": "neither",
            },
            input={"message": "Which way to the station?"},
            answers=["I cannot say.", '{"choice": "question"}'],
            output="neither",
            outlet="neither",
        ),
    )

    classes: Annotated[list[Kind], Meta(min_length=1, max_length=100, description="The classes.")]
    instructions: Annotated[str, Meta(description="Template of the system prompt.")] = ""
    fallback: Annotated[
        str,
        Meta(
            pattern=r"^[\w-]+$",
            max_length=64,
            description="The outlet if the model names no class: a separate outlet, or one of the classes.",
        ),
    ] = "other"

    def __post_init__(self) -> None:
        """Refuse two classes of one name."""
        names = [kind.name for kind in self.classes]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"Expected each class once, found several of {', '.join(twice)}")

    def outlets(self) -> tuple[str, ...]:
        """Return the classes and the fallback."""
        return tuple(dict.fromkeys((*(kind.name for kind in self.classes), self.fallback)))

    def templates(self) -> dict[str, str]:
        """Return the two prompts."""
        sources = {"instructions": self.instructions, "prompt": self.prompt}
        return {name: source for name, source in sources.items() if source}

    def gives_text(self) -> bool:
        """Say yes: it is the class."""
        return True

    async def run(self, view: View, context: Context) -> Outcome:
        """Ask which it is."""
        window = await self.window(view, context)
        told = templates.parse(self.instructions).render(expressions.scope(view))
        first = (
            told or "Say to which class the message of the user belongs. Do not answer the message itself."
        )
        request = self.request([Message(role="system", content=first), *window.messages])
        options: dict[str, Any] = {kind.name: kind.description for kind in self.classes}
        if self.fallback not in options:
            options[self.fallback] = "None of the others."
        found = await decide(context, request, options)
        if isinstance(found, Decision):
            return Outcome(output=found.chosen[0], outlet=found.chosen[0])
        context.emit(
            "custom",
            name="warning",
            code="class_unreadable",
            message=f"{found.problem} The run goes on by '{self.fallback}'.",
        )
        return Outcome(output=self.fallback, outlet=self.fallback)
