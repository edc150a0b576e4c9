"""Large values in what is stored: split off and replaced by references, and put back when it is read.

A value that is larger than the setting allows is stored once in its workspace, whoever holds it: events,
results, outputs, checkpoints. What holds it has a reference in its place, the value's name: a keyed hash of
its bytes. Split is from the inside outwards: of a large object whose one field is large the field is split
off, so that the next object that holds the same is small too.
"""

import hashlib
from collections.abc import Callable, Mapping
from typing import Any, cast

import msgspec

from graphs.parsing.heavy_values import heavy

__all__ = [
    "MARK",
    "REFERENCE",
    "Kept",
    "Reference",
    "Seen",
    "ValueMissing",
    "from_text",
    "names_in",
    "references",
    "restored",
    "to_text",
]

REFERENCE = 64
"""Code of a reference among msgpack's extensions; LangGraph's are below 8."""
DIGEST = 32
_HEAD = bytes((0xC7, DIGEST, REFERENCE))
"""How msgpack begins a reference: ext 8, its length, its code."""
MARK = b"\x01"
"""What JSON with references begins with; no JSON text does."""
DEEPEST = 200
"""Objects within objects that are looked into."""
WIDE = 256
"""Items from which on a list or an object is looked up by the hash of all that is in it."""
HASHED = 100_000
"""Items within one another up to which it is."""
SEEN = 512
"""Large values that are remembered of one run."""


class ValueMissing(LookupError):
    """A reference names a value that is not stored."""

    def __init__(self, name: str) -> None:
        super().__init__(f"The large value {name} is not stored.")
        self.name = name


class Reference:
    """Stands for a large value. JSON encoders refuse it."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name
        """Hex."""


class Seen:
    """The large values that a run has split off before, so that each is looked through once.

    They are known by their identity. One that was changed in place is looked through again if its own items
    are others; what is deeper in it is taken to be as it was: values of a run are not changed, but replaced.
    """

    def __init__(self) -> None:
        self._values: dict[int, tuple[Any, Any, str, dict[str, Any]]] = {}
        self.alike: dict[bytes, tuple[str, dict[str, Any]]] = {}
        """The same by the hash of their bytes with all that is in them: of long lists and wide objects, which
        take longer to look through than to hash."""

    def __bool__(self) -> bool:
        """Say whether there are any."""
        return bool(self._values)

    def add(self, value: Any, name: str, parts: dict[str, Any]) -> None:
        """Keep a value's name, and what was split off with it."""
        if len(self._values) >= SEEN:
            self._values.clear()
            self.alike.clear()
        copy = _copied(value) if type(value) in (dict, list) else value
        self._values[id(value)] = (value, copy, name, parts)

    def find(self, value: Any) -> tuple[str, dict[str, Any]] | None:
        """Return the name of a value and what was split off with it; None if it was not seen."""
        found = self._values.get(id(value))
        if found is None or found[0] is not value or not (found[1] is value or found[1] == value):
            return None
        return found[2], found[3]


class Kept:
    """Splits large values off, and keeps them until they are written with what refers to them.

    Args:
        workspace: Whose they are. The same bytes have another name in another workspace.
        most: Bytes, about, from which on a value is large; 0 for never.
        extension: Turns what is no JSON into msgpack's extensions, where that may be in a value.
        seen: What was split off before.
    """

    def __init__(
        self,
        workspace: str,
        most: int,
        extension: Callable[[Any], Any] | None = None,
        seen: Seen | None = None,
    ) -> None:
        self.workspace = workspace
        self.values: dict[str, Any] = {}
        """All that was split off, by name, with references to each other."""
        self.seen = Seen() if seen is None else seen
        self._most = most
        self._extension = extension
        self._key = hashlib.blake2b(workspace.encode(), digest_size=32).digest()

    @property
    def splits(self) -> bool:
        """Whether it splits anything off."""
        return bool(self._most)

    def is_large(self, size: int) -> bool:
        """Say whether something of so many bytes may have a large value in it."""
        return bool(self._most) and size > self._most

    def split(self, value: Any, *, whole: bool = False) -> Any:
        """Return a value with references in place of what is large in it; the given one is left as it is.

        With `whole` it stays itself, however large, and only what is in it is split off.
        """
        return self._split(value, 0, whole)[0]

    def body(self, name: str) -> bytes:
        """Return the bytes of what was split off."""
        return self._packed(self.values[name])

    def extended(self, value: Any) -> Any:
        """Return what msgpack does not know as an extension; for its encoder."""
        if isinstance(value, Reference):
            import ormsgpack

            return ormsgpack.Ext(REFERENCE, bytes.fromhex(value.name))
        if self._extension is None:
            raise TypeError(f"A value is plain JSON, not {type(value).__qualname__}.")
        return self._extension(value)

    def _split(self, value: Any, depth: int, whole: bool = False) -> tuple[Any, int]:
        """Return it with references, and about how many bytes it has then."""
        if type(value) is str:
            size = len(value)
            if size * 4 > self._most and (
                size > self._most or len(value.encode("utf-8", "replace")) > self._most
            ):
                return (value, size) if whole else (self._keep(value, value, {}), DIGEST)
            return value, size
        if depth > DEEPEST or type(value) not in (dict, list, tuple):
            return value, 9
        if not whole and (found := self.seen.find(value)) is not None:
            self.values |= found[1]
            return Reference(found[0]), DIGEST
        digest = self._digest(value) if not whole and self._is_hashed(value) else b""
        if digest and (known := self.seen.alike.get(digest)) is not None:
            self.seen.add(value, *known)
            self.values |= known[1]
            return Reference(known[0]), DIGEST
        outer, self.values = self.values, {}
        try:
            small, total = self._items(value, depth)
            if total > self._most and not whole:
                small, total = self._keep(value, small, self.values), DIGEST
                if digest:
                    self.seen.alike[digest] = small.name, self.values
        finally:
            self.values = outer | self.values
        return small, total

    def _items(self, value: Any, depth: int) -> tuple[Any, int]:
        total, changed = 5, cast("Any", None)
        for key, item in [*value.items()] if type(value) is dict else enumerate(value):
            small, size = self._split(item, depth + 1)
            if small is not item:
                changed = _copied(value) if changed is None else changed
                changed[key] = small
            total += size + (len(key) if type(key) is str else 1)
        return (value if changed is None else changed), total

    def _keep(self, value: Any, small: Any, parts: dict[str, Any]) -> Reference:
        known = self.seen.find(value)
        if known is None:
            body = self._packed(small)
            digest = hashlib.blake2b(body, digest_size=DIGEST, key=self._key, person=b"agenticrag value")
            known = digest.hexdigest(), {**parts, digest.hexdigest(): small}
            self.seen.add(value, *known)
        self.values |= known[1]
        return Reference(known[0])

    def _is_hashed(self, value: Any) -> bool:
        """Say whether a list or an object is hashed whole: packing it must not hold all threads for long."""
        return len(value) >= WIDE and not heavy(value, items=HASHED)

    def _digest(self, value: Any) -> bytes:
        """Return the hash of a value with all that is in it; nothing where that cannot be packed."""
        try:
            return hashlib.blake2b(self._packed(value), digest_size=DIGEST, key=self._key).digest()
        except TypeError:
            return b""

    def _packed(self, value: Any) -> bytes:
        import ormsgpack

        options = (
            ormsgpack.OPT_NON_STR_KEYS
            | ormsgpack.OPT_PASSTHROUGH_DATACLASS
            | ormsgpack.OPT_PASSTHROUGH_DATETIME
            | ormsgpack.OPT_PASSTHROUGH_ENUM
            | ormsgpack.OPT_PASSTHROUGH_UUID
            | ormsgpack.OPT_REPLACE_SURROGATES
        )
        return ormsgpack.packb(value, default=self.extended, option=options)


