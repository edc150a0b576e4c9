"""Flows as plain LangGraph projects: they run without us, give the same, and nothing is left out silently."""

import ast
import asyncio
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from graphs.checks.check import read_flow
from graphs.conversation.messages import ToolCall
from graphs.document.flow import Edge, FlowType, GraphDefinition, NodeDocument
from graphs.document.topology import may_run_together, survey
from graphs.export.problems import ExportError, Gaps
from graphs.export.project import export_project
from graphs.export.python_templates import rendered
from graphs.export.python_terms import Reader, Translator
from graphs.export.support import exported_expressions as support
from graphs.export.support_code import Uses
from graphs.expressions import parse, templates
from graphs.testing import Script
from server.flows.flow_files import read_flow_file
from tests.graphs.export.replaying import exported, lanes, record, replay

EXAMPLES = Path(__file__).parents[3] / "examples"
CHATS: list[dict[str, Any]] = [{"message": "What is 17*3?"}, {"message": "Tell me about refunds."}]

GALLERY: Mapping[str, Mapping[str, Any]] = {
    "approve-before-sending": {"resumes": [{"action": "edit", "value": "Dear Ada!", "by": "grace"}]},
    "assistant-with-tools": {"inputs": CHATS},
    "claim-events": {"inputs": [{"message": "A tree fell on my car."}]},
    "classify-and-route": {},
    "debate-and-vote": {"inputs": [{"message": "Shall we move?"}]},
    "map-over-list": {},
    "read-my-files": {"inputs": CHATS},
    "reflection-writer": {"inputs": [{"message": "A toast."}]},
    "research-team": {"inputs": [{"message": "Why is the sky blue?"}]},
    "supervisor-team": {"inputs": [{"message": "Write about otters."}]},
    "support-chat": {"inputs": CHATS},
    "ticket-triage": {},
    "workflows/customer-support": {"inputs": CHATS, "resumes": [{"action": "approve"}]},
    "workflows/deep-researcher": {"inputs": CHATS},
    "workflows/gather-requirements": {"inputs": CHATS},
    "workflows/iterations": {"inputs": CHATS},
    "workflows/login": {"inputs": CHATS},
    "workflows/map-reduce": {
        "inputs": [{"topic": "otters", "count": 2}],
        "answers": ['{"subjects": ["swim", "eat"]}', "One joke.", "Another joke.", '{"number": 1}'],
    },
    "workflows/plan-and-execute": {"inputs": CHATS},
    "workflows/react": {"inputs": CHATS},
    "workflows/reflection": {"inputs": CHATS},
    "workflows/structured-output": {"inputs": CHATS},
    "workflows/supervisor-and-workers": {"inputs": CHATS[:1]},
    "workflows/think-then-answer": {"inputs": CHATS},
    "workflows/three-step-translation": {"inputs": [{"text": "Guten Tag", "language": "English"}]},
    "workflows/translator": {"inputs": CHATS},
    "workflows/whole-book": {"inputs": [{"text": "One. Two. Three."}]},
}
"""Examples that are exported, with what they are run on."""
TEAMS = ("sequential", "adaptive", "dynamic_routing", "swarm_intelligence")
"""Orchestration types that no example has."""
ASKED: Mapping[str, Any] = {"inputs": [{"message": "Write about otters."}]}

REFUSED: Mapping[str, str] = {
    "workflows/agentic-retrieval": "search type, answer sources",
    "workflows/code-assistant": "run tool",
    "workflows/corrective-retrieval": "search type, web tool",
    "workflows/course-from-outline": "lessons expression",
    "workflows/deep-research": "search tool",
    "workflows/handoff": "research tools[0]",
    "workflows/intent-with-image": "image expression, search type, answer sources",
    "workflows/lead-score": "send tool",
    "workflows/mail-with-approval": "send tool",
    "workflows/memory-test": "picture expression, seen template",
    "workflows/read-my-documents": "any expression, sorted expression",
    "workflows/search-master": "search tool, read tool",
    "workflows/sql-agent": "schema tool, run tool",
    "workflows/storm": "answer set.notes",
    "workflows/talk-to-an-api": "agent tools[0]",
    "workflows/translate-json": "walk type, write type",
    "workflows/workplace-chat": "calendar tool, tickets tool, wiki tool",
}
"""Examples that are not, with the node and field of each part that has no equal."""


