"""What the TypeScript SDK renames: which models have something to rename, and what tells models apart."""

from collections import Counter
from collections.abc import Iterator

from sdk_templates.model import (
    Api,
    Field,
    Free,
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

    Most fields hold models wherever they are, or nowhere: `nested` has the names of the former. A model with
    a field that holds something else than elsewhere is told with those fields: `+limits`. Where that is not
    enough, or a union has it, it has an entry.

    Raises:
        Inexpressible: two fields would have one name, or renaming would have to guess.
    """

    def __init__(self, api: Api) -> None:
        self._models = api.models
        self._named: frozenset[str] = frozenset()
        self._entered: frozenset[str] = frozenset()
        self._said: dict[str, int] = {}
        self._extra: dict[str, tuple[str, ...]] = {}
        for model in api.models:
            _refuse_twins(model)
        while more := {m.name for m in api.models if m.name not in self._named and self._is_named(m)}:
            self._named |= more
        found: dict[str, set[str]] = {}
        for model in api.models:
            for field in model.fields:
                if _is_open(field.kind):
                    found.setdefault(field.name, set()).add(self.word(field.kind))
        self.nested = tuple(sorted(name for name, words in found.items() if words == {"+"}))
        """Fields that hold models, in whatever model they are."""
        self.odd = _odd([model for model in api.models if model.name in self._named])
        """Fields whose name is not what the rule makes of it."""
        kinds = [(f"schema {model.name}.{f.name}", f.kind) for model in api.models for f in model.fields]
        kinds += [
            (f"operation {o.id}", a.kind) for o in api.operations if isinstance(a := o.answer, Value | Stream)
        ]
        self._unions = [(place, union) for place, kind in kinds for union in _unions(kind)]
        self._apart = {name for _, union in self._unions for name in refs_of(union)}
        while more := {m.name for m in api.models if m.name not in self._entered and self._is_entered(m)}:
            self._entered |= more
        for place, union in self._unions:
            self._refuse_guesses(union, place)

    def entries(self) -> list[str]:
        """Return the entry of each model of which more is to be said, in order."""
        return [self._entry(model) for model in self._models if model.name in self._entered]

    def word(self, kind: Kind) -> str:
        """Return what a value of a kind, or each of a list, is made of; empty where it passes as it is."""
        match kind:
            case Ref(name=name) if name in self._named:
                return name if name in self._entered else "+" + ",".join(self._extra.get(name, ()))
            case MapOf(values=inner) if word := self.word(inner):
                return f"{{}}{word}"
            case Nullable(inner=inner) | ListOf(items=inner):
                return self.word(inner)
            case OneOf():
                names = _refs(kind)
                entered = [name for name in self._by_more(names) if name in self._entered]
                return "|".join(entered) or ("+" if self._named & set(names) else "")
            case _:
                return ""

    def _is_entered(self, model: Model) -> bool:
        own = self._own(model)
        self._said[model.name] = len(own)
        if own and model.name not in self._apart and set(own.values()) == {"+"}:
            self._extra[model.name] = tuple(own)
            return False
        return bool(own)

    def _own(self, model: Model) -> dict[str, str]:
        """Return the fields of a model that hold something else than the others of their name."""
        return {
            field.name: word
            for field in model.fields
            if _is_open(field.kind)
            and (word := self.word(field.kind)) != ("+" if field.name in self.nested else "")
        }

    def _entry(self, model: Model) -> str:
        parts = [f"of: {literal(self._own(model))}"]
        constants = {f.name: f.kind.values for f in model.fields if isinstance(f.kind, Words) and f.required}
        if model.name in self._apart and constants:
            parts.append(f"is: {literal(constants)}")
        return f"{key(model.name)}: {{ {', '.join(parts)} }}"

    def _is_named(self, model: Model) -> bool:
        return any(
            camel(field.name) != field.name or self.word(field.kind) != "" or is_hidden(field)
            for field in model.fields
        )

    def _by_more(self, names: list[str]) -> list[str]:
        """Return models with those first of which more is to be said."""
        return sorted(names, key=lambda name: -self._said.get(name, 0))

    def _differ(self, one: Model, other: Model) -> bool:
        """Return whether what is said of a model would be wrong of another."""
        fields = {field.name for field in other.fields}
        return {name: word for name, word in self._own(one).items() if name in fields} != self._own(other)

    def _refuse_guesses(self, union: OneOf, place: str) -> None:
        models = {model.name: model for model in self._models}
        names = self._by_more(_refs(union))
        for member in union.members:
            if isinstance(member, ListOf) and self.word(member):
                raise Inexpressible(f"{place}: a list of models is one of several things that it may be.")
            if isinstance(member, MapOf) and any(name in self._named for name in refs_of(union)):
                raise Inexpressible(f"{place}: it may be a model or free JSON, which look the same.")
        for place_of, name in enumerate(names):
            for other in names[place_of + 1 :]:
                if not _are_apart(models[name], models[other]) and self._differ(models[name], models[other]):
                    raise Inexpressible(f"{place}: nothing tells a {name} from a {other}.")


def is_hidden(field: Field) -> bool:
    """Return whether a field holds a secret, which no console shows."""
    return field.kind == Plain("string") and is_secret(field.name)


def _is_open(kind: Kind) -> bool:
    """Return whether a value may be an object, or hold one."""
    match kind:
        case Nullable(inner=inner) | ListOf(items=inner):
            return _is_open(inner)
        case OneOf(members=members):
            return any(_is_open(member) for member in members)
        case Free() | MapOf() | Ref():
            return True
        case _:
            return False


def _are_apart(one: Model, other: Model) -> bool:
    """Return whether a field that both have has other values in each."""
    values = {f.name: set(f.kind.values) for f in other.fields if isinstance(f.kind, Words) and f.required}
    return any(
        isinstance(field.kind, Words) and field.required and not values[field.name] & set(field.kind.values)
        for field in one.fields
        if field.name in values
    )


def _odd(models: list[Model]) -> dict[str, str]:
    """Return the names that the rule of the SDK gets wrong in one direction or the other.

    Raises:
        Inexpressible: another name would be the same in TypeScript.
    """
    names = sorted({field.name for model in models for field in model.fields})
    odd = {
        name: camel(name)
        for name in names
        if plain_camel(name) != camel(name) or plain_snake(camel(name)) != name
    }
    if twice := [name for name in names if name not in odd and camel(name) in odd.values()]:
        raise Inexpressible(f"field {twice[0]}: another field would be '{camel(twice[0])}' too.")
    return odd


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
