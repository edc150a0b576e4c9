"""`agenticrag extensions`: the examples of the docs as a package and as a file, and broken ones."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.cli.conftest import ROOT

EXAMPLES = ROOT / "examples" / "extensions"
FLOW: dict[str, Any] = {
    "name": "Loud",
    "graph_definition": {
        "nodes": [
            {"id": "start", "type": "start"},
            {"id": "llm", "type": "llm", "data": {"provider": "shout", "model": "louder"}},
            {"id": "count", "type": "word_count", "data": {"text": "{{ nodes.llm }}"}},
            {"id": "back", "type": "tool", "data": {"tool": "reverse_text", "arguments": {"text": "abc"}}},
            {"id": "shout", "type": "shout_text", "data": {"text": "{{ nodes.back }}"}},
            {
                "id": "end",
                "type": "end",
                "data": {"output": "{{ nodes.llm }} {{ nodes.count.words }} {{ nodes.shout }}"},
            },
        ],
        "edges": [
            {"id": str(number), "source": source, "target": target}
            for number, (source, target) in enumerate(
                [("start", "llm"), ("llm", "count"), ("count", "back"), ("back", "shout"), ("shout", "end")]
            )
        ],
    },
}
MAIN = "from server.cli import main; main()"
BOTH = """
import sys
from server.cli import main
for arguments in (["extensions", "check", "--json"], ["flow", "run", sys.argv[1], "-m", "hi you", "--json"]):
    main(arguments)
    print(chr(0), flush=True)
"""


def python(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_package_and_a_file_extend_flows_and_their_examples_are_run(folder: Path) -> None:
    installed = folder / "installed"
    pip = ["-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation", "--no-index", "--target"]
    done = python(*pip, str(installed), str(EXAMPLES / "package"))
    assert done.returncode == 0, done.stderr
    (folder / "flow.json").write_text(json.dumps(FLOW))
    done = python(
        "-c",
        BOTH,
        "flow.json",
        PYTHONPATH=f"{ROOT}{os.pathsep}{installed}",
        AGENTICRAG_EXTENSIONS_DIR=str(EXAMPLES),
    )
    assert done.returncode == 0, done
    checked, ran, _ = done.stdout.split(chr(0))
    found = {(one["kind"], one["name"]): one for one in json.loads(checked)["extensions"]}
    assert {*found} == {
        ("tool", "reverse_text"),
        ("tool", "shout_word"),
        ("node", "word_count"),
        ("node", "shout_text"),
        ("provider", "shout"),
    }
    assert all(example["problem"] == "" for one in found.values() for example in one["examples"])
    assert json.loads(ran)["response"] == "HI YOU! 2 CBA"


BROKEN = {
    "raises.py": ("import nothing_here", "Line 1: ModuleNotFoundError: No module named 'nothing_here'."),
    "syntax.py": ("x = 1\ndef f(:\n", "Line 2: SyntaxError"),
    "exits.py": ("import sys\n\nsys.exit(3)", "Line 3: SystemExit: 3."),
    "empty.py": ("x = 1", "It defines no tool"),
    "taken.py": (
        "from graphs.extend import Node\nclass Mine(Node, frozen=True, kw_only=True, tag='llm'):\n  'Mine.'",
        "There is a node type 'llm' already.",
    ),
    "silent.py": (
        "from graphs.extend import Node\nclass Mine(Node, frozen=True, kw_only=True, tag='mine'):\n  pass",
        "The node 'mine' has no docstring",
    ),
    "outlets.py": (
        "from graphs.extend import Node\nclass Mine(Node, frozen=True, kw_only=True, tag='mine'):\n"
        "  'Mine.'\n  outlets = ('a', 'b')",
        "'outlets' of node type 'mine' must be a method: def outlets(self)",
    ),
    "untyped.py": (
        "from graphs.extend import tool\n@tool()\ndef add(a):\n  'Add.'",
        "Parameter 'a' of 'add' has no annotation",
    ),
    "models.py": (
        "from graphs.extend import provider\n@provider('p', title='P', models=[])\nclass P:\n  'P.'",
        "Provider 'p' has no models",
    ),
}


def test_a_broken_extension_is_named_with_its_reason(folder: Path) -> None:
    for name, (text, _) in BROKEN.items():
        (folder / name.removesuffix(".py")).mkdir()
        (folder / name.removesuffix(".py") / name).write_text(text)
    code = (
        "import sys; from graphs.extensions.loading import load_extensions\n"
        "for folder in sys.argv[1:]:\n"
        " try: print('?', load_extensions(folder))\n"
        " except Exception as error: print(type(error).__name__, str(error).replace(chr(10), ' '))\n"
    )
    said = python("-c", code, *(name.removesuffix(".py") for name in BROKEN)).stdout.splitlines()
    for (name, (_, reason)), line in zip(BROKEN.items(), said, strict=True):
        assert line.startswith(f"ExtensionError The extension '{name}' cannot be used. "), line
        assert reason in line


def test_a_broken_extension_stops_the_start_with_one_sentence(folder: Path) -> None:
    (folder / "own").mkdir()
    (folder / "own" / "good.py").write_text((EXAMPLES / "word_count.py").read_text())
    (folder / "own" / "bad.py").write_text("\n\n1 / 0\n")
    done = python("-c", MAIN, "serve", "--port", "0", AGENTICRAG_EXTENSIONS_DIR="own")
    assert done.returncode == 1
    assert done.stderr == (
        "agenticrag: The extension 'bad.py' cannot be used. Line 3: ZeroDivisionError: division by zero. "
        "Correct it, or remove it.\n"
    )


def test_an_example_that_differs_fails_the_check(folder: Path) -> None:
    (folder / "own").mkdir()
    text = (EXAMPLES / "word_count.py").read_text()
    (folder / "own" / "words.py").write_text(text.replace('output={"words": 3,', 'output={"words": 4,'))
    done = python("-c", MAIN, "extensions", "check", AGENTICRAG_EXTENSIONS_DIR="own")
    assert done.returncode == 1
    assert "1 of 2 extensions failed" in done.stderr
    assert "Expected output {'words': 4, 'long': False}, found {'words': 3, 'long': False}" in " ".join(
        done.stdout.split()
    )


def test_the_page_has_the_examples_as_they_are() -> None:
    page = (ROOT / "docs" / "extensions.md").read_text()
    package = EXAMPLES / "package"
    for file in (EXAMPLES / "word_count.py", package / "pyproject.toml", *package.glob("src/*/__init__.py")):
        assert file.read_text() in page, file
