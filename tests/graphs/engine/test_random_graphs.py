"""Random graphs, sound and broken, against an interpreter that works in another way."""

import asyncio
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from random import Random
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from langgraph.checkpoint.memory import InMemorySaver
from msgspec.structs import replace

from graphs.checks.check import check, read_flow
from graphs.checks.field_lookups import lookups
from graphs.document.flow import Edge, Flow, GraphDefinition, NodeDocument, Step
from graphs.engine.compile import CompiledFlow, compile_flow
from graphs.engine.execute import Result, RunOptions, execute
from graphs.node.node import Node
from graphs.nodes import decode_node
from graphs.nodes.loop import Loop
from graphs.nodes.transform import Transform
from graphs.testing import MemoryRecorder, ScriptedModels
from graphs.values.events import CallKey, Event
from graphs.values.findings import FlowError
from tests.fuzzing import cases
from tests.graphs.flows import TYPES, Again, Each, Fan, Fork, Guard, Meet, Trip, definition, digest
from tests.graphs.flows import decode as decode_test_node

GRAPHS = settings(
    max_examples=cases(400),
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
)
FEWER = settings(GRAPHS, max_examples=cases(150, 1 / 3))
SEEDS = st.randoms(use_true_random=True)

VARIABLES: list[dict[str, Any]] = [
    {"name": "log", "reducer": "append"},
    {"name": "names", "reducer": "extend"},
    {"name": "sum", "reducer": "add"},
    {"name": "most", "reducer": "max"},
    {"name": "least", "reducer": "min", "default": 50},
    {"name": "seen", "reducer": "merge"},
]


def decode(type: str, data: Mapping[str, Any]) -> Node:
    """Decode the node types of tests, and real ones."""
    return decode_test_node(type, data) if type in TYPES else decode_node(type, data)


