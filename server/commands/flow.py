"""`agenticrag flow`: check, run, draw, import and export flows that lie in files."""

import sys
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import App, Parameter

from server.terminal import CommandError, json_object, print_json, print_progress, write_file

__all__ = ["flow"]

flow = App(
    name="flow",
    help="Validate, run, draw, import and export flows.\n\nA FILE is JSON or YAML as the API takes it, "
    "a bare `{nodes, edges}` object, or `-` for JSON on standard input.",
)


@flow.command
def check(file: Path, /, *, json: bool = False) -> None:
    """Validate a flow file without running it. Exit code 1 if the flow cannot run.

    Parameters
    ----------
    file
        The flow file.
    json
        Print `{"name", "valid", "findings": [{code, message, node, edge, severity, pointer}], "speaks"}`.
    """
    from server.flows.flow_files import FlowFileError, read_flow_file, sentence
    from server.settings.sources import load_settings

    settings = load_settings()
    try:
        found = read_flow_file(file, settings)
        findings, broken = found.findings(settings), None
        if any(finding.severity == "error" for finding in findings):
            broken = FlowFileError(f"'{found.flow.name}' cannot run", found.flow.name, findings)
    except FlowFileError as error:
        found, findings, broken = None, error.findings, error
    name = found.flow.name if found is not None else broken.name if broken is not None else ""
    if json:
        speaks = found.speaks() if found is not None and broken is None else []
        print_json({"name": name, "valid": broken is None, "findings": findings, "speaks": speaks})
    else:
        for finding in findings:
            print(sentence(finding))
    if broken is not None:
        raise CommandError(broken.headline)
    if not json and found is not None:
        print(f"{found.flow_type.capitalize()} '{name}' is sound: {len(found.definition().nodes)} nodes.")
        if speaks := found.speaks():
            print(f"The user hears: {', '.join(speaks)}.")


@flow.command
async def run(
    file: Path,
    /,
    *,
    message: Annotated[str | None, Parameter(alias="-m")] = None,
    input: Annotated[str | None, Parameter(alias="-i")] = None,
    variables: str | None = None,
    model: str | None = None,
    json: bool = False,
) -> None:
    """Run a flow without a server or a database, and show the model output while it streams.

    If the run asks a person, the question is shown and the answer is read from standard input.

    Parameters
    ----------
    file
        The flow file.
    message
        The user's message, for chatflows.
    input
        The input as a JSON object, or `@FILE` to read it from a file.
    variables
        Initial values of variables as a JSON object, or `@FILE` to read them from a file.
    model
        Use `PROVIDER/MODEL` in place of the flow's models. `demo/demo` needs no installation.
    json
        Print only the result: `{"status", "output", "response", "error", "usage"}`.
    """
    from graphs.values.findings import FlowError
    from graphs.values.run_options import FlowLimits
    from server.flows.flow_files import read_flow_file
    from server.runs.local_run import run_locally
    from server.settings.default_model import DefaultModel
    from server.settings.sources import load_settings

    settings = load_settings()
    found = read_flow_file(file, settings)
    found.refuse_faulty(settings)
    given = _object("--input", input)
    changed = _object("--variables", variables)
    if message is not None:
        given["message"] = message
    found.refuse_odd_input(given, changed)
    chosen = None if model is None else _model(model)
    try:
        if chosen is None and not found.names_a_model:
            chosen = await DefaultModel(settings).complete("", "")
        definition = found.definition(chosen)
    except FlowError as error:
        raise CommandError(f"'{found.flow.name}' cannot run: {error}") from error
    result = await run_locally(
        definition,
        name=found.flow.name,
        input=given,
        variables=changed,
        settings=settings,
        limits=found.flow.limits or FlowLimits(),
        quiet=json,
    )
    if json:
        print_json(result)
    if result.status != "completed":
        error = result.error or {"code": result.status, "message": "It did not finish."}
        raise CommandError(f"The run ended {result.status} ({error['code']}): {error['message']}")


@flow.command
def draw(
    file: Path,
    /,
    *,
    format: Annotated[
        Literal["mermaid", "dot", "svg", "png", "json", "react-flow"] | None, Parameter(alias="-f")
    ] = None,
    output: Annotated[Path | None, Parameter(alias="-o")] = None,
    layout: Literal["auto", "down", "right", "compact"] = "auto",
) -> None:
    """Draw a flow as an image, as text for Markdown or Graphviz, or as JSON.

    Parameters
    ----------
    file
        The flow file.
    format
        The format. Default: the one of the output's file name, otherwise Mermaid.
    output
        The output file. Default: standard output.
    layout
        Top to bottom, left to right, or compact. `auto` chooses the one that fits.
    """
    from graphs.drawing import draw as drawn
    from graphs.drawing.reading import picture_of
    from graphs.values.findings import FlowError
    from server.flows.flow_files import FlowFileError, read_flow_file
    from server.settings.sources import load_settings

    if format is None:
        suffix = "" if output is None else output.suffix.lower()
        format = _SUFFIXES.get(suffix, "mermaid")
    found = read_flow_file(file, load_settings())
    try:
        picture = drawn(picture_of(found.definition(), title=found.flow.name), format, layout)
    except FlowError as error:
        raise FlowFileError(
            f"'{found.flow.name}' cannot be drawn", found.flow.name, error.findings
        ) from error
    if output is not None:
        write_file(output, picture)
        print_progress(f"Drew {found.flow_type} '{found.flow.name}' to {output}.")
        return
    if format == "png" and sys.stdout.isatty():
        raise CommandError("A PNG cannot be shown in a terminal. Name a file: --output FILE.png", exit_code=2)
    sys.stdout.flush()
    sys.stdout.buffer.write(picture)


