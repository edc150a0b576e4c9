"""The agent node."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

import msgspec
from msgspec import Meta, field

from graphs import expressions
from graphs.conversation.messages import Message
from graphs.expressions import templates
from graphs.model_nodes.agent_turns import AgentTurns, TurnLimits
from graphs.model_nodes.citing_node import SourcedNode
from graphs.model_nodes.prompt_messages import (
    PromptMessage,
    PromptMessages,
    prompt_messages,
    prompt_sources,
)
from graphs.node.context import Context
from graphs.node.node import API_TOOL, FLOW_TOOL, MCP_TOOL, Example, Outcome
from graphs.parsing.text import as_text
from graphs.tools import ToolEntryError, read_tool
from graphs.values.node_error import NodeError
from graphs.values.node_view import View

__all__ = ["Agent"]


class Agent(SourcedNode, frozen=True, kw_only=True, tag="agent"):
    """Let a model work on a task with tools until it has an answer.

    The model calls tools, several in parallel, and gets their results. This repeats until it answers without
    a tool call. Its text streams during the work. Arguments are validated before a call. An invalid call is
    returned to the model as an error, so that it can correct it. After two more invalid answers the node
    fails (`bad_tool_call`). The model also gets the error of a tool that fails.

    Each entry of `tools` is a name, or an object with `name` and settings. With `approval`, a reviewer
    approves each call. The output is the text of the answer, or an object if `output_schema` is set. With
    `reads_history`, the model sees the history of the session. With `agent_id`, fields that are not set here
    come from the stored agent.
    """

    speaks_text: ClassVar[bool] = True

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
        str,
        Meta(
            max_length=64, description="ID of a stored agent. It supplies the fields that are not set here."
        ),
    ] = ""
    instructions: Annotated[str, Meta(description="Template of the system prompt.")] = ""
    tools: Annotated[
        list[str | dict[str, Any]],
        Meta(max_length=100, description="Tools of the model: names, or objects with `name` and settings."),
    ] = field(default_factory=list[str | dict[str, Any]])
    messages: PromptMessages = field(default_factory=list[PromptMessage])
    output_schema: Annotated[
        dict[str, Any] | None, Meta(description="JSON Schema of the answer. Null: text.")
    ] = None
    max_iterations: Annotated[int, Meta(ge=1, le=100, description="Maximum number of model calls.")] = 10
    max_tool_calls: Annotated[int, Meta(ge=0, le=1000, description="Maximum number of tool calls.")] = 25
    max_calls_at_once: Annotated[
        int, Meta(ge=1, le=100, description="Maximum number of tool calls in one model answer.")
    ] = 16
    max_repeats: Annotated[
        int, Meta(ge=2, le=100, description="The node stops when the model repeats the same call this often.")
    ] = 3
    on_limit: Annotated[
        Literal["fail", "answer"],
        Meta(
            description="What happens at a limit: `fail`, or `answer`: one more model call for a final "
            "answer."
        ),
    ] = "fail"

    def templates(self) -> dict[str, str]:
        """Return the prompts."""
        sources = {"instructions": self.instructions, "prompt": self.prompt}
        sources |= prompt_sources(self.messages)
        return {name: source for name, source in sources.items() if source}

    def tool_entries(self) -> dict[str, Any]:
        """Return the tools by their place."""
        return {f"tools[{place}]": entry for place, entry in enumerate(self.tools)}

    def problems(self) -> dict[str, str]:
        """Return what model, schema or the names of tools do not allow."""
        found = super().problems()
        if self.output_schema is not None:
            from graphs.parsing.schemas import SchemaError, check_schema

            try:
                check_schema(self.output_schema)
            except SchemaError as error:
                found["output_schema"] = str(error)
        names: set[str] = set()
        for place, entry in enumerate(self.tools):
            name = entry if isinstance(entry, str) else str(entry.get("alias") or entry.get("name"))
            if name == FLOW_TOOL and not isinstance(entry, str):
                name = str(entry.get("flow_id"))  # its name is made of the flow's when a run begins
            if name == MCP_TOOL and not isinstance(entry, str):
                name = f"{entry.get('server')}/{entry.get('tool')}/{entry.get('tools')}"  # so are theirs
            if name == API_TOOL and not isinstance(entry, str):
                name = f"{entry.get('api')}/{entry.get('operation')}/{entry.get('operations')}"
            if name in names:
                found[f"tools[{place}]"] = (
                    f"Two tools are called {name[:80]!r}; give one of them an 'alias' of its own."
                )
            names.add(name)
        return found

    def gives_text(self) -> bool:
        """Say whether the answer is text, whatever a stored agent says."""
        return self.output_schema is None and not self.agent_id

    def gives_schema(self) -> Mapping[str, Any] | None:
        """Return the schema of the answer, which a stored agent has none of."""
        return None if self.agent_id else self.output_schema

    async def run(self, view: View, context: Context) -> Outcome:
        """Work until there is an answer."""
        try:
            tools = [read_tool(entry, context.toolbox.kinds) for entry in self.tools]
        except ToolEntryError as error:
            raise NodeError(str(error), code="bad_tool") from None
        sources = self.given_sources(view)
        if not tools and (known := await self.without_model(view, sources, context)):
            said = Message(role="assistant", content=known)
            return self.outcome(context, known, [said], said, None)
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
            aside=self.aside_in(context),
        )
        output = await turns.run(
            [
                *self.system(self._told(view), view, context),
                *self.sources_message(sources),
                *prompt_messages(self.messages, view),
                *window.messages,
            ]
        )
        self.cited(as_text(turns.added[-1].content), sources, context)
        return self.outcome(context, output, turns.added, turns.added[-1], window.summary)

    def _told(self, view: View) -> str:
        """Return what the model is told first."""
        told = templates.parse(self.instructions).render(expressions.scope(view))
        if self.output_schema is None:
            return told
        schema = msgspec.json.encode(self.output_schema).decode()
        wanted = f"Your answer must be JSON, and nothing else, that fits this JSON Schema: {schema}"
        return f"{told}\n\n{wanted}" if told else wanted