class Drawing:
    """A graph while it is drawn: regions of nodes that lead forward, containers with regions as bodies.

    Args:
        random: Chooses.
        reads: Whether there are nodes that read others by name.
    """

    def __init__(self, random: Random, *, reads: bool = True) -> None:
        self.random = random
        self.reads = reads
        self.nodes: dict[str, NodeDocument] = {}
        self.edges: list[Edge] = []
        self.exits: dict[str, list[str]] = {}
        self.bodies: dict[str, list[str]] = {}

    def number(self, least: int, most: int) -> int:
        return self.random.randint(least, most)

    def node(self, type: str, outlets: list[str], **data: Any) -> str:
        id = f"{type}{len(self.nodes)}"
        if type in ("work", "trip", "meet", "fork") and self.number(0, 3) == 0:
            data["set"] = self.updates(id)
        self.nodes[id] = NodeDocument(id=id, type=type, data=data)
        self.exits[id] = outlets
        return id

    def updates(self, id: str) -> dict[str, str]:
        """Return a node's `set`: what comes of all updates does not depend on who was first."""
        number = self.number(1, 99)
        every = {
            "log": f"'{id}'",
            "names": f"['{id}', '{number}']",
            "sum": str(number),
            "most": str(number),
            "least": str(number),
            "seen": f"{{{id}: {number}}}",
        }
        return {name: every[name] for name in self.random.sample(list(every), self.number(1, 3))}

    def lead(self, source: str, outlet: str, target: str, *, to: str | None = None) -> None:
        handle = outlet if len(self.exits[source]) > 1 else None
        self.edges.append(
            Edge(
                id=f"e{len(self.edges)}",
                source=source,
                source_handle=handle,
                target=target,
                target_handle=to,
            )
        )

    def exit(self, source: str) -> str:
        inside = self.bodies.get(source, ())
        choices = [outlet for outlet in self.exits[source] if outlet not in inside]
        return choices[self.number(0, len(choices) - 1)]

    def step(self, depth: int, guarded: bool) -> str:
        kind = self.number(0, 16)
        if kind > 14:
            return self.loop(depth, guarded) if depth < 2 else self.peek()
        if kind == 0 and self.reads:
            return self.peek()
        if kind < 4:
            return self.node("work", ["out"], pause=self.number(0, 2))
        if kind < 6:
            if guarded and self.number(0, 1):
                return self.node("trip", ["out"])
            return self.node("trip", ["out", "error"], on_error="outlet")
        if kind < 8:
            return self.node("meet", ["out"], wants=self.number(0, 2))
        if kind < 10 or depth >= 2:
            exits = ["yes", "no", "maybe"][: self.number(2, 3)]
            return self.node("fork", exits, exits=exits)
        if kind < 12:
            return self.container(depth, guarded, "again", ["body"], ["done"], most=self.number(1, 3))
        if kind < 13:
            return self.container(depth, guarded, "each", ["body"], ["done"], most=self.number(1, 3))
        if kind < 14:
            branches = ["left", "right"]
            return self.container(depth, guarded, "fan", branches, ["done"], branches=branches)
        return self.container(depth, True, "guard", ["body"], ["catch", "done"])

    def peek(self) -> str:
        """Draw a node that will read others by name: `read` says which."""
        return self.node("transform", ["out"], expression="[]")

    def loop(self, depth: int, guarded: bool) -> str:
        """Draw a loop of the product, by a list, by a condition or by its number of rounds."""
        most = self.number(1, 3)
        match self.number(0, 2):
            case 0:
                data = {"items": f"range({self.number(0, most)})", "max_iterations": most}
                return self.container(depth, guarded, "loop", ["body"], ["done"], **data)
            case 1:
                data = {"max_iterations": most}
                return self.container(depth, guarded, "loop", ["body"], ["done"], **data)
            case _:
                data = {"while": f"loop.index < {self.number(0, most + 1)}", "max_iterations": most}
                ways = ["done", "exhausted"]
                return self.container(depth, guarded, "loop", ["body"], ways, **data)

    def container(
        self, depth: int, guarded: bool, type: str, bodies: list[str], ways: list[str], **data: Any
    ) -> str:
        id = self.node(type, [*bodies, *ways], **data)
        self.bodies[id] = bodies
        for outlet in bodies:
            body = self.region(depth + 1, self.number(1, 4), (id, outlet), guarded)
            leading = self.leading()
            for inner in body:
                if inner not in leading or self.number(0, 5) == 0:
                    breaks = type in ("again", "loop") and self.number(0, 2) == 0
                    self.lead(inner, self.exit(inner), id, to="break" if breaks else None)
        return id

    def leading(self) -> set[str]:
        """Return the steps that lead on to another, be it only in a body's region."""
        return {
            edge.source for edge in self.edges if edge.source_handle not in self.bodies.get(edge.source, ())
        }

    def region(self, depth: int, size: int, entry: tuple[str, str], guarded: bool = False) -> list[str]:
        """Draw steps that each come after one or more before them, the first after `entry`."""
        drawn: list[str] = []
        for _ in range(size):
            id = self.step(depth, guarded)
            before = [drawn[self.number(0, len(drawn) - 1)] for _ in range(self.number(1, 3)) if drawn]
            for source in dict.fromkeys(before):
                self.lead(source, self.exit(source), id)
            if not before or self.number(0, 4) == 0:
                self.lead(*entry, id)
            drawn.append(id)
        return drawn

    def draw(self) -> GraphDefinition:
        begin = self.node("start", ["out"], variables=VARIABLES)
        steps = self.region(0, self.number(1, 7), (begin, "out"))
        ends = [self.node("finish", []) for _ in range(self.number(1, 2))]
        leading = self.leading()
        for id in steps:
            if id not in leading:
                self.lead(id, self.exit(id), ends[self.number(0, len(ends) - 1)])
        for end in ends:
            self.lead(steps[-1], self.exit(steps[-1]), end)
        for id, document in self.nodes.items():
            if document.type == "transform":
                self.read(id)
        return GraphDefinition(nodes=list(self.nodes.values()), edges=self.edges)

    def read(self, id: str) -> None:
        """Let a node read up to four others of which is known in every turn how far they are."""
        order = Order(list(self.nodes.values()), self.edges)
        parts = [f"default(nodes.{other}, 'none')" for other in self.nodes if order.is_known(id, other)]
        if loop := order.around[id]:
            within = [other for other in self.nodes if loop in order.loops_of(other)]
            parts += [f"default(loop.previous.{other}, 'none')" for other in within]
        chosen = self.random.sample(parts, min(len(parts), self.number(0, 4)))
        self.nodes[id] = replace(self.nodes[id], data={"expression": f"[{', '.join(chosen)}]"})


