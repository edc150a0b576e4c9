"""Pinned operations: which operations of an API flows may use, and how."""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct, field

from graphs.mcp.tool_lists import tool_name
from graphs.openapi.operations import Operation
from graphs.outbound.variable_addresses import looks_up

__all__ = [
    "MAX_CHOSEN",
    "APISettings",
    "OfferedOperation",
    "PinnedAPI",
    "PinnedOperation",
    "offered_operations",
]

ALL, UNSAFE = "*", "unsafe"
"""In lists of operations: every one; those that may change something."""
MAX_CHOSEN = 200
"""Operations of one API that may be tools."""


class APISettings(Struct, frozen=True, kw_only=True):
    """What a workspace has set of an API."""

    url: str = ""
    base_url: str = ""
    credential: str = ""
    headers: dict[str, str] = {}
    operations: list[str] = []
    approval: list[str] = field(default_factory=lambda: [UNSAFE])
    rename: dict[str, str] = {}
    fixed: dict[str, Any] = {}
    answer_paths: dict[str, list[str]] = {}
    timeout_seconds: float = 30.0
    max_bytes: int = 1_000_000
    enabled: bool = True


class PinnedOperation(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An operation as a run uses it to its end."""

    operation: Operation
    name: str
    """What models call it."""
    base_url: str
    credential: str = ""
    """Empty: none, or the operation takes none."""
    headers: dict[str, str] = {}
    """More headers, templates of workspace variables."""
    fixed: dict[str, Any] = {}
    """Arguments that no model chooses."""
    answer_paths: list[str] = []
    """What is kept of its answers; empty for what the call asks for."""
    approval: bool = False
    timeout_seconds: float = 30.0
    max_bytes: int = 1_000_000


class PinnedAPI(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The operations of an API that a run may use."""

    operations: list[PinnedOperation] = []
    refused: dict[str, str] = {}
    """Why others cannot be used, a sentence by ID."""
    problem: str = ""
    """Why none of them can be used; empty where some can."""

    @property
    def env(self) -> set[str]:
        """Names of the workspace variables that its operations look up."""
        return {name for one in self.operations for name in looks_up(one.base_url, one.headers)}


class OfferedOperation(Struct, frozen=True, kw_only=True):
    """An operation that was chosen."""

    pinned: PinnedOperation
    schema: dict[str, Any]
    """JSON Schema of what models choose."""
    why: str = ""
    """Why flows cannot use it, a sentence; empty where they can."""


def offered_operations(
    api: str, settings: APISettings, base_url: str, chosen: Sequence[Operation]
) -> list[OfferedOperation]:
    """Return the chosen operations of an API as flows and people see them.

    Args:
        api: Its name.
        settings: What the workspace has set.
        base_url: Where it is, as its document says.
        chosen: The operations that were chosen.
    """
    taken = {*settings.rename.values()}
    found: list[OfferedOperation] = []
    for one in chosen:
        name = settings.rename.get(one.id) or tool_name(api, one.id, taken)
        taken.add(name)
        asks = bool({ALL, one.id, *(() if one.reads else (UNSAFE,))}.intersection(settings.approval))
        arguments = {parameter.argument for parameter in one.parameters} | ({one.body} if one.body else set())
        fixed = {name: value for name, value in settings.fixed.items() if name in arguments}
        base = settings.base_url or one.server or base_url
        found.append(
            OfferedOperation(
                pinned=PinnedOperation(
                    operation=one,
                    name=name,
                    base_url=base,
                    credential=settings.credential if one.authorized else "",
                    headers=settings.headers,
                    fixed=fixed,
                    answer_paths=settings.answer_paths.get(one.id, []),
                    approval=asks,
                    timeout_seconds=settings.timeout_seconds,
                    max_bytes=settings.max_bytes,
                ),
                schema=chosen_schema(one, fixed, filtered=one.id in settings.answer_paths),
                why=_problem(api, one, base),
            )
        )
    return found


def chosen_schema(operation: Operation, fixed: dict[str, Any], *, filtered: bool) -> dict[str, Any]:
    """Return the schema of what a model chooses of an operation's arguments.

    Args:
        operation: The operation.
        fixed: Arguments that it does not choose.
        filtered: Whether what is kept of answers is set already.
    """
    schema = operation.schema
    properties: dict[str, Any] = {
        name: each for name, each in schema.get("properties", {}).items() if name not in fixed
    }
    if not filtered and "answer_paths" not in properties and operation.method != "HEAD":
        properties["answer_paths"] = {
            "type": "array",
            "items": {"type": "string", "maxLength": 500},
            "maxItems": 50,
            "description": "Keep only these parts of the answer, such as items.*.name. Without it: all.",
        }
    made: dict[str, Any] = {**schema, "type": "object", "properties": properties}
    required = [name for name in schema.get("required", []) if name not in fixed]
    if required:
        made["required"] = required
    else:
        made.pop("required", None)
    return made


def _problem(api: str, one: Operation, base: str) -> str:
    if one.problem:
        return f"The operation '{one.id}' of the API '{api}' cannot be used. {one.problem}"
    if not base.startswith(("http://", "https://", "{{")):
        return f"The document of the API '{api}' does not say where it is. Set 'base_url'."
    return ""
