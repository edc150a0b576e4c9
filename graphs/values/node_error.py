"""The error by which a node ends: a sentence for people and a code for programs."""

__all__ = ["ENDS_RUN", "NodeError"]

ENDS_RUN = ("budget", "limit_reached", "timeout")
"""Codes after which nothing more can be done in a run: no tool may make an error for a model of them."""


class NodeError(Exception):
    """A node cannot do its work. The message says what was expected, what was found and what to do."""

    def __init__(
        self, message: str, *, code: str = "node_failed", node: str = "", retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        """A word for programs: ``node_failed``, ``timeout``, ``limit_reached``, a model's error class, …"""
        self.node = node
        """Id of the node that failed: the innermost one where it lies in a body. Who runs it sets this."""
        self.retry_after = retry_after
        """Seconds that a provider asked to wait before another try; None where it said nothing."""
