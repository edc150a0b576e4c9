"""Branched chats: the order of a chat that edits a message of its session, or asks for another answer."""

from typing import Any

import msgspec
from msgspec import UNSET, Struct

from persistence.library.flows import FlowRow
from server.http.problems import Fault, Problem
from server.runs.run_requests import Order
from server.sessions.message_branches import FoundBranch

__all__ = ["branched", "reconfigured"]

_CHANGES = {
    "provider": "llm_provider",
    "model": "llm_model",
    "temperature": "temperature",
    "max_tokens": "max_tokens",
    "top_p": "top_p",
    "seed": "seed",
}
"""What another answer may change of a stored chatflow's `chat_config`, by its name in a chat's config."""
_OF_REQUEST = ("api_key", "on_busy")
"""What of a chat's config is about the request and not about the model."""


def branched(order: Order, found: FoundBranch) -> Order:
    """Return an order that goes on from a message: with its files, and with what its run was given.

    What the order itself is given counts before that. It answers no question that the session waits for.
    """
    known = found.inputs
    lacks = order.lacks
    if lacks is not None and all(
        fault.pointer.rpartition("/")[2] in known for fault in lacks.document.errors
    ):
        lacks = None
    return msgspec.structs.replace(
        order,
        branch=found.branch,
        beside=found.beside,
        kept_files=[] if order.files else found.files,
        input={**known, **order.input},
        variables={**found.variables, **order.variables},
        answers="",
        lacks=lacks,
    )


def reconfigured(flow: FlowRow, options: Struct) -> FlowRow:
    """Return a stored chatflow with another model, or other settings of it, for one answer: those of a chat's
    `config` that are not at their defaults.

    Raises:
        Problem: 422 for settings that are the flow's own, or a flow whose nodes name their models.
    """
    set_here: dict[str, Any] = {
        name: value
        for name, value in ((name, getattr(options, name)) for name in options.__struct_fields__)
        if value is not UNSET and value != _default(options, name) and name not in _OF_REQUEST
    }
    if not set_here:
        return flow
    others = [name for name in set_here if name not in _CHANGES]
    if others or flow.document.get("graph_definition"):
        why = (
            f"A stored chatflow keeps its own {', '.join(others)}; 'config' can change "
            f"{', '.join(_CHANGES)} of one answer."
            if others
            else "The nodes of this chatflow name their own models, so 'config' cannot change them. Give "
            "'flow_version' to answer with another version."
        )
        raise Problem(422, "invalid", why, errors=[Fault(why, pointer="/config")])
    config: dict[str, Any] = dict(flow.document.get("chat_config") or {})
    if "provider" in set_here:
        config.pop("llm_model", None)
    config |= {_CHANGES[name]: value for name, value in set_here.items()}
    return msgspec.structs.replace(flow, document={**flow.document, "chat_config": config})


def _default(options: Struct, name: str) -> Any:
    return getattr(type(options)(), name)
