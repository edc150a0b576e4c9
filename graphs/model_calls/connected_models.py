"""Models that are asked by one connection of a workspace."""

import msgspec

from graphs.conversation.messages import ModelAnswer, ModelRequest
from graphs.model_api.connection import Connection
from graphs.model_api.model_interface import Listener, Models
from graphs.outbound.credentials import Credential

__all__ = ["ConnectedModels"]


class ConnectedModels:
    """`graphs.model_api.model_interface.Models` whose every request goes by one connection."""

    def __init__(self, models: Models, name: str, connection: Connection, key: Credential | None) -> None:
        self._models = models
        self._name = name
        self._connection = connection
        self._key = key

    async def answer(
        self,
        request: ModelRequest,
        listener: Listener,
        *,
        idempotency_key: str = "",
        api_key: str = "",
        credential: Credential | None = None,
        deadline: float | None = None,
        workspace: str = "",
    ) -> ModelAnswer:
        """Answer a request by the connection, with the key of its credential."""
        named = msgspec.structs.replace(request, connection=self._name)
        return await self._models.answer(
            self._connection.asked(named),
            listener,
            idempotency_key=idempotency_key,
            api_key=api_key,
            credential=credential or self._key,
            deadline=deadline,
            workspace=workspace,
        )
