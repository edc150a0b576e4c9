"""Error policies: which `on_error` settings a node can have."""

from collections.abc import Iterator

from graphs.node.node import ERROR, Node

__all__ = ["policy_problems", "usual_outlet"]


def policy_problems(node: Node) -> Iterator[tuple[str, str]]:
    """Yield what a node's policies ask for that it cannot do: a field and a sentence."""
    outlets = [outlet for outlet in node.outlets() if outlet not in node.bodies()]
    enters = node.frames or node.calls_flows()
    if node.on_error == "outlet":
        if not outlets:
            yield "on_error", "It ends the run and has no outlets. Choose fail or continue."
        elif ERROR in node.outlets():
            yield "on_error", "It has an outlet 'error' of its own. Rename that, or choose fail or continue."
    if node.on_error == "continue" and len(outlets) > 1:
        several = " or ".join(f"'{outlet}'" for outlet in outlets[:10])
        yield "on_error", f"Nobody says whether to continue by {several}. Choose outlet or fail."
    if node.cache_seconds is not None and (node.bodies() or enters or node.starts):
        yield "cache_seconds", "Its outcome cannot be reused. Give cache_seconds to the nodes that work."
    if node.idle_timeout_seconds is not None and enters:
        yield "idle_timeout_seconds", "It runs others and says nothing itself. Give it to those."


def usual_outlet(node: Node) -> str:
    """Return the outlet that leads on where there is nothing to choose; empty for a node that has none."""
    return next((outlet for outlet in node.outlets() if outlet not in node.bodies()), "")
