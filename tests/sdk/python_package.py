"""The Python SDK as its users get it: its wheel in an environment of its own, once for all tests of a run.

That is one of the Python of the tests, or with `--pythons` one of every Python that is found.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path

from msgspec import Struct

from tests.sdk.shared import done_once

__all__ = ["SDK", "Interpreter", "found", "install_wheel", "of_tests", "run"]

ROOT = Path(__file__).parent.parent.parent
SDK = ROOT / "sdks" / "python"
DESCRIBED = tomllib.loads((SDK / "pyproject.toml").read_text("utf-8"))["project"]
VERSIONS = [each.rpartition(" ")[2] for each in DESCRIBED["classifiers"] if ":: Python :: 3." in each]
"""The versions that the SDK names, the oldest first: 3.9 and so on."""
(HTTPX,) = DESCRIBED["dependencies"]
EXTRAS = [each for extra in DESCRIBED["optional-dependencies"].values() for each in extra]
OLDEST_HTTPX = HTTPX.replace(">=", "==").partition(",")[0]


class Interpreter(Struct, frozen=True):
    """A Python to try the SDK on, or an environment that has it installed."""

    executable: Path
    version: str
    """The version that types are checked for: 3.9."""
    fetched: tuple[str, ...] = ()
    """What the package index gives for it; where that is nothing, it borrows all from the tests' own."""

    @property
    def name(self) -> str:
        """What tests call it."""
        httpx = "".join(f", {each}" for each in self.fetched if each == OLDEST_HTTPX)
        return f"{self.version}{httpx}" if self.fetched else "of the tests"


def of_tests() -> Interpreter:
    """Return the Python that runs this, which checks types for the oldest one."""
    return Interpreter(Path(sys.executable), VERSIONS[0])


def found() -> list[Interpreter]:
    """Return a Python of each version that the SDK names, and the oldest once more with the oldest httpx.

    They are looked for on the path and, under PYENV_ROOT or ~/.pyenv, where pyenv keeps them.
    """
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    here: list[Interpreter] = []
    for version in VERSIONS:
        kept = sorted(pyenv.glob(f"versions/{version}.*/bin/python"))
        named = shutil.which(f"python{version}")
        for candidate in [*kept, *([Path(named)] if named else [])]:
            if _version(candidate) == version:
                here.append(Interpreter(candidate, version, ("pytest", "mypy", *EXTRAS, HTTPX)))
                break
    if not here:
        raise LookupError(
            f"Expected one of Python {', '.join(VERSIONS)} on the path or in {pyenv}; found none."
        )
    oldest = here[0]
    return [Interpreter(oldest.executable, oldest.version, ("pytest", "mypy", *EXTRAS, OLDEST_HTTPX)), *here]


def _version(executable: Path) -> str:
    """Return what version an executable is; nothing where it does not run, as a shim of pyenv may not."""
    told = "import sys; print('%d.%d' % sys.version_info[:2])"
    done = subprocess.run([executable, "-c", told], capture_output=True, text=True, check=False)
    return done.stdout.strip()


def install_wheel(shared: Path, python: Interpreter) -> Interpreter:
    """Install the SDK's wheel below a folder that all processes share; the first one does it."""
    folder = shared / "python" / python.name.replace(" ", "-")
    executable = folder / "venv" / "bin" / "python"
    with done_once(folder) as first:
        if first:
            _make(folder, executable, python)
    return Interpreter(executable, python.version, python.fetched)


def _make(folder: Path, executable: Path, python: Interpreter) -> None:
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-qq"]
    offline = ["--no-index", "--no-deps"]
    run(*pip, "wheel", *offline, "--no-build-isolation", "--wheel-dir", folder, SDK)
    (wheel,) = folder.glob("agenticrag_client-*.whl")
    run(python.executable, "-m", "venv", "--without-pip", folder / "venv")
    install = [*pip, "--python", executable, "install"]
    if python.fetched:
        run(*install, wheel, *python.fetched)
        return
    run(*install, *offline, wheel)
    (packages,) = (folder / "venv").glob("lib/*/site-packages")
    (packages / "tests.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")


def run(*command: str | Path, cwd: Path = ROOT, **environment: str) -> str:
    """Run a command and return what it prints; an assertion shows it where the command fails."""
    done = subprocess.run(
        [*map(str, command)],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout
