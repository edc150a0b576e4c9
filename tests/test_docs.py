"""What the README and the docs say is done here, command by command and snippet by snippet."""

import importlib
import importlib.util
import json
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from msgspec import Struct

import graphs.expressions.__main__ as expressions
from graphs.checks.check import read_flow
from graphs.document.flow import GraphDefinition
from graphs.node.node import Node
from graphs.testing.driver import run_flow
from graphs.tool.tool_type import ToolContext, ToolError
from graphs.toolbox.python_tools import load_tools
from graphs.toolbox.toolbox import Toolbox
from graphs.tools import read_tool
from server.cli import main
from server.reference.reference_pages import PAGES
from server.settings.sources import describe_settings, load_settings
from tests.commands import quick_agenticrag
from tests.plain_words import private_words

ROOT = Path(__file__).parent.parent
DOCS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/*.md")])
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
SAVED = re.compile(r"^Save this as `([\w.-]+)`:\n\n```\w+\n(.*?)^```", re.MULTILINE | re.DOTALL)
"""A file that a page tells its reader to write: its name and its content."""


def blocks(language: str) -> Iterator[tuple[str, str]]:
    """Yield file and text of every fenced block in a language."""
    for file in DOCS:
        for kind, text in FENCE.findall(file.read_text("utf-8")):
            if kind == language:
                yield str(file.relative_to(ROOT)), text


def snippet(page: str) -> str:
    """Return the one Python block of a page."""
    (source,) = [text for file, text in blocks("python") if file == page]
    return source


def consoles() -> list[tuple[str, list[str]]]:
    """Return the commands of each page that has a console block, in order."""
    pages: dict[str, list[str]] = {}
    for file, text in blocks("console"):
        pages.setdefault(file, []).extend(line[2:] for line in text.splitlines() if line.startswith("$ "))
    return list(pages.items())


@pytest.fixture(scope="module")
def agenticrag(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The command, in a folder of its own."""
    with quick_agenticrag(tmp_path_factory.mktemp("bin")) as command:
        yield command


@pytest.mark.parametrize(
    ("file", "commands"), consoles(), ids=lambda value: value if isinstance(value, str) else ""
)
def test_the_commands_of_a_page_work_one_after_the_other(
    file: str, commands: list[str], agenticrag: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    for name, content in SAVED.findall((ROOT / file).read_text("utf-8")):
        (tmp_path / name).write_text(content, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OLLAMA_BASE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AGENTICRAG_DEFAULT_PROVIDER", "demo")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    for command in commands:
        done = subprocess.run(
            ["/bin/sh", "-c", f'PATH="{agenticrag.parent}:$PATH"; {command}'],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{file}: {command}\n{done.stdout}{done.stderr}"


def test_the_commands_that_run_and_test_are_targets_of_make() -> None:
    commands = [line for file, text in blocks("sh") if file != "README.ko.md" for line in text.splitlines()]
    assert commands == ["make run", "make test"]
    mentioned = set(re.findall(r"`make (\w+)", "".join(file.read_text("utf-8") for file in DOCS)))
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert mentioned <= targets


def test_ci_runs_the_command_that_the_readme_names_for_tests() -> None:
    steps = [
        line for line in (ROOT / ".ci" / "run").read_text("utf-8").splitlines() if line.startswith("make ")
    ]
    assert steps == ["make test"]


async def test_the_node_type_of_the_readme_works_as_it_stands(tmp_path: Path) -> None:
    source = snippet("README.md")
    file = tmp_path / "shout.py"
    file.write_text(source, encoding="utf-8")
    spec = importlib.util.spec_from_file_location("shout", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    kind: type[Node] = module.Shout
    (example,) = kind.examples
    definition = msgspec.convert(
        {
            "nodes": [
                {"id": "start", "type": "start"},
                {"id": "shout", "type": "shout", "data": example.data},
                {"id": "end", "type": "end"},
            ],
            "edges": [
                {"id": "a", "source": "start", "target": "shout"},
                {"id": "b", "source": "shout", "target": "end"},
            ],
        },
        GraphDefinition,
    )

    def decode(type: str, data: dict[str, object]) -> Node:
        from graphs.nodes import decode_node

        return msgspec.convert(data, kind) if type == "shout" else decode_node(type, data)

    flow = read_flow(definition, name="shout", type="agentflow", decode=decode)
    ran = await run_flow(flow, variables=example.variables)
    assert ran.result.output["output"] == example.output


def test_the_node_type_of_the_readme_is_in_the_style_of_the_house(tmp_path: Path) -> None:
    source = snippet("README.md")
    file = tmp_path / "shout.py"
    file.write_text(source, encoding="utf-8")
    ruff = [sys.executable, "-m", "ruff"]
    settings = ["--config", str(ROOT / "pyproject.toml"), str(file)]
    subprocess.run([*ruff, "check", "--no-cache", *settings], check=True)
    subprocess.run([*ruff, "format", "--check", "--no-cache", *settings], check=True)


async def test_the_tools_of_the_docs_work_as_they_stand(tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(snippet("docs/tools.md"), encoding="utf-8")
    loaded = load_tools(str(tmp_path))
    assert loaded.faults == ()
    status = read_tool("order_status", loaded.kinds)
    given = ToolContext(
        execution_id="e", session_id="s", node="n", idempotency_key="once", egress=Toolbox().egress
    )
    assert status.parameters()["required"] == ["number"]
    assert await status.run({"number": 17}, given) == {"order": "17", "status": "on its way"}
    with pytest.raises(ToolError, match="no order 3"):
        await status.run({"number": 3}, given)
    refund = read_tool("refund", loaded.kinds)
    assert (refund.approval, refund.repeatable) == (True, False)
    paid = "2.50 paid back for order 17 (once)."
    assert await refund.run({"number": 17, "amount": 2.5}, given) == paid


def test_the_settings_file_of_the_docs_is_taken(tmp_path: Path) -> None:
    files = [text for _, text in blocks("toml")]
    assert files
    for text in files:
        (tmp_path / "agenticrag.toml").write_text(text, encoding="utf-8")
        settings = load_settings({}, directory=tmp_path)
        for name, value in tomllib.loads(text).items():
            assert getattr(settings, name) == value


def test_json_of_the_docs_is_json() -> None:
    for file, text in blocks("json"):
        assert json.loads(text) is not None, file


def test_the_page_about_expressions_is_up_to_date() -> None:
    assert (ROOT / "docs" / expressions.FILE).read_text("utf-8") == expressions.page(), "make docs"


@pytest.mark.parametrize("name", PAGES)
def test_a_page_that_is_written_from_the_code_is_up_to_date(name: str) -> None:
    assert (ROOT / "docs" / name).read_text("utf-8") == PAGES[name](), "make docs"


def test_every_command_is_on_the_page_about_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["keys", "--bogus"])
    capsys.readouterr()
    page = (ROOT / "docs" / "cli.md").read_text("utf-8")
    for group, parts in {
        "flow": ("check", "run", "draw", "import", "export"),
        "keys": ("create", "list", "revoke"),
        "db": ("upgrade", "current"),
        "models": ("install", "list"),
    }.items():
        assert [part for part in parts if f"### agenticrag {group} {part}\n" not in page] == []


def test_pages_use_standard_terms() -> None:
    exempt = {
        "CHANGELOG.md",
        "architecture.md",
        "durability-results.md",
        "threats.md",
        "sdk-python.md",
        "sdk-typescript.md",
    }
    found = {
        str(file.relative_to(ROOT)): words
        for file in DOCS
        if file.name not in exempt and file.parent.name != "decisions"
        if (words := list(private_words(file.read_text("utf-8"))))
    }
    assert found == {}


def test_every_page_is_listed_on_the_start_page() -> None:
    start = (ROOT / "docs" / "README.md").read_text("utf-8")
    pages = [file.name for file in sorted((ROOT / "docs").glob("*.md")) if file.name != "README.md"]
    assert [name for name in pages if f"]({name})" not in start] == []


def _taken_objects(kind: type[Struct] = Struct) -> Iterator[type[Struct]]:
    """Yield the Structs of the product that refuse unknown fields: what others send."""
    for below in kind.__subclasses__():
        yield from _taken_objects(below)
        ours = below.__module__.partition(".")[0] in ("graphs", "server")
        if ours and below.__struct_config__.forbid_unknown_fields and below.__struct_fields__:
            yield below


def test_every_field_that_can_be_sent_is_on_a_page() -> None:
    importlib.import_module("server.app")  # with every route
    importlib.import_module("server.sockets.commands")
    described = {
        name: (ROOT / "docs" / name).read_text("utf-8")
        for name in ("fields.md", "nodes.md", "error-handling.md")
    }
    described["settings.md"] = "".join(f"`{one.name}`" for one in describe_settings())
    for name in ("websockets.md", "tools.md", "mcp.md", "mcp-server.md"):
        described[name] = (ROOT / "docs" / name).read_text("utf-8")
    lacking: list[str] = []
    for kind in _taken_objects():
        module = kind.__module__
        if module.startswith(
            ("server.serving", "graphs.conversation.citations", "graphs.tools", "graphs.tool.")
        ):
            continue  # what processes tell each other, and what tools take: `GET /tools` has their schemas
        if module.startswith(("graphs.toolbox", "graphs.server_nodes")) or kind.__name__.endswith("View"):
            continue  # made of an operator's functions or by the server, and what is given, not taken
        heading = f"\n## {kind.__name__}\n"
        if heading in described["fields.md"] and not module.startswith("graphs.nodes"):
            text = described["fields.md"].split(heading)[1].split("\n## ")[0]
        elif module.startswith("server.settings"):
            text = described["settings.md"]
        elif module.startswith("server.mcp"):
            text = described["mcp.md"]
        elif module.startswith("server.oauth"):
            text = (ROOT / "docs" / "credentials.md").read_text("utf-8")
        elif module.startswith("server.protocols.mcp"):
            text = described["mcp-server.md"]
        elif module.startswith("server.sockets"):
            text = described["websockets.md"]
        else:
            text = described["nodes.md"] + described["error-handling.md"] + described["fields.md"]
        lacking += [
            f"{module}.{kind.__name__}.{field}"
            for field in kind.__struct_encode_fields__
            if f"`{field}`" not in text and f'"{field}"' not in text
        ]
    assert lacking == []


def test_no_table_of_a_page_has_a_row_twice() -> None:
    for file in DOCS:
        if "decisions" in file.parts or file.name in ("nodes.md", "fields.md"):
            continue  # fields of one name belong to different objects there
        for table in re.findall(r"(?:^\|.*\n)+", file.read_text("utf-8"), re.MULTILINE):
            first = [row.split("|")[1].strip() for row in table.splitlines()[2:]]
            names = [cell for cell in first if cell.startswith("`")]
            twice = {name for name in names if names.count(name) > 1}
            assert not twice, f"{file.name}: {twice}"


def test_links_between_pages_lead_somewhere() -> None:
    wrong = [
        f"{file.relative_to(ROOT)}: {target}"
        for file in DOCS
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", file.read_text("utf-8"))
        if "://" not in target and not (file.parent / target).exists()
    ]
    assert wrong == []


def test_no_page_names_a_place_of_one_machine() -> None:
    places = re.compile(r"(?<![\w.])/(work|tmp|root|home)/")
    assert [str(file) for file in DOCS if places.search(file.read_text("utf-8"))] == []


def test_every_decision_has_its_four_parts() -> None:
    for file in sorted((ROOT / "docs" / "decisions").glob("*.md")):
        text = file.read_text("utf-8")
        assert re.fullmatch(r"\d{4}-[a-z0-9-]+\.md", file.name)
        assert text.startswith(f"# {file.name[:4]} ")
        assert [
            part for part in ("Context", "Options", "Choice", "Consequences") if f"\n## {part}\n" not in text
        ] == []


def test_the_korean_readme_is_in_step_with_the_english_one() -> None:
    english, korean = ((ROOT / name).read_text("utf-8") for name in ("README.md", "README.ko.md"))
    assert FENCE.findall(korean) == FENCE.findall(english), "commands and snippets are the same, word by word"
    headings = re.compile(r"^(#+) ", re.MULTILINE)
    outside = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
    assert headings.findall(outside.sub("", korean)) == headings.findall(outside.sub("", english))
    table = re.compile(r"^\|.*\d\.\d\d.*\|$", re.MULTILINE)
    assert table.findall(korean) == table.findall(english), "the figures of the benchmark"
    links = re.compile(r"\]\((docs/[\w.-]+|examples/[\w.-]+)")
    named = english.partition("## Where things are")[0]
    assert {*links.findall(named)} <= {*links.findall(korean)}, "it leads to the same pages"