class Order:
    """Which nodes have settled when another one runs, by the edges alone."""

    def __init__(self, nodes: list[NodeDocument], edges: list[Edge]) -> None:
        self.nodes = {node.id: decode(node.type, node.data) for node in nodes}
        self.edges = edges
        self.around: dict[str, str] = dict.fromkeys(self.nodes, "")
        """The innermost container around each, or nothing."""
        bodies = {id: self._body(id, node) for id, node in self.nodes.items() if node.bodies()}
        for container in sorted(bodies, key=lambda id: -len(bodies[id])):
            self.around |= dict.fromkeys(bodies[container], container)
        self.frames = {id for id, node in self.nodes.items() if node.frames}

    def _body(self, container: str, node: Node) -> set[str]:
        entering = [edge for edge in self.edges if edge.source == container]
        inside = set[str]()
        new = {edge.target for edge in entering if edge.source_handle in node.bodies()}
        while new:
            inside |= new
            new = {edge.target for edge in self.edges if edge.source in inside} - inside - {container}
        return inside

    def chain(self, id: str) -> list[str]:
        """Return a node and the containers around it, innermost first."""
        found = [id]
        while container := self.around[found[-1]]:
            found.append(container)
        return found

    def loops_of(self, id: str) -> list[str]:
        """Return the loops around a node whose outputs are seen where the node's are."""
        found: list[str] = []
        for container in self.chain(id)[1:]:
            if container in self.frames:
                break
            found.append(container)
        return found

    def is_known(self, id: str, other: str) -> bool:
        """Say whether a node sees another's output of this turn, or of the last one, whatever the timing."""
        here, there = self.chain(id), self.chain(other)
        common = next((one for one in here if one in there), "")
        mine, others = [chain[chain.index(common) - 1] if common else chain[-1] for chain in (here, there)]
        if common in (id, other) or mine == others:
            return False
        if any(one in self.frames for one in there[1:] if one not in here[1:]):
            return False
        if any(one in self.frames for one in here[1 : here.index(mine) + 1]):
            return others in self.settled(mine)
        return others in self.settled(mine) or mine in self.settled(others)

    def settled(self, id: str) -> set[str]:
        """Return the nodes of its level that have run or were skipped when a node runs."""
        sources = {
            edge.source
            for edge in self.edges
            if edge.target == id and self.around[edge.source] == self.around[id]
        }
        if self.nodes[id].needs():
            return set()
        return sources.union(*(self.settled(source) for source in sources))


def sound(random: Random) -> GraphDefinition:
    return Drawing(random).draw()


def perhaps_broken(random: Random) -> GraphDefinition:
    """A sound graph with some accidents."""
    drawn = Drawing(random, reads=False).draw()
    nodes, edges = list(drawn.nodes), list(drawn.edges)
    ids = [*(node.id for node in nodes), "nowhere"]
    for number in range(random.randint(1, 2)):
        at = random.randrange(len(edges))
        match random.randint(0, 6):
            case 0 if len(edges) > 1:
                del edges[at]
            case 0 | 1:
                outlet = random.choice([None, None, "yes", "body", "done", "left", "catch"])
                source, target = random.choice(ids), random.choice(ids)
                edges.append(Edge(id=f"new{number}", source=source, target=target, source_handle=outlet))
            case 2:
                edges[at] = replace(edges[at], target=random.choice(ids), target_handle=None)
            case 3:
                edges[at] = replace(edges[at], source_handle=random.choice([None, "no", "done", "x"]))
            case 4 if len(nodes) > 2:
                del nodes[random.randrange(len(nodes))]
            case 5:
                nodes.append(NodeDocument(id=random.choice(["more", *ids]), type="work"))
            case _:
                nodes.append(NodeDocument(id=f"more{number}", type=random.choice(["begin", "finish"])))
    return GraphDefinition(nodes=nodes, edges=edges)


Name = tuple[str, str]
"""A node among its containers: the path of its events, and its id."""

GIVEN = RunOptions(execution_id="x", thread_id="t", input={"n": 1})

Joins = dict[Name, set[tuple[tuple[str, ...], str]]]
"""Of joins, the branches that each took, with the word that it gave for what they brought."""


class Tripped(Exception):
    """A node failed."""


