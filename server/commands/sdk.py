"""`agenticrag sdk`: print the SDKs of this API, of another server's, with flows of one's own; compare two."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from server.terminal import CommandError, print_progress

__all__ = ["sdk"]


def sdk(
    *,
    python: bool = False,
    typescript: bool = False,
    output_dir: Annotated[Path, Parameter(alias="-o")] = Path("sdks"),
    spec: Path | None = None,
    url: str | None = None,
    check: bool = False,
) -> None:
    """Print the Python and the TypeScript SDK, or one of them, from the OpenAPI document.

    Parameters
    ----------
    python
        Print the Python SDK; both where neither is named.
    typescript
        Print the TypeScript SDK.
    output_dir
        Where the folders `python` and `typescript` go. What lies in them and is no part of them goes away.
    spec
        A file that holds the OpenAPI document, in place of this version's own.
    url
        A server to ask for its document, such as http://localhost:8000.
    check
        Write nothing; end with 1 and name the files that differ.
    """
    from sdk_templates.command import Refused, print_sdks, read_document
    from server.openapi import document

    languages = [name for name, wanted in (("python", python), ("typescript", typescript)) if wanted]
    try:
        text = read_document(spec, url) or document()
        done = print_sdks(text, languages, output_dir, check=check)
    except Refused as error:
        raise CommandError(str(error)) from error
    print_progress(done)
