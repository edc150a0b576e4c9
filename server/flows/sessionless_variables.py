"""Sessionless variables: those that an agentflow declares to last for a session, which it does not have."""

from typing import Any

from graphs.values.findings import Finding, shown

__all__ = ["sessionless_variables"]


def sessionless_variables(document: dict[str, Any]) -> list[Finding]:
    """Warn of each variable of scope `session` in a drawn agentflow: it starts again with each run."""
    if "orchestration_type" not in document:
        return []
    found: list[Finding] = []
    for index, node in enumerate((document.get("graph_definition") or {}).get("nodes") or ()):
        declared: Any = (node.get("data") or {}).get("variables")
        if node["type"] != "start" or not isinstance(declared, list):
            continue
        for place, one in enumerate(declared):  # pyright: ignore[reportUnknownArgumentType]  # JSON
            if not isinstance(one, dict) or one.get("scope") != "session":  # pyright: ignore[reportUnknownMemberType]
                continue
            name = shown(str(one.get("name")))  # pyright: ignore[reportUnknownMemberType,reportUnknownArgumentType]
            found.append(
                Finding(
                    code="no_session",
                    severity="warning",
                    message=f"Node {shown(node['id'])}: variable {name} has the scope 'session', and an "
                    "agentflow has no session: it starts again with each run. Store the flow as a chatflow, "
                    "or give the variable the scope 'run'.",
                    node=node["id"],
                    pointer=f"/graph_definition/nodes/{index}/data/variables/{place}/scope",
                )
            )
    return found
