"""Installing locked packages into this environment: only a command does, never a serving process."""

import importlib.util
import shutil
import sys

from server.settings.shipped_files import shipped
from server.terminal import CommandError

__all__ = ["install_command"]


def install_command(requirements: str) -> list[str]:
    """Return the command that installs the packages of a locked file, their hashes checked.

    Args:
        requirements: A file shipped with the code, such as ``requirements/models.txt``.

    Raises:
        CommandError: there is nothing to install packages with.
    """
    exactly = ["--no-deps", "--require-hashes", "--requirement", str(shipped(requirements))]
    if importlib.util.find_spec("pip") is not None:
        return [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", *exactly]
    if (uv := shutil.which("uv")) is not None:
        return [uv, "pip", "install", "--python", sys.executable, *exactly]
    raise CommandError(
        f"Neither pip nor uv is there to install packages with. Run: {sys.executable} -m ensurepip"
    )
