"""The Python SDK: printed, checked, built, installed into an environment of its own, and used."""

import ast
import json
import os
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from server.openapi import document
from tests.server.conftest import Running

ROOT = Path(__file__).parent.parent.parent
SDK = ROOT / "sdks" / "python"
TOUR = Path(__file__).parent / "python_tour.py"


def run(*command: str | Path, cwd: Path = ROOT) -> str:
    """Run a command and return what it prints."""
    done = subprocess.run([*map(str, command)], cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter that has the SDK's wheel, and of ours only what lies beside httpx."""
    folder = tmp_path_factory.mktemp("installed")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-qq"]
    offline = ["--no-index", "--no-deps"]
    run(*pip, "wheel", *offline, "--no-build-isolation", "--wheel-dir", folder, SDK)
    (wheel,) = folder.glob("agenticrag_client-*.whl")
    run(sys.executable, "-m", "venv", "--without-pip", folder / "venv")
    interpreter = folder / "venv" / "bin" / "python"
    run(*pip, "--python", interpreter, "install", *offline, wheel)
    (packages,) = (folder / "venv").glob("lib/*/site-packages")
    (packages / "httpx.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    return interpreter


def test_the_wheel_makes_every_call_of_the_document(python: Path, server: Running, key: str) -> None:
    printed = subprocess.run(
        [python, "-W", "error", TOUR, server.url, key],
        cwd=python.parent,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert printed.returncode == 0, printed.stderr
    asked: list[tuple[str, str]] = json.loads(printed.stdout)
    missing = [
        operation["operationId"]
        for path, item in json.loads(document())["paths"].items()
        for verb, operation in item.items()
        if not any(
            verb == asked_verb.lower() and re.fullmatch(re.sub(r"{\w+}", "[^/]+", path), asked_path)
            for asked_verb, asked_path in asked
        )
    ]
    assert missing == []


def test_its_own_tests_pass() -> None:
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(SDK)}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", SDK],
        cwd=SDK,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_pyright_is_content_with_it_in_its_strictest_mood() -> None:
    pyright = [Path(sys.executable).parent / "pyright", "--pythonpath", sys.executable]
    run(*pyright, "--pythonversion", "3.9", "-p", SDK)


def test_python_39_can_read_it() -> None:
    for file in SDK.rglob("*.py"):
        tree = ast.parse(file.read_text("utf-8"), feature_version=(3, 9))
        imported = [node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
        assert "__future__" in imported or file.name in ("__init__.py", "version.py"), file
