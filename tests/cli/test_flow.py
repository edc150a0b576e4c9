"""`agenticrag flow`: files in, answers out."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import ROOT, Run

CHAT = str(ROOT / "examples" / "support-chat.json")
TRIAGE = str(ROOT / "examples" / "ticket-triage.json")
GREETING: dict[str, Any] = {
    "nodes": [
        {"id": "start", "type": "start"},
        {"id": "greeting", "type": "template", "data": {"template": "Hello {{ input.name }}!"}},
        {"id": "end", "type": "end"},
    ],
    "edges": [
        {"id": "a", "source": "start", "target": "greeting"},
        {"id": "b", "source": "greeting", "target": "end"},
    ],
}
YAML = """\
name: Yes or no
graph_definition:
  nodes:
    - {id: start, type: start}
    - {id: sure, type: condition, data: {expression: input.sure}}
    - {id: agreed, type: template, data: {template: Agreed.}}
    - {id: refused, type: template, data: {template: Refused.}}
    - {id: end, type: end}
  edges:
    - {id: a, source: start, target: sure}
    - {id: b, source: sure, sourceHandle: yes, target: agreed}
    - {id: c, source: sure, sourceHandle: no, target: refused}
    - {id: d, source: agreed, target: end}
    - {id: e, source: refused, target: end}
