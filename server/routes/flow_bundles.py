"""Flows as files: taken out with all that they refer to, and brought in."""

import asyncio
from functools import partial
from typing import Annotated, Any, Literal

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from graphs.parsing.text import clean
from persistence.identity.variables import Variables
from persistence.knowledge.bases import KnowledgeBases
from persistence.library.agents import Agents
from persistence.library.flows import FlowRow, Flows
from server.description.operations import operation
from server.flow_choice.stored_flows import get_flow
from server.flows.flow_editor import FlowEditor
from server.flows.transfer.flow_bundles import bundle_of, written
from server.flows.transfer.flow_imports import bring_in
from server.flows.transfer.import_reports import ImportReport
from server.flows.transfer.langgraph_export import project_or_problem, zipped
from server.http.answers.downloads import attachment
from server.http.bodies import read_json, refuse_foreign, uploaded_file
from server.http.parameters import known_id
from server.http.problems import Problem
from server.identity.authentication import Caller
from server.settings.sources import Settings

__all__ = ["FlowBundlesController"]

YAML_TYPES = ("application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml")
FORM = {
    "type": "object",
    "properties": {"file": {"type": "string", "format": "binary", "description": "JSON or YAML."}},
    "required": ["file"],
    "additionalProperties": False,
}


class FlowBundlesController(Controller):
    """Export and import of flows of either kind."""

    path = "/flows"
    tags = ("Flows",)

    @get(
        "/{flow_id:str}/export",
        operation_id="exportFlow",
        opt=operation(
            *(404, 422),
            needs="flows:read",
            exports=True,
            media=("application/json", "application/yaml", "application/zip"),
        ),
    )
    async def export(
        self,
        flow_id: FromPath[str],
        flows: NamedDependency[Flows],
        agents: NamedDependency[Agents],
        knowledge_bases: NamedDependency[KnowledgeBases],
        variables: NamedDependency[Variables],
        caller: NamedDependency[Caller],
        settings: NamedDependency[Settings],
        format: Annotated[
            Literal["json", "yaml", "langgraph"],
            QueryParameter(
                description="What to write it in: `json` or `yaml` for another server, or `langgraph` for a "
                "project in plain LangGraph Python, as a ZIP archive."
            ),
        ] = "json",
        model: Annotated[
            str | None,
            QueryParameter(
                description="For `langgraph`: what is asked instead of models that only this server has, "
                "such as `openai/gpt-4.1-mini`.",
                max_length=320,
            ),
        ] = None,
    ) -> Response[bytes]:
        """Export a flow with its agents and sub-flows, without secrets.

        Knowledge bases are included by name, without their documents. With `format=langgraph`, a flow with
        parts that have no equal in plain LangGraph is refused: `errors` names each node and field, and what
        to do. Nothing is left out silently."""
        row = await get_flow(flows, caller.workspace, flow_id, None)
        if format == "langgraph":
            return await _project(row, settings, model)
        bundle = await bundle_of(flows, agents, knowledge_bases, variables, caller.workspace, row)
        return Response(
            written(bundle, format).encode(),
            media_type=f"application/{format}",
            headers={
                "Content-Disposition": attachment(row.name, f".{format}", otherwise="flow"),
                "X-Content-Type-Options": "nosniff",
                "Cache-Control": "no-store",
            },
        )

    @post(
        "/import",
        operation_id="importFlow",
        status_code=200,
        opt=operation(400, 404, 413, 415, 422, needs="flows:write", form=FORM, sdk="flows.import_file"),
    )
    async def bring_in(
        self,
        request: Request[Any, Any, Any],
        settings: NamedDependency[Settings],
        flows: NamedDependency[Flows],
        agents: NamedDependency[Agents],
        knowledge_bases: NamedDependency[KnowledgeBases],
        flow_editor: NamedDependency[FlowEditor],
        caller: NamedDependency[Caller],
        dry_run: Annotated[bool, QueryParameter(description="true: check, and store nothing.")] = False,
        replace: Annotated[
            str | None, QueryParameter(description="Id of the flow whose next version this becomes.")
        ] = None,
    ) -> ImportReport:
        """Validate and store a flow file with its agents and sub-flows.

        A form with a `file`, or the content itself as JSON or YAML. What the workspace has under the same id
        is used as it is. Knowledge bases are found by name, and `warnings` names those that are missing. If
        something else is missing or wrong, nothing is stored, `imported` is false, and `errors` says what to
        do. Nothing is executed or fetched."""
        content = await _content(request, settings)
        return await bring_in(
            flows,
            agents,
            knowledge_bases,
            caller.workspace,
            content,
            **await flow_editor.known_here(caller.workspace),
            permissions=caller.permissions,
            dry_run=dry_run,
            replace=None if replace is None else known_id("flow", replace),
        )


async def _project(row: FlowRow, settings: Settings, model: str | None) -> Response[bytes]:
    """Return a flow as an archive of a plain LangGraph project."""
    project = await project_or_problem(
        row.document,
        model,
        name=row.name,
        description=row.description or "",
        flow_type=row.flow_type,
        settings=settings,
    )
    return Response(
        await asyncio.to_thread(zipped, project),
        media_type="application/zip",
        headers={
            "Content-Disposition": attachment(row.name, ".zip", otherwise="flow"),
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
        },
    )


async def _content(request: Request[Any, Any, Any], settings: Settings) -> dict[str, Any]:
    """Return the object that a request brings.

    Raises:
        Problem: it brings none.
    """
    kind = request.content_type[0].lower()
    body = await uploaded_file(request) if kind == "multipart/form-data" else await request.body()
    if len(body) > (most := settings.max_flow_bytes):
        raise Problem(413, "too_large", f"The flow has {len(body):,} bytes; {most:,} are taken.")
    if not body.strip():
        raise Problem(400, "malformed", "There is no flow in the request. Send an exported file.")
    yaml = kind in YAML_TYPES or (kind == "multipart/form-data" and not body.lstrip().startswith(b"{"))
    read = partial(_read_yaml, "body" if kind in YAML_TYPES else "file") if yaml else read_json
    if yaml and len(body) > (most := settings.max_yaml_bytes):
        detail = f"The YAML has {len(body):,} bytes; {most:,} are taken. Send JSON, which may be larger."
        raise Problem(413, "too_large", detail)
    value = await asyncio.to_thread(read, body, settings.max_body_values)
    refuse_foreign(value)
    if not isinstance(value, dict):
        raise Problem(422, "invalid", "The file must hold an object: a flow as the export writes it.")
    return value  # pyright: ignore[reportUnknownVariableType]  # JSON objects have text as keys


def _read_yaml(name: str, body: bytes, most: int) -> Any:
    from graphs.parsing.yaml_text import YAMLError, read_yaml

    try:
        return clean(read_yaml(body, most))
    except (YAMLError, RecursionError, ValueError) as error:
        deep = isinstance(error, RecursionError)
        what = "it nests too deep" if deep else " ".join(str(error).split())[:500]
        raise Problem(400, "malformed", f"The {name} is no YAML that is read here: {what}") from error
