"""`agenticrag sdk`: print the SDKs of this API, of another server's, with flows of one's own; compare two."""

import os
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from server.terminal import CommandError, print_progress

__all__ = ["sdk"]


async def sdk(
    *,
    python: bool = False,
    typescript: bool = False,
    output_dir: Annotated[Path, Parameter(alias="-o")] = Path("sdks"),
    spec: Path | None = None,
    url: str | None = None,
    flows: Annotated[list[str] | None, Parameter(consume_multiple=True)] = None,
    check: bool = False,
    diff: tuple[Path, Path] | None = None,
) -> None:
    """Generate the Python and the TypeScript SDK from the OpenAPI document.

    Parameters
    ----------
    python
        Generate the Python SDK. Default: both.
    typescript
        Generate the TypeScript SDK. Default: both.
    output_dir
        Parent of the folders `python` and `typescript`. Files in an existing SDK folder that the
        generator does not write are deleted. A non-empty folder that is not an SDK is refused.
    spec
        A file with the OpenAPI document. Default: the document of this version.
    url
        URL of a server whose document is used, such as http://localhost:8000.
    flows
        Flows that get a typed method each: files as `GET /flows/{id}` answers, or `stored` for all that are
        stored here, or at `--url` with the key in AGENTICRAG_API_KEY.
    check
        Write nothing. Exit code 1 if files differ; their names are printed.
    diff
        Print only the changes between two files: two OpenAPI documents or two flows. Exit code 1 if programs
        for the older one can break.
    """
    from sdk_templates.command import Refused, print_sdks, read_document, tell_changes
    from server.app import document

    languages = [name for name, wanted in (("python", python), ("typescript", typescript)) if wanted]
    try:
        if diff is not None:
            told, breaks = tell_changes(*diff)
            print(told)
            if breaks:
                raise CommandError(f"'{diff[1]}' breaks programs that use '{diff[0]}'.")
            return
        text = read_document(spec, url) or document()
        documents = await _documents(flows or [], url)
        print_progress(print_sdks(text, languages, output_dir, check=check, flows=documents))
    except Refused as error:
        raise CommandError(str(error)) from error


async def _documents(sources: list[str], url: str | None) -> list[dict[str, Any]]:
    """Return the flows of the sources."""
    from sdk_templates.command import Refused, fetch_flows, read_flow_files

    if "stored" not in sources:
        return read_flow_files([Path(source) for source in sources])
    if len(sources) > 1:
        raise Refused("Name files with --flows, or 'stored' alone.")
    if url is not None:
        return fetch_flows(url, os.environ.get("AGENTICRAG_API_KEY", ""))
    return await _stored()


async def _stored() -> list[dict[str, Any]]:
    """Return every stored flow as the API shows it."""
    import msgspec

    from persistence.library.flows import Flows
    from server.checkup.command_database import open_store
    from server.flows.flow_documents import view_of
    from server.identity.authentication import WORKSPACE
    from server.settings.sources import load_settings

    found: list[dict[str, Any]] = []
    async with open_store(load_settings()) as database:
        while True:
            rows, total = await Flows(database).list(WORKSPACE, search="", limit=100, offset=len(found))
            found.extend(msgspec.to_builtins(view_of(row)) for row in rows)
            if not rows or len(found) >= total:
                return found