_SUFFIXES: dict[str, Literal["mermaid", "dot", "svg", "png", "json"]] = {
    ".mmd": "mermaid",
    ".dot": "dot",
    ".gv": "dot",
    ".svg": "svg",
    ".png": "png",
    ".json": "json",
}


@flow.command(name="import")
async def import_(
    file: Path, /, *, replace: str | None = None, dry_run: bool = False, json: bool = False
) -> None:
    """Validate a flow and store it in the database. A running server can use it immediately.

    Agents and sub-flows in the file are also stored. Existing ones are not changed. Knowledge bases are found
    by name. If something else is missing or invalid, nothing is stored.

    Parameters
    ----------
    file
        The flow file.
    replace
        Store it as the next version of the flow with this ID, not as a new flow.
    dry_run
        Show the changes and store nothing.
    json
        Print the result in the format of `POST /flows/import`.
    """
    from persistence.knowledge.bases import KnowledgeBases
    from persistence.library.agents import Agents
    from persistence.library.flows import Flows
    from server.checkup.command_database import credentials_of, open_store, variables_of
    from server.compilation.tool_setup import ServerTools
    from server.flows.flow_checks import known_of_server
    from server.flows.flow_files import FlowFileError, findings_of_faults, read_flow_content, sentence
    from server.flows.transfer.flow_imports import bring_in
    from server.http.problems import Problem
    from server.identity.authentication import WORKSPACE
    from server.settings.sources import load_settings

    settings = load_settings()
    content = read_flow_content(file)
    async with open_store(settings) as database:
        try:
            report = await bring_in(
                *(Flows(database), Agents(database), KnowledgeBases(database), WORKSPACE),
                content,
                **known_of_server(settings, ServerTools(settings)),
                credentials=await credentials_of(database, settings).names(WORKSPACE),
                variables=await variables_of(database, settings).kinds(WORKSPACE),
                dry_run=dry_run,
                replace=replace,
            )
        except Problem as problem:
            if not problem.document.errors:
                raise CommandError(str(problem)) from problem
            findings = findings_of_faults(problem.document.errors)
            raise FlowFileError(f"'{file}' is no flow", "", findings) from problem
    if json:
        print_json(report)
    else:
        for warning in findings_of_faults(report.warnings, "warning"):
            print_progress(sentence(warning))
    if report.errors:
        raise FlowFileError(
            f"'{report.name}' cannot run, and nothing was stored",
            report.name,
            findings_of_faults(report.errors),
        )
    for line in [] if json else report.lines():
        print_progress(line)
    if report.id is not None and not json:
        print(report.id)
        print_progress(f"Stored {report.flow_type} '{report.name}', version {report.version}.")


@flow.command
async def export(
    flow_id: str,
    file: Path | None = None,
    /,
    *,
    format: Annotated[Literal["json", "yaml", "langgraph"] | None, Parameter(alias="-f")] = None,
    model: str | None = None,
) -> None:
    """Export a stored flow to a file that `agenticrag flow import` can read, or as plain LangGraph.

    The agents and sub-flows that it names are in it, and the names of its knowledge bases; secrets are not.
    With `--format langgraph`, it becomes a Python project that needs no server. Parts without an equal are
    listed, and then nothing is written.

    Parameters
    ----------
    flow_id
        The flow's ID, or its name if the name is unique. With `--format langgraph` also a flow file.
    file
        The output file. Default: standard output. Of a project: its folder, or an archive that ends in
        `.zip`. Default: a folder with the flow's name.
    format
        JSON, YAML or LangGraph. Default: the format of the file name.
    model
        Of a project: `PROVIDER/MODEL` in place of models that only this server has.
    """
    if format == "langgraph":
        from server.commands.flow_project import export_langgraph

        await export_langgraph(flow_id, file, model)
        return
    if model is not None:
        raise CommandError("--model goes with --format langgraph alone.", exit_code=2)
    from persistence.knowledge.bases import KnowledgeBases
    from persistence.library.agents import Agents
    from persistence.library.flows import Flows
    from server.checkup.command_database import open_store, variables_of
    from server.commands.flow_project import find_flow
    from server.flows.transfer.flow_bundles import bundle_of, written
    from server.identity.authentication import WORKSPACE
    from server.settings.sources import load_settings

    settings = load_settings()
    async with open_store(settings) as database:
        flows, variables = Flows(database), variables_of(database, settings)
        row = await find_flow(flows, WORKSPACE, flow_id)
        bundle = await bundle_of(flows, Agents(database), KnowledgeBases(database), variables, WORKSPACE, row)
    named = "yaml" if file is not None and file.suffix in (".yaml", ".yml") else "json"
    text = written(bundle, format or named)
    for place in bundle.get("secrets_removed", []):
        print_progress(f"left out: {place} (a secret)")
    if file is None:
        sys.stdout.write(text)
        return
    write_file(file, text)
    print_progress(f"Wrote {row.flow_type} '{row.name}' to {file}.")


def _model(text: str) -> tuple[str, str]:
    from graphs.model_calls import known_providers

    provider, _, model = text.partition("/")
    if provider not in known_providers() or not model:
        known = ", ".join(known_providers())
        raise CommandError(
            f"--model must be PROVIDER/MODEL with one of {known}; it is '{text}'. Try demo/demo.", exit_code=2
        )
    return provider, model


def _object(option: str, text: str | None) -> dict[str, Any]:
    """Return the JSON object that an option has, or names a file of; an empty one without it."""
    if text is None:
        return {}
    if text.startswith("@"):
        try:
            text = Path(text[1:]).read_bytes().decode("utf-8", "surrogateescape")
        except OSError as error:
            raise CommandError(
                f"{option} names '{text[1:]}', which cannot be read: {error.strerror}."
            ) from error
    return json_object(option, text)
