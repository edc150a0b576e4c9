"""What handlers may take by name: every part of the server, under the name of its field in `server.parts`."""

from collections.abc import Callable
from typing import Any

from litestar.di import Provide
from msgspec.structs import fields

from server.parts import Parts
from server.runtime import Runtime

__all__ = ["provide", "provide_parts"]


def provide_parts(runtime: Runtime) -> dict[str, Provide]:
    """Return the providers of all parts; those that need the database answer 503 while it is not there."""
    now = {field.name: provide(getattr(runtime.process, field.name)) for field in fields(runtime.process)}
    later = {
        field.name: _later(runtime, group.name, field.name, field.type)
        for group in fields(Parts)
        for field in fields(group.type)
    }
    return {**now, **later}


def provide(part: Any) -> Provide:
    """Return the provider of what is there already."""
    return _typed(lambda: part, type(part))


def _later(runtime: Runtime, group: str, name: str, kind: type[Any]) -> Provide:
    return _typed(lambda: getattr(getattr(runtime.ready, group), name), kind)


def _typed(give: Callable[[], Any], kind: type[Any]) -> Provide:
    """Return a provider that says what it gives, as Litestar asks of each."""
    give.__annotations__ = {"return": kind}
    return _Part(give, sync_to_thread=False)


class _Part(Provide):
    """A provider that equals itself alone: Litestar compares all of them with each other, for every route."""

    __slots__ = ()
    __eq__ = object.__eq__  # pyright: ignore[reportAssignmentType]: takes its argument by place
    __hash__ = object.__hash__  # pyright: ignore[reportAssignmentType]: the base says None
