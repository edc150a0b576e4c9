"""The current_time tool."""

from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Meta, Struct

from graphs.tool.tool_type import Tool, ToolContext, ToolError, ToolExample

__all__ = ["CurrentTime"]


class Zone(Struct, frozen=True, forbid_unknown_fields=True):
    """Where."""

    zone: Annotated[
        str, Meta(max_length=64, description="A time zone such as Europe/Berlin, Asia/Seoul or UTC.")
    ] = "UTC"


class CurrentTime(Tool, frozen=True, kw_only=True, tag="current_time"):
    """Tell the date, the time and the day of the week as they are now, in a time zone."""

    arguments: ClassVar[type[Struct]] = Zone
    examples: ClassVar[tuple[ToolExample, ...]] = (
        ToolExample(title="The time in Seoul", arguments={"zone": "Asia/Seoul"}),
    )

    async def run(self, arguments: dict[str, Any], context: ToolContext) -> Any:
        """Look at the clock."""
        name = arguments.get("zone", "UTC")
        try:
            zone = UTC if name == "UTC" else ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ToolError(
                f"There is no time zone '{name}'; expected a name such as Europe/Berlin or UTC."
            ) from None
        now = datetime.now(UTC).astimezone(zone)
        return {"time": now.isoformat(timespec="seconds"), "zone": name, "weekday": f"{now:%A}"}
