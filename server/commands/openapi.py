"""`agenticrag openapi`: the API's description as a file."""

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from server.terminal import print_progress, write_file

__all__ = ["openapi"]


def openapi(*, output: Annotated[Path | None, Parameter(alias="-o")] = None) -> None:
    """Print the OpenAPI document, as a running server has it at /schema/openapi.json.

    It does not depend on the data folder or the database.

    Parameters
    ----------
    output
        Write it to this file. Default: standard output.
    """
    from server.app import document

    text = document()
    if output is None:
        sys.stdout.write(text)
        return
    write_file(output, text)
    print_progress(f"Wrote {output}.")
