"""Findings about a chatflow of settings: its graph was made here, so they name settings and no nodes."""

import re

import msgspec

from graphs.analysis.chatflow import ChatConfig
from graphs.values.findings import Finding

__all__ = ["about_settings"]

_PLACE = re.compile(r"/nodes/\d+/data/([^/]+)(.*)", re.DOTALL)
_NAMED = re.compile(r"Node '[^']*'(?:, field '[^']*')?: ")
_CALLED = {"provider": "llm_provider", "model": "llm_model"}
"""Fields of a model's node that settings have other names for."""


def about_settings(finding: Finding) -> Finding:
    """Return a finding with the place of what was sent: ``/chat_config/tools/0`` for the tools of a node."""
    found = _PLACE.fullmatch(finding.pointer)
    pointer = ""
    if found is not None:
        name = _CALLED.get(found[1], found[1])
        if name == "memory":
            pointer = f"/memory_config{found[2]}"
        elif name in ChatConfig.__struct_fields__:
            pointer = f"/chat_config/{name}{found[2]}"
    elif not finding.pointer.startswith("/nodes"):
        return finding
    where = f"'{pointer[1:].replace('/', '.')}': " if pointer else ""
    message = _NAMED.sub(where, finding.message, count=1) if where else finding.message
    return msgspec.structs.replace(
        finding, message=message, pointer=pointer, node="" if where else finding.node
    )