class Interpreter:
    """Runs a flow region by region: a step runs if an edge before it is live, in an order that suits.

    Which branches a join with `wants` takes is a matter of time, which it does not know: it is told that, and
    looks whether it can be so.
    """

    def __init__(self, flow: Flow, told: Joins) -> None:
        self.nodes = {step.id: step.node for step in flow.steps}
        self.edges = flow.edges
        self.told = told
        self.met: Joins = {}
        """What it was told and found to be so."""
        self.outputs: dict[Name, Any] = {}
        self.ran: Counter[Name] = Counter()
        self.skipped: Counter[Name] = Counter()
        self.updates: list[tuple[str, str]] = []
        """What was set, as ``(variable, expression)``; not by passes that failed."""
        self.unsure: set[str] = set()
        """Paths in which something failed: what ran beside it may or may not have come to its end."""
        self.bodies = {
            id: {outlet: self.body(id, outlet) for outlet in node.bodies()}
            for id, node in self.nodes.items()
            if node.bodies()
        }

    def outlet(self, edge: Edge) -> str:
        return edge.source_handle or self.nodes[edge.source].outlets()[0]

    def body(self, container: str, outlet: str) -> set[str]:
        inside: set[str] = set()
        new = {e.target for e in self.edges if e.source == container and self.outlet(e) == outlet}
        while new:
            inside |= new
            new = {edge.target for edge in self.edges if edge.source in inside} - inside - {container}
        return inside

    def inside(self, id: str) -> set[str]:
        return set[str]().union(*self.bodies.get(id, {}).values())

    def run(self, input: dict[str, Any]) -> None:
        start = next(id for id, node in self.nodes.items() if node.starts)
        self.outputs["", start] = input
        self.ran["", start] += 1
        whole = Pass(self, "", None, {start: input})
        whole.region(set(self.nodes) - {start}, {start: "out"}, None)
        self.updates = whole.updates


