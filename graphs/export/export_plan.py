"""The plan of an export: what the code of all nodes shares."""

from collections.abc import Mapping

from graphs.document.flow import Flow
from graphs.document.topology import Topology
from graphs.export.names import Names, one_line
from graphs.export.problems import Gaps
from graphs.export.python_terms import Reader, Translator
from graphs.export.support_code import Uses
from graphs.export.ways import Reached, Ways, back_of
from graphs.node.node import Node
from graphs.node.variables import VariableDeclaration

__all__ = ["CHANNELS", "Plan"]

CHANNELS = (
    "initial_variables",
    "input",
    "inputs",
    "loops",
    "messages",
    "output",
    "outputs",
    "passes",
    "routes",
    "variables",
)
"""Channels that every state may have: no node and no variable gets such a name."""

_RESERVED = (
    "__start__",
    "__end__",
    "START",
    "END",
    "EDGES",
    "INPUTS",
    "Overwrite",
    "Send",
    "State",
    "StateGraph",
    "Update",
)
_LOCAL = (
    "state",
    "arrived",
    "output",
    "os",
    "model",
    "messages",
    "options",
    "graph",
    "build",
    "builder",
    "checkpointer",
    "Any",
    "Input",
    "Output",
    "BaseCheckpointSaver",
    "CompiledStateGraph",
    "asyncio",
    "interrupt",
    "AIMessage",
    "HumanMessage",
    "GraphBubbleUp",
    "error",
    "answer",
    "shown",
    "taken",
)