"""


@pytest.fixture
def greeting(folder: Path) -> str:
    """A file with a bare graph."""
    (folder / "greeting.json").write_text(json.dumps(GREETING))
    return "greeting.json"


@pytest.mark.parametrize("file", sorted(Path(ROOT, "examples").glob("*.json")), ids=lambda file: file.stem)
def test_the_examples_are_sound(run: Run, file: Path) -> None:
    done = run("flow", "check", str(file), "--json")
    assert done.code == 0
    assert json.loads(done.out) | {"name": "", "speaks": []} == {
        "name": "",
        "valid": True,
        "findings": [],
        "speaks": [],
    }


def test_check_names_the_node_and_says_what_to_do(run: Run, folder: Path) -> None:
    broken = json.loads(json.dumps(GREETING))
    broken["nodes"][1]["data"] = {"template": "Hello {{ input.name }"}
    (folder / "broken.json").write_text(json.dumps(broken))
    done = run("flow", "check", "broken.json")
    assert done.code == 1
    assert done.out.startswith("error: Node 'greeting', field 'template':")
    assert "1 error." in done.err
    findings = json.loads(run("flow", "check", "broken.json", "--json").out)["findings"]
    assert [finding["node"] for finding in findings] == ["greeting"]


def test_a_graph_runs_without_a_server_or_a_database(run: Run, folder: Path, greeting: str) -> None:
    done = run("flow", "run", greeting, "--input", '{"name": "Ada"}')
    assert done.code == 0
    assert done.out == "Hello Ada!\n"
    assert not (folder / "data").exists()


def test_a_run_as_json_prints_the_result_alone(run: Run, greeting: str) -> None:
    done = run("flow", "run", greeting, "--input", '{"name": "Ada"}', "--json")
    assert json.loads(done.out) == {
        "status": "completed",
        "output": "Hello Ada!",
        "response": "Hello Ada!",
        "error": None,
        "usage": [],
    }


def test_the_input_may_lie_in_a_file(run: Run, folder: Path, greeting: str) -> None:
    (folder / "input.json").write_text('{"name": "Ada"}')
    assert run("flow", "run", greeting, "--input", "@input.json").out == "Hello Ada!\n"
    assert "cannot be read" in run("flow", "run", greeting, "--input", "@none.json").err


@pytest.mark.parametrize("text", ["{", "[1]", "7"])
def test_an_input_that_is_no_object_is_refused(run: Run, greeting: str, text: str) -> None:
    done = run("flow", "run", greeting, "--input", text)
    assert done.code == 2
    assert "--input must be a JSON object" in done.err


def test_a_run_that_fails_says_where_and_ends_with_1(run: Run, greeting: str) -> None:
    done = run("flow", "run", greeting)
    assert done.code == 1
    assert "✗ greeting" in done.err
    assert "The run ended failed" in done.err


def test_a_chat_streams_its_answer_once(run: Run) -> None:
    done = run("flow", "run", CHAT, "--message", "What is an otter?")
    assert done.code == 0
    assert done.out.count("What is an otter?") == 1
    assert "demo" in done.out
    assert "tokens in" in done.err


def test_the_agentflow_runs_to_its_end_with_the_demo_model(run: Run) -> None:
    done = run("flow", "run", TRIAGE, "--model", "demo/demo", "--json")
    result = json.loads(done.out)
    assert result["status"] == "completed"
    assert result["output"]["topic"] == "billing"
    assert result["output"]["urgent"] is True
    assert result["output"]["questions"] == ["1. Which invoice is it?", "2. How was it paid?"]
    assert "A double charge is refunded" in result["output"]["reply"]
    assert [usage["provider"] for usage in result["usage"]] == ["demo"]


def test_the_agentflow_takes_the_other_ways_too(run: Run) -> None:
    crash = '{"subject": "It crashed", "body": "An error.", "plan": "free", "questions": []}'
    output = json.loads(run("flow", "run", TRIAGE, "--model", "demo/demo", "--json", "--input", crash).out)[
        "output"
    ]
    assert (output["topic"], output["urgent"], output["questions"]) == ("technical", False, [])
    assert "within three days" in output["reply"]
    other = '{"subject": "Opening hours", "body": "When?", "plan": "enterprise"}'
    output = json.loads(run("flow", "run", TRIAGE, "--model", "demo/demo", "--json", "--input", other).out)[
        "output"
    ]
    assert (output["topic"], output["urgent"]) == ("general", True)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ((), "needs a message: --message TEXT"),
        (("--message", "Hi", "--input", '{"city": "Oslo"}'), "no input 'city'"),
        (("--message", "Hi", "--variables", '{"city": "Oslo"}'), "no variable 'city'"),
        (("--message", "Hi", "--input", "{city: 1}"), "--input must be a JSON object"),
        (("--message", "Hi", "--input", "@none.json"), "'none.json', which cannot be read: No such file"),
    ],
)
def test_what_a_chat_does_not_take_is_refused_as_by_the_api(
    run: Run, given: tuple[str, ...], says: str
) -> None:
    done = run("flow", "run", CHAT, "--model", "demo/demo", *given)
    assert done.code in (1, 2)
    assert says in done.err


@pytest.mark.parametrize("model", ["demo", "nobody/model", "demo/"])
def test_a_model_that_cannot_be_named_so_is_refused(run: Run, model: str) -> None:
    done = run("flow", "run", CHAT, "--message", "Hi", "--model", model)
    assert done.code == 2
    assert "PROVIDER/MODEL" in done.err


def test_yaml_keeps_yes_and_no_as_words(run: Run, folder: Path) -> None:
    (folder / "sure.yaml").write_text(YAML)
    assert run("flow", "run", "sure.yaml", "--input", '{"sure": true}').out == "Agreed.\n"
    assert run("flow", "run", "sure.yaml", "--input", '{"sure": false}').out == "Refused.\n"


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.json", "[]", "must hold an object; it holds a list"),
        ("a.json", "{", "cannot be read as a flow"),
        ("a.json", '{"name": "x", "nodez": []}', "nodez"),
        ("a.json", '{"flow_type": "dream"}', "must be chatflow or agentflow"),
        ("a.json", '{"chat_config": {"temperature": "hot"}}', "'chat_config.temperature'"),
        ("a.json", '{"name": "x"}', 'a chat has "flow_type": "chatflow"'),
        ("a.json", "[" * 50_000, "cannot be read as a flow"),
        ("a.yaml", "a: &a [x]\nb: *a\n", "alias"),
        ("a.yaml", "!!python/object/apply:os.getcwd []", "cannot be read as a flow"),
        ("a.yaml", "a: [", "cannot be read as a flow"),
        ("a.yaml", "nodes:\n\t- id: a\n", "(line 2, column 1). Indent with spaces, not with tabs"),
        ("a.json", '{"nodes": [], "egdes": []}', "'egdes'. Did you mean 'edges'?"),
        (
            "a.json",
            '{"nodes": [{"id": "a", "type": "agentFlow", "data": {"name": "startAgentflow", "inputs": {}}}]}',
            "an export of Flowise",
        ),
    ],
)
def test_a_file_that_is_no_flow_is_told_in_a_sentence(
    run: Run, folder: Path, name: str, content: str, told: str
) -> None:
    (folder / name).write_text(content)
    done = run("flow", "check", name)
    assert done.code == 1
    assert told in done.out + done.err
    assert done.err.count("\n") == 1


@pytest.mark.parametrize(
    ("format", "begins"),
    [("mermaid", "flowchart"), ("dot", "digraph"), ("svg", "<svg"), ("json", "{"), ("react-flow", "{")],
)
def test_a_flow_is_drawn(run: Run, format: str, begins: str) -> None:
    done = run("flow", "draw", TRIAGE, "--format", format)
    assert done.code == 0
    assert done.out.startswith(begins)
    assert "Reply" in done.out


def test_a_drawing_goes_to_a_file_in_the_format_of_its_name(run: Run, folder: Path) -> None:
    for name, begins in (
        ("a.png", b"\x89PNG"),
        ("a.svg", b"<svg"),
        ("a.dot", b"digraph"),
        ("a.mmd", b"flow"),
    ):
        assert run("flow", "draw", TRIAGE, "--output", name).code == 0
        assert (folder / name).read_bytes().startswith(begins)


def test_an_import_that_is_only_tried_stores_nothing(run: Run, greeting: str) -> None:
    run("db", "upgrade")
    tried = json.loads(run("flow", "import", greeting, "--dry-run", "--json").out)
    assert (tried["imported"], tried["errors"]) == (False, [])
    assert "There is no flow" in run("flow", "export", "greeting").err


@pytest.mark.parametrize("suffix", ["json", "yaml"])
@pytest.mark.parametrize("file", [CHAT, TRIAGE])
def test_a_flow_that_is_exported_and_imported_is_the_same_flow(
    run: Run, folder: Path, file: str, suffix: str
) -> None:
    run("db", "upgrade")
    first = json.loads(run("flow", "import", file, "--json").out)
    assert first["version"] == 1
    assert run("flow", "export", first["id"], f"copy.{suffix}").code == 0
    second = json.loads(run("flow", "import", f"copy.{suffix}", "--json").out)
    assert second["id"] != first["id"]
    assert second["flow_type"] == first["flow_type"]
    copies = [json.loads(run("flow", "export", each["id"]).out) for each in (first, second)]
    slugs = [copy.pop("slug") for copy in copies]
    assert slugs[1] == f"{slugs[0]}-2"  # one that is taken gets a number
    assert copies[0] == copies[1]


def test_an_import_may_replace_a_flow_by_its_next_version(run: Run, greeting: str) -> None:
    run("db", "upgrade")
    first = json.loads(run("flow", "import", greeting, "--json").out)
    second = json.loads(run("flow", "import", TRIAGE, "--replace", first["id"], "--json").out)
    assert {name: second[name] for name in ("id", "name", "flow_type", "version")} == {
        "id": first["id"],
        "name": "Ticket triage",
        "flow_type": "agentflow",
        "version": 2,
    }
    done = run("flow", "import", CHAT, "--replace", first["id"])
    assert done.code == 1
    assert "There is no chatflow" in done.err


def test_a_flow_with_errors_is_not_imported(run: Run, folder: Path) -> None:
    run("db", "upgrade")
    (folder / "broken.json").write_text(json.dumps({**GREETING, "edges": GREETING["edges"][:1]}))
    done = run("flow", "import", "broken.json")
    assert done.code == 1
    assert "cannot run" in done.err
    assert "There is no flow" in run("flow", "export", "broken").err


def test_a_flow_is_exported_by_its_name_where_that_is_one_flow(run: Run, greeting: str) -> None:
    run("db", "upgrade")
    run("flow", "import", greeting)
    assert json.loads(run("flow", "export", "greeting").out)["name"] == "greeting"
    run("flow", "import", greeting)
    done = run("flow", "export", "greeting")
    assert done.code == 1
    assert "2 flows are named 'greeting'" in done.err


def test_a_flow_with_a_credential_says_that_there_is_none_here(run: Run, folder: Path) -> None:
    flow = json.loads(json.dumps(GREETING))
    asked = {"provider": "openai", "model": "m", "prompt": "Hello", "credential": "shop"}
    flow["nodes"][1] |= {"type": "llm", "data": asked}
    (folder / "asks.json").write_text(json.dumps(flow))
    alone = run("flow", "run", "asks.json")
    assert (alone.code, "There is no credential 'shop'" in alone.err) == (1, True), alone.err
    assert run("flow", "run", "asks.json", "--model", "demo/demo").code == 0


ASKS = {
    "name": "Asks",
    "flow_type": "agentflow",
    "graph_definition": {
        "nodes": [
            {"id": "start", "type": "start"},
            {"id": "ask", "type": "human_approval", "data": {"message": "May it go?", "show": "'Dear Bob'"}},
            {
                "id": "much",
                "type": "human_approval",
                "data": {
                    "mode": "input",
                    "message": "How much?",
                    "schema": {"type": "object", "required": ["n"], "properties": {"n": {"type": "number"}}},
                },
            },
            {
                "id": "end",
                "type": "end",
                "data": {"output": "{{ nodes.ask.value }} {{ nodes.much.value.n }}"},
            },
        ],
        "edges": [
            {"id": "a", "source": "start", "target": "ask"},
            {"id": "b", "source": "ask", "target": "much", "sourceHandle": "approved"},
            {"id": "c", "source": "much", "target": "end", "sourceHandle": "approved"},
        ],
    },
}


@pytest.mark.parametrize(
    ("typed", "output"),
    [
        ('approve\n{"n": 12}\n', "Dear Bob 12"),
        ('hm\nedit Dear Ada\n{"m": 1}\nsubmit {"n": 12}\n', "Dear Ada 12"),
    ],
)
def test_a_question_is_shown_and_its_answer_is_read(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch, typed: str, output: str
) -> None:
    (folder / "asks.json").write_text(json.dumps(ASKS))
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    done = run("flow", "run", "asks.json")
    assert (done.code, done.out) == (0, f"{output}\n")
    assert "May it go?" in done.err
    assert "Dear Bob" in done.err
    assert ("required property" in done.err) == ("hm" in typed)


def test_a_question_that_nobody_answers_says_how_to(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "asks.json").write_text(json.dumps(ASKS))
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    done = run("flow", "run", "asks.json", "--json")
    assert done.code == 1
    assert "echo approve | agenticrag flow run FILE" in done.err


def test_a_flow_becomes_a_langgraph_project_or_each_part_without_an_equal_is_told(
    run: Run, folder: Path
) -> None:
    run("db", "upgrade")
    stored = json.loads(run("flow", "import", TRIAGE, "--json").out)
    model = ("--model", "openai/gpt-4.1-mini")
    assert run("flow", "export", stored["id"], "-f", "langgraph", *model).code == 0
    made = sorted(
        str(path.relative_to(folder / "ticket_triage_flow"))
        for path in (folder / "ticket_triage_flow").rglob("*.*")
    )
    assert {"README.md", "langgraph.json", "pyproject.toml", "ticket_triage_flow/graph.py"} <= {*made}
    again = run("flow", "export", TRIAGE, "-f", "langgraph", *model)
    assert again.code == 1
    assert "is not an empty folder" in again.err
    assert run("flow", "export", TRIAGE, "triage.zip", "-f", "langgraph", *model).code == 0
    assert (folder / "triage.zip").read_bytes().startswith(b"PK")
    refused = run("flow", "export", TRIAGE, "other", "-f", "langgraph", "--model", "demo/demo")
    assert refused.code == 1
    assert "Node 'reply', provider: The model demo/demo" in refused.err
    assert not (folder / "other").exists()
    assert run("flow", "export", stored["id"], "--model", "a/b").code == 2


def test_a_flow_is_read_from_standard_input(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    nodes = [{"id": "s", "type": "start"}, {"id": "e", "type": "end"}]
    bare = {"name": "Mine", "nodes": nodes, "edges": [{"id": "1", "source": "s", "target": "e"}]}
    for arguments, says in (
        (("check", "-"), "'Mine' is sound"),
        (("run", "-"), ""),
        (("draw", "-", "--format", "mermaid"), "flowchart"),
    ):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(json.dumps(bare).encode())))
        done = run("flow", *arguments)
        assert (done.code, says in done.out) == (0, True), done
