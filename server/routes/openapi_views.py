"""Bodies and answers of the routes of OpenAPI tools."""

from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType, field

from graphs.openapi.operations import AuthScheme

__all__ = [
    "APIChange",
    "APIList",
    "APIOperation",
    "APIOperationList",
    "APITool",
    "APIToolList",
    "APIView",
    "NewAPI",
]

Name = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
URL = Annotated[str, Meta(max_length=2048)]
Word = Annotated[str, Meta(max_length=255)]
OperationID = Annotated[str, Meta(min_length=1, max_length=200)]
OperationIDs = Annotated[list[OperationID], Meta(max_length=200)]
Rename = Annotated[
    dict[OperationID, Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,64}$")]], Meta(max_length=200)
]
Fixed = Annotated[dict[Annotated[str, Meta(min_length=1, max_length=64)], Any], Meta(max_length=50)]
Path = Annotated[str, Meta(min_length=1, max_length=500)]
Paths = Annotated[
    dict[OperationID, Annotated[list[Path], Meta(min_length=1, max_length=50)]], Meta(max_length=200)
]
Headers = Annotated[dict[str, Annotated[str, Meta(max_length=2000)]], Meta(max_length=20)]
Seconds = Annotated[float, Meta(gt=0, le=300)]
Bytes = Annotated[int, Meta(ge=1_000, le=10_485_760)]


class NewAPI(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An API by its OpenAPI document: `url` or `document`."""

    name: Name
    """The name that flows use. Unique in the workspace."""
    url: URL = ""
    """Where the document is downloaded from. A private IP address needs the operator's `egress_allow`."""
    document: str | dict[str, Any] | None = None
    """The document itself: JSON or YAML as text, or JSON as an object."""
    base_url: URL = ""
    """Where the API is. It may look up workspace variables: `{{ env.shop_url }}/v1`. Empty: the first server
    of the document."""
    credential: Word = ""
    """Name of a credential that is sent with each request. It must allow the host of the API. Empty: none."""
    headers: Headers = {}
    """More headers of each request. Their values may look up workspace variables: `{{ env.tenant }}`."""
    operations: OperationIDs = []
    """IDs of the operations that flows can use. `*`: all."""
    approval: OperationIDs = field(default_factory=lambda: ["unsafe"])
    """Operations that ask a person before each call. `unsafe`: all but GET, HEAD and OPTIONS. `*`: all."""
    rename: Rename = {}
    """Names that models see, by operation. Others get `<name>_<operation>`."""
    fixed: Fixed = {}
    """Arguments that no model chooses, by name: `{"owner": "acme"}`."""
    answer_paths: Paths = {}
    """Parts of the answers that are kept, by operation: `{"listOrders": ["items.*.id"]}`."""
    timeout_seconds: Seconds = 30.0
    """Maximum time of one request."""
    max_bytes: Bytes = 1_000_000
    """Maximum size of one answer."""
    enabled: bool = True


class APIChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Changes of an API. Missing fields stay unchanged."""

    name: Name | UnsetType = UNSET
    url: URL | UnsetType = UNSET
    """Another URL is downloaded at once."""
    document: str | dict[str, Any] | UnsetType = UNSET
    base_url: URL | UnsetType = UNSET
    credential: Word | UnsetType = UNSET
    headers: Headers | UnsetType = UNSET
    operations: OperationIDs | UnsetType = UNSET
    approval: OperationIDs | UnsetType = UNSET
    rename: Rename | UnsetType = UNSET
    fixed: Fixed | UnsetType = UNSET
    answer_paths: Paths | UnsetType = UNSET
    timeout_seconds: Seconds | UnsetType = UNSET
    max_bytes: Bytes | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET


class APIView(Struct, frozen=True, kw_only=True):
    """An API. Its secret is in the credential that it names."""

    id: str
    name: str
    title: str
    """Of the document."""
    openapi: str
    """The version of OpenAPI that the document has."""
    api_version: str
    url: str
    base_url: str
    """Where requests go."""
    headers: dict[str, str]
    auth: list[AuthScheme]
    """How the document says that the API is authorized: kinds of credentials."""
    credential: str
    operations: list[str]
    approval: list[str]
    rename: dict[str, str]
    fixed: dict[str, Any]
    answer_paths: dict[str, list[str]]
    timeout_seconds: float
    max_bytes: int
    enabled: bool
    operations_total: int
    """Operations of the document."""
    tools: int
    """Operations that flows can use."""
    warnings: list[str]
    """What is likely to fail, as sentences."""
    read_at: str
    """When the document was read."""
    created_at: str
    updated_at: str


class APIList(Struct, frozen=True):
    """The workspace's APIs, by name."""

    openapi_tools: list[APIView]
    total: int


class APIOperation(Struct, frozen=True, kw_only=True):
    """An operation of an API's document."""

    id: str
    method: str
    path: str
    description: str
    chosen: bool
    message: str
    """Why flows cannot use it. Empty if they can."""


class APIOperationList(Struct, frozen=True):
    """The operations of an API's document, in its order."""

    operations: list[APIOperation]
    total: int


class APITool(Struct, frozen=True, kw_only=True):
    """A chosen operation as a tool."""

    operation: str
    name: str
    """What models call it."""
    description: str
    """What models read of it."""
    input_schema: dict[str, Any]
    method: str
    path: str
    approval: bool
    """Whether a person is asked before each call."""
    repeatable: bool
    """Whether a second call does no harm."""
    message: str
    """Why flows cannot use it, and what to do. Empty if they can."""


class APIToolList(Struct, frozen=True):
    """The chosen operations of an API, as tools."""

    tools: list[APITool]
    total: int
