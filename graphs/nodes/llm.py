"""The llm node."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

import msgspec
from msgspec import Meta, Struct, field

from graphs import expressions
from graphs.conversation.messages import Message, ModelAnswer, ModelRequest
from graphs.expressions import templates
from graphs.model_nodes.citing_node import SourcedNode
from graphs.model_nodes.model_node import assistant_message
from graphs.model_nodes.prompt_messages import (
    PromptMessage,
    PromptMessages,
    prompt_messages,
    prompt_sources,
)
from graphs.model_nodes.structured_output import Form, Unreadable, read_or_repair
from graphs.node.context import Context
from graphs.node.node import Example, Outcome
from graphs.values.node_error import NodeError
from graphs.values.node_view import View

__all__ = ["JsonObjectFormat", "JsonSchema", "JsonSchemaFormat", "Llm", "ResponseFormat", "TextFormat"]


class TextFormat(Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="text"):
    """The model answers in text."""


class JsonObjectFormat(Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="json_object"):
    """The model answers with a JSON object; the prompt should say which."""


class JsonSchema(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A JSON Schema with a name, as model providers take it."""

    name: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]+$", max_length=64, description="Name of the schema.")]
    schema: Annotated[dict[str, Any], Meta(description="The JSON Schema.")]
    description: Annotated[str, Meta(description="Description of the schema. The model can read it.")] = ""
    strict: Annotated[bool | None, Meta(description="Whether the provider must enforce it.")] = None


class JsonSchemaFormat(Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="json_schema"):
    """The model answers with JSON that follows a schema."""

    json_schema: Annotated[JsonSchema, Meta(description="The schema and its name.")]


ResponseFormat = TextFormat | JsonObjectFormat | JsonSchemaFormat