class Plan:
    """One export under way."""

    def __init__(self, flow: Flow, shape: Topology) -> None:
        self.flow = flow
        self.shape = shape
        self.chat = flow.type == "chatflow"
        self.ways = Ways(shape)
        self.uses = Uses()
        self.gaps = Gaps()
        self.providers: dict[str, None] = {}
        self.variables: set[str] = set()
        """Names of environment variables that the code reads."""
        self.names = Names([*_RESERVED, *_LOCAL, *CHANNELS, *_support_names()])
        self.functions = {id: self.names.give(id) for id in shape.nodes}
        self.gathered = self._gathered()
        """Declared variables with a channel of their own: by name, the channel and the declaration."""
        self._steps: dict[str, str] = {}
        self._named: dict[tuple[str, str], str] = {}
        for id in shape.nodes:
            self.step(id)
        self.converses = self._converses()
        """Whether the state has messages."""
        self.around = self._around()
        self.edges: dict[str, list[tuple[str, str]]] = {}
        """What `EDGES` has in the exported code."""
        self.tracked: set[str] = {id for id in shape.nodes if self.ways.chooses(id)}
        """Nodes that write by which outlet they were left."""
        self.forgetting = self._forgetting()
        """Of each node that chooses in a round which forgets what it skips, the nodes that may be skipped."""
        self._track()

    def node(self, id: str) -> Node:
        """Return a node."""
        return self.shape.nodes[id]

    def type(self, id: str) -> str:
        """Return a node's type."""
        return str(self.node(id).__struct_config__.tag)

    def label(self, id: str) -> str:
        """Return what people call a node."""
        return one_line(self.node(id).label or id)

    def function(self, id: str, form: str) -> str:
        """Return the name of a further function of a node, such as ``send_{}``."""
        known = self._named.get((id, form))
        if known is None:
            known = self._named[id, form] = self.names.give(form.format(self.functions[id]))
        return known

    def step(self, id: str, suffix: str = "") -> str:
        """Return what LangGraph calls a node or a further step of it."""
        if (known := self._steps.get(id + "\n" + suffix)) is not None:
            return known
        wanted = "".join(one if one.isprintable() and one not in ":|" else "_" for one in id) + suffix
        taken = {
            *self._steps.values(),
            *CHANNELS,
            *(channel for channel, _ in self.gathered.values()),
            "__start__",
            "__end__",
            "",
        }
        name = wanted
        while name in taken or name.startswith("__"):
            name = f"node {name}" if name.startswith("__") else f"{name}_"
        self._steps[id + "\n" + suffix] = name
        return name

    def exit(self, id: str) -> str:
        """Return the step after which all that a node does is done."""
        return self.step(id, "_done") if self.type(id) == "iteration" else self.step(id)

    def translator(self, id: str, field: str) -> Translator:
        """Return what translates the expressions of a node's field."""
        reader = Reader(
            node=id,
            gathered={name: channel for name, (channel, _) in self.gathered.items()},
            loops=self.around.get(id, ()),
            chat=self.chat,
        )
        return Translator(reader, self.uses, self.gaps, field)

    def edges_of(self, name: str) -> str:
        """Note that the code looks at the edges to a node; return the name of the table."""
        reached = self.ways.reached[name]
        self.edges[name] = [(link.source, self.outlet(link.source, link.outlet)) for link in reached.links]
        return "EDGES"

    def outlet(self, source: str, outlet: str) -> str:
        """Return the outlet as `routes` has it."""
        return "@turn" if outlet in self.node(source).bodies() else outlet

    def needs_edges(self, id: str) -> bool:
        """Say whether several edges lead to a node of which not all are taken."""
        reached = self.ways.reached[id]
        return reached.kind == "gate" or (reached.kind == "any" and len(reached.sources) > 1)

    def _gathered(self) -> Mapping[str, tuple[str, VariableDeclaration]]:
        declared = [one for node in self.shape.nodes.values() for one in node.declares()]
        return {
            one.name: (self.names.give(one.name, "variable"), one)
            for one in declared
            if one.scope == "session" or one.reducer != "set"
        }

    def _converses(self) -> bool:
        from graphs.model_nodes.model_node import ModelNode

        reads = any(isinstance(one, ModelNode) and self.reads(one) for one in self.shape.nodes.values())
        return self.chat or reads

    @staticmethod
    def reads(node: object) -> bool:
        """Say whether a node's model gets the history."""
        given = getattr(node, "reads_history", None)
        given = getattr(node, "history", None) if given is None else given
        return bool(getattr(node, "reads", False) if given is None else given)

    def _around(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        bodies = {id: node.bodies() for id, node in self.shape.nodes.items() if node.bodies()}
        inside: dict[str, list[tuple[int, str]]] = {id: [] for id in self.shape.nodes}
        for container, outlets in bodies.items():
            seen: set[str] = set()
            waiting = [link.target for link in self.shape.outgoing[container] if link.outlet in outlets]
            while waiting:
                id = waiting.pop()
                if id != container and id not in seen:
                    seen.add(id)
                    waiting += [link.target for link in self.shape.outgoing[id]]
            for id in seen:
                inside[id].append((len(seen), container))
        for id, containers in inside.items():
            kinds = [name for _, name in sorted(containers) if self.type(name) in ("loop", "iteration")]
            found[id] = tuple(kinds)
        return found

    def sources(self, id: str) -> list[str]:
        """Return the expressions and templates of a node."""
        node = self.node(id)
        return [*node.expressions().values(), *node.set.values(), *node.templates().values()]

    def inside(self, container: str) -> list[str]:
        """Return the nodes in the bodies of a container, those in the bodies within them included."""
        return [id for id, around in self.around.items() if container in around]

    def _forgetting(self) -> set[str]:
        """Return the loops in which a round forgets what it skips."""
        return {
            id
            for id, node in self.shape.nodes.items()
            if node.loops
            and not getattr(node, "keep_outputs", False)
            and any(self.ways.chooses(one) and not self.node(one).loops for one in self.inside(id))
        }

    def _track(self) -> None:
        wanted: set[str] = set()
        for gate in self.ways.gates():
            wanted |= self._before(gate)
            wanted.add(gate)
        for id in self.shape.nodes:
            if self.needs_edges(id):
                wanted |= set(self.ways.reached[id].sources)
        for name, reached in self.ways.reached.items():
            if name not in self.shape.nodes and reached.kind == "any":
                wanted |= set(reached.sources)
        for container, links in self.shape.back.items():
            breaks = any(link.breaks for link in links)
            if breaks or (self.node(container).frames and not self.ways.certain(links)):
                wanted |= {link.source for link in links}
        for loop in self.forgetting:
            for id in self.inside(loop):
                wanted.add(id)
                self.edges_of(id)
        self.tracked |= {id for id in wanted if id in self.shape.nodes}

    def _before(self, name: str) -> set[str]:
        """Return the nodes that lead to another within the body that it lies in, and note their edges."""
        seen: set[str] = set()
        waiting = [name]
        while waiting:
            one = waiting.pop()
            self.edges_of(one)
            for link in self.ways.reached[one].links:
                if link.outlet not in self.node(link.source).bodies() and link.source not in seen:
                    seen.add(link.source)
                    waiting.append(link.source)
        return seen

    def reached(self, id: str) -> Reached:
        """Return how a node is reached."""
        return self.ways.reached[id]

    def back(self, loop: str) -> Reached:
        """Return how the end of a loop's round is reached."""
        return self.ways.reached[back_of(loop)]


def _support_names() -> list[str]:
    from graphs.export.support_code import all_names

    return all_names()