class Pass:
    """One pass through a region: the flow itself, or a body with what it sees of what is around it."""

    def __init__(self, whole: Interpreter, path: str, turn: int | None, outputs: dict[str, Any]) -> None:
        self.whole = whole
        self.path = path
        self.turn = turn
        self.outputs = outputs
        self.updates: list[tuple[str, str]] = []
        self.previous: dict[str, Any] = {}
        """What the innermost loop's last turn left."""

    def region(self, inside: set[str], left: dict[str, str], turn: int | None) -> dict[str, str]:
        """Run the steps of a region, containers with their bodies as one step; return who left by what."""
        whole = self.whole
        nested = set[str]().union(*(whole.inside(id) for id in inside))
        todo = [id for id in whole.nodes if id in inside - nested]
        entered, settled = dict(left), set(left)
        tripped = False
        while todo:
            for id in todo:
                coming = [e for e in whole.edges if e.target == id and e.source not in whole.inside(id)]
                if all(edge.source in settled for edge in coming):
                    break
            else:
                raise AssertionError(f"stuck at {todo}")
            todo.remove(id)
            settled.add(id)
            live = [e.source for e in coming if entered.get(e.source) == whole.outlet(e)]
            if not live:
                whole.skipped[self.path, id] += 1
                for gone in (id, *whole.inside(id)):
                    self.outputs.pop(gone, None)
                continue
            try:
                entered[id] = self.step(id, set(live), turn)
            except Tripped:
                tripped = True
        if tripped:
            whole.unsure.add(self.path)
            raise Tripped
        return entered

    def step(self, id: str, live: set[str], turn: int | None) -> str:
        whole, name = self.whole, (self.path, id)
        node = whole.nodes[id]
        if isinstance(node, Meet):
            live = self.branches(id, node, live, turn)
        word = self.word(id, live, turn)
        whole.ran[name] += 1
        output, outlet = self.work(id, node, word, live, turn)
        self.outputs[id] = whole.outputs[name] = output
        if outlet != "error":
            self.updates += node.set.items()
        return outlet

    def word(self, id: str, live: Iterable[str], turn: int | None) -> str:
        return digest(id, sorted((source, self.outputs[source]) for source in live), turn)

    def branches(self, id: str, node: Meet, live: set[str], turn: int | None) -> set[str]:
        """Return the branches that a join took in this pass.

        A container in a loop is entered by the same path again and again, and where a pass failed the join
        may not have run in it: only its word tells which pass it ran in.
        """
        whole, name = self.whole, (self.path, id)
        wants = min(node.wants or len(live), len(live))
        for took, word in whole.told.get(name, ()):
            if len(took) == wants and live.issuperset(took) and word == self.word(id, took, turn):
                whole.met.setdefault(name, set()).add((took, word))
                return set(took)
        return live

    def work(self, id: str, node: Node, word: str, live: set[str], turn: int | None) -> tuple[Any, str]:
        here = f"{self.path}/{id}" if self.path else id
        match node:
            case Fork():
                return word, node.exits[int(word, 16) % len(node.exits)]
            case Trip() if int(word, 16) % 3 == 0 and node.on_error == "outlet":
                return {"code": "tripped", "message": "It tripped.", "node": id}, "error"
            case Trip() if int(word, 16) % 3 == 0:
                self.whole.ran[self.path, id] -= 1
                raise Tripped
            case Meet():
                listed = list(dict.fromkeys(e.source for e in self.whole.edges if e.target == id))
                return {"from": [source for source in listed if source in live], "word": word}, "out"
            case Again():
                return self.turns(id, node, word), "done"
            case Loop():
                return self.rounds(id, node)
            case Transform():
                read = re.findall(r"default\((nodes|loop.previous)\.(\w+), ", str(node.expression))
                views = {"nodes": self.outputs, "loop.previous": self.previous}
                return [views[where].get(other, "none") for where, other in read], "out"
            case Each():
                passes = range(int(word, 16) % (node.most + 1))
                given = together(
                    partial(self.enter, id, "body", f"{here}[{n}]", digest(word, n), n) for n in passes
                )
                return digest(word, given), "done"
            case Fan():
                given = together(
                    partial(self.enter, id, name, f"{here}[{name}]", digest(word, name), turn)
                    for name in node.branches
                )
                return digest(word, given), "done"
            case Guard():
                try:
                    return digest(word, self.enter(id, "body", here, word, turn)), "done"
                except Tripped:
                    return digest(word, "tripped"), "catch"
            case _ if node.ends:
                return {source: self.outputs[source] for source in live}, ""
            case _:
                return word, "out"

    def enter(self, id: str, outlet: str, path: str, arrives: Any, turn: int | None) -> Any:
        inner = Pass(self.whole, path, turn, {**self.outputs, id: arrives})
        inside = self.whole.bodies[id][outlet]
        back = [edge.source for edge in inner.back(id, inside, inner.region(inside, {id: outlet}, turn))]
        self.updates += inner.updates
        given = {source: inner.outputs[source] for source in back}
        return given if len(given) > 1 else next(iter(given.values()), None)

    def back(self, id: str, inside: set[str], left: dict[str, str]) -> list[Edge]:
        whole = self.whole
        return [
            edge
            for edge in whole.edges
            if edge.target == id and edge.source in inside and left.get(edge.source) == whole.outlet(edge)
        ]

    def turns(self, id: str, node: Again, word: str) -> str:
        trail = [word]
        self.outputs[id] = digest(trail)
        around, self.previous = self.previous, {}
        for inner in range(int(word, 16) % (node.most + 1)):
            back = self.turn_once(id, inner)
            sources = {edge.source for edge in back}
            trail.append(digest(sorted((source, self.outputs[source]) for source in sources)))
            self.outputs[id] = digest(trail)
            if any(edge.target_handle == "break" for edge in back):
                break
        self.previous = around
        return digest(trail)

    def turn_once(self, id: str, turn: int) -> list[Edge]:
        """Take one turn of a loop and return the edges by which it came back."""
        whole, inside = self.whole, self.whole.bodies[id]["body"]
        back = self.back(id, inside, self.region(inside, {id: "body"}, turn))
        self.previous = {inner: self.outputs[inner] for inner in inside if inner in self.outputs}
        whole.ran[self.path, id] += 1
        return back

    def rounds(self, id: str, node: Loop) -> tuple[list[Any], str]:
        around, self.previous = self.previous, {}
        counted = node.items or node.condition
        wanted = int(re.findall(r"\d+", counted)[-1]) if counted else node.max_iterations
        results: list[Any] = []
        for index in range(min(wanted, node.max_iterations)):
            self.outputs[id] = index if node.items else None
            back = self.turn_once(id, index)
            given = {edge.source: self.outputs[edge.source] for edge in back}
            results.append(given if len(given) > 1 else next(iter(given.values()), None))
            if any(edge.target_handle == "break" for edge in back):
                wanted = 0
                break
        self.previous = around
        drawn = any(e.source == id and e.source_handle == "exhausted" for e in self.whole.edges)
        return results, "exhausted" if drawn and wanted > node.max_iterations else "done"


