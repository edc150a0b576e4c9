"""The intermediate representation: an API as small values that a template can print in any language.

Names are the wire's; what a language calls them is its printer's affair. Free JSON is told apart from
models, so that a printer that renames fields never renames what is somebody's data.
"""

from typing import Any

from msgspec import UNSET, Struct, UnsetType

__all__ = [
    "Answer",
    "Api",
    "Binary",
    "Body",
    "Content",
    "Field",
    "Free",
    "Kind",
    "ListOf",
    "MapOf",
    "Model",
    "Nothing",
    "Nullable",
    "OneOf",
    "Operation",
    "Pages",
    "Parameter",
    "Plain",
    "Ref",
    "Resource",
    "Stream",
    "Until",
    "Value",
    "Words",
]


class Plain(Struct, frozen=True, tag=True):
    """A string, an integer, a number or a boolean."""

    name: str
    """`string`, `integer`, `number` or `boolean`."""


class Free(Struct, frozen=True, tag=True):
    """Any JSON: somebody's data, whose keys are never renamed."""


class Binary(Struct, frozen=True, tag=True):
    """The bytes of a file, in a form."""


class Words(Struct, frozen=True, tag=True):
    """One of some constants."""

    values: tuple[str | int | bool, ...]


class ListOf(Struct, frozen=True, tag=True):
    """A list."""

    items: "Kind"


class MapOf(Struct, frozen=True, tag=True):
    """An object whose keys are data."""

    values: "Kind"


class Ref(Struct, frozen=True, tag=True):
    """A model, by name."""

    name: str


class Nullable(Struct, frozen=True, tag=True):
    """A kind, or null."""

    inner: "Kind"


class OneOf(Struct, frozen=True, tag=True):
    """One of several kinds; never two, never null among them."""

    members: tuple["Kind", ...]
    discriminator: str = ""
    """The field whose constant tells the members apart; empty where their shapes do."""
    name: str = ""
    """What to call it where it has a name: unions of events have."""


Kind = Plain | Free | Binary | Words | ListOf | MapOf | Ref | Nullable | OneOf


class Field(Struct, frozen=True):
    """A field of a model or a form."""

    name: str
    kind: Kind
    required: bool
    description: str = ""
    default: Any = UNSET
    """What it is where it is left out; UNSET where that means nothing of the kind."""

    @property
    def is_file(self) -> bool:
        """Whether it is a file of a form; the other fields of one are texts."""
        return isinstance(self.kind, Binary)

    @property
    def has_default(self) -> bool:
        """Whether the document says what it is where it is left out."""
        return not isinstance(self.default, UnsetType)


class Model(Struct, frozen=True):
    """An object with known fields."""

    name: str
    fields: tuple[Field, ...]
    description: str = ""
    sent: bool = False
    """Whether requests are made of it."""
    received: bool = False
    """Whether answers are."""


class Parameter(Struct, frozen=True):
    """A parameter in the path, the query or a header."""

    name: str
    """What calls name it."""
    kind: Kind
    required: bool
    description: str = ""
    default: Any = UNSET
    header: str = ""
    """The header that it goes in; empty for one of the path or the query."""


class Body(Struct, frozen=True):
    """What a request carries. Printers take its fields one by one."""

    media: str
    """`application/json` or `multipart/form-data`."""
    fields: tuple[Field, ...]
    """Without those that the path says already."""
    leading: str = ""
    """A field of free JSON that comes right after the path though it may be left out: a run's input."""
    model: str = ""
    """The model that they are the fields of; empty for a form and for any JSON."""

    @property
    def is_whole(self) -> bool:
        """Whether the body is any JSON, text or bytes: its one field is all of it."""
        return not self.model and self.media == "application/json"


class Nothing(Struct, frozen=True, tag=True):
    """An answer without a body."""


class Value(Struct, frozen=True, tag=True):
    """An answer of JSON."""

    kind: Kind


class Content(Struct, frozen=True, tag=True):
    """An answer that is a text or a file."""

    media: tuple[str, ...]

    @property
    def is_text(self) -> bool:
        """Whether it is text and nothing else."""
        return len(self.media) == 1 and self.media[0].startswith("text/")


class Stream(Struct, frozen=True, tag=True):
    """An answer of Server-Sent Events that resumes by `Last-Event-ID`."""

    kind: Kind
    last: tuple[str, ...] = ()
    """The `type`s after which nothing comes; where empty, only a 204 to a resumed request tells the end."""


Answer = Nothing | Value | Content | Stream


class Pages(Struct, frozen=True):
    """How a list is gone through."""

    start: str
    """The parameter that says where to begin."""
    size: str
    """The parameter that says how many come."""
    items: str
    """The field of the answer that holds them."""
    item: Kind
    total: str
    by_page: bool
    """Whether `start` counts pages from 1, not items from 0."""
    cursor: str = ""
    """The parameter that takes the answer's `next_cursor`; empty for a list that can only be counted."""

    @property
    def without(self) -> tuple[str, ...]:
        """The parameters that going through all of it has no use for."""
        return (self.start, self.cursor)


class Until(Struct, frozen=True):
    """That something is done where a field of it has one of these values: what `wait` waits for."""

    field: str
    values: tuple[str, ...]


class Operation(Struct, frozen=True):
    """One call."""

    id: str
    """The document's `operationId`."""
    resource: str
    method: str
    """What the call is named within its resource: `list`, `execute_stream`."""
    verb: str
    """`get`, `post`, `put`, `patch` or `delete`."""
    url: str
    """The whole path, parameters in braces."""
    summary: str
    answer: Answer
    path: tuple[Parameter, ...] = ()
    """In the order of the url."""
    query: tuple[Parameter, ...] = ()
    headers: tuple[Parameter, ...] = ()
    body: Body | None = None
    description: str = ""
    idempotent: bool = False
    """Whether it takes an `Idempotency-Key`: sent once per call, it makes a repetition harmless."""
    open: bool = False
    """Whether it asks for no key; none is sent then."""
    pages: Pages | None = None
    until: Until | None = None
    statuses: tuple[int, ...] = ()
    """The problems that it answers."""


class Resource(Struct, frozen=True):
    """The calls of one kind of thing."""

    name: str
    operations: tuple[Operation, ...]


class Api(Struct, frozen=True):
    """All of it."""

    title: str
    version: str
    resources: tuple[Resource, ...]
    models: tuple[Model, ...]
    unions: tuple[OneOf, ...]
    """Those that have a name."""
    problem: str = ""
    """The model of an error's answer; empty where the document says none."""

    @property
    def operations(self) -> tuple[Operation, ...]:
        """Every call, by resource."""
        return tuple(operation for resource in self.resources for operation in resource.operations)
