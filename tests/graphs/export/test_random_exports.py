"""Random graphs of real nodes: exported, they take the same way and give the same."""

import asyncio
from pathlib import Path
from random import Random
from typing import Any

from graphs.checks.check import read_flow
from graphs.document.flow import GraphDefinition
from graphs.document.topology import survey
from graphs.export.problems import ExportError
from tests.fuzzing import cases
from tests.graphs.engine.test_random_graphs import Drawing
from tests.graphs.export.replaying import exported, lanes, record, replay

SEEN = "string(length(json(arrived))) + slice(json(arrived), 0, 40)"


class RealDrawing(Drawing):
    """A graph of nodes that an export knows."""

    def step(self, depth: int, guarded: bool) -> str:
        match self.number(0, 14):
            case 0 | 1 | 2:
                id = self.node("transform", ["out"], expression="[]")
                self.nodes[id].data["expression"] = f"'{id} ' + {SEEN}"
                return id
            case 3:
                return self.peek()
            case 4:
                modes = ("object", "list", "text")
                return self.node("merge", ["out"], mode=modes[self.number(0, 2)])
            case 5 | 6:
                rest = self.number(0, 2)
                return self.node("condition", ["yes", "no"], expression=f"length(json(arrived)) % 3 > {rest}")
            case 7 | 8:
                cases = [
                    {"outlet": "one", "expression": f"length(json(arrived)) % {self.number(2, 4)} == 0"},
                    {"outlet": "two", "expression": "length(json(arrived)) % 2 == 1"},
                ]
                return self.node("switch", ["one", "two", "default"], cases=cases)
            case 9:
                return self.node("variable", ["out"], set={"last": SEEN})
            case 10 if depth < 2:
                items = f"range({self.number(0, 3)})"
                return self.container(depth, guarded, "iteration", ["body"], ["done"], items=items)
            case 11 if depth < 2:
                return self.container(depth, guarded, "try_catch", ["body"], ["catch", "done"])
            case _ if depth < 2:
                return self.loop(depth, guarded)
            case _:
                return self.peek()

    def draw(self) -> GraphDefinition:
        begin = self.node("start", ["out"])
        steps = self.region(0, self.number(1, 8), (begin, "out"))
        end = self.node("end", [])
        leading = self.leading()
        for id in steps:
            if id not in leading or id == steps[-1]:
                self.lead(id, self.exit(id), end)
        for id, document in self.nodes.items():
            if document.type == "transform" and document.data["expression"] == "[]":
                self.read(id)
        return GraphDefinition(nodes=list(self.nodes.values()), edges=self.edges)


def in_order(path: list[list[str]], drawn: GraphDefinition) -> dict[tuple[str, str], list[list[str]]]:
    """Return the runs of each two nodes of which one comes after the other: what runs side by side has no
    order."""
    shape, _ = survey(read_flow(drawn, name="drawn", type="agentflow").steps, drawn.edges)
    assert shape is not None
    before: dict[str, set[str]] = {}
    for id in sorted(shape.nodes, key=lambda id: int("".join(filter(str.isdigit, id)))):
        sources = [link.source for link in shape.forward[id]]
        before[id] = {id, *sources}.union(*(before.get(source, set()) for source in sources))
    main, passes = lanes(path)
    return {
        (one, id): [[node for node in lane if node in (one, id)] for lane in (main, *passes)]
        for id, others in before.items()
        for one in others
    }


def compared(seeds: range, folder: Path) -> tuple[list[str], int]:
    """Return what is different, and how many graphs were exported."""
    flows: list[Any] = []
    graphs: list[GraphDefinition] = []
    for seed in seeds:
        drawn = RealDrawing(Random(seed)).draw()
        try:
            project = exported(drawn, "agentflow", f"Seed {seed}", folder)
        except ExportError:  # a variable that is set in an iteration
            continue
        graphs.append(drawn)
        recorded = asyncio.run(record(drawn, "agentflow", [{"message": "go"}]))
        flows.append((project, "agentflow", recorded, {"inputs": [{"message": "go"}]}))
    different: list[str] = []
    for (project, _, recorded, _), drawn, ran in zip(flows, graphs, replay(folder, flows), strict=True):
        if (
            ran.error
            or ran.outputs != recorded.outputs
            or in_order(ran.path, drawn) != in_order(recorded.path, drawn)
        ):
            different.append(
                f"{project.name}: {ran.error}\n{lanes(recorded.path)}\n{lanes(ran.path)}\n"
                f"{recorded.outputs}\n{ran.outputs}"
            )
    return different, len(flows)


def test_random_graphs_take_the_same_way_when_exported(tmp_path: Path) -> None:
    different, count = compared(range(cases(25)), tmp_path)
    assert not different, "\n\n".join(different[:3])
    assert count > 15
