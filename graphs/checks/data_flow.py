"""Data flow: warns where private data, untrusted text and an outbound path meet without an approval.

Any two of them are harmless. With all three, who writes the words can have the data sent away, since a model
does not tell instructions from what it reads (Willison, "The lethal trifecta", 2025). The flow is followed as
it is drawn: what a node looks up reaches it, and what a person of the team has agreed to does not count.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Literal, NamedTuple

import msgspec
from msgspec import Struct, field

from graphs.document.edges import Link, resolve
from graphs.document.flow import GraphDefinition
from graphs.expressions import UPDATE_NAMES
from graphs.expressions import parse as parse_expression
from graphs.expressions.templates import parse as parse_template
from graphs.model_nodes.model_node import ModelNode
from graphs.node.node import Node
from graphs.nodes import NodeTypeError
from graphs.nodes.agent import Agent
from graphs.nodes.subflow import Subflow
from graphs.tools import ToolEntryError, ToolKinds, read_tool
from graphs.values.effects import Effects
from graphs.values.findings import Finding, shown
from graphs.values.node_error import NodeError

__all__ = ["CODE", "References", "data_flow_findings"]

CODE = "open_way_out"

MOST = 20
"""Ways out that one flow is told of (five times as many are looked at), and flows that call one another and
are looked into."""

Decode = Callable[[str, dict[str, Any]], Node]


class References(Struct, frozen=True, kw_only=True):
    """What a flow leaves to others, where that is known."""

    agents: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])
    """Stored agents by id, as the API gives them."""
    flows: Mapping[str, GraphDefinition] = field(default_factory=dict[str, GraphDefinition])
    """Flows that it calls by id, and those that they call."""
    visited: bool = False
    """Whether strangers chat with it: their messages are strangers' words too."""
    files: bool = False
    """Whether messages bring files: who sends one has seldom written it."""


class _Place(NamedTuple):
    """Something that a node touches."""

    node: str
    touches: Effects


def data_flow_findings(
    nodes: Mapping[str, Node],
    outgoing: Mapping[str, Sequence[Link]],
    *,
    decode: Decode,
    tools: ToolKinds | None = None,
    elsewhere: References | None = None,
) -> Iterator[Finding]:
    """Warn of each way out by which strangers' words can have private data sent away, at most of 20.

    Pointers are relative to the node.

    Args:
        nodes: The flow's nodes by id, without errors.
        outgoing: Their edges.
        decode: From a type and its data to a node, for the flows that it calls.
        tools: The tools that there are; None for the built-in ones.
        elsewhere: What it leaves to others.
    """
    flow = _Flow(nodes, outgoing, decode, tools, elsewhere or References())
    places = [*flow.places()]
    private = [place for place in places if place.touches.private]
    strangers = [place for place in places if place.touches.strangers]
    ways = [place for place in places if place.touches.way_out]
    if private and strangers and ways:
        found = (told for way in ways[: 5 * MOST] for told in flow.judge(way, private, strangers))
        yield from islice(found, MOST)


