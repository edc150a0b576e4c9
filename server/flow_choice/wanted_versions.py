"""Wanted versions: which version of a flow a request means: a number, a label, or the draft."""

from typing import Annotated, Any

import msgspec
from litestar.params import QueryParameter
from msgspec import Meta

from persistence.library.flow_versions import FlowVersions
from persistence.library.flows import FlowRow
from server.http.problems import Fault, Problem
from server.identity.callers import Caller

__all__ = ["CURRENT", "DRAFT", "Label", "Published", "RunVersion", "at_version", "draft_of", "refuse_draft"]

RunVersion = Annotated[
    str | None,
    QueryParameter(
        name="version",
        max_length=64,
        description="Version to run: a number, a label, `draft`, or `current`. Default: the current one.",
    ),
]
Label = Annotated[
    str, Meta(pattern=r"^(?!draft$|current$)[a-z][a-z0-9_-]*$(?!\n)", min_length=1, max_length=64)
]
"""Lower-case letters, digits, `_` and `-`, beginning with a letter; not `draft` or `current`."""
Published = Annotated[
    str, Meta(pattern=r"^(?!draft$|current$)([a-z][a-z0-9_-]*|[1-9][0-9]{0,8})$(?!\n)", max_length=64)
]
"""A label, or the number of a version."""
DRAFT, CURRENT = "draft", "current"


async def at_version(
    versions: FlowVersions, row: FlowRow, wanted: str | None, *, caller: Caller | None = None
) -> FlowRow:
    """Return a flow as a version of it is; a draft has the version 0, and one by a label the label.

    Args:
        versions: Where they are kept.
        row: The flow as it is now.
        wanted: A number, a label, `draft` or `current`; None for `current`.
        caller: Who wants to run it: drafts run only for those who may change flows.

    Raises:
        Problem: 404 if there is no such version, 403 for the draft.
    """
    if wanted in (None, CURRENT):
        return row
    if wanted == DRAFT:
        if caller is not None:
            refuse_draft(caller)
        draft = await versions.draft(row.workspace, row.id)
        if draft is None:
            raise _no_version(row, "It has no draft. PUT one, or leave the version out.")
        return msgspec.structs.replace(row, document=draft.document, version=0)
    number: int | None
    label = ""
    if wanted.isdecimal() and wanted.isascii():
        number = int(wanted) if len(wanted) < 10 else 0
    else:
        label = wanted
        number = await versions.labelled(row.workspace, row.id, wanted)
        if number is None:
            raise _no_version(
                row, f"It has no label '{wanted}'. PUT /flows/{row.id}/labels/{wanted} sets one."
            )
    if number == row.version:
        return msgspec.structs.replace(row, label=label) if label else row
    document = await versions.document(row.workspace, row.id, number)
    if document is None:
        raise _no_version(row, f"Its versions are 1 to {row.version}; '{wanted}' is none of them.")
    return msgspec.structs.replace(row, document=document, version=number, label=label)


def refuse_draft(caller: Caller) -> None:
    """Return if a caller may run drafts.

    Raises:
        Problem: 403.
    """
    if "flows:write" not in caller.permissions:
        raise Problem(403, "forbidden", "A draft runs for those alone who may change flows (flows:write).")


def draft_of(row: FlowRow) -> dict[str, Any] | None:
    """Return the document that a run of a draft keeps for itself; None for what is a version."""
    return row.document if row.version == 0 else None


def _no_version(row: FlowRow, why: str) -> Problem:
    detail = f"The {row.flow_type} '{row.name}' has no such version. {why}"
    return Problem(404, "not_found", detail, errors=[Fault(detail, parameter="version")])