class Llm(SourcedNode, frozen=True, kw_only=True, tag="llm"):
    """Call a language model. In a chat, the answer streams to the user if it is the answer of the flow.

    Without `prompt`, the model gets the history of the session with the user's message. With `prompt`, the
    prompt replaces the text of the current message; its files stay. With `reads_history` off, the model gets
    only the prompt (without one: the output of the previous node). The output is the text of the answer, or a
    JSON value if `response_format` is JSON.

    A chat adds the output of its `end` node to the history, whatever node made it. By default the nodes speak
    whose text reaches `end`; `speaks` changes that.

    JSON is found in the answer, also in a fence or between words, and checked against the schema. If that
    fails, the model gets one more attempt with the reason; then the node fails. `messages` are shown to the
    model before the conversation, for example sample questions and answers.

    With `sources`, the model answers from the passages of a `retrieve` node and cites them by number.
    """

    asks_context: ClassVar[bool] = True

    title: ClassVar[str] = "LLM"
    speaks_text: ClassVar[bool] = True
    reads: ClassVar[bool] = True
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
                "reads_history": False,
                "response_format": {"type": "json_object"},
                "fallbacks": [{"provider": "ollama", "model": "llama3.3:70b"}],
            },
            input={"message": "It broke on the first day!"},
            answers=['{"complaint": true}'],
            output={"complaint": True},
        ),
        Example(
            title="Examples, and a second attempt",
            data={
                "provider": "openai",
                "model": "gpt-4.1-mini",
                "prompt": "{{ message }}",
                "reads_history": False,
                "messages": [
                    {"role": "user", "content": "Two tickets to Oslo, please"},
                    {"role": "assistant", "content": '{"city": "Oslo", "tickets": 2}'},
                ],
                "response_format": {
                    "type": "json_schema",
                    "json_schema": {
                        "name": "order",
                        "schema": {
                            "type": "object",
                            "properties": {"city": {"type": "string"}, "tickets": {"type": "integer"}},
                            "required": ["city", "tickets"],
                        },
                    },
                },
            },
            input={"message": "I would like to go to Lima alone"},
            answers=['Sure: {"city": "Lima"}', '```json\n{"city": "Lima", "tickets": 1,}\n```'],
            output={"city": "Lima", "tickets": 1},
        ),
    )

    system_prompt: Annotated[str, Meta(description="Template of the system prompt.")] = ""
    messages: PromptMessages = field(default_factory=list[PromptMessage])
    response_format: Annotated[ResponseFormat | None, Meta(description="Text, or JSON.")] = None

    def templates(self) -> dict[str, str]:
        """Return the prompts."""
        sources = {"system_prompt": self.system_prompt, "prompt": self.prompt}
        sources |= prompt_sources(self.messages)
        return {name: source for name, source in sources.items() if source}

    def gives_text(self) -> bool:
        """Say whether the model answers in text."""
        return self._form() is None

    def gives_schema(self) -> Mapping[str, Any] | None:
        """Return the schema of the answer."""
        form = self._form()
        return form.schema if form else None

    async def run(self, view: View, context: Context) -> Outcome:
        """Ask the model and give its answer."""
        sources = self.given_sources(view)
        if known := await self.without_model(view, sources, context):
            said = Message(role="assistant", content=known)
            return self.outcome(context, known, [said], said, None)
        window = await self.window(view, context)
        system = templates.parse(self.system_prompt).render(expressions.scope(view))
        messages = [
            *self.system(system, view, context),
            *self.sources_message(sources),
            *prompt_messages(self.messages, view),
            *window.messages,
        ]
        aside = self.aside_in(context)
        answer = await self._answered(context, self._wanted(messages, context))
        output: Any = answer.content
        if (form := self._form(context)) is not None and not answer.tool_calls:

            async def ask_again(more: list[Message]) -> ModelAnswer:
                context.emit("message.reset", visibility=context.aside if aside else None)
                return await self._answered(context, self._wanted([*messages, *more], context))

            try:
                output, answer = await read_or_repair(answer, form.read, ask_again)
            except Unreadable as error:
                raise NodeError(
                    f"Expected an answer of model '{answer.model}' that fits 'response_format', also when "
                    f"asked again. {error} Say in the prompt what JSON to give, raise 'max_tokens' or choose "
                    "another model.",
                    code="bad_response",
                ) from None
        self.cited(answer.content, sources, context)
        said = assistant_message(answer)
        return self.outcome(context, output, [said], said, window.summary)

    async def _answered(self, context: Context, request: ModelRequest) -> ModelAnswer:
        answer = await context.ask(request, aside=self.aside_in(context))
        if request.tools:  # which the client runs
            return answer
        if answer.tool_calls and not answer.content:
            raise NodeError(
                f"Expected an answer from model '{answer.model}', found a call of the tool "
                f"{answer.tool_calls[0].name[:80]!r}, though none was offered; change prompt or model.",
                code="bad_response",
            )
        return msgspec.structs.replace(answer, tool_calls=[])

    def problems(self) -> dict[str, str]:
        """Return what the model, or a schema that is none, does not allow."""
        found = super().problems()
        if isinstance(self.response_format, JsonSchemaFormat):
            from graphs.parsing.schemas import SchemaError, check_schema

            try:
                check_schema(self.response_format.json_schema.schema)
            except SchemaError as error:
                found["response_format.json_schema.schema"] = str(error)
        return found

    def _form(self, context: Context | None = None) -> Form | None:
        """Return what the answer must be, also by what a client asks; None for text."""
        wanted_form = self.response_format
        asked = None if context is None else context.call_settings
        if asked is not None and asked.response_format and not self._is_json():
            wanted_form = msgspec.convert(asked.response_format, ResponseFormat)
        match wanted_form:
            case JsonObjectFormat():
                return Form(is_object=True)
            case JsonSchemaFormat(json_schema=wanted):
                return Form(schema=wanted.schema)
            case _:
                return None

    def _is_json(self) -> bool:
        return isinstance(self.response_format, JsonObjectFormat | JsonSchemaFormat)

    def _wanted(self, messages: list[Message], context: Context) -> ModelRequest:
        """Return the request with the form of its answer, and with what a client sets."""
        request = self.request(messages)
        if self._is_json():
            form = msgspec.to_builtins(self.response_format)
            request = msgspec.structs.replace(request, response_format=form)
        return request if context.call_settings is None else context.call_settings.onto(request)