class _Flow:
    """A flow as it is followed."""

    def __init__(
        self,
        nodes: Mapping[str, Node],
        outgoing: Mapping[str, Sequence[Link]],
        decode: Decode,
        tools: ToolKinds | None,
        elsewhere: References,
        called: dict[str, list[Effects]] | None = None,
    ) -> None:
        self._nodes, self._decode, self._tools, self._elsewhere = nodes, decode, tools, elsewhere
        whole = called is None  # and not called by another
        self._brought = {
            "what visitors write": elsewhere.visited and whole,
            "what is in files that are sent": elsewhere.files and whole,
        }
        self._called: dict[str, list[Effects]] = {} if called is None else called
        """What the flows touch that were looked into, by id; nothing of one that is being looked into."""
        self._before: dict[str, list[str]] = {id: [] for id in nodes}
        self._unagreed: dict[str, list[str]] = {id: [] for id in nodes}
        """Of each node those before it, but for those where a person agrees to go on to it."""
        for id, links in outgoing.items():
            agreed = nodes[id].agreed()
            for link in links:
                self._before[link.target].append(id)
                if link.outlet not in agreed:
                    self._unagreed[link.target].append(id)
        self._start = next((id for id, node in nodes.items() if node.starts), "")
        self._set = {name for node in nodes.values() for name in node.set}
        self._sources = {id: self._sources_of(id, node) for id, node in nodes.items()}

    def places(self) -> Iterator[_Place]:
        """Yield everything that the flow touches."""
        for words, come in self._brought.items():
            if come and self._start:
                yield _Place(self._start, Effects(strangers=words))
        for id, node in self._nodes.items():
            for touches in node.touches():
                yield _Place(id, touches)
            for touches in self._by_tools(node):
                yield _Place(id, touches)
            for path in _paths(node):
                if path[0] == "variables" and not (len(path) > 1 and path[1] in self._set):
                    yield _Place(id, Effects(private="the session's variables"))
                    break
            if isinstance(node, Subflow):
                for touches in self._of_called(node.flow_id):
                    yield _Place(id, touches)

    def judge(self, way: _Place, private: Sequence[_Place], strangers: Sequence[_Place]) -> Iterator[Finding]:
        """Yield a finding if private data gets to a way out that strangers' words choose."""
        steered = {place.node for place in strangers}
        if not self._chosen(way, steered):
            return
        read = self._read([way.node])
        # What a request brings is there when it was sent; a model with a tool asks again.
        came = read - {way.node} if way.touches.chosen_by else read
        inward = [
            place for place in private if place.node in came and not _goes_back(place.touches, way.touches)
        ]
        words = [place for place in strangers if place.node in came]
        unasked = _closure([way.node], self._unagreed)
        if inward and words and any(place.node in unasked for place in (*inward, *words)):
            yield _finding(way, inward, words)

    def for_caller(self) -> Iterator[Effects]:
        """Yield what counts for whoever calls this flow."""
        for id, touches in self.places():
            open = touches.way_out and self._start in _closure([id], self._unagreed)
            if open and touches.chosen_by:
                chosen = self._read(self._looked_up(id, touches.chosen_by))
                open = self._start in chosen or any(map(self._is_model, chosen))
            if open or touches.private or touches.strangers:
                yield msgspec.structs.replace(
                    touches,
                    way_out=touches.way_out if open else "",
                    chosen_by=(),
                    led_by=(),
                    field="flow_id",
                )

    def _of_called(self, id: str) -> list[Effects]:
        """Return what a flow touches that is called; nothing where it is not known or cannot run."""
        if id in self._called or id not in self._elsewhere.flows:
            return self._called.get(id, [])
        self._called[id] = []
        definition = self._elsewhere.flows[id]
        try:
            decoded = {each.id: self._decode(each.type, each.data) for each in definition.nodes}
            nodes = {each: node for each, node in decoded.items() if node.runs}
            links, wrong = resolve(nodes, definition.edges)
            if not wrong:
                outgoing: dict[str, list[Link]] = {each: [] for each in nodes}
                for link in links:
                    outgoing[link.source].append(link)
                flow = _Flow(nodes, outgoing, self._decode, self._tools, self._elsewhere, self._called)
                self._called[id] = [*islice(dict.fromkeys(flow.for_caller()), 5 * MOST)]
        except (NodeTypeError, NodeError, msgspec.ValidationError):
            pass  # its own check tells
        return self._called[id]

    def _by_tools(self, node: Node) -> Iterator[Effects]:
        entries = node.tool_entries()
        if isinstance(node, Agent) and not entries:
            stored = self._elsewhere.agents.get(node.agent_id, {})
            entries = {f"agent_id[{place}]": entry for place, entry in enumerate(stored.get("tools") or ())}
        for place, entry in entries.items():
            try:
                tool = read_tool(entry, self._tools)
            except ToolEntryError:
                continue
            if called := tool.calls():
                yield from self._by_flow_tool(called[0], place, asks=tool.approval)
            touches = tool.touches()
            yield msgspec.structs.replace(
                touches,
                way_out="" if tool.approval else touches.way_out,
                chosen_by=() if isinstance(node, ModelNode) else ("arguments",),
                field="agent_id" if place.startswith("agent_id") else place,
            )

    def _by_flow_tool(self, flow_id: str, place: str, *, asks: bool) -> Iterator[Effects]:
        """Yield what a flow touches that a tool runs."""
        for touches in self._of_called(flow_id):
            yield msgspec.structs.replace(
                touches,
                way_out="" if asks else touches.way_out,
                field="agent_id" if place.startswith("agent_id") else place,
            )

    def _chosen(self, way: _Place, steered: set[str]) -> bool:
        """Say whether strangers' words, which come in by `steered`, choose where a way leads."""
        if not way.touches.chosen_by:
            return True
        if steered & self._read(self._looked_up(way.node, way.touches.led_by)):
            return True
        chosen = self._read(self._looked_up(way.node, way.touches.chosen_by))
        return any(steered & self._read([id]) for id in chosen if self._is_model(id))

    def _is_model(self, id: str) -> bool:
        return isinstance(self._nodes[id], ModelNode | Subflow)

    def _read(self, ids: Iterable[str]) -> set[str]:
        """Return nodes with all whose outputs get to them."""
        return _closure(ids, self._sources)

    def _sources_of(self, id: str, node: Node) -> set[str]:
        """Return the nodes whose outputs a node works on."""
        return self._looked_up(id) | (set(self._before[id]) if node.reads_arrived() else set())

    def _looked_up(self, id: str, fields: tuple[str, ...] | None = None) -> set[str]:
        """Return the nodes whose outputs a node looks up in some fields, or in all of them."""
        found: set[str] = set()
        for path in _paths(self._nodes[id], fields):
            match path:
                case ("nodes", named, *_):
                    found |= {named} & self._nodes.keys()
                case ("nodes",):
                    found |= self._nodes.keys()
                case ("input" | "message" | "files", *_):
                    found |= {self._start} & self._nodes.keys()
                case ("arrived", *_):
                    found.update(self._before[id])
                case ("variables", *names):
                    found |= {
                        setter
                        for setter, other in self._nodes.items()
                        if other.set and (not names or names[0] in other.set)
                    }
                case ("loop", *_):
                    found |= {around for around, other in self._nodes.items() if other.bodies()}
                case _:
                    pass
        return found


