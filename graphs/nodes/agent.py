"""The agent node."""

from typing import Annotated, Any, ClassVar, Literal

import msgspec
from msgspec import Meta, field

from graphs import expressions
from graphs.expressions import templates
from graphs.model_nodes.agent_turns import AgentTurns, TurnLimits
from graphs.model_nodes.model_node import ModelNode
from graphs.node.context import Context
from graphs.node.node import Example, Outcome
from graphs.tools import ToolEntryError, read_tool
from graphs.values.messages import Message
from graphs.values.node_error import NodeError
from graphs.values.node_view import View

__all__ = ["Agent"]


class Agent(ModelNode, frozen=True, kw_only=True, tag="agent"):
    """Let a language model work on a task with tools until it has an answer.

    The model is asked; the tools that it asks for are used, several at once side by side, and their results
    given back to it; and so on until it answers without asking for one. What it says streams on the way.
    Arguments are checked before a tool is used. A call that cannot be made is told to the model, which may
    mend it; after two such turns in a row the node fails (`bad_tool_call`). A tool that fails is told to the
    model too.

    Each of `tools` is a name, or an object with `name` and the tool's configuration; with `approval` a
    person is asked before each use. The output is the answer's text, or with `output_schema` the object.
    With `history` on, the model sees the session's history, and its calls, their results and its answer join
    it. With `agent_id`, the stored agent's settings stand in for those that are left out here.
    """

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            title="An assistant that can calculate",
            data={
                "provider": "openai",
                "model": "gpt-4.1-mini",
                "instructions": "You help with household budgets. Calculate with the tool only.",
                "tools": ["calculator", "current_time"],
            },
            input={"message": "Good morning!"},
            answers=["Good morning! What shall we add up?"],
            output="Good morning! What shall we add up?",
        ),
        Example(
            title="A result in a given form",
            data={
                "provider": "openai",
                "model": "gpt-4.1-mini",
                "prompt": "Which city is meant? {{ message }}",
                "output_schema": {
                    "type": "object",
                    "properties": {"city": {"type": "string"}},
                    "required": ["city"],
                },
            },
            input={"message": "The one with the Brandenburg Gate."},
            answers=['{"city": "Berlin"}'],
            output={"city": "Berlin"},
        ),
    )

    agent_id: Annotated[
        str, Meta(max_length=64, description="A stored agent whose settings stand in for those left out.")
    ] = ""
    instructions: Annotated[str, Meta(description="A template of what the model is told first.")] = ""
    tools: Annotated[
        list[str | dict[str, Any]],
        Meta(max_length=100, description="What the model may use: names, or objects with `name` and more."),
    ] = field(default_factory=list[str | dict[str, Any]])
    output_schema: Annotated[
        dict[str, Any] | None, Meta(description="JSON Schema of the answer; null for text.")
    ] = None
    max_iterations: Annotated[
        int, Meta(ge=1, le=100, description="How often the model is asked before the node stops.")
    ] = 10
    max_tool_calls: Annotated[
        int, Meta(ge=0, le=1000, description="How many calls are made before the node stops.")
    ] = 25
    max_calls_at_once: Annotated[
        int, Meta(ge=1, le=100, description="How many calls one answer of the model may have.")
    ] = 16
    max_repeats: Annotated[
        int, Meta(ge=2, le=100, description="Asked for the very same call so often, the node stops.")
    ] = 3
    on_limit: Annotated[
        Literal["fail", "answer"],
        Meta(
            description="What stopping is: `fail`, or `answer`: the model is asked once more, for an answer "
            "with what it has."
        ),
    ] = "fail"

    def templates(self) -> dict[str, str]:
        """Return the two prompts."""
        sources = {"instructions": self.instructions, "prompt": self.prompt}
        return {name: source for name, source in sources.items() if source}

    def tool_entries(self) -> dict[str, Any]:
        """Return the tools by their place."""
        return {f"tools[{place}]": entry for place, entry in enumerate(self.tools)}

    def problems(self) -> dict[str, str]:
        """Return what model, schema or the names of tools do not allow."""
        found = super().problems()
        if self.output_schema is not None:
            from graphs.values.schemas import SchemaError, check_schema

            try:
                check_schema(self.output_schema)
            except SchemaError as error:
                found["output_schema"] = str(error)
        names: set[str] = set()
        for place, entry in enumerate(self.tools):
            name = entry if isinstance(entry, str) else str(entry.get("alias") or entry.get("name"))
            if name in names:
                found[f"tools[{place}]"] = (
                    f"Two tools are called {name[:80]!r}; give one of them an 'alias' of its own."
                )
            names.add(name)
        return found

    async def run(self, view: View, context: Context) -> Outcome:
        """Work until there is an answer."""
        try:
            tools = [read_tool(entry, context.toolbox.kinds) for entry in self.tools]
        except ToolEntryError as error:
            raise NodeError(str(error), code="bad_tool") from None
        window = await self.window(view, context)
        turns = AgentTurns(
            self.request,
            {tool.called: tool for tool in tools},
            context,
            TurnLimits(
                max_iterations=self.max_iterations,
                max_tool_calls=self.max_tool_calls,
                max_calls_at_once=self.max_calls_at_once,
                max_repeats=self.max_repeats,
                on_limit=self.on_limit,
            ),
            self.output_schema,
            aside=not self.history,
        )
        told = self._told(view)
        output = await turns.run(
            [Message(role="system", content=told), *window.messages] if told else window.messages
        )
        return Outcome(
            output=output,
            messages=turns.added if self.history else [],
            summary=window.summary if self.history else None,
        )

    def _told(self, view: View) -> str:
        """Return what the model is told first."""
        told = templates.parse(self.instructions).render(expressions.scope(view))
        if self.output_schema is None:
            return told
        schema = msgspec.json.encode(self.output_schema).decode()
        wanted = f"Your answer must be JSON, and nothing else, that fits this JSON Schema: {schema}"
        return f"{told}\n\n{wanted}" if told else wanted
