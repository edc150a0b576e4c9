"""Embedder: from texts to vectors, and what two vectors must have in common to be compared."""

from collections.abc import Sequence
from typing import Annotated, Protocol

from msgspec import Meta, Struct

from graphs.conversation.messages import Usage
from graphs.model_api.connection import Connection, ConnectionName
from graphs.model_api.provider import Address
from graphs.model_calls.booked_attempt import AttemptListener
from graphs.outbound.credentials import Credential

__all__ = [
    "LONGEST_TEXT",
    "Batch",
    "Embedded",
    "Embedder",
    "EmbeddingModel",
    "EmbeddingProvider",
    "Fingerprint",
]

LONGEST_TEXT = 2000
"""Characters of a text that are embedded; what follows is left out."""


class EmbeddingModel(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which model embeds, as a knowledge base names it."""

    provider: Annotated[
        str, Meta(max_length=64, description="Where the model runs: local, openai, ollama or demo.")
    ] = "local"
    model: Annotated[
        str, Meta(max_length=255, description="The model's name there. Empty: the provider's default.")
    ] = ""
    dimensions: Annotated[
        Annotated[int, Meta(ge=1, le=8192)] | None,
        Meta(description="Numbers of a vector, if the model can give fewer. Null: its own."),
    ] = None
    connection: ConnectionName = ""


class Fingerprint(Struct, frozen=True, kw_only=True):
    """What vectors have in common that can be compared."""

    provider: str
    model: str
    dimensions: int
    revision: str = ""
    """Version of what made them, where the provider says one."""

    def __str__(self) -> str:
        """Return it as one word, which is stored with each base."""
        revision = f"@{self.revision}" if self.revision else ""
        return f"{self.provider}/{self.model}{revision}/{self.dimensions}"


class Embedded(Struct, frozen=True):
    """The vectors of some texts, in their order."""

    vectors: tuple[Sequence[float], ...]
    fingerprint: Fingerprint
    usage: Usage = Usage()
    """Of all requests together."""


class Batch(Struct, frozen=True):
    """What one request to a provider gave."""

    vectors: Sequence[Sequence[float]]
    tokens: int | None = None
    """Tokens of the texts; None where the provider counts none."""
    revision: str = ""


class EmbeddingProvider(Protocol):
    """Speaks to one kind of model server; it never repeats a request."""

    async def embed(
        self,
        model: str,
        texts: Sequence[str],
        address: Address,
        *,
        dimensions: int | None = None,
        idempotency_key: str = "",
    ) -> Batch:
        """Return a vector for each text.

        Exceptions but `ModelError` are classified by `graphs.model_api.provider_errors.classify`.
        """
        ...

    async def close(self) -> None:
        """Close clients and child processes."""
        ...


class Embedder(Protocol):
    """Embeds texts."""

    async def embed(
        self,
        model: EmbeddingModel,
        texts: Sequence[str],
        *,
        listener: AttemptListener | None = None,
        connection: Connection | None = None,
        credential: Credential | None = None,
        workspace: str = "",
        idempotency_key: str = "",
    ) -> Embedded:
        """Return a vector for each text, asked for in batches; long texts are cut at `LONGEST_TEXT`.

        Args:
            model: Which model.
            texts: None of them blank.
            listener: Hears what the requests cost.
            connection: What `EmbeddingModel.connection` names.
            credential: The key that the connection names.
            workspace: Whose call it is.
            idempotency_key: The same whenever these texts are sent again.

        Raises:
            ModelError: the provider gave none (the classes are those of models), or a text is blank.
        """
        ...