def together(passes: Iterable[Callable[[], Any]]) -> list[Any]:
    """Return what several passes give: one that fails does not say how far those beside it came."""
    given: list[Any] = []
    tripped = False
    for enter in passes:
        try:
            given.append(enter())
        except Tripped:
            tripped = True
    if tripped:
        raise Tripped
    return given


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
        outlets = nodes[edge.source].ways_out()
        usual = nodes[edge.source].outlets()  # that a node may fail does not make its way on ambiguous
        outlet = edge.source_handle or (usual[0] if len(usual) == 1 else None)
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
    for container, into in ((id, into) for id, node in nodes.items() for into in node.bodies()):
        first = {b for a, outlet, b in left if a == container and outlet == into}
        body = closure(first, container, ways) - {container}
        home = closure({container}, "", [(b, a) for a, b in ways if a in body])
        if not body or not body <= home:
            return False
        entered = [(a, outlet) for a, outlet, b in left if b in body and a not in body]
        if any(edge != (container, into) for edge in entered):
            return False
        back |= {(a, container) for a in body}
    forward = [(a, b) for a, b in ways if (a, b) not in back]
    return not any((id, id) in _transitive(forward, id) for id in nodes)


def reads_beside(flow: Flow) -> bool:
    """Say whether a node reads another from which no edges lead to it."""
    ways = [(edge.source, edge.target) for edge in flow.edges]
    return any(
        path[0] == "nodes" and path[1] != step.id and (path[1], step.id) not in _transitive(ways, path[1])
        for step in flow.steps
        for _, path, _ in lookups(step.node)
    )


def _transitive(ways: list[tuple[str, str]], source: str) -> set[tuple[str, str]]:
    found = {b for a, b in ways if a == source}
    while more := {b for a, b in ways if a in found} - found:
        found |= more
    return {(source, id) for id in found}


def run(
    compiled: CompiledFlow,
    thread: str = "t",
    *,
    within: Mapping[tuple[str, int | str | None], CompiledFlow] | None = None,
) -> tuple[Result, MemoryRecorder, dict[str, Any]]:
    """Run a flow, and return also what its variables were in the end."""

    async def whole() -> tuple[Result, dict[str, Any]]:
        given = replace(GIVEN, thread_id=thread)
        result = await execute(compiled, given, recorder, ScriptedModels(), subflows=within)
        return result, await variables_of(compiled, thread)

    recorder = MemoryRecorder()
    result, variables = asyncio.run(whole())
    return result, recorder, variables


async def variables_of(compiled: CompiledFlow, thread: str) -> dict[str, Any]:
    """Return the variables that were updated; of lists it does not say in which order."""
    assert compiled.graph is not None
    at = await compiled.graph.aget_state({"configurable": {"thread_id": thread}})
    gathered = at.values.get("gathered", {})
    found = {key.removeprefix("run/"): value for key, value in gathered.items() if key.startswith("run/")}
    return {name: sorted(value) if isinstance(value, list) else value for name, value in found.items()}


