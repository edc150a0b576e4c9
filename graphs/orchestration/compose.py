"""Compose: from an agentflow's document to its team, and to the graph that its type makes of it."""

import importlib
import pkgutil
from collections.abc import Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import Any

import msgspec

from graphs import orchestration
from graphs.document.flow import GraphDefinition
from graphs.orchestration.agents import Attached, AttachedAgent, Supervisor
from graphs.orchestration.orchestration_type import Kind
from graphs.orchestration.team import Team, assemble
from graphs.values.findings import Finding, FlowError, shown

__all__ = ["graph_of", "kinds", "team_of"]


@cache
def kinds() -> Mapping[str, Kind]:
    """Return the types by name."""
    found: dict[str, Kind] = {}
    for file in sorted(pkgutil.iter_modules(orchestration.__path__), key=lambda file: file.name):
        kind = getattr(importlib.import_module(f"{orchestration.__name__}.{file.name}"), "KIND", None)
        if isinstance(kind, Kind):
            found[kind.name] = kind
    return MappingProxyType(found)


def team_of(document: Mapping[str, Any]) -> tuple[Kind, Team, list[Finding]]:
    """Return the type and team of an agentflow's document, with what is wrong or odd with them.

    Raises:
        FlowError: the document does not decode, or there is no such type.
    """
    try:
        attached = msgspec.convert(dict(document), Attached)
    except msgspec.ValidationError as error:
        raise FlowError([Finding(code="bad_settings", message=f"{error}.")]) from error
    kind = kinds().get(attached.orchestration_type)
    if kind is None:
        message = f"There is no orchestration type {shown(attached.orchestration_type)}. There are "
        known = ", ".join(kinds())
        pointer = "/orchestration_type"
        raise FlowError([Finding(code="unknown_type", message=f"{message}{known}.", pointer=pointer)])
    team, findings = assemble(attached.agents, attached.supervisor_config or Supervisor())
    if not any(finding.severity == "error" for finding in findings):
        findings += kind.findings(team)
    findings += _unused(kind, attached.agents)
    return kind, team, findings


def graph_of(document: Mapping[str, Any]) -> GraphDefinition:
    """Return the graph that an agentflow's attached agents stand for.

    Raises:
        FlowError: they cannot run; all that is wrong is in it.
    """
    kind, team, findings = team_of(document)
    if any(finding.severity == "error" for finding in findings):
        raise FlowError(findings)
    return kind.build(team)


def _unused(kind: Kind, agents: Sequence[AttachedAgent]) -> list[Finding]:
    return [
        Finding(
            code="not_used",
            message=f"Agent {shown(agent.name)} has '{field}', which {kind.name} ignores.",
            severity="warning",
            pointer=f"/agents/{index}/{field}",
        )
        for index, agent in enumerate(agents)
        for field in sorted(kind.unused)
        if getattr(agent, field)
    ]
