"""ModelNode: what all nodes that ask a language model have in common, its settings and its question."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar

from msgspec import Meta, Struct, field

from graphs import expressions
from graphs.conversation.messages import INSTRUCTION, Message, ModelAnswer, ModelRequest
from graphs.conversation.spoken_answers import ASKED, SAID
from graphs.embeddings.embedder import Embedded, EmbeddingModel
from graphs.expressions import templates
from graphs.memory import Buffer, Memory, Window, read_memory
from graphs.model_api.connection import ConnectionName
from graphs.model_nodes.model_settings import (
    ContextTokens,
    ExtraBody,
    FirstTokenSeconds,
    IdleSeconds,
    KeepAlive,
    LogitBias,
    MinP,
    ParallelToolCalls,
    Penalty,
    ReasoningEffort,
    TemplateArguments,
    Think,
    TopK,
    User,
    extra_body_problem,
    more_settings,
)
from graphs.node.context import Context
from graphs.node.node import Node, Outcome
from graphs.outbound.credentials import CredentialName
from graphs.parsing.text import as_text
from graphs.values.effects import Effects
from graphs.values.node_error import NodeError
from graphs.values.node_view import View

__all__ = [
    "Fallback",
    "MaxTokens",
    "ModelNode",
    "Stop",
    "Temperature",
    "TopP",
    "assistant_message",
]

Temperature = Annotated[float, Meta(ge=0, le=2)]
MaxTokens = Annotated[int, Meta(ge=1, le=1_000_000)]
TopP = Annotated[float, Meta(gt=0, le=1)]
Stop = Annotated[list[Annotated[str, Meta(min_length=1, max_length=500)]], Meta(max_length=16)]


class Fallback(Struct, frozen=True, forbid_unknown_fields=True):
    """A model to try if the previous one failed."""

    provider: Annotated[str, Meta(min_length=1, max_length=64, description="Provider of the model.")]
    model: Annotated[str, Meta(min_length=1, max_length=255, description="The provider's name of the model.")]


class ModelNode(Node, frozen=True, kw_only=True):
    """Base of the nodes that ask a language model."""

    group: ClassVar[str] = "model"
    reads: ClassVar[bool] = False
    """Whether it gets the history, and speaks outside of chats, where nothing is set."""

    provider: Annotated[
        str, Meta(max_length=64, description="Provider of the model. Empty: the default.")
    ] = ""
    model: Annotated[
        str, Meta(max_length=255, description="The provider's name of the model. Empty: the default.")
    ] = ""
    prompt: Annotated[str, Meta(description="Template of the prompt. Empty: the user's message.")] = ""
    temperature: Annotated[
        Temperature | None,
        Meta(description="0 to 2. Lower values give more predictable answers. Null: the model's default."),
    ] = None
    max_tokens: Annotated[
        MaxTokens | None,
        Meta(description="Maximum number of tokens in the answer. Null: the model's default."),
    ] = None
    top_p: Annotated[
        TopP | None, Meta(description="Nucleus sampling: only the most likely tokens up to this probability.")
    ] = None
    stop: Annotated[Stop, Meta(description="Texts that end the answer.")] = field(default_factory=list[str])
    seed: Annotated[
        int | None, Meta(description="Seed for repeatable answers, if the provider supports it.")
    ] = None
    top_k: TopK = None
    min_p: MinP = None
    presence_penalty: Penalty = None
    frequency_penalty: Penalty = None
    logit_bias: LogitBias = field(default_factory=dict[str, float])
    user: User = ""
    reasoning_effort: ReasoningEffort = ""
    parallel_tool_calls: ParallelToolCalls = None
    chat_template_kwargs: TemplateArguments = field(default_factory=dict[str, Any])
    num_ctx: ContextTokens = None
    keep_alive: KeepAlive = ""
    think: Think = None
    model_first_token_seconds: FirstTokenSeconds = None
    model_idle_seconds: IdleSeconds = None
    extra_body: ExtraBody = field(default_factory=dict[str, Any])
    fallbacks: Annotated[
        list[Fallback], Meta(max_length=5, description="Models to try in this order if the model fails.")
    ] = field(default_factory=list[Fallback])
    memory: Annotated[Memory, Meta(description="Which part of the history the model gets.")] = Buffer()
    reads_history: Annotated[
        bool | None,
        Meta(
            description="Whether the model gets the history of the session. Null: `llm` nodes do, and all "
            "nodes of a sub-flow that takes part in the conversation."
        ),
    ] = None
    speaks: Annotated[
        bool | None,
        Meta(
            description="Whether its text streams to the user of a chat. Null: if it is the answer of the "
            "flow, or a part of it."
        ),
    ] = None
    history: Annotated[
        bool | None,
        Meta(description="Earlier name: sets both `reads_history` and `speaks` where they are null."),
    ] = None
    base_url: Annotated[
        str, Meta(max_length=2000, description="Another URL of the provider, from the operator's list.")
    ] = ""
    credential: CredentialName = ""
    connection: ConnectionName = ""

    def credentials(self) -> dict[str, str]:
        """Return the provider's key."""
        return {"credential": self.credential} if self.credential else {}

    def connections(self) -> dict[str, str]:
        """Return the connection that its model is asked by."""
        return {"connection": self.connection} if self.connection else {}

    def touches(self) -> list[Effects]:
        """Return the session's history, where the model sees it."""
        return [Effects(private="the session's history")] if self._reads else []

    def reads_arrived(self) -> bool:
        """Say whether what arrived may be what the model is asked."""
        return not self.prompt

    def problems(self) -> dict[str, str]:
        """Return why the memory or a provider cannot be used, where it cannot."""
        from graphs.providers.table import (  # what decodes a node need not know them
            known_providers,
            unknown_provider,
        )

        known = known_providers()
        named = {"provider": self.provider}
        named |= {f"fallbacks.{place}.provider": one.provider for place, one in enumerate(self.fallbacks)}
        found = {field: unknown_provider(name) for field, name in named.items() if name and name not in known}
        if self.connection and self.base_url:
            found["base_url"] = "A connection has its own URL: set 'connection' or 'base_url', not both."
        if self.connection and not self.model:
            found["model"] = "With a connection, the node names the model: set 'model'."
        if wrong := extra_body_problem(self.extra_body):
            found["extra_body"] = wrong
        return found

    async def window(self, view: View, context: Context) -> Window:
        """Return what the model gets to see of the conversation, its question last."""
        memory = read_memory(context.memory) if context.memory else self.memory

        async def ask_aside(messages: list[Message]) -> str:
            request = ModelRequest(
                provider=self.provider,
                model=self.model,
                messages=messages,
                seed=self.seed,
                **more_settings(self),
                base_url=self.base_url,
                credential=self.credential,
                connection=self.connection,
                fallbacks=[(fallback.provider, fallback.model) for fallback in self.fallbacks],
            )
            return (await context.ask(request, publish=False)).content

        async def embed(texts: Sequence[str]) -> Embedded:
            return await context.embed(EmbeddingModel(provider=""), texts)

        window = await memory.window(self._conversation(view, context), view.summary, ask_aside, embed)
        if window.warning:
            context.emit("custom", name="memory_warning", message=window.warning)
        return window

    def system(self, own: str, view: View, context: Context) -> list[Message]:
        """Return what the model is told first: what the caller gave for the conversation, then the node's own
        prompt. No message where there is nothing to tell."""
        given = [as_text(message.get("content")) for message in view.messages if _instructs(message)]
        told = "\n\n".join(text for text in (*(given if self.reads_in(context) else ()), own) if text)
        return [Message(role="system", content=told)] if told else []

    def request(self, messages: list[Message]) -> ModelRequest:
        """Return the request that asks this node's model.

        Raises:
            NodeError: the node names no model, and whoever runs it has no default (code ``no_model``).
        """
        if not (self.provider or self.connection) or not self.model:
            raise NodeError(
                "The node names no model and there is no default here; set 'provider' and 'model'.",
                code="no_model",
            )
        return ModelRequest(
            provider=self.provider,
            model=self.model,
            messages=messages,
            temperature=self.temperature,
            max_tokens=self.max_tokens,
            top_p=self.top_p,
            stop=self.stop,
            seed=self.seed,
            **more_settings(self),
            base_url=self.base_url,
            credential=self.credential,
            connection=self.connection,
            fallbacks=[(fallback.provider, fallback.model) for fallback in self.fallbacks],
        )

    def reads_in(self, context: Context) -> bool:
        """Say whether the model gets the history."""
        given = self.history if self.reads_history is None else self.reads_history
        return self._reads or (given is None and context.takes_part)

    def aside_in(self, context: Context) -> bool:
        """Say whether what the model says is none of the user's business."""
        given = self.history if self.speaks is None else self.speaks
        usual = context.speaks if context.converses else self._reads
        return not (usual if given is None else given)

    def outcome(
        self,
        context: Context,
        output: Any,
        added: list[Message],
        answer: Message,
        summary: dict[str, Any] | None,
    ) -> Outcome:
        """Return what the node gives: in a chat the run's answer alone joins the history, elsewhere its own.

        Args:
            context: Of the run.
            output: The node's output.
            added: Its messages.
            answer: The last of them.
            summary: What its memory has folded.
        """
        joins = self._reads and not context.converses
        return Outcome(
            output=output,
            messages=added if joins else [],
            answer=answer,
            summary=summary if self.reads_in(context) else None,
        )

    @property
    def _reads(self) -> bool:
        given = self.history if self.reads_history is None else self.reads_history
        return self.reads if given is None else given

    def _conversation(self, view: View, context: Context) -> list[Mapping[str, Any]]:
        """Return the history that the model is asked about, its question last."""
        known: list[Mapping[str, Any]] = list(view.messages) if self.reads_in(context) else []
        history = [message for message in known if not _instructs(message)]
        while history and history[-1].get("metadata", {}).get(SAID):
            history.pop()  # said meanwhile, by a say node: the question is the message before
        if history and context.call_settings is not None and context.call_settings.resumes:
            return history
        asked = history[-1] if history and history[-1]["role"] == "user" else None
        if self.prompt:
            prompt = templates.parse(self.prompt).render(expressions.scope(view))
            if asked is None or ASKED in asked.get("metadata", {}):  # an answer to a question stays
                return [*history, _question(prompt)]
            return [*history[:-1], {**asked, "content": _with_pictures(prompt, asked.get("content"))}]
        if asked is not None and not any(node in view.answers for node in view.incoming):
            return history
        return [*history, _question(_arrived(view))]


def assistant_message(answer: ModelAnswer) -> Message:
    """Return an answer as the session's history keeps it."""
    usage = {"input_tokens": answer.usage.input_tokens, "output_tokens": answer.usage.output_tokens}
    return Message(
        role="assistant",
        content=answer.content,
        tool_calls=answer.tool_calls,
        echo=answer.echo,
        metadata={"provider": answer.provider, "model": answer.model, "usage": usage},
    )


def _instructs(message: Mapping[str, Any]) -> bool:
    return bool(message.get("metadata", {}).get(INSTRUCTION))


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
