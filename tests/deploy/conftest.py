"""Programs that a deployment has and a development machine may lack."""

import os
import shutil
import sys
from pathlib import Path

import pytest

__all__ = ["needed"]


def needed(program: str, package: str) -> str:
    """Return where a program is. Without it a test says so; under ``CI=true`` it fails.

    `.ci/services` installs Debian's packages, `make test` what comes from the package index.
    """
    for place in (shutil.which(program), shutil.which(program, path="/usr/sbin:/sbin")):
        if place is not None:
            return place
    beside = Path(sys.executable).with_name(program)
    if beside.is_file():
        return str(beside)
    reason = f"There is no {program}: install {package}"
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason}. Under CI=true nothing is skipped.")
    pytest.skip(reason)
