"""What the TypeScript SDK renames: which models have something to rename, and what tells models apart."""

from collections import Counter
from collections.abc import Iterator

from sdk_templates.model import (
    Api,
    Field,
    Kind,
    ListOf,
    MapOf,
    Model,
    Nullable,
    OneOf,
    Plain,
    Ref,
    Stream,
    Value,
    Words,
)
from sdk_templates.names import camel, is_secret, plain_camel, plain_snake
from sdk_templates.schemas import Inexpressible, refs_of
from sdk_templates.typescript_spelling import key, literal

__all__ = ["Shapes"]


class Shapes:
    """The shapes of an API's models.

    Raises:
        Inexpressible: two fields would have one name, or renaming would have to guess.
    """

    def __init__(self, api: Api) -> None:
        self._models = api.models
        self._named: frozenset[str] = frozenset()
        self._entered: frozenset[str] = frozenset()
        while more := {m.name for m in api.models if m.name not in self._named and self._is_named(m)}:
            self._named |= more
        kinds = [(f"schema {model.name}.{f.name}", f.kind) for model in api.models for f in model.fields]
        kinds += [
            (f"operation {o.id}", a.kind) for o in api.operations if isinstance(a := o.answer, Value | Stream)
        ]
        unions = [(place, union) for place, kind in kinds for union in _unions(kind)]
        self._told_apart = frozenset(name for _, union in unions for name in refs_of(union))
        self._entered = frozenset(model.name for model in api.models if self._is_entered(model))
        for model in api.models:
            _refuse_twins(model)
        for place, union in unions:
            self._refuse_guesses(union, place)

    def entries(self) -> list[str]:
        """Return the entry of each model of which the rule of names does not say all, in order."""
        return [self._entry(model) for model in self._models if self._is_entered(model)]

    def of(self, kind: Kind) -> str:
        """Return how a value of a kind is renamed; empty where it passes as it is."""
        match kind:
            case Ref(name=name) if name in self._named:
                return literal(name) if name in self._entered else "true"
            case ListOf(items=inner) if shape := self.of(inner):
                return f"{{ list: {shape} }}"
            case MapOf(values=inner) if shape := self.of(inner):
                return f"{{ map: {shape} }}"
            case Nullable(inner=inner):
                return self.of(inner)
            case OneOf():
                refs = _refs(kind)
                if not self._named & set(refs):
                    return ""
                return self.of(Ref(refs[0])) if len(refs) == 1 else f"{{ any: {literal(refs)} }}"
            case _:
                return ""

    def _entry(self, model: Model) -> str:
        odd = _odd(model)
        shapes = {f.name: shape for f in model.fields if (shape := self.of(f.kind))}
        hidden = [f.name for f in model.fields if _hides(model, f)]
        parts: list[str] = []
        if odd:
            parts.append(f"as: {literal(odd)}")
        if shapes:
            parts.append(f"of: {{ {', '.join(f'{key(name)}: {each}' for name, each in shapes.items())} }}")
        if model.name in self._told_apart:
            parts.append(
                f"needs: {literal(' '.join(field.name for field in model.fields if field.required))}"
            )
            constants = {
                f.name: f.kind.values for f in model.fields if isinstance(f.kind, Words) and f.required
            }
            if constants:
                parts.append(f"is: {literal(constants)}")
        if hidden:
            parts.append(f"hides: {literal(' '.join(hidden))}")
        return f"{key(model.name)}: {{ {', '.join(parts)} }}"

    def _is_entered(self, model: Model) -> bool:
        """Return whether more is to be said of a model than that its names follow the rule."""
        if model.name in self._told_apart:
            return True
        return model.name in self._named and any(
            f.name in _odd(model) or self._named & set(refs_of(f.kind)) or _hides(model, f)
            for f in model.fields
        )

    def _is_named(self, model: Model) -> bool:
        return any(
            camel(field.name) != field.name or self.of(field.kind) != "" or _hides(model, field)
            for field in model.fields
        )

    def _refuse_guesses(self, union: OneOf, place: str) -> None:
        for member in union.members:
            if isinstance(member, ListOf) and self.of(member):
                raise Inexpressible(f"{place}: a list of models is one of several things that it may be.")
            if isinstance(member, MapOf) and any(name in self._named for name in refs_of(union)):
                raise Inexpressible(f"{place}: it may be a model or free JSON, which look the same.")


def _hides(model: Model, field: Field) -> bool:
    """Return whether a field of an answer holds a secret."""
    return model.received and field.kind == Plain("string") and is_secret(field.name)


def _odd(model: Model) -> dict[str, str]:
    """Return the names that the rule of the SDK gets wrong in one direction or the other."""
    return {
        field.name: camel(field.name)
        for field in model.fields
        if plain_camel(field.name) != camel(field.name) or plain_snake(camel(field.name)) != field.name
    }


def _refuse_twins(model: Model) -> None:
    names = Counter(camel(field.name) for field in model.fields)
    if twice := [name for name, count in names.items() if count > 1]:
        raise Inexpressible(f"schema {model.name}: several fields would be '{twice[0]}'.")


def _unions(kind: Kind) -> Iterator[OneOf]:
    match kind:
        case OneOf():
            yield kind
        case Nullable(inner=inner) | ListOf(items=inner) | MapOf(values=inner):
            yield from _unions(inner)
        case _:
            pass


def _refs(kind: Kind) -> list[str]:
    """Return the models that a value may be, in order, each once."""
    match kind:
        case Ref(name=name):
            return [name]
        case Nullable(inner=inner):
            return _refs(inner)
        case OneOf(members=members):
            return list(dict.fromkeys(name for member in members for name in _refs(member)))
        case _:
            return []
