"""`agenticrag flow export --format langgraph`: writes a flow as a project in plain LangGraph Python."""

import uuid
from pathlib import Path
from typing import Any

from server.terminal import CommandError, print_progress, write_file

__all__ = ["export_langgraph", "find_flow"]


async def export_langgraph(flow: str, target: Path | None, model: str | None) -> None:
    """Write a stored flow, or that of a file, as a plain LangGraph project.

    Args:
        flow: The flow's id or name, or a flow file.
        target: The folder, or an archive that ends in ``.zip``; None for a folder with the flow's name.
        model: What is asked instead of models that only the server has, as ``provider/model``.

    Raises:
        CommandError: the flow cannot be exported, or something is in the way.
    """
    from graphs.export.problems import ExportError
    from graphs.values.findings import FlowError
    from server.flows.flow_files import FlowFileError, read_flow_file
    from server.flows.transfer.langgraph_export import gap_findings, langgraph_project, read_model, zipped
    from server.settings.sources import load_settings

    settings = load_settings()
    if flow.endswith((".json", ".yaml", ".yml")):
        found = read_flow_file(Path(flow), settings)
        document, flow_type = found.document, found.flow_type
        name, description = found.flow.name, found.flow.description or ""
    else:
        row = await _stored(flow, settings)
        document, flow_type, name, description = row.document, row.flow_type, row.name, row.description or ""
    try:
        chosen = None if model is None else read_model(model)
    except ValueError as error:
        raise CommandError(f"--model: {error}", exit_code=2) from None
    try:
        project = await langgraph_project(
            document, name=name, description=description, flow_type=flow_type, settings=settings, model=chosen
        )
    except ExportError as error:
        raise FlowFileError(f"'{name}' cannot be exported", name, gap_findings(error)) from None
    except FlowError as error:
        raise FlowFileError(f"'{name}' cannot be exported", name, error.findings) from None
    target = target or Path(project.name)
    if target.suffix == ".zip":
        write_file(target, zipped(project))
    else:
        if target.exists() and (not target.is_dir() or any(target.iterdir())):
            raise CommandError(f"'{target}' is not an empty folder. Name another one, or remove it.")
        for path, text in project.files.items():
            place = target / path
            place.parent.mkdir(parents=True, exist_ok=True)
            write_file(place, text)
    for gap in project.differs:
        print_progress(f"differs: {f'{gap.node}: ' if gap.node else ''}{gap.field}: {gap.message}")
    print_progress(f"Wrote {flow_type} '{name}' as a LangGraph project to {target}.")


async def _stored(flow: str, settings: Any) -> Any:
    from persistence.library.flows import Flows
    from server.checkup.command_database import open_store
    from server.identity.authentication import WORKSPACE

    async with open_store(settings) as database:
        return await find_flow(Flows(database), WORKSPACE, flow)


async def find_flow(flows: Any, workspace: str, name: str) -> Any:
    """Return the stored flow that an id or a name means."""
    row = await flows.get(workspace, name) if _is_id(name) else None
    if row is not None:
        return row
    found: list[Any] = []
    for flow_type in ("chatflow", "agentflow"):
        rows, _ = await flows.list(workspace, flow_type=flow_type, search=name, limit=100)
        found += [row for row in rows if row.name == name]
    if len(found) == 1:
        return found[0]
    if not found:
        raise CommandError(f"There is no flow with the id or the name '{name}'.")
    ids = ", ".join(row.id for row in found)
    raise CommandError(f"{len(found)} flows are named '{name}'. Name one by its id: {ids}.")


def _is_id(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True
