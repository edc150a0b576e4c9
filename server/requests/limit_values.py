"""Limits that a request sets for its run, held against the server's."""

from graphs.values.run_options import FlowLimits
from server.http.problems import Fault, Problem
from server.settings.sources import Settings

__all__ = ["refuse_above"]


def refuse_above(settings: Settings, limits: FlowLimits | None) -> None:
    """Return if a request's limits are within the server's.

    Raises:
        Problem: 422 with all that are not.
    """
    above = {} if limits is None else limits.above(settings.run_limits())
    if above:
        faults = [
            Fault(message, pointer=f"/limits/{name}", code="above_limit") for name, message in above.items()
        ]
        raise Problem(422, "invalid", " ".join(above.values()), errors=faults)
