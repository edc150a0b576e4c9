"""The Python SDK: printed, checked, built, installed into an environment of its own, and used."""

import ast
import json
import re
import sys
from pathlib import Path

from tests.sdk.python_package import SDK, Interpreter, run
from tests.server.conftest import Running

TOUR = Path(__file__).parent / "python_tour.py"


def test_the_wheel_makes_every_call_of_the_document(
    python: Interpreter, server: Running, key: str, openapi: str
) -> None:
    printed = run(python.executable, "-W", "error", TOUR, server.url, key, cwd=python.executable.parent)
    asked: list[tuple[str, str]] = json.loads(printed)
    missing = [
        operation["operationId"]
        for path, item in json.loads(openapi)["paths"].items()
        for verb, operation in item.items()
        if not any(
            verb == asked_verb.lower() and re.fullmatch(re.sub(r"{\w+}", "[^/]+", path), asked_path)
            for asked_verb, asked_path in asked
        )
    ]
    assert missing == []


def test_its_own_tests_pass(python: Interpreter) -> None:
    pytest = [python.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", SDK / "tests"]
    run(*pytest, cwd=python.executable.parent, PYTEST_DISABLE_PLUGIN_AUTOLOAD="1")


def test_pyright_is_content_with_it_in_its_strictest_mood(python: Interpreter) -> None:
    pyright = [Path(sys.executable).parent / "pyright", "--pythonpath", python.executable]
    run(*pyright, "--pythonversion", python.version, "-p", SDK)


def test_python_39_can_read_it() -> None:
    for file in SDK.rglob("*.py"):
        tree = ast.parse(file.read_text("utf-8"), feature_version=(3, 9))
        imported = [node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
        assert "__future__" in imported or file.name in ("__init__.py", "version.py"), file
