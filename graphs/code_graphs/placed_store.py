"""Placed store: long-term memory as a code graph sees it, below the name of the user whom the run is for."""

import asyncio
from collections.abc import Iterable
from typing import Any

from langgraph.store.base import BaseStore, GetOp, Item, ListNamespacesOp, MatchCondition, Op, PutOp, SearchOp

from graphs.code_graphs.placed_checkpoints import on_loop

__all__ = ["PlacedStore"]


class PlacedStore(BaseStore):
    """A store whose namespaces lie below an owner's. Sync nodes may use it from their threads."""

    supports_ttl = True

    def __init__(self, within: BaseStore, owner: str) -> None:
        """Keep whose it is.

        Args:
            within: The store of the workspace.
            owner: First part of every namespace, which the graph does not see.
        """
        self._within = within
        self._owner = owner
        self._loop = asyncio.get_running_loop()

    def batch(self, ops: Iterable[Op]) -> list[Any]:
        """Do operations, from a thread."""
        wanted = [*ops]
        return on_loop(self._loop, lambda: self.abatch(wanted))

    async def abatch(self, ops: Iterable[Op]) -> list[Any]:
        """Do operations one after the other."""
        return [self._seen(one) for one in await self._within.abatch([self._there(op) for op in ops])]

    def _there(self, op: Op) -> Op:
        match op:
            case SearchOp():
                return op._replace(namespace_prefix=(self._owner, *op.namespace_prefix))
            case GetOp() | PutOp():
                return op._replace(namespace=(self._owner, *op.namespace))
            case ListNamespacesOp():
                own = MatchCondition("prefix", (self._owner,))
                others = tuple(
                    MatchCondition(one.match_type, (self._owner, *one.path))
                    if one.match_type == "prefix"
                    else one
                    for one in op.match_conditions or ()
                )
                deepest = None if op.max_depth is None else op.max_depth + 1
                return op._replace(match_conditions=(own, *others), max_depth=deepest)
            case _:
                raise TypeError(f"A store has no operation {type(op).__name__}.")

    def _seen(self, result: Any) -> Any:
        if isinstance(result, Item):
            result.namespace = result.namespace[1:]
            return result
        if isinstance(result, list):
            return [one[1:] if isinstance(one, tuple) else self._seen(one) for one in result]
        return result
