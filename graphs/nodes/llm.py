"""The llm node."""

from typing import Annotated, Any, ClassVar

import msgspec
from msgspec import Meta, Struct

from graphs import expressions
from graphs.expressions import templates
from graphs.model_nodes.model_node import ModelNode, assistant_message, read_json_answer
from graphs.node.context import Context
from graphs.node.node import Example, Outcome
from graphs.values.messages import Message, ModelRequest
from graphs.values.node_error import NodeError
from graphs.values.node_view import View

__all__ = ["JsonObjectFormat", "JsonSchema", "JsonSchemaFormat", "Llm", "ResponseFormat", "TextFormat"]


class TextFormat(Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="text"):
    """The model answers in text."""


class JsonObjectFormat(Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="json_object"):
    """The model answers with a JSON object; the prompt should say which."""


class JsonSchema(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A JSON Schema with a name, as model providers take it."""

    name: Annotated[
        str, Meta(pattern=r"^[A-Za-z0-9_-]+$", max_length=64, description="A name for the provider.")
    ]
    schema: Annotated[dict[str, Any], Meta(description="The JSON Schema.")]
    description: Annotated[str, Meta(description="What it is for; the model may see it.")] = ""
    strict: Annotated[bool | None, Meta(description="Whether the provider is to enforce it.")] = None


class JsonSchemaFormat(Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="json_schema"):
    """The model answers with JSON that follows a schema."""

    json_schema: Annotated[JsonSchema, Meta(description="The schema and its name.")]


ResponseFormat = TextFormat | JsonObjectFormat | JsonSchemaFormat


class Llm(ModelNode, frozen=True, kw_only=True, tag="llm"):
    """Ask a language model; its answer streams to the user as it comes.

    Without `prompt` the model gets the session's history with the user's message. With it, the prompt stands
    in the place of this turn's message; files and pictures in the message stay with it. The answer joins the
    history. With `history` off, the model sees the prompt alone (without one: what arrived), nothing joins
    the history, and visitors of an embedded chat do not see it being written. The output is the answer's
    text, or the parsed JSON with a `response_format` of JSON.
    """

    title: ClassVar[str] = "LLM"
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            title="A chat",
            data={
                "provider": "ollama",
                "model": "llama3.3:70b",
                "system_prompt": "You are a helpful assistant.",
                "memory": {"type": "buffer", "max_messages": 20},
            },
            input={"message": "What is an otter?"},
            messages=[{"role": "user", "content": "What is an otter?", "id": "u1"}],
            answers=["A playful animal of rivers and coasts."],
            output="A playful animal of rivers and coasts.",
        ),
        Example(
            title="A decision as JSON",
            data={
                "provider": "openai",
                "model": "gpt-4.1-mini",
                "prompt": "Is this a complaint? Answer as JSON with 'complaint'.\n\n{{ message }}",
                "temperature": 0,
                "history": False,
                "response_format": {"type": "json_object"},
                "fallbacks": [{"provider": "ollama", "model": "llama3.3:70b"}],
            },
            input={"message": "It broke on the first day!"},
            answers=['{"complaint": true}'],
            output={"complaint": True},
        ),
    )

    system_prompt: Annotated[str, Meta(description="A template of what the model is told first.")] = ""
    response_format: Annotated[ResponseFormat | None, Meta(description="Text, or JSON.")] = None
    history: Annotated[
        bool, Meta(description="Whether the model sees the session's history and its answer joins it.")
    ] = True

    def templates(self) -> dict[str, str]:
        """Return the two prompts."""
        sources = {"system_prompt": self.system_prompt, "prompt": self.prompt}
        return {name: source for name, source in sources.items() if source}

    async def run(self, view: View, context: Context) -> Outcome:
        """Ask the model and give its answer."""
        window = await self.window(view, context)
        system = templates.parse(self.system_prompt).render(expressions.scope(view))
        messages = [Message(role="system", content=system), *window.messages] if system else window.messages
        answer = await context.ask(self._shaped(self.request(messages)), aside=not self.history)
        if answer.tool_calls and not answer.content:
            raise NodeError(
                f"Expected an answer from model '{answer.model}', found a call of the tool "
                f"{answer.tool_calls[0].name[:80]!r}, though none was offered; change prompt or model.",
                code="bad_response",
            )
        answer = msgspec.structs.replace(answer, tool_calls=[])
        return Outcome(
            output=self._output(answer.content),
            messages=[assistant_message(answer)] if self.history else [],
            summary=window.summary if self.history else None,
        )

    def _shaped(self, request: ModelRequest) -> ModelRequest:
        if not isinstance(self.response_format, JsonObjectFormat | JsonSchemaFormat):
            return request
        return msgspec.structs.replace(request, response_format=msgspec.to_builtins(self.response_format))

    def _output(self, content: str) -> Any:
        if not isinstance(self.response_format, JsonObjectFormat | JsonSchemaFormat):
            return content
        try:
            return read_json_answer(content)
        except ValueError as error:
            raise NodeError(
                f"Expected JSON from model '{self.model}', found {content[:80]!r} ({error}); say in the "
                "prompt what JSON to give, raise 'max_tokens' or choose another model.",
                code="bad_response",
            ) from None