def read(name: str) -> tuple[GraphDefinition, FlowType, str]:
    """Return an example's graph, its type and its name."""
    found = read_flow_file(EXAMPLES / f"{name}.json")
    return found.definition(), found.flow_type, found.flow.name


def team(orchestration: str, folder: Path) -> tuple[GraphDefinition, FlowType]:
    """Return the supervisor's team as a team of another orchestration type."""
    document = json.loads((EXAMPLES / "supervisor-team.json").read_bytes())
    del document["supervisor_config"]
    path = folder / f"{orchestration}.json"
    path.write_text(json.dumps({**document, "orchestration_type": orchestration}), encoding="utf-8")
    found = read_flow_file(path)
    return found.definition(), found.flow_type


def in_order(ended: list[str], definition: GraphDefinition, type: FlowType) -> list[str]:
    """Return nodes as they ended, with neighbours that run side by side in the order of their names."""
    flow = read_flow(definition, name="order", type=type)
    shape, _ = survey(flow.steps, flow.edges)
    assert shape is not None
    nodes = [*ended]
    for _ in nodes:
        for place in range(len(nodes) - 1):
            one, two = nodes[place : place + 2]
            if one > two and may_run_together(shape, one, two):
                nodes[place : place + 2] = [two, one]
    return nodes


def drawn(nodes: Mapping[str, tuple[str, Mapping[str, Any]]], *edges: str) -> GraphDefinition:
    """Return a graph of nodes by id, and of edges such as ``a.outlet > b``."""
    links: list[Edge] = []
    for number, edge in enumerate(edges):
        source, _, target = edge.partition(" > ")
        id, _, outlet = source.partition(".")
        links.append(Edge(id=f"e{number}", source=id, source_handle=outlet or None, target=target))
    documents = [NodeDocument(id=id, type=type, data=dict(data)) for id, (type, data) in nodes.items()]
    return GraphDefinition(nodes=documents, edges=links)


def test_the_gallery_is_exported_or_refused_as_a_whole() -> None:
    there = {path.stem for path in EXAMPLES.glob("*.json")}
    there |= {f"workflows/{path.stem}" for path in EXAMPLES.glob("workflows/*.json")}
    assert {*GALLERY, *REFUSED} == there


def test_the_gallery_runs_equally_without_us(tmp_path: Path) -> None:
    cases: list[Any] = []
    graphs: list[GraphDefinition] = []
    for name, how in GALLERY.items():
        definition, type, title = read(name)
        more = {"inputs": [{}], **how}
        recorded = asyncio.run(record(definition, type, **more))  # pyright: ignore[reportArgumentType]  # by name
        cases.append((exported(definition, type, title, tmp_path), type, recorded, more))
        graphs.append(definition)
    for title in TEAMS:
        definition, type = team(title, tmp_path)
        recorded = asyncio.run(record(definition, type, **ASKED))
        cases.append((exported(definition, type, title, tmp_path), type, recorded, ASKED))
        graphs.append(definition)
    names = [*GALLERY, *TEAMS]
    ran_cases = zip(names, graphs, cases, replay(tmp_path, cases), strict=True)
    for name, graph, (_, type, recorded, _), ran in ran_cases:
        assert (name, ran.error) == (name, "")
        assert (name, ran.outputs) == (name, recorded.outputs)
        (main, passes), (wanted_main, wanted_passes) = lanes(ran.path), lanes(recorded.path)
        assert (name, passes) == (name, wanted_passes)
        assert (name, in_order(main, graph, type)) == (name, in_order(wanted_main, graph, type))
        wanted = sorted(map(msgspec.json.encode, (one["messages"] for one in recorded.asked)))
        assert (name, sorted(map(msgspec.json.encode, ran.asked))) == (name, wanted)


@pytest.mark.parametrize("name", REFUSED)
def test_a_part_without_an_equal_is_named_and_nothing_is_exported(name: str, tmp_path: Path) -> None:
    definition, type, title = read(name)
    with pytest.raises(ExportError) as refused:
        exported(definition, type, title, tmp_path)
    assert ", ".join(f"{gap.node} {gap.field}" for gap in refused.value.gaps) == REFUSED[name]
    assert not [*tmp_path.iterdir()]


