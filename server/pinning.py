"""Pinning: what a run is held to from its start on, looked up when it is accepted."""

from collections import OrderedDict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from graphs.chatflow import definition_of
from persistence.agents import Agents
from persistence.flows import FlowRow
from server.default_model import DefaultModel

if TYPE_CHECKING:
    from graphs.pins import Missing

__all__ = ["Pinning"]

REMEMBERED = 1024
"""Flow versions of which it is remembered what they leave to the server."""


class Pinning:
    """Looks up the stored agents and default models that a flow leaves to the server."""

    def __init__(self, agents: Agents, default_model: DefaultModel) -> None:
        self._agents = agents
        self._default_model = default_model
        self._missing: OrderedDict[tuple[str, int], Missing] = OrderedDict()

    async def pins(
        self, workspace: str, flow: FlowRow | None, document: Mapping[str, Any] | None
    ) -> dict[str, Any]:
        """Return `graphs.pins.Pins` of a run as plain JSON; empty where its flow says everything itself.

        Args:
            workspace: Whose agents count.
            flow: The stored flow.
            document: What is run in its place; None for the flow's own.

        Raises:
            FlowError: an agent is not there, or the flow does not decode.
        """
        from graphs.pins import Pins, missing_of, with_pins

        key = (flow.id, flow.version) if flow is not None and document is None else None
        missing = self._missing.get(key) if key is not None else None
        if missing is not None and missing.nothing:
            return {}
        definition = definition_of(document or (flow.document if flow is not None else {}))
        missing = missing_of(definition)
        if key is not None:
            self._missing[key] = missing
            if len(self._missing) > REMEMBERED:
                self._missing.popitem(last=False)
        if missing.nothing:
            return {}
        pins = Pins()
        for id in sorted(missing.agents):
            row = await self._agents.get(workspace, id)
            if row is not None:
                pins.agents[id] = row.document
        for provider, model in sorted(missing_of(definition, pins).models):
            pins.models[f"{provider}/{model}"] = await self._default_model.complete(provider, model)
        with_pins(definition, pins)
        plain: dict[str, Any] = msgspec.to_builtins(pins)
        return plain
