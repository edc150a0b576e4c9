"""Random graphs, sound and broken, against an interpreter that works in another way."""

import asyncio
from collections import Counter
from random import Random
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from langgraph.checkpoint.memory import InMemorySaver
from msgspec.structs import replace

from graphs.check import check, read_flow
from graphs.compile import compile_flow
from graphs.execute import Result, Run, execute
from graphs.findings import FlowError
from graphs.flow import Edge, Flow, GraphDefinition, NodeDocument, Step
from graphs.testing import MemoryRecorder, ScriptedModels
from tests.graphs.flows import Again, Fork, decode, digest

GRAPHS = settings(
    max_examples=300, deadline=None, derandomize=True, database=None, phases=[Phase.explicit, Phase.generate]
)
FEWER = settings(GRAPHS, max_examples=80)
SEEDS = st.randoms(use_true_random=True)


class Drawing:
    """A graph while it is drawn: regions of nodes that only lead forward, loops with a region as body."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.nodes: dict[str, NodeDocument] = {}
        self.edges: list[Edge] = []
        self.exits: dict[str, list[str]] = {}

    def number(self, least: int, most: int) -> int:
        return self.random.randint(least, most)

    def node(self, type: str, outlets: list[str], **data: Any) -> str:
        id = f"{type}{len(self.nodes)}"
        self.nodes[id] = NodeDocument(id=id, type=type, data=data)
        self.exits[id] = outlets
        return id

    def lead(self, source: str, outlet: str, target: str) -> None:
        handle = outlet if len(self.exits[source]) > 1 else None
        self.edges.append(Edge(id=f"e{len(self.edges)}", source=source, source_handle=handle, target=target))

    def exit(self, source: str) -> str:
        choices = [outlet for outlet in self.exits[source] if outlet != "body"]
        return choices[self.number(0, len(choices) - 1)]

    def step(self, depth: int) -> str:
        kind = self.number(0, 9)
        if kind < 5:
            return self.node("work", ["out"], pause=self.number(0, 2))
        if kind < 8 or depth >= 2:
            exits = ["yes", "no", "maybe"][: self.number(2, 3)]
            return self.node("fork", exits, exits=exits)
        loop = self.node("again", ["body", "done"], most=self.number(1, 3))
        body = self.region(depth + 1, self.number(1, 4), (loop, "body"))
        leading = {edge.source for edge in self.edges if edge.source_handle != "body"}
        for id in body:
            if id not in leading or self.number(0, 5) == 0:
                self.lead(id, self.exit(id), loop)
        return loop

    def region(self, depth: int, size: int, entry: tuple[str, str]) -> list[str]:
        """Draw steps that each come after one or more before them, the first after `entry`."""
        drawn: list[str] = []
        for _ in range(size):
            id = self.step(depth)
            before = [drawn[self.number(0, len(drawn) - 1)] for _ in range(self.number(1, 3)) if drawn]
            for source in dict.fromkeys(before):
                self.lead(source, self.exit(source), id)
            if not before or self.number(0, 4) == 0:
                self.lead(*entry, id)
            drawn.append(id)
        return drawn

    def draw(self) -> GraphDefinition:
        begin = self.node("begin", ["out"])
        steps = self.region(0, self.number(1, 7), (begin, "out"))
        ends = [self.node("finish", []) for _ in range(self.number(1, 2))]
        leading = {edge.source for edge in self.edges if edge.source_handle != "body"}
        for id in steps:
            if id not in leading:
                self.lead(id, self.exit(id), ends[self.number(0, len(ends) - 1)])
        for end in ends:
            self.lead(steps[-1], self.exit(steps[-1]), end)
        return GraphDefinition(nodes=list(self.nodes.values()), edges=self.edges)


def sound(random: Random) -> GraphDefinition:
    return Drawing(random).draw()


def perhaps_broken(random: Random) -> GraphDefinition:
    """A sound graph with some accidents."""
    definition = sound(random)
    nodes, edges = list(definition.nodes), list(definition.edges)
    ids = [*(node.id for node in nodes), "nowhere"]
    for number in range(random.randint(1, 2)):
        at = random.randrange(len(edges))
        match random.randint(0, 6):
            case 0 if len(edges) > 1:
                del edges[at]
            case 0 | 1:
                outlet = random.choice([None, None, "yes", "body", "done"])
                source, target = random.choice(ids), random.choice(ids)
                edges.append(Edge(id=f"new{number}", source=source, target=target, source_handle=outlet))
            case 2:
                edges[at] = replace(edges[at], target=random.choice(ids))
            case 3:
                edges[at] = replace(edges[at], source_handle=random.choice([None, "no", "done", "x"]))
            case 4 if len(nodes) > 2:
                del nodes[random.randrange(len(nodes))]
            case 5:
                nodes.append(NodeDocument(id=random.choice(["more", *ids]), type="work"))
            case _:
                nodes.append(NodeDocument(id=f"more{number}", type=random.choice(["begin", "finish"])))
    return GraphDefinition(nodes=nodes, edges=edges)


class Interpreter:
    """Runs a flow region by region: a step runs if an edge before it is live, in an order that suits."""

    def __init__(self, flow: Flow) -> None:
        self.nodes = {step.id: step.node for step in flow.steps}
        self.edges = flow.edges
        self.outputs: dict[str, Any] = {}
        self.ran: Counter[str] = Counter()
        self.skipped: Counter[str] = Counter()
        self.bodies = {id: self.body(id) for id, node in self.nodes.items() if isinstance(node, Again)}

    def outlet(self, edge: Edge) -> str:
        return edge.source_handle or self.nodes[edge.source].outlets()[0]

    def body(self, loop: str) -> set[str]:
        inside: set[str] = set()
        new = {edge.target for edge in self.edges if edge.source == loop and self.outlet(edge) == "body"}
        while new:
            inside |= new
            new = {edge.target for edge in self.edges if edge.source in inside} - inside - {loop}
        return inside

    def run(self, input: dict[str, Any]) -> None:
        start = next(id for id in self.nodes if id.startswith("begin"))
        self.outputs[start] = input
        self.ran[start] += 1
        self.region(set(self.nodes) - {start}, {start: "out"}, None)

    def region(self, inside: set[str], left: dict[str, str], turn: int | None) -> dict[str, str]:
        """Run the steps of a region, loops with their bodies as one step; return who left by which outlet."""
        nested = set[str]().union(*(self.bodies[id] for id in inside if id in self.bodies))
        todo = [id for id in self.nodes if id in inside - nested]
        entered, settled = dict(left), set(left)
        while todo:
            for id in todo:
                coming = [
                    edge
                    for edge in self.edges
                    if edge.target == id and edge.source not in self.bodies.get(id, ())
                ]
                if all(edge.source in settled for edge in coming):
                    break
            else:
                raise AssertionError(f"stuck at {todo}")
            todo.remove(id)
            settled.add(id)
            live = {edge.source for edge in coming if entered.get(edge.source) == self.outlet(edge)}
            if live:
                self.ran[id] += 1
                entered[id] = self.step(id, live, turn)
            else:
                self.skipped[id] += 1
        return entered

    def step(self, id: str, live: set[str], turn: int | None) -> str:
        node = self.nodes[id]
        word = digest(id, sorted((source, self.outputs[source]) for source in live), turn)
        match node:
            case Fork():
                self.outputs[id] = word
                return node.exits[int(word, 16) % len(node.exits)]
            case Again():
                trail = [word]
                self.outputs[id] = digest(trail)
                for inner in range(int(word, 16) % (node.most + 1)):
                    left = self.region(self.bodies[id], {id: "body"}, inner)
                    back = {
                        edge.source
                        for edge in self.edges
                        if edge.target == id and edge.source in self.bodies[id]
                        if left.get(edge.source) == self.outlet(edge)
                    }
                    self.ran[id] += 1
                    trail.append(digest(sorted((source, self.outputs[source]) for source in back)))
                    self.outputs[id] = digest(trail)
                return "done"
            case _ if node.ends:
                self.outputs[id] = {source: self.outputs[source] for source in live}
                return ""
            case _:
                self.outputs[id] = word
                return "out"


def is_sound(definition: GraphDefinition) -> bool:
    """Judge a graph by the definition of soundness, however slowly."""
    ids = [node.id for node in definition.nodes]
    edges = definition.edges
    if len(set(ids)) < len(ids) or len({edge.id for edge in edges}) < len(edges):
        return False
    nodes = {node.id: decode(node.type, node.data) for node in definition.nodes}
    starts = [id for id, node in nodes.items() if node.starts]
    if len(starts) != 1 or not any(node.ends for node in nodes.values()):
        return False
    left: list[tuple[str, str, str]] = []
    for edge in edges:
        if edge.source not in nodes or edge.target not in nodes or edge.source == edge.target:
            return False
        outlets = nodes[edge.source].outlets()
        outlet = edge.source_handle or (outlets[0] if len(outlets) == 1 else None)
        if outlet is None or outlet not in outlets or nodes[edge.target].starts:
            return False
        left.append((edge.source, outlet, edge.target))

    def closure(sources: set[str], without: str, ways: list[tuple[str, str]]) -> set[str]:
        found = set(sources)
        while more := {b for a, b in ways if a in found and a != without} - found:
            found |= more
        return found

    ways = [(a, b) for a, _, b in left]
    reached = closure({starts[0]}, "", ways)
    if reached != set(nodes) or not any(nodes[id].ends for id in reached):
        return False
    back: set[tuple[str, str]] = set()
    for loop in (id for id, node in nodes.items() if node.loops):
        first = {b for a, outlet, b in left if a == loop and outlet == "body"}
        body = closure(first, loop, ways) - {loop}
        home = closure({loop}, "", [(b, a) for a, b in ways if a in body])
        if not body or not body <= home:
            return False
        if any(b in body and a not in body and (a, outlet) != (loop, "body") for a, outlet, b in left):
            return False
        back |= {(a, loop) for a in body}
    forward = [(a, b) for a, b in ways if (a, b) not in back]
    return not any((id, id) in _transitive(forward, id) for id in nodes)


def _transitive(ways: list[tuple[str, str]], source: str) -> set[tuple[str, str]]:
    found = {b for a, b in ways if a == source}
    while more := {b for a, b in ways if a in found} - found:
        found |= more
    return {(source, id) for id in found}


def run(flow: Flow) -> tuple[Result, MemoryRecorder]:
    recorder = MemoryRecorder()
    compiled = compile_flow(flow)
    given = Run(execution_id="x", thread_id="t", input={"n": 1})
    return asyncio.run(execute(compiled, given, recorder, ScriptedModels())), recorder


def counted(recorder: MemoryRecorder, type: Any) -> Counter[str]:
    return Counter(event.node for event in recorder.of(type))


def last_outputs(recorder: MemoryRecorder) -> dict[str, Any]:
    return {event.node: event.data["output"] for event in recorder.of("node.completed")}


def expected_outputs(flow: Flow) -> Interpreter:
    interpreter = Interpreter(flow)
    interpreter.run({"n": 1})
    for step in flow.steps:
        output = interpreter.outputs.get(step.id)
        if step.node.ends and output is not None and len(output) == 1:
            interpreter.outputs[step.id] = next(iter(output.values()))
    return interpreter


@GRAPHS
@given(SEEDS)
def test_a_random_flow_runs_as_the_interpreter_says_and_twice_the_same(random: Random) -> None:
    definition = sound(random)
    assert [f for f in check(definition, decode=decode) if f.severity == "error"] == []
    flow = read_flow(definition, name="random", type="agentflow", decode=decode)
    expected = expected_outputs(flow)
    result, recorder = run(flow)
    assert result.status == "completed"
    assert counted(recorder, "node.completed") == expected.ran
    assert counted(recorder, "node.skipped") == expected.skipped
    assert last_outputs(recorder) == expected.outputs
    assert run(flow)[1].trace() == recorder.trace()


@GRAPHS
@given(SEEDS)
def test_check_compiler_and_run_agree_on_what_is_broken(random: Random) -> None:
    definition = perhaps_broken(random)
    errors = [finding for finding in check(definition, decode=decode) if finding.severity == "error"]
    assert (errors == []) == is_sound(definition), errors
    steps = {node.id: Step(node.id, decode(node.type, node.data)) for node in definition.nodes}
    unique = len(steps) == len(definition.nodes)
    flow = Flow(
        name="f", type="agentflow", steps=tuple(steps.values()), edges=tuple(definition.edges), fingerprint=""
    )
    if errors:
        assert all(finding.message and finding.code for finding in errors)
        if unique:
            with pytest.raises(FlowError):
                compile_flow(flow)
        return
    expected = expected_outputs(flow)
    result, recorder = run(flow)
    assert result.status == "completed"
    assert counted(recorder, "node.completed") == expected.ran
    assert last_outputs(recorder) == expected.outputs


@FEWER
@given(SEEDS)
def test_a_random_flow_cut_off_anywhere_and_resumed_gives_the_same(random: Random) -> None:
    definition, cut = sound(random), random.randint(1, 40)
    flow = read_flow(definition, name="random", type="agentflow", decode=decode)
    expected = expected_outputs(flow)

    async def cut_off_and_resume() -> tuple[Result, MemoryRecorder, int]:
        compiled = compile_flow(flow, checkpointer=InMemorySaver())
        before = _CutOff("x", cut)
        given = Run(execution_id="x", thread_id="t", input={"n": 1})
        before.task = asyncio.create_task(execute(compiled, given, before, ScriptedModels()))
        await asyncio.wait([before.task])
        if not before.task.cancelled():
            return before.task.result(), before, 0
        after = before.reopened()
        result = await execute(compiled, replace(given, attempt=2), after, ScriptedModels())
        return result, after, len(before.events)

    result, recorder, at = asyncio.run(cut_off_and_resume())
    assert result.status == "completed"
    assert last_outputs(recorder) == expected.outputs
    again = counted(recorder, "node.completed") - expected.ran
    # Only what ran side by side with, or was about to be committed at the cut may run again.
    assert all(count == 1 for count in again.values())
    if again:
        assert at > 0


class _CutOff(MemoryRecorder):
    """Cancels the run at its nth event."""

    def __init__(self, execution_id: str, at: int) -> None:
        super().__init__(execution_id)
        self.task: asyncio.Task[Result] | None = None
        self._at = at

    def emit(self, type: Any, **data: Any) -> None:
        """Emit, then cancel if it is time."""
        super().emit(type, **data)
        if len(self.events) == self._at and self.task is not None:
            self.task.cancel()
