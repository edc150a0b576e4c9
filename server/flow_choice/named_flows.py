"""Named flows: what clients of other protocols call a flow by: its slug or ID, perhaps with a version."""

from graphs.document.flow import FlowType
from persistence.library.flow_versions import FlowVersions
from persistence.library.flows import FlowRow, Flows
from server.flow_choice.wanted_versions import at_version
from server.identity.bound_keys import is_within
from server.identity.callers import Caller

__all__ = ["NamedFlows"]

LONGEST = 255


class NamedFlows:
    """Finds flows by names such as `support`, `support@production` and `support@3`."""

    def __init__(self, flows: Flows, versions: FlowVersions) -> None:
        self._flows = flows
        self._versions = versions

    async def find(self, caller: Caller, name: str, flow_type: FlowType | None = None) -> FlowRow | None:
        """Return a flow that is switched on, in the version that its name wants, or the current one.

        Args:
            caller: Who asks: drafts are for those alone who may change flows; a key of one flow finds no
                other.
            name: A slug, a former slug or an ID; behind an `@` a label, a number or `draft`.
            flow_type: What it must be.

        Raises:
            Problem: 404 if there is no such version, 403 for the draft.
        """
        slug, at, version = name[:LONGEST].partition("@")
        row = await self._flows.named(caller.workspace, slug, flow_type)
        if row is None or not row.is_active or not is_within(caller, row.id) or (at and not version):
            return None
        return await at_version(self._versions, row, version or None, caller=caller)