def test_exported_projects_have_no_type_errors(tmp_path: Path) -> None:
    names = (
        "approve-before-sending",
        "assistant-with-tools",
        "claim-events",
        "map-over-list",
        "debate-and-vote",
    )
    folders = [exported(*read(name), tmp_path).name for name in names]
    roots = [{"root": folder} for folder in folders]
    settings = {"typeCheckingMode": "basic", "executionEnvironments": roots}
    (tmp_path / "pyrightconfig.json").write_bytes(msgspec.json.encode(settings))
    ran = subprocess.run(
        [sys.executable, "-m", "pyright", "--pythonpath", sys.executable, "-p", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout


HOSTILE = '"""\n\'\'\'; __import__("os").system("touch hacked") # {}{{x}} \\ \\" \u202e\x00'.replace(
    "\x00", ""
)


def test_hostile_texts_stay_data(tmp_path: Path) -> None:
    odd = ['x"); import os; ("', "class", "state", '"""', "input", "{x}", "build", "text"]
    nodes: dict[str, tuple[str, Mapping[str, Any]]] = {
        "start": ("start", {"label": HOSTILE, "inputs": [{"name": "text", "default": HOSTILE}]}),
        **{
            id: (
                "template",
                {"label": HOSTILE, "template": HOSTILE.replace("{{x}}", "") + "{{ input.text }}"},
            )
            for id in odd
        },
        "kind": (
            "classify",
            {
                "label": '"""',
                "prompt": HOSTILE.replace("{{x}}", "{x}"),
                "classes": [{"name": "yes", "description": HOSTILE}, {"name": "no"}],
            },
        ),
        "all": ("merge", {"separator": HOSTILE}),
        "value": (
            "transform",
            {"expression": {HOSTILE: "nodes.all", "text": msgspec.json.encode(HOSTILE).decode()}},
        ),
        "end": ("end", {}),
    }
    edges = [f"start > {id}" for id in odd] + [f"{id} > all" for id in odd]
    definition = drawn(nodes, *edges, "start > kind", "kind.yes > all", "all > value", "value > end")
    recorded = asyncio.run(record(definition, "agentflow", [{}], answers=['{"choice": "yes"}']))
    project = exported(definition, "agentflow", HOSTILE, tmp_path, HOSTILE)
    assert project.name.isidentifier()
    for path, text in project.files.items():
        assert "\u202e" not in text
        if path.endswith(".py"):
            called = [node.func for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
            assert "__import__" not in [func.id for func in called if isinstance(func, ast.Name)]
    [ran] = replay(tmp_path, [(project, "agentflow", recorded, {"inputs": [{}]})])
    assert ran.error == ""
    assert ran.outputs == recorded.outputs
    assert not [*tmp_path.rglob("hacked"), *Path.cwd().glob("hacked")]


def test_variables_errors_and_rounds_are_equal(tmp_path: Path) -> None:
    counted: Mapping[str, tuple[str, Mapping[str, Any]]] = {
        "start": (
            "start",
            {
                "variables": [
                    {"name": "log", "reducer": "append"},
                    {"name": "sum", "type": "number", "reducer": "add", "scope": "session"},
                    {"name": "most", "reducer": "max"},
                ]
            },
        ),
        "turns": ("loop", {"while": "variables.sum < 4", "max_iterations": 3}),
        "note": (
            "template",
            {"template": "{{ loop.index }}", "set": {"log": "output", "sum": "1", "most": "loop.index"}},
        ),
        "safe": ("transform", {"expression": "input.nothing", "on_error": "continue", "default": "none"}),
        "odd": ("transform", {"expression": "input.nothing", "on_error": "outlet"}),
        "out": (
            "transform",
            {"expression": "{log: variables.log, sum: variables.sum, most: variables.most}"},
        ),
        "end": ("end", {"output": "{{ nodes.out }} {{ nodes.safe }}"}),
    }
    flow = drawn(
        counted,
        *("start > turns", "turns.body > note", "note > turns", "turns.done > safe", "turns.exhausted > out"),
        *("safe > odd", "odd.out > out", "odd.error > out", "out > end"),
    )
    flow = msgspec.structs.replace(
        flow, nodes=[one for one in flow.nodes if one.id != "end"] + [NodeDocument(id="end", type="end")]
    )
    inputs: list[dict[str, Any]] = [{"message": "one"}, {"message": "two"}]
    recorded = asyncio.run(record(flow, "chatflow", inputs))
    project = exported(flow, "chatflow", "Counted", tmp_path)
    [ran] = replay(tmp_path, [(project, "chatflow", recorded, {"inputs": inputs})])
    assert ran.error == ""
    assert ran.outputs == recorded.outputs
    assert lanes(ran.path) == lanes(recorded.path)


def test_updates_side_by_side_are_told_where_their_order_counts() -> None:
    def told(reducer: str, *edges: str) -> list[tuple[str, str]]:
        counted = {
            "start": ("start", {"variables": [{"name": "log", "reducer": reducer}]}),
            **{one: ("template", {"template": one, "set": {"log": "1"}}) for one in ("a", "b")},
            "both": ("merge", {}),
            "end": ("end", {"expression": "variables.log"}),
        }
        flow = drawn(counted, *edges, "both > end")
        project = export_project(flow, name="Ordered", type="agentflow")
        assert all(gap.message in project.files["README.md"] for gap in project.differs)
        return [(gap.node, gap.field) for gap in project.differs]

    beside = ("start > a", "start > b", "a > both", "b > both")
    assert told("append", *beside) == told("last", *beside) == [("b", "set.log")]
    assert told("add", *beside) == told("append", "start > a", "a > b", "b > both") == []


def test_an_agent_that_calls_tools_is_equal(tmp_path: Path) -> None:
    nodes: Mapping[str, tuple[str, Mapping[str, Any]]] = {
        "start": ("start", {}),
        "agent": ("agent", {"prompt": "{{ message }}", "tools": ["calculator"], "max_iterations": 4}),
        "end": ("end", {}),
    }
    flow = drawn(nodes, "start > agent", "agent > end")
    sums = ("0.1 + 0.2", "20 * 3", "round(2 ** 0.5, 3)", "7 % -3")
    answers: Sequence[Any] = [
        Script(
            tool_calls=[
                ToolCall(id=f"c{at}", name="calculator", arguments={"expression": one})
                for at, one in enumerate(sums)
            ]
        ),
        Script(tool_calls=[ToolCall(id="c9", name="calculator", arguments={"expression": "sqrt(16) / 4"})]),
        "Done.",
    ]
    recorded = asyncio.run(record(flow, "agentflow", [{"message": "Count."}], answers=answers))
    project = exported(flow, "agentflow", "Count", tmp_path)
    [ran] = replay(tmp_path, [(project, "agentflow", recorded, {"inputs": [{"message": "Count."}]})])
    assert (ran.error, ran.outputs) == ("", recorded.outputs)


def test_a_model_that_only_the_server_has_is_refused_with_its_remedy() -> None:
    nodes: Mapping[str, tuple[str, Mapping[str, Any]]] = {
        "start": ("start", {}),
        "llm": ("llm", {"provider": "local", "model": "small", "memory": {"type": "summary"}, "min_p": 0.1}),
        "wait": ("merge", {"wait": "any"}),
        "end": ("end", {"expression": "session.id"}),
    }
    flow = drawn(nodes, "start > llm", "llm > wait", "wait > end")
    with pytest.raises(ExportError, match="4 parts of it cannot be said") as refused:
        export_project(flow, name="Odd", type="chatflow")
    told = {(gap.node, gap.field): gap.message for gap in refused.value.gaps}
    assert [*told] == [("llm", "memory"), ("llm", "provider"), ("wait", "wait"), ("end", "expression")]
    assert "export with 'model', such as openai/gpt-4.1-mini" in told["llm", "provider"]
    assert "Set 'wait' to 'all'." in told["wait", "wait"]


def test_what_is_done_otherwise_is_told_in_the_projects_readme() -> None:
    nodes: Mapping[str, tuple[str, Mapping[str, Any]]] = {
        "start": ("start", {}),
        "draft": ("llm", {"provider": "openai", "model": "gpt-4.1-mini", "speaks": False}),
        "agent": (
            "agent",
            {
                "provider": "openai",
                "model": "gpt-4.1-mini",
                "tools": ["calculator"],
                "max_calls_at_once": 2,
                "model_idle_seconds": 5,
            },
        ),
        "ask": ("human_approval", {"audience": "visitor"}),
        "end": ("end", {}),
    }
    edges = ("start > draft", "draft > agent", "agent > ask", "ask.approved > end", "ask.rejected > end")
    project = export_project(drawn(nodes, *edges), name="Otherwise", type="chatflow")
    told = {(gap.node, gap.field) for gap in project.differs}
    assert told >= {
        ("draft", "speaks"),
        ("agent", "max_calls_at_once"),
        ("agent", "model_idle_seconds"),
        ("ask", "audience"),
    }
    assert all(gap.message in project.files["README.md"] for gap in project.differs)


SCOPE: dict[str, Any] = {
    "input": {
        "n": 7,
        "t": "Ada Lovelace",
        "l": [3, 1, 2],
        "o": [{"k": "b", "v": 2}, {"k": "a"}],
        "none": None,
        "e": {},
    },
    "nodes": {"a": {"x": [1, {"y": "z"}]}, "b.c": True},
}
EXPRESSIONS = """
input.n / 2; input.n / 7; -input.n ** 2; (1 + 2) * 3 - 4 % 3; 20%; 1 - (2 - 3); 2 ** -1
not (1 == true); input.t == 'Ada Lovelace' and input.n > 3; input.none or 'x'; 'a' if input.e else 'b'
input.l[1:]; input.l[-1]; nodes.a.x.1.y; nodes['b.c']; nodes.a['x'][0]; default(nodes.q.r, [1])
exists(nodes.a.x); exists(nodes.a.q.z); has_value(input.none); exists(input.none)
default(input.none, nodes.a.x[0]); 1 in input.l; true in [1]; 'x' in nodes.a
[i * 2 for i in input.l if i > 1]; {k: v for k, v in {a: 1, b: 2} if v > 1}
[text for text in ['class', 'a']]; [a + b for a in input.l for b in [10]]; {[input.t]: 1}
join(input.l, '-'); slice(input.t, 0, 3); upper(input.t); length(input.o); first(input.l); last([])
sort(input.l); sort(input.o, 'v', 'desc'); pluck(input.o, 'v', 0); flatten([[1, [2]], 3])
unique([1, 1.0, true, 'a']); merge({a: 1}, {b: 2}); pick(input.o[0], ['k']); keys({a: 1})
omit({a: 1, b: 2}, 'a'); zip([1, 2], ['a', 'b']); enumerate(['x']); range(3); sum(input.l)
average(input.l); min(input.l); max(3, 4); round(2.567, 1); floor(2.5); ceil(2.1); number('3.5')
number('4'); json(input.o); string(input.none) + string(input.l); kind(1)
match('a1b2', '([a-z])([0-9])'); find_all('a1b2', '[0-9]'); get(input, 'o[0].k'); reverse('abc')
chunk([1, 2, 3], 2); title('ada LOVE'); trim(' a '); replace('aa', 'a', 'b'); split('a,b', ',')
starts_with('abc', 'ab'); count([1, true, 1], 1); difference([1, 2], [2]); [1, 2] == [1, 2.0]
nodes['b.c'] == true; input.none == null; input.n != 7; 'L' not in input.t; items({a: 1})
values({a: 1}); integer(2.0); boolean(' No'); boolean('x'); boolean([]); boolean(0.5); boolean('0')
"""
TEMPLATES = (
    'He said "{{ input.t }}" {x} {{ input.none }}{{ input.o }}\n\\n {{ input.l[0] }}',
    "{% for i in input.l if i > 1 %}- {{ i }}\n{% else %}none{% endfor %}|",
    "One\n{% if input.e %}a{% elif input.n %}b{% endif %}\n{% for i in input.l %}{{ i }}{% endfor %}\nend",
    '{{ input.o[0]["k"] }} {{ "{{" }} é 한국어 "{{ input.t + \'"\' }}"\nnext',
)


def test_expressions_and_templates_give_the_same_in_python() -> None:
    sources = [one.strip() for line in EXPRESSIONS.strip().splitlines() for one in line.split(";")]
    uses, gaps = Uses(), Gaps()
    to = Translator(Reader(node="n"), uses, gaps, "field")
    state = {"input": SCOPE["input"], "outputs": SCOPE["nodes"], "variables": {}}
    for source in sources:
        code = to.python(parse(source).term)
        found = eval(code, {**vars(support), "state": state})  # it is our own code that is tested
        wanted = parse(source).evaluate(SCOPE)
        assert (source, found, type(found)) == (source, wanted, type(wanted))
    for source in TEMPLATES:
        found = eval(rendered(source, to, 4), {**vars(support), "state": state})  # as above
        assert found == templates.parse(source).render(SCOPE)
    assert not gaps.refused