def _copied(value: Any) -> Any:
    return {**value} if type(value) is dict else [*value]


def names_in(stored: bytes) -> set[str]:
    """Return the names of values that msgpack bytes refer to; and some that only look so, seldom."""
    found: set[str] = set()
    at = stored.find(_HEAD)
    while at >= 0:
        start = at + len(_HEAD)
        name = stored[start : start + DIGEST]
        if len(name) == DIGEST:
            found.add(name.hex())
        at = stored.find(_HEAD, at + 1)
    return found


def restored(
    name: str, bodies: Mapping[str, bytes], revive: Callable[[int, bytes], Any] | None = None
) -> Any:
    """Return a value, with those that it refers to.

    Args:
        name: Of the value.
        bodies: Bytes by name, of all that are needed.
        revive: Makes a value of an extension that is no reference.

    Raises:
        ValueMissing: `bodies` lacks one.
    """
    import ormsgpack

    missing: list[ValueMissing] = []

    def extension(code: int, payload: bytes) -> Any:
        if code == REFERENCE:
            try:
                return restored(payload.hex(), bodies, revive)
            except ValueMissing as error:  # the decoder forgets why a hook raised
                missing.append(error)
                raise
        if revive is None:
            raise ValueError(f"There is no extension {code} in JSON.")
        return revive(code, payload)

    if name not in bodies:
        raise ValueMissing(name)
    try:
        return ormsgpack.unpackb(bodies[name], ext_hook=extension, option=ormsgpack.OPT_NON_STR_KEYS)
    except (ValueError, LookupError) as error:
        raise missing[0] if missing else error from None


def to_text(value: Any) -> str:
    """Return JSON of a value that may have references in it."""
    places: list[list[Any]] = []
    plain = _lifted(value, [], places)
    text = msgspec.json.encode(plain if not places else [plain, places]).decode()
    return MARK.decode() + text if places else text


def from_text(text: str | bytes, find: Callable[[str], Any] | None = None) -> Any:
    """Return what `to_text` made text of: references as such, or what `find` gives for their names."""
    text = text.encode() if isinstance(text, str) else text
    if text[:1] != MARK:
        return msgspec.json.decode(text)
    plain, places = msgspec.json.decode(text[1:])
    for name, *path in places:
        value = Reference(name) if find is None else find(name)
        if not path:
            return value
        *way, last = path
        holder = plain
        for part in way:
            holder = holder[part]
        holder[last] = value
    return plain


def references(text: str | bytes) -> set[str]:
    """Return the names of the values that JSON refers to."""
    found: set[str] = set()
    from_text(text, found.add)
    return found


def _lifted(value: Any, path: list[Any], places: list[list[Any]]) -> Any:
    """Return a value with null in place of its references, which are added to `places`."""
    if isinstance(value, Reference):
        places.append([value.name, *path])
        return None
    if type(value) is dict:
        return {
            key: _lifted(item, [*path, key], places) for key, item in cast("dict[Any, Any]", value).items()
        }
    if type(value) is list:
        return [_lifted(item, [*path, at], places) for at, item in enumerate(cast("list[Any]", value))]
    return value
