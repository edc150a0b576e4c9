"""Small node types and a shorthand for definitions, for tests of the engine rather than of node types."""

import asyncio
import hashlib
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import aclosing
from functools import partial
from typing import Any, ClassVar

import msgspec
from msgspec import field

from graphs.checks.check import read_flow
from graphs.conversation.messages import Message, ModelRequest
from graphs.document.flow import Edge, Flow, GraphDefinition, NodeDocument
from graphs.node.context import Context
from graphs.node.node import Node, Outcome
from graphs.node.parallel_passes import as_completed
from graphs.node.subgraph_entry import SubgraphEntry, SubgraphResult
from graphs.node.subgraph_entry import together as merged
from graphs.nodes import NodeTypeError
from graphs.values.node_error import NodeError
from graphs.values.node_view import View

__all__ = ["TYPES", "decode", "definition", "digest", "flow"]


def digest(*parts: Any) -> str:
    """Return a short word that depends on everything given."""
    return hashlib.sha256(msgspec.json.encode(parts, order="sorted")).hexdigest()[:8]


def seen(name: str, view: View) -> str:
    """Return a word that depends on what a node sees: who came in with what, and the turn around it."""
    arrived = [(id, view.outputs[id]) for id in view.incoming]
    return digest(name, sorted(arrived), view.enclosing.get("turn", view.enclosing.get("index")))


class Begin(Node, frozen=True, kw_only=True, tag="begin"):
    """Start a run."""

    asks_context: ClassVar[bool] = True
    pure: ClassVar[bool] = True
    starts: ClassVar[bool] = True

    async def run(self, view: View, context: Context) -> Outcome:
        """Give the input."""
        return Outcome(output=view.input)


class Work(Node, frozen=True, kw_only=True, tag="work"):
    """Give a word for what it sees."""

    asks_context: ClassVar[bool] = True
    pause: int = 0
    """How often it lets others run first."""

    async def run(self, view: View, context: Context) -> Outcome:
        """Work."""
        for _ in range(self.pause):
            await asyncio.sleep(0)
        return Outcome(output=seen(context.node, view))


class Fork(Node, frozen=True, kw_only=True, tag="fork"):
    """Leave by one of the outlets, by what it sees, or always by the same."""

    asks_context: ClassVar[bool] = True
    pure: ClassVar[bool] = True
    exits: list[str]
    always: str = ""

    def outlets(self) -> tuple[str, ...]:
        """Return the configured exits."""
        return tuple(self.exits)

    async def run(self, view: View, context: Context) -> Outcome:
        """Choose."""
        word = seen(context.node, view)
        return Outcome(output=word, outlet=self.always or self.exits[int(word, 16) % len(self.exits)])


class Again(Node, frozen=True, kw_only=True, tag="again"):
    """Turn a number of times, by what it sees when entered, or always as often as allowed."""

    asks_context: ClassVar[bool] = True
    pure: ClassVar[bool] = True
    loops: ClassVar[bool] = True
    most: int = 3
    always: bool = False

    def outlets(self) -> tuple[str, ...]:
        """Return the two of a loop."""
        return ("body", "done")

    def turns(self) -> int:
        """Return the most."""
        return self.most

    async def run(self, view: View, context: Context) -> Outcome:
        """Turn or finish."""
        record: dict[str, Any]
        if not view.loop:
            word = seen(context.node, view)
            record = {
                "turn": 0,
                "wanted": self.most if self.always else int(word, 16) % (self.most + 1),
                "trail": [word],
            }
        else:
            back = sorted((id, view.outputs[id]) for id in view.incoming)
            record = {
                **view.loop,
                "turn": view.loop["turn"] + 1,
                "trail": [*view.loop["trail"], digest(back)],
            }
        outlet = "body" if record["turn"] < record["wanted"] and not view.broken else "done"
        return Outcome(output=digest(record["trail"]), outlet=outlet, loop=record)


