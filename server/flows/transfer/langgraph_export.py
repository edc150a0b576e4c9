"""Flows as plain LangGraph projects: with the default model where they name none, and packed."""

import asyncio
import io
import zipfile
from collections.abc import Mapping
from typing import Any, Literal

from graphs.analysis.chatflow import definition_of
from graphs.export.problems import ExportError, Gap
from graphs.export.project import Project, export_project
from graphs.export.replaced_models import needs_model, with_model
from graphs.values.findings import Finding, FlowError, shown
from server.http.problems import Fault, Problem
from server.settings.default_model import DefaultModel
from server.settings.sources import Settings

__all__ = ["gap_findings", "langgraph_project", "project_or_problem", "read_model", "zipped"]

_LONG_AGO = (1980, 1, 1, 0, 0, 0)
"""The time of all files in an archive, so that the same flow gives the same bytes."""


def read_model(text: str) -> tuple[str, str]:
    """Return the provider and the name of a model.

    Raises:
        ValueError: the text is no ``provider/model``.
    """
    provider, _, model = text.partition("/")
    if not provider or not model:
        raise ValueError(f"Expected 'provider/model', such as openai/gpt-4.1-mini, found {text[:80]!r}.")
    return provider, model


async def langgraph_project(
    document: Mapping[str, Any],
    *,
    name: str,
    description: str,
    flow_type: Literal["chatflow", "agentflow"],
    settings: Settings,
    model: tuple[str, str] | None = None,
) -> Project:
    """Return a flow as a plain LangGraph project.

    Args:
        document: The flow as it is stored.
        name: Its name.
        description: What it says of itself.
        flow_type: Whether it is a chat.
        settings: Where the default model is known from.
        model: What is asked instead of models that only this server has, and where none is named.

    Raises:
        FlowError: the flow has errors.
        ExportError: parts of it have no equal in plain LangGraph.
    """
    definition = definition_of(document)
    differs: list[Gap] = []
    if model is not None:
        definition, differs = with_model(definition, model)
    elif needs_model(definition):
        chosen = await DefaultModel(settings).complete("", "")
        definition, differs = with_model(definition, chosen, unnamed_only=True)
    if (document.get("chat_config") or {}).get("uploads"):
        message = "Uploads are not taken. Send the text of a file as a part of the message."
        differs.append(Gap(node="", field="uploads", message=message))
    return await asyncio.to_thread(
        export_project, definition, name=name, type=flow_type, description=description, differs=differs
    )


async def project_or_problem(document: Mapping[str, Any], model: str | None, **given: Any) -> Project:
    """Return a project for an answer of the API.

    Raises:
        Problem: the flow cannot be exported; it names each node and field.
    """
    try:
        chosen = None if model is None else read_model(model)
    except ValueError as error:
        fault = Fault(message=str(error), parameter="model", code="bad_model")
        raise Problem(422, "invalid", str(error), errors=[fault]) from None
    try:
        return await langgraph_project(document, model=chosen, **given)
    except ExportError as error:
        faults = [Fault(message=one.message, code=one.code, node=one.node) for one in gap_findings(error)]
        raise Problem(422, "not_exportable", str(error), errors=faults) from None
    except FlowError as error:
        faults = [
            Fault(message=one.message, pointer=one.pointer, code=one.code, node=one.node, edge=one.edge)
            for one in error.findings
            if one.severity == "error"
        ]
        raise Problem(422, "invalid", f"The flow cannot be exported. {error}", errors=faults) from None


def gap_findings(error: ExportError) -> list[Finding]:
    """Return what has no equal, as findings tell it."""
    return [
        Finding(
            code="no_equal",
            message=f"{f'Node {shown(gap.node)}, ' if gap.node else ''}{gap.field[:80]}: {gap.message}",
            node=gap.node or None,
        )
        for gap in error.gaps
    ]


def zipped(project: Project) -> bytes:
    """Return a project as a ZIP archive with one folder."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in sorted(project.files.items()):
            entry = zipfile.ZipInfo(f"{project.name}/{path}", _LONG_AGO)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, text.encode())
    return content.getvalue()
