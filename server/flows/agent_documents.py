"""Stored agents as documents: what a request may say of one."""

from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType

__all__ = ["Agent", "AgentChange"]

Name = Annotated[str, Meta(min_length=1, max_length=255)]
Text = Annotated[str, Meta(max_length=100_000)]
Word = Annotated[str, Meta(max_length=255)]
Temperature = Annotated[float, Meta(ge=0, le=2)]
MaxTokens = Annotated[int, Meta(ge=1, le=1_000_000)]
Tools = Annotated[list[str | dict[str, Any]], Meta(max_length=100)]


class Agent(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An agent."""

    name: Name
    description: Text = ""
    llm_provider: Word = ""
    """Empty: the server's default model."""
    llm_model: Word = ""
    credential: Word = ""
    """Name of a credential with the key for its model. Empty: the server's key."""
    connection: Word = ""
    """Name of a connection to ask its model by. Empty: the server's own."""
    system_prompt: Text = ""
    temperature: Temperature = 0.7
    max_tokens: MaxTokens = 2000
    tools: Tools = []
    """Its tools from `GET /tools`: names, or objects with `name` and settings."""
    output_schema: dict[str, Any] | None = None
    """JSON Schema of the answer. Null: text."""


class AgentChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Changes of an agent. Missing fields stay unchanged."""

    name: Name | UnsetType = UNSET
    description: Text | UnsetType = UNSET
    llm_provider: Word | UnsetType = UNSET
    llm_model: Word | UnsetType = UNSET
    credential: Word | UnsetType = UNSET
    connection: Word | UnsetType = UNSET
    system_prompt: Text | UnsetType = UNSET
    temperature: Temperature | UnsetType = UNSET
    max_tokens: MaxTokens | UnsetType = UNSET
    tools: Tools | UnsetType = UNSET
    output_schema: dict[str, Any] | UnsetType | None = UNSET