class Meet(Node, frozen=True, kw_only=True, tag="meet"):
    """Run as soon as so many live edges have come in, and tell by which; 0 waits for all."""

    asks_context: ClassVar[bool] = True
    pure: ClassVar[bool] = True
    wants: int = 0

    def needs(self) -> int:
        """Return how many."""
        return self.wants

    async def run(self, view: View, context: Context) -> Outcome:
        """Tell who came."""
        return Outcome(output={"from": view.incoming, "word": seen(context.node, view)})


class Trip(Node, frozen=True, kw_only=True, tag="trip"):
    """Work, or fail, by what it sees."""

    asks_context: ClassVar[bool] = True
    pure: ClassVar[bool] = True

    async def run(self, view: View, context: Context) -> Outcome:
        """Work or fail."""
        word = seen(context.node, view)
        if int(word, 16) % 3 == 0:
            raise NodeError("It tripped.", code="tripped")
        return Outcome(output=word)


class Each(Node, frozen=True, kw_only=True, tag="each"):
    """Enter the body a number of times side by side, by what it sees when it runs."""

    frames: ClassVar[bool] = True
    most: int = 3

    def outlets(self) -> tuple[str, ...]:
        """Return the way in and the way on."""
        return ("body", "done")

    def bodies(self) -> tuple[str, ...]:
        """Return the way in."""
        return ("body",)

    async def run(self, view: View, context: Context) -> Outcome:
        """Enter the body."""
        word = seen(context.node, view)
        jobs = [
            partial(
                passing,
                context,
                SubgraphEntry(outlet="body", at=str(n), arrives=digest(word, n), loop={"turn": n}),
            )
            for n in range(int(word, 16) % (self.most + 1))
        ]
        return gathered(word, await together(jobs))


class Fan(Node, frozen=True, kw_only=True, tag="fan"):
    """Enter every branch, side by side."""

    frames: ClassVar[bool] = True
    branches: list[str]

    def outlets(self) -> tuple[str, ...]:
        """Return the ways in and the way on."""
        return (*self.branches, "done")

    def bodies(self) -> tuple[str, ...]:
        """Return the ways in."""
        return tuple(self.branches)

    async def run(self, view: View, context: Context) -> Outcome:
        """Enter the branches."""
        word = seen(context.node, view)
        jobs = [
            partial(passing, context, SubgraphEntry(outlet=name, at=name, arrives=digest(word, name)))
            for name in self.branches
        ]
        return gathered(word, await together(jobs))


class Guard(Node, frozen=True, kw_only=True, tag="guard"):
    """Enter the body and catch what fails in it."""

    frames: ClassVar[bool] = True

    def outlets(self) -> tuple[str, ...]:
        """Return the way in and the ways on."""
        return ("body", "catch", "done")

    def bodies(self) -> tuple[str, ...]:
        """Return the way in."""
        return ("body",)

    async def run(self, view: View, context: Context) -> Outcome:
        """Enter the body."""
        word = seen(context.node, view)
        try:
            passed = await context.enter(SubgraphEntry(outlet="body", arrives=word))
        except NodeError as error:
            return Outcome(outlet="catch", output=digest(word, error.code))
        return Outcome(outlet="done", output=digest(word, passed.output), updates=passed.updates)


def gathered(word: str, passes: Sequence[SubgraphResult]) -> Outcome:
    """Return the outcome of a container whose passes gave these."""
    given = [passed.output for passed in passes]
    return Outcome(outlet="done", output=digest(word, given), updates=merged(passes).updates)


async def passing(context: Context, entry: SubgraphEntry) -> SubgraphResult:
    """Return what a pass gives."""
    return await context.enter(entry)


async def together(jobs: Sequence[Callable[[], Coroutine[Any, Any, SubgraphResult]]]) -> list[SubgraphResult]:
    """Return what several passes give, two at a time."""
    done: dict[int, SubgraphResult] = {}
    async with aclosing(as_completed(jobs, limit=2)) as ending:
        async for number, output in ending:
            if isinstance(output, NodeError):
                raise output
            done[number] = output
    return [done[number] for number in range(len(jobs))]


