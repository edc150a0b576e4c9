"""Embedder: from texts to vectors, and what must stay the same for two vectors to be comparable."""

from collections.abc import Sequence
from typing import Protocol

from msgspec import Struct

from graphs.values.messages import Attempt

__all__ = ["LONGEST_TEXT", "Embedded", "Embedder", "EmbeddingListener", "EmbeddingModel", "Purpose"]

LONGEST_TEXT = 2000
"""Characters of a text that are embedded; what follows is left out."""


class EmbeddingModel(Struct, frozen=True, kw_only=True):
    """Which model embeds, as a knowledge base names it."""

    provider: str = "local"
    model: str = ""
    """Empty for the provider's default."""
    dimensions: int | None = None
    """How many numbers to ask for, where the model can give fewer; None for its own number."""
    connection: str = ""
    """Name of a connection of the workspace; empty for the operator's address."""


class Fingerprint(Struct, frozen=True, kw_only=True):
    """What vectors have in common that can be compared."""

    provider: str
    model: str
    dimensions: int
    revision: str = ""

    def __str__(self) -> str:
        """Return it as one word that is stored with each base."""
        revision = f"@{self.revision}" if self.revision else ""
        return f"{self.provider}/{self.model}{revision}/{self.dimensions}"


class Embedded(Struct, frozen=True):
    """The vectors of some texts, in their order."""

    vectors: tuple[Sequence[float], ...]
    fingerprint: Fingerprint
    input_tokens: int = 0
    attempts: tuple[Attempt, ...] = ()
    """Each request that was sent, with its usage, for the ledger."""


class EmbeddingListener(Protocol):
    """Hears what requests cost, while they are made."""

    async def ask(self, model: EmbeddingModel, tokens: int) -> str:
        """Return what `Attempt.held` is to say of a request that is about to be sent.

        Raises:
            ModelError: a budget does not allow it (class ``budget``).
        """
        ...

    def attempt(self, attempt: Attempt) -> None:
        """One request ended, well or badly."""
        ...


class Embedder(Protocol):
    """Embeds texts."""

    async def embed(
        self,
        model: EmbeddingModel,
        texts: Sequence[str],
        *,
        listener: EmbeddingListener | None = None,
        workspace: str = "",
        idempotency_key: str = "",
    ) -> Embedded:
        """Return a vector for each text, asked for in batches; long texts are cut at `LONGEST_TEXT`.

        Raises:
            ModelError: the provider gave none (the classes are those of models), or a text is blank.
        """
        ...
