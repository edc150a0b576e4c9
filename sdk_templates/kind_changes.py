"""Changes of kinds: what of a new kind breaks who sends or reads the old one."""

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from sdk_templates.model import (
    Field,
    Free,
    Kind,
    ListOf,
    MapOf,
    Model,
    Nullable,
    OneOf,
    Parameter,
    Plain,
    Ref,
    Words,
)

__all__ = ["Change", "KindChanges", "listed"]


class Change(Struct, frozen=True):
    """Something that is different."""

    place: str
    """`workflows.execute`, `flow Ticket triage, input plan`."""
    words: str
    breaking: bool


class KindChanges:
    """Compares kinds. What is sent may become wider, what is received may become narrower."""

    def __init__(self, old: dict[str, Model], new: dict[str, Model]) -> None:
        self.old = old
        self.new = new
        self._seen: set[tuple[str, str, bool]] = set()

    def sent(self, place: str, old: Kind, new: Kind) -> Iterator[Change]:
        """Yield what breaks who sends the old kind."""
        yield from self._compare(place, old, new, sent=True)

    def received(self, place: str, old: Kind, new: Kind) -> Iterator[Change]:
        """Yield what breaks who reads the old kind."""
        yield from self._compare(place, old, new, sent=False)

    def sent_fields(
        self, place: str, old: tuple[Field | Parameter, ...], new: tuple[Field | Parameter, ...]
    ) -> Iterator[Change]:
        """Yield what breaks who gives the old fields."""
        names = {each.name: each for each in new}
        for field in old:
            if field.name not in names:
                yield Change(f"{place} {field.name}", "it is taken no more", breaking=True)
                continue
            now = names[field.name]
            if now.required and not field.required:
                yield Change(f"{place} {field.name}", "it is required now", breaking=True)
            yield from self.sent(f"{place} {field.name}", field.kind, now.kind)
        known = {each.name for each in old}
        for field in new:
            if field.name not in known:
                words = "it is new and required" if field.required else "it is new"
                yield Change(f"{place} {field.name}", words, breaking=field.required)

    def _received_fields(self, place: str, old: Model, new: Model) -> Iterator[Change]:
        names = {each.name: each for each in new.fields}
        for field in old.fields:
            where = f"{place}.{field.name}"
            if field.name not in names:
                yield Change(where, "it is gone", breaking=True)
            else:
                if field.required and not names[field.name].required and not names[field.name].has_default:
                    yield Change(where, "it may be missing now", breaking=True)
                yield from self.received(where, field.kind, names[field.name].kind)
        known = {each.name for each in old.fields}
        for field in new.fields:
            if field.name not in known:
                yield Change(f"{place}.{field.name}", "it is new", breaking=False)

    def _compare(self, place: str, old: Kind, new: Kind, *, sent: bool) -> Iterator[Change]:
        match old, new:
            case _ if old == new and not isinstance(old, Ref):
                yield from self._same(place, old, sent=sent)
            case (Ref(name=before), Ref(name=after)):
                if (before, after, sent) not in self._seen:
                    self._seen.add((before, after, sent))
                    if sent:
                        yield from self.sent_fields(
                            f"{place}: {before}", self.old[before].fields, self.new[after].fields
                        )
                    else:
                        yield from self._received_fields(before, self.old[before], self.new[after])
            case (ListOf(items=before), ListOf(items=after)) | (MapOf(values=before), MapOf(values=after)):
                yield from self._compare(place, before, after, sent=sent)
            case (Nullable(inner=before), Nullable(inner=after)):
                yield from self._compare(place, before, after, sent=sent)
            case (Nullable(inner=before), after):
                if sent and not isinstance(after, Free):
                    yield Change(place, "it may not be null any more", breaking=True)
                yield from self._compare(place, before, after, sent=sent)
            case (before, Nullable(inner=after)):
                if not sent and not isinstance(before, Free):
                    yield Change(place, "it may be null now", breaking=True)
                yield from self._compare(place, before, after, sent=sent)
            case (Words(values=before), Words(values=after)):
                lost, added = set(before) - set(after), set(after) - set(before)
                if lost:
                    yield Change(place, f"it is never {listed(lost)} any more", breaking=sent)
                if added:
                    yield Change(place, f"it may be {listed(added)} too", breaking=False)
            case (Plain(name="integer"), Plain(name="number")) if sent:
                pass
            case (Plain(name="number"), Plain(name="integer")) if not sent:
                pass
            case (Words(), Plain(name="string")) if sent and _texts(old):
                pass
            case (Plain(name="string"), Words()) if not sent and _texts(new):
                pass
            case (_, Free()) if sent:
                pass
            case (Free(), _) if not sent:
                pass
            case (OneOf(members=before), OneOf(members=after)):
                yield from self._members(place, before, after, sent=sent)
            case _:
                yield Change(place, f"it was {_named(old)}, it is {_named(new)}", breaking=True)

    def _same(self, place: str, kind: Kind, *, sent: bool) -> Iterator[Change]:
        """Look into models that kinds of the same words name: they may differ."""
        match kind:
            case ListOf(items=inner) | MapOf(values=inner) | Nullable(inner=inner):
                yield from self._compare(place, inner, inner, sent=sent)
            case OneOf(members=members):
                for member in members:
                    yield from self._compare(place, member, member, sent=sent)
            case _:
                return

    def _members(
        self, place: str, old: tuple[Kind, ...], new: tuple[Kind, ...], *, sent: bool
    ) -> Iterator[Change]:
        for member in old:
            if member in new:
                yield from self._compare(place, member, member, sent=sent)
            else:
                yield Change(place, f"it is never {_named(member)} any more", breaking=sent)
        for member in new:
            if member not in old:
                yield Change(place, f"it may be {_named(member)} too", breaking=False)


def listed(values: set[Any]) -> str:
    """Return values as words, sorted."""
    return ", ".join(sorted(map(str, values)))


def _named(kind: Kind) -> str:
    match kind:
        case Plain(name=name) | Ref(name=name):
            return name
        case Words(values=values):
            return f"one of {listed(set(values))}"
        case ListOf(items=items):
            return f"a list of {_named(items)}"
        case MapOf():
            return "an object"
        case Nullable(inner=inner):
            return f"{_named(inner)} or null"
        case OneOf(members=members):
            return " or ".join(_named(member) for member in members)
        case Free():
            return "any JSON"
        case _:
            return "a file"


def _texts(kind: Kind) -> bool:
    return isinstance(kind, Words) and all(isinstance(value, str) for value in kind.values)