class Finish(Node, frozen=True, kw_only=True, tag="finish"):
    """End a run with what arrived."""

    asks_context: ClassVar[bool] = True
    pure: ClassVar[bool] = True
    ends: ClassVar[bool] = True

    def outlets(self) -> tuple[str, ...]:
        """Return none."""
        return ()

    async def run(self, view: View, context: Context) -> Outcome:
        """Give what arrived."""
        return Outcome(output=view.arrived())


class Remark(Node, frozen=True, kw_only=True, tag="remark"):
    """Stand on the canvas."""

    runs: ClassVar[bool] = False

    def outlets(self) -> tuple[str, ...]:
        """Return none."""
        return ()


class Ask(Node, frozen=True, kw_only=True, tag="ask"):
    """Ask a model once or more and keep the last answer in the history."""

    times: int = 1
    publish: bool = True
    beside: bool = False
    """Ask all at once instead of in turn."""

    async def run(self, view: View, context: Context) -> Outcome:
        """Ask."""
        requests = [
            ModelRequest(
                provider="scripted",
                model="m",
                messages=[Message(role="user", content=f"{context.node} {number}")],
            )
            for number in range(self.times)
        ]
        if self.beside:
            answers = await asyncio.gather(*(context.ask(request) for request in requests))
        else:
            answers = [await context.ask(request, publish=self.publish) for request in requests]
        last = answers[-1].content
        return Outcome(output=last, messages=[Message(role="assistant", content=last)])


class Break(Node, frozen=True, kw_only=True, tag="break"):
    """Go wrong in one of several ways."""

    asks_context: ClassVar[bool] = True
    how: str
    pause: int = 0

    async def run(self, view: View, context: Context) -> Outcome:
        """Go wrong."""
        for _ in range(self.pause):
            await asyncio.sleep(0)
        match self.how:
            case "outlet":
                return Outcome(outlet="sideways")
            case "bug":
                return Outcome(output={}["missing"])
            case "exit":
                raise SystemExit(3)
            case "hang":
                await asyncio.Event().wait()
            case "output":
                return Outcome(output=object())
            case "variable":
                return Outcome(variables={"__overwrite__": {}})
            case _:
                pass
        raise NodeError("It was meant to fail.", code="on_purpose")


class Give(Node, frozen=True, kw_only=True, tag="give"):
    """Give a fixed output and set variables; for values that are hard to keep."""

    output: Any = None
    variables: dict[str, Any] = field(default_factory=dict[str, Any])
    summary: dict[str, Any] | None = None

    async def run(self, view: View, context: Context) -> Outcome:
        """Give."""
        return Outcome(output=self.output, variables=self.variables, summary=self.summary)


TYPES: Mapping[str, type[Node]] = {
    str(kind.__struct_config__.tag): kind
    for kind in (Begin, Work, Fork, Again, Meet, Trip, Each, Fan, Guard, Finish, Remark, Ask, Break, Give)
}


def decode(type: str, data: Mapping[str, Any]) -> Node:
    """Decode the node types of this file."""
    if type not in TYPES:
        raise NodeTypeError(f"There is no node type {type!r}. There are {', '.join(TYPES)}.")
    return msgspec.convert(dict(data), TYPES[type])


def definition(nodes: Mapping[str, str | tuple[str, dict[str, Any]]], *edges: str) -> GraphDefinition:
    """Return a definition from ``{"a": "work", "b": ("fork", {…})}`` and ``"a>b"`` or ``"b:yes>c"``."""
    documents: list[NodeDocument] = []
    for id, kind in nodes.items():
        type, data = (kind, {}) if isinstance(kind, str) else kind
        documents.append(NodeDocument(id=id, type=type, data=data))
    drawn: list[Edge] = []
    for text in edges:
        source, _, target = text.partition(">")
        source, _, outlet = source.partition(":")
        drawn.append(Edge(id=text, source=source, target=target, source_handle=outlet or None))
    return GraphDefinition(nodes=documents, edges=drawn)


def flow(nodes: Mapping[str, str | tuple[str, dict[str, Any]]], *edges: str) -> Flow:
    """Return a flow from the shorthand of `definition`."""
    return read_flow(definition(nodes, *edges), name="test", type="agentflow", decode=decode)
