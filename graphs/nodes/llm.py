"""The llm node."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

import msgspec
from msgspec import Meta, Struct, field

from graphs import expressions, templates
from graphs.context import Context
from graphs.findings import shown
from graphs.memory import Buffer, Memory, read_memory
from graphs.messages import Message, ModelAnswer, ModelRequest
from graphs.node import Example, Node, NodeError, Outcome, View
from graphs.text import TextError, as_text, clean

__all__ = [
    "Fallback",
    "JsonObjectFormat",
    "JsonSchema",
    "JsonSchemaFormat",
    "Llm",
    "MaxTokens",
    "ResponseFormat",
    "Stop",
    "Temperature",
    "TextFormat",
    "TopP",
]

_SUMMARY_TOKENS = 500


class Fallback(Struct, frozen=True, forbid_unknown_fields=True):
    """A model to ask when the one before it gave no answer."""

    provider: Annotated[str, Meta(min_length=1, max_length=64, description="Where it runs.")]
    model: Annotated[str, Meta(min_length=1, max_length=255, description="Its name there.")]


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

Temperature = Annotated[float, Meta(ge=0, le=2)]
MaxTokens = Annotated[int, Meta(ge=1, le=1_000_000)]
TopP = Annotated[float, Meta(gt=0, le=1)]
Stop = Annotated[list[Annotated[str, Meta(min_length=1, max_length=500)]], Meta(max_length=16)]


class Llm(Node, frozen=True, kw_only=True, tag="llm"):
    """Ask a language model; its answer streams to the user as it comes.

    Without `prompt` the model gets the session's history with the user's message. With it, the prompt stands
    in the place of this turn's message; pictures in the message stay with it. The answer joins the history.
    With `history` off, the model sees the prompt alone (without one: what arrived), and nothing joins the
    history. The output is the answer's text, or the parsed JSON with a `response_format` of JSON.
    """

    title: ClassVar[str] = "LLM"
    group: ClassVar[str] = "model"
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

    provider: Annotated[str, Meta(min_length=1, max_length=64, description="Where the model runs.")]
    model: Annotated[str, Meta(min_length=1, max_length=255, description="The model's name there.")]
    system_prompt: Annotated[str, Meta(description="A template of what the model is told first.")] = ""
    prompt: Annotated[
        str, Meta(description="A template of what the model is asked; empty for the user's message.")
    ] = ""
    temperature: Annotated[
        Temperature | None, Meta(description="0 for the likeliest answer, up to 2; null for the model's own.")
    ] = None
    max_tokens: Annotated[
        MaxTokens | None, Meta(description="The longest answer, in tokens; null for the model's own.")
    ] = None
    top_p: Annotated[TopP | None, Meta(description="Choose among the likeliest tokens of this share.")] = None
    stop: Annotated[Stop, Meta(description="Texts before which the answer ends.")] = field(
        default_factory=list[str]
    )
    seed: Annotated[int | None, Meta(description="Asks for the same answer each time.")] = None
    response_format: Annotated[ResponseFormat | None, Meta(description="Text, or JSON.")] = None
    fallbacks: Annotated[
        list[Fallback], Meta(max_length=5, description="Models to ask in turn when this one fails.")
    ] = field(default_factory=list[Fallback])
    memory: Annotated[Memory, Meta(description="Which part of the history the model sees.")] = Buffer()
    history: Annotated[
        bool, Meta(description="Whether the model sees the session's history and its answer joins it.")
    ] = True
    base_url: Annotated[
        str, Meta(max_length=2000, description="Another address of the provider, from the operator's list.")
    ] = ""

    def templates(self) -> dict[str, str]:
        """Return the two prompts."""
        sources = {"system_prompt": self.system_prompt, "prompt": self.prompt}
        return {name: source for name, source in sources.items() if source}

    def problems(self) -> dict[str, str]:
        """Return why the memory or a provider cannot be used, where it cannot."""
        from graphs.providers.table import known_providers  # what decodes a node need not know them

        known = known_providers()
        named = {"provider": self.provider}
        named |= {f"fallbacks.{place}.provider": one.provider for place, one in enumerate(self.fallbacks)}
        found = {
            field: f"Provider {shown(name)} is not known. Choose {', '.join(known[:-1])} or {known[-1]}."
            for field, name in named.items()
            if name and name not in known
        }
        problem = self.memory.problem()
        return found | ({"memory.type": problem} if problem else {})

    async def run(self, view: View, context: Context) -> Outcome:
        """Ask the model and give its answer."""
        memory = read_memory(context.memory) if context.memory else self.memory

        async def ask_aside(messages: list[Message]) -> str:
            request = self._request(messages, max_tokens=_SUMMARY_TOKENS, temperature=0.0, plain=True)
            return (await context.ask(request, publish=False)).content

        window = await memory.window(self._conversation(view), view.summary, ask_aside)
        if window.warning:
            context.emit("custom", name="memory_warning", message=window.warning)
        system = templates.parse(self.system_prompt).render(expressions.scope(view))
        messages = [Message(role="system", content=system), *window.messages] if system else window.messages
        answer = await context.ask(
            self._request(messages, max_tokens=self.max_tokens, temperature=self.temperature)
        )
        if answer.tool_calls and not answer.content:
            raise NodeError(
                f"Expected an answer from model '{answer.model}', found a call of the tool "
                f"{answer.tool_calls[0].name[:80]!r}, though none was offered; change prompt or model.",
                code="bad_response",
            )
        return Outcome(
            output=self._output(answer.content),
            messages=[_message(answer)] if self.history else [],
            summary=window.summary if self.history else None,
        )

    def _conversation(self, view: View) -> list[Mapping[str, Any]]:
        """Return the history that the model is asked about, its question last."""
        history: list[Mapping[str, Any]] = list(view.messages) if self.history else []
        asked = history[-1] if history and history[-1]["role"] == "user" else None
        if self.prompt:
            prompt = templates.parse(self.prompt).render(expressions.scope(view))
            if asked is None:
                return [*history, _question(prompt)]
            return [*history[:-1], {**asked, "content": _with_pictures(prompt, asked.get("content"))}]
        return history if asked is not None else [*history, _question(_arrived(view))]

    def _request(
        self,
        messages: list[Message],
        *,
        max_tokens: int | None,
        temperature: float | None,
        plain: bool = False,
    ) -> ModelRequest:
        shaped = isinstance(self.response_format, JsonObjectFormat | JsonSchemaFormat) and not plain
        return ModelRequest(
            provider=self.provider,
            model=self.model,
            messages=messages,
            temperature=temperature,
            max_tokens=max_tokens,
            top_p=None if plain else self.top_p,
            stop=[] if plain else self.stop,
            seed=self.seed,
            response_format=msgspec.to_builtins(self.response_format) if shaped else None,
            base_url=self.base_url,
            fallbacks=[(fallback.provider, fallback.model) for fallback in self.fallbacks],
        )

    def _output(self, content: str) -> Any:
        if not isinstance(self.response_format, JsonObjectFormat | JsonSchemaFormat):
            return content
        text = content.strip()
        if text.startswith("```") and text.endswith("```"):
            text = text.strip("`").removeprefix("json")
        try:
            return clean(msgspec.json.decode(text))
        except (msgspec.DecodeError, TextError, RecursionError) as error:
            raise NodeError(
                f"Expected JSON from model '{self.model}', found {content[:80]!r} ({error}); say in the "
                "prompt what JSON to give, raise 'max_tokens' or choose another model.",
                code="bad_response",
            ) from None


def _message(answer: ModelAnswer) -> Message:
    usage = {"input_tokens": answer.usage.input_tokens, "output_tokens": answer.usage.output_tokens}
    return Message(
        role="assistant",
        content=answer.content,
        metadata={"provider": answer.provider, "model": answer.model, "usage": usage},
    )


def _question(content: Any) -> dict[str, Any]:
    if not content:
        raise NodeError(
            "There is nothing to ask the model: no message came in and nothing arrived; set 'prompt'.",
            code="bad_input",
        )
    return {"role": "user", "content": content}


def _arrived(view: View) -> Any:
    """Return what to ask where there is neither prompt nor message in the history."""
    arrived = view.arrived()
    if (arrived is None or arrived == view.input) and view.input.get("message"):
        return view.input["message"]
    return as_text(arrived)


def _with_pictures(prompt: str, content: Any) -> Any:
    parts: list[Any] = content if isinstance(content, list) else []
    pictures = [part for part in parts if part.get("type") != "text"]
    return [{"type": "text", "text": prompt}, *pictures] if pictures else prompt
