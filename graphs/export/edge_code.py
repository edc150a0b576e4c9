"""The code that builds a graph: its nodes, and the edges between them."""

from collections.abc import Iterable

from graphs.document.edges import Link
from graphs.document.regions import Region
from graphs.export.export_plan import Plan
from graphs.export.ways import back_of

__all__ = ["builder_of"]


def builder_of(plan: Plan, region: Region, name: str) -> list[str]:
    """Return the function that builds the graph of a region, and the graph."""
    lines: list[str] = []
    for id in region.steps:
        function = plan.functions[id]
        lines.append(f"builder.add_node({plan.step(id)!r}, {function})")
        if plan.type(id) == "iteration":
            lines.append(f"builder.add_node({plan.step(id, '_item')!r}, {plan.function(id, '{}_item')})")
            lines.append(f"builder.add_node({plan.step(id, '_done')!r}, {plan.function(id, '{}_done')})")
    if region.container:
        entered = [link.target for link in region.entry if plan.reached(link.target).kind != "all"]
        lines += [f"builder.add_edge(START, {plan.step(target)!r})" for target in dict.fromkeys(entered)]
    else:
        lines.append(f"builder.add_edge(START, {plan.step(plan.shape.start)!r})")
    for id in region.steps:
        lines += _edges(plan, id, region)
    for id in region.steps:
        reached = plan.reached(id)
        if reached.kind == "all":
            waited = [plan.exit(one) for one in reached.sources if one != region.container]
            lines.append(f"builder.add_edge({waited!r}, {plan.step(id)!r})")
        if plan.node(id).loops:
            lines += _round(plan, id)
    build = plan.function(region.container, "build_{}_body") if region.container else "build"
    given = "checkpointer: BaseCheckpointSaver[Any] | None = None" if not region.container else ""
    limit = plan.shape.steps * 3 + 10
    config = f"recursion_limit={limit}"
    wide = [node.max_concurrency for node in plan.shape.nodes.values() if hasattr(node, "max_concurrency")]  # pyright: ignore[reportAttributeAccessIssue]
    if wide and not region.container:
        config += f", max_concurrency={min(wide)}"
    schemas = ", input_schema=Input, output_schema=Output" if not region.container else ""
    told = (
        "Build the graph."
        if not region.container
        else f"Build the graph of the body of {plan.label(region.container)}."
    )
    compiled = f"builder.compile({'checkpointer=checkpointer' if given else ''})"
    return [
        "\n".join(
            [
                f"def {build}({given}) -> CompiledStateGraph[Any, Any, Any, Any]:",
                f'    """{told}"""',
                f"    builder = StateGraph(State{schemas})",
                *(f"    {line}" for line in lines),
                f"    return {compiled}.with_config({config})",
                "",
                "",
                f"{name} = {build}()",
            ]
        )
    ]


def _round(plan: Plan, loop: str) -> Iterable[str]:
    """Yield the edges by which the end of a loop's round comes back to it."""
    back = plan.back(loop)
    if back.kind == "all":
        yield f"builder.add_edge({[plan.exit(one) for one in back.sources]!r}, {plan.step(loop)!r})"
    if back.kind == "gate":
        waits, name = plan.step(loop, "_back"), back_of(loop)
        plan.edges_of(name)
        ready = f"{plan.uses.take('joins', 'sources')}(state, EDGES, {name!r}) is not None"
        yield f"builder.add_node({waits!r}, lambda state: {{}})"
        yield "builder.add_conditional_edges("
        yield f"    {waits!r},"
        yield f"    lambda state: {plan.step(loop)!r} if {ready} else END,"
        yield f"    [{plan.step(loop)!r}, END],"
        yield ")"


def _edges(plan: Plan, id: str, region: Region) -> Iterable[str]:
    """Yield the edges that leave a node."""
    node, place = plan.node(id), plan.exit(id)
    if plan.type(id) == "iteration":
        item, done = plan.step(id, "_item"), plan.step(id, "_done")
        sends = f"{plan.step(id)!r}, {plan.function(id, 'send_{}')}, [{item!r}, {done!r}, END]"
        yield f"builder.add_conditional_edges({sends})"
        yield f"builder.add_edge({item!r}, {done!r})"
    if node.ends:
        yield f"builder.add_edge({place!r}, END)"
        return
    ways: dict[str, list[str]] = {plan.outlet(id, outlet): [] for outlet in plan.ways.outlets(id)}
    for link in plan.shape.outgoing[id]:
        if node.frames and link.outlet in node.bodies():
            continue
        target = _target(plan, link, region)
        if target is not None:
            ways.setdefault(plan.outlet(id, link.outlet), []).append(target)
    wakes = [
        plan.step(one.removesuffix("@back"), "_back") if one not in plan.shape.nodes else plan.step(one)
        for one in plan.ways.wakes(id)
    ]
    gate = plan.reached(id).kind == "gate"
    if not plan.ways.chooses(id) and not wakes and not gate:
        for target in dict.fromkeys(one for targets in ways.values() for one in targets):
            yield f"builder.add_edge({place!r}, {target!r})"
        return
    if not wakes and not gate and all(len(targets) < 2 for targets in ways.values()):
        yield "builder.add_conditional_edges("
        yield f"    {place!r},"
        yield f"    lambda state: state['routes'][{id!r}],"
        fields = [f"{outlet!r}: {repr(targets[0]) if targets else 'END'}" for outlet, targets in ways.items()]
        yield f"    {{{', '.join(fields)}}},"
        yield ")"
        return
    follow = plan.uses.take("joins", "after")
    targets = list(dict.fromkeys([*(one for found in ways.values() for one in found), *wakes]))
    yield "builder.add_conditional_edges("
    yield f"    {place!r}, {follow}({id!r}, {ways!r}{f', {wakes!r}' if wakes else ''}), {targets!r}"
    yield ")"


def _target(plan: Plan, link: Link, region: Region) -> str | None:
    """Return the step that an edge starts; None where another edge does, or it leads out of the body."""
    backs = {one.edge for one in plan.shape.back.get(link.target, ())}
    if link.edge in backs:
        if not plan.node(link.target).loops:
            return None
        kind = plan.back(link.target).kind
        if kind == "all":
            return None
        return plan.step(link.target, "_back") if kind == "gate" else plan.step(link.target)
    return None if plan.reached(link.target).kind == "all" else plan.step(link.target)