def _closure(ids: Iterable[str], sources: Mapping[str, Iterable[str]]) -> set[str]:
    """Return ids with all that lead to them."""
    found = set(ids)
    waiting = [*found]
    while waiting:
        more = set(sources[waiting.pop()]) - found
        found |= more
        waiting += more
    return found


def _paths(node: Node, fields: tuple[str, ...] | None = None) -> Iterator[tuple[str, ...]]:
    """Yield the look-ups of some fields, those below them included, or of all."""
    for sources, parse in ((node.templates(), parse_template), (node.expressions(), parse_expression)):
        for name, source in sources.items():
            if fields is None or re.split(r"[.\[]", name, maxsplit=1)[0] in fields:
                yield from parse(source).paths
    if not node.sets_itself and (fields is None or "set" in fields):
        for source in node.set.values():
            yield from parse_expression(source, names=UPDATE_NAMES).paths


def _goes_back(private: Effects, way: Effects) -> bool:
    """Say whether a way leads only to where the data comes from, and leaves nothing there for others."""
    return bool(way.host) and way.host == private.host and not way.writes


def _finding(way: _Place, private: Sequence[_Place], strangers: Sequence[_Place]) -> Finding:
    field = way.touches.field
    advice = _advice(way, any(place.node == way.node for place in (*private, *strangers)))
    return Finding(
        code=CODE,
        message=f"Node {shown(way.node)} has a way out ({way.touches.way_out}), and nobody is asked before "
        f"it is taken. Private data meets it there ({_told(private, 'private')}), and so do words of others "
        f"({_told(strangers, 'strangers')}): who writes these can have that data sent away. {advice}, or "
        "take one of the three away.",
        node=way.node,
        severity="warning",
        pointer="/data" + "".join(f"/{part}" for part in re.split(r"[\[\].]", field) if part),
    )


def _advice(way: _Place, own: bool) -> str:
    """Return what to do.

    Args:
        way: The way out.
        own: Whether the node itself brings something in, so that before it is too early to ask.
    """
    before = f"Put a human_approval node before {shown(way.node)}"
    match way.touches.field.partition("[")[0]:
        case "tools":
            inside = "turn on 'approval' of the tool"
        case "agent_id":
            inside = "turn on 'approval' of the tool in the stored agent"
        case "flow_id":
            inside = "put a human_approval node before the way out in the flow that it calls"
        case _:
            return before
    return inside[0].upper() + inside[1:] if own else f"{before}, or {inside}"


def _told(places: Sequence[_Place], what: Literal["private", "strangers"]) -> str:
    told = [*dict.fromkeys(f"{getattr(place.touches, what)}, by {shown(place.node)}" for place in places)]
    return "; ".join(told[:3]) + (f"; and {len(told) - 3} more" if len(told) > 3 else "")
