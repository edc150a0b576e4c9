"""`agenticrag openapi`: the API's description as a file."""

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from server.terminal import print_progress, write_file

__all__ = ["openapi"]


def openapi(*, output: Annotated[Path | None, Parameter(alias="-o")] = None) -> None:
    """Print the OpenAPI document that a running server has at /schema/openapi.json.

    It is the same for every data folder and needs no database.

    Parameters
    ----------
    output
        Write it to this file in place of standard output.
    """
    from server.app import document

    text = document()
    if output is None:
        sys.stdout.write(text)
        return
    write_file(output, text)
    print_progress(f"Wrote {output}.")