def after(updates: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Return what variables are after updates."""
    found: dict[str, Any] = {}
    for name, source in updates:
        match name:
            case "log":
                found[name] = sorted([*found.get(name, []), source.strip("'")])
            case "names":
                found[name] = sorted([*found.get(name, []), *re.findall(r"'(\w+)'", source)])
            case "sum":
                found[name] = found.get(name, 0) + int(source)
            case "most":
                found[name] = max(found.get(name, 0), int(source))
            case "least":
                found[name] = min(found.get(name, 50), int(source))
            case _:
                id, number = source.strip("{}").split(": ")
                found[name] = {**found.get(name, {}), id: int(number)}
    return found


def named(event: Event) -> Name:
    return event.path, event.node


def finished(events: Iterable[Event]) -> list[Event]:
    """Return how nodes ended that others follow on: also those that failed and left by their error outlet."""
    ended = [event for event in events if event.type in ("node.completed", "node.failed")]
    return [event for event in ended if "output" in event.data]


def counted(events: Iterable[Event]) -> Counter[Name]:
    return Counter(map(named, events))


def last_outputs(recorder: MemoryRecorder) -> dict[Name, Any]:
    return {named(event): event.data["output"] for event in finished(recorder.events)}


def expected_of(flow: Flow, recorder: MemoryRecorder) -> Interpreter:
    """Interpret a flow, with joins that take the branches which they were seen to take."""
    joins = {step.id for step in flow.steps if isinstance(step.node, Meet)}
    told: Joins = {}
    for event in recorder.of("node.completed"):
        if event.node in joins:
            output = event.data["output"]
            told.setdefault(named(event), set()).add((tuple(output["from"]), output["word"]))
    interpreter = Interpreter(flow, told)
    interpreter.run({"n": 1})
    assert interpreter.met == told
    for step in flow.steps:
        output = interpreter.outputs.get(("", step.id))
        if step.node.ends and output is not None and len(output) == 1:
            interpreter.outputs["", step.id] = next(iter(output.values()))
    return interpreter


def sure(found: Mapping[Name, Any], expected: Interpreter) -> dict[Name, Any]:
    """Leave out what lies in a body in which something failed, or in a body within that."""
    unsure = expected.unsure
    return {
        name: value
        for name, value in found.items()
        if value
        and not any(name[0] == path or name[0].startswith((path + "/", path + "[")) for path in unsure)
    }


def agrees(flow: Flow, result: Result, recorder: MemoryRecorder, *, skips: bool = True) -> Interpreter:
    """Compare a run with what the interpreter says."""
    expected = expected_of(flow, recorder)
    assert result.status == "completed", result.error
    assert sure(counted(finished(recorder.events)), expected) == sure(expected.ran, expected)
    if skips:
        assert sure(counted(recorder.of("node.skipped")), expected) == sure(expected.skipped, expected)
    assert sure(last_outputs(recorder), expected) == sure(expected.outputs, expected)
    return expected


@GRAPHS
@given(SEEDS)
def test_a_random_flow_runs_as_the_interpreter_says_and_twice_the_same(random: Random) -> None:
    drawn = sound(random)
    assert [f for f in check(drawn, decode=decode) if f.severity == "error"] == []
    flow = read_flow(drawn, name="random", type="agentflow", decode=decode)
    compiled = compile_flow(flow, checkpointer=InMemorySaver())
    result, recorder, variables = run(compiled)
    expected = agrees(flow, result, recorder)
    assert variables == after(expected.updates)
    if not expected.unsure and random.randint(0, 3) == 0:
        assert run(compiled, "again")[1].trace() == recorder.trace()


@FEWER
@given(SEEDS)
def test_a_random_flow_within_another_runs_as_the_interpreter_says(random: Random) -> None:
    """LangGraph steps through a flow, and a walk of our own through what lies in it: with one meaning."""
    flow = read_flow(sound(random), name="random", type="agentflow", decode=decode)
    nodes: dict[str, Any] = {"start": "start", "F": ("subflow", {"flow_id": "F"}), "end": "end"}
    around = read_flow(definition(nodes, "start>F", "F>end"), name="around", type="agentflow", decode=decode)
    compiled = compile_flow(around, checkpointer=InMemorySaver())
    within: dict[tuple[str, int | str | None], CompiledFlow] = {("F", None): compile_flow(flow, within=True)}
    result, recorder, variables = run(compiled, within=within)
    assert variables == {}, "a flow's variables are its own"
    inner = MemoryRecorder()
    inner.events = [
        replace(event, path=event.path[1:].removeprefix("/"))
        for event in recorder.events
        if event.path.startswith("F")
    ]
    expected = agrees(flow, result, inner)
    ended = {step.id for step in flow.steps if step.node.ends and ("", step.id) in expected.outputs}
    given = {id: expected.outputs["", id] for id in ended}
    assert result.output["output"] == (given if len(given) > 1 else next(iter(given.values()), None))


@GRAPHS
@given(SEEDS)
def test_check_compiler_and_run_agree_on_what_is_broken(random: Random) -> None:
    drawn = perhaps_broken(random)
    errors = [finding for finding in check(drawn, decode=decode) if finding.severity == "error"]
    assert (errors == []) == is_sound(drawn), errors
    steps = {node.id: Step(node.id, decode(node.type, node.data)) for node in drawn.nodes}
    unique = len(steps) == len(drawn.nodes)
    flow = Flow(
        name="f", type="agentflow", steps=tuple(steps.values()), edges=tuple(drawn.edges), fingerprint=""
    )
    if errors:
        assert all(finding.message and finding.code for finding in errors)
        if unique:
            with pytest.raises(FlowError):
                compile_flow(flow)
        return
    result, recorder, _ = run(compile_flow(flow, checkpointer=InMemorySaver()))
    # An accident may have let a node that trips out of its guard, or taken the edges between a node and one
    # that reads it: then the drawing does not say which of them is first.
    if (result.error is None or result.error["code"] != "tripped") and not reads_beside(flow):
        agrees(flow, result, recorder, skips=False)


@FEWER
@given(SEEDS)
def test_a_random_flow_cut_off_anywhere_and_resumed_gives_the_same(random: Random) -> None:
    flow = read_flow(sound(random), name="random", type="agentflow", decode=decode)
    accident = Accident(random.randint(0, 60))

    async def cut_off_and_resume() -> tuple[Result, MemoryRecorder, Counter[Name], dict[str, Any]]:
        compiled = compile_flow(flow, checkpointer=Saver(accident))
        before = Recorder(accident)
        given = GIVEN
        accident.task = asyncio.create_task(execute(compiled, given, before, ScriptedModels()))
        await asyncio.wait([accident.task])
        if not accident.task.cancelled():
            return accident.task.result(), before, Counter(), await variables_of(compiled, "t")
        accident.over = True
        resumed = before.reopened()
        result = await execute(compiled, replace(given, attempt=2), resumed, ScriptedModels())
        assert resumed.events[: len(before.events)] == before.events
        ended = counted(finished(resumed.events[len(before.events) :]))
        return result, resumed, ended, await variables_of(compiled, "t")

    result, recorder, rest, variables = asyncio.run(cut_off_and_resume())
    expected = expected_of(flow, recorder)
    assert result.status == "completed", result.error
    assert sure(last_outputs(recorder), expected) == sure(expected.outputs, expected)
    assert variables == after(expected.updates)
    if accident.over:
        assert sure(accident.finished + rest, expected) == sure(expected.ran, expected), "run again, or lost"


class Accident:
    """The end of a process at its nth durable write: that and all after it are lost."""

    def __init__(self, at: int) -> None:
        self.task: asyncio.Task[Result] | None = None
        self.over = False
        """True when another process goes on."""
        self.noted: Counter[Name] = Counter()
        self.finished: Counter[Name] = Counter()
        """How often each node's outcome became durable."""
        self.dead = False
        self._left = at

    def lost(self) -> bool:
        """Count a write and say whether it is lost."""
        if self.over:
            return False
        self._left -= 1
        if self._left < 0 and not self.dead:
            self.dead = True
            assert self.task is not None
            self.task.cancel()
        return self.dead


class Saver(InMemorySaver):
    """Keeps what is written before the accident."""

    def __init__(self, accident: Accident) -> None:
        super().__init__()
        self._accident = accident

    async def aput(self, *given: Any, **named: Any) -> Any:
        """Keep a checkpoint."""
        return given[0] if self._accident.lost() else await super().aput(*given, **named)

    async def aput_writes(self, config: Any, writes: Any, *given: Any, **named: Any) -> None:
        """Keep a task's writes: its node has run."""
        if self._accident.lost():
            return
        await super().aput_writes(config, writes, *given, **named)
        if not self._accident.over:
            outputs = [value for channel, value in writes if channel == "outputs"]
            ids = Counter(("", id) for output in outputs if isinstance(output, tuple) for id in output[0])
            self._accident.finished.update(ids - self._accident.noted)
            self._accident.noted -= ids


class Recorder(MemoryRecorder):
    """Keeps what is written before the accident."""

    def __init__(self, accident: Accident) -> None:
        super().__init__("x")
        self._accident = accident
        self._untold: set[str] = set()

    async def store(self, key: CallKey, result: Any, *, node: str = "", path: str = "", **more: Any) -> None:
        """Keep a node's outcome."""
        if self._accident.lost():
            return
        await super().store(key, result, node=node, path=path, **more)
        self._accident.finished[path, node] += 1

    def note(self, key: CallKey, result: Any) -> None:
        """Keep the outcome of a node outside of frames: it has ended, whether its checkpoint comes or not."""
        if not self._accident.dead:
            super().note(key, result)
            node = unquote(key.task_id[1:].rpartition("#")[0])
            self._accident.noted["", node] += 1
            self._accident.finished["", node] += 1

    def emit(self, type: Any, **data: Any) -> None:
        """Emit while the process lives."""
        if not self._accident.dead:
            super().emit(type, **data)
            if type == "node.started" and data["node_type"] in ("start", "finish") and not data.get("path"):
                self._untold.add(data["node"])
            elif type == "node.completed" and data["node"] in self._untold and not data.get("path"):
                # Of these no outcome is kept: once their end is told, another process does not tell it again.
                self._untold.discard(data["node"])
                self._accident.noted["", data["node"]] += 1
                self._accident.finished["", data["node"]] += 1
