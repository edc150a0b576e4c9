"""Dependencies: what handlers may take by name: each field of `server.components`, under its name."""

from collections.abc import Callable, Mapping
from typing import Any

from litestar import Controller
from litestar.di import Provide
from litestar.handlers import BaseRouteHandler
from msgspec.structs import fields

from server.components import Parts
from server.runtime import Runtime

__all__ = ["provide", "provide_parts", "wired"]


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


def wired(resource: type[Controller], prefix: str, providers: Mapping[str, Provide]) -> type[Controller]:
    """Return a controller whose path begins with `prefix`, with the providers that its handlers take.

    A router around it would register each handler twice, and for each handler Litestar compares with each
    other all providers that it could take.
    """
    stated = getattr(resource, "dependencies", None)
    own: dict[str, Provide] = stated if isinstance(stated, dict) else {}
    members = [getattr(resource, name) for name in dir(resource)]
    handlers = [member.fn for member in members if isinstance(member, BaseRouteHandler)]
    functions = [*handlers, *(provider.dependency for provider in own.values())]
    taken = {name for function in functions for name in function.__annotations__}
    return type(
        resource.__name__,
        (resource,),
        {
            "path": prefix + (resource.path if isinstance(resource.path, str) else ""),
            "dependencies": {name: given for name, given in providers.items() if name in taken} | own,
            "__module__": resource.__module__,
        },
    )


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
