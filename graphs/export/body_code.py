"""The code of loops, iterations and guarded bodies."""

from graphs.export.node_code import FunctionCode, written_update
from graphs.export.ways import back_of
from graphs.nodes.iteration import Iteration
from graphs.nodes.loop import Loop
from graphs.nodes.try_catch import TryCatch

__all__ = ["loop_body", "iteration_parts", "try_body"]


def loop_body(code: FunctionCode) -> None:
    """Write the function of a loop: it starts the next round, or goes on."""
    node, plan, id = code.node, code.plan, code.id
    assert isinstance(node, Loop)
    entered = code.arrived_code()
    if node.set:
        code.refuse("set", "A loop that sets variables has no equal. Put a variable node behind it.")
    breaking = [link for link in plan.back(id).links if link.breaks]
    code.lines.append(f"turn = state['loops'].get({id!r})")
    code.lines.append("if turn is None:")
    items = "[]"
    if node.items:
        found = code.expression(node.items, "items")
        if code.looks_at_arrived:
            code.lines.append(f"    arrived = {entered}")
        items = f"{code.use('expressions', 'is_list')}({found}, {node.max_iterations})"
    code.looks_at_arrived = False
    code.lines.append(f"    turn = {{'index': 0, 'items': {items}, 'results': []}}")
    code.lines.append("else:")
    code.lines.append(f"    arrived = {code.arrived_code(back_of(id))}")
    code.lines.append(
        "    turn = {**turn, 'index': turn['index'] + 1, 'results': [*turn['results'], arrived]}"
    )
    if any("previous" in source for one in plan.inside(id) for source in plan.sources(one)):
        code.lines.append(f"    inside = {plan.inside(id)!r}")
        code.lines.append(
            "    previous = {one: state['outputs'][one] for one in inside if one in state['outputs']}"
        )
        code.lines.append("    turn['previous'] = previous")
    more: list[str] = []
    if breaking:
        table = plan.edges_of(back_of(id))
        edges = [(link.source, plan.outlet(link.source, link.outlet)) for link in breaking]
        tests = " or ".join(f"{code.use('joins', 'taken')}(state, {table}, *{edge!r})" for edge in edges)
        code.lines.append(f"ended = turn['index'] > 0 and bool({tests})")
        more.append("not ended")
    if node.items:
        code.lines.append("rounds = len(turn['items'])")
        code.lines.append("item = turn['items'][turn['index']] if turn['index'] < rounds else None")
        holds = "turn['index'] < rounds"
    else:
        code.lines.append(f"rounds = {'None' if node.condition else node.max_iterations}")
        code.lines.append("item = None")
        holds = f"turn['index'] < {node.max_iterations}"
    code.lines.append("turn = {**turn, 'item': item, 'count': rounds}")
    if node.condition:
        code.lines.append(f"state = {{**state, 'loops': {{**state['loops'], {id!r}: turn}}}}")
        reader = code.plan.around.get(id, ())
        code.plan.around = {**code.plan.around, id: (id, *reader)}
        more.append(code.expression(node.condition, "while"))
        code.plan.around = {**code.plan.around, id: reader}
    tests = " and ".join(
        f"({test})" if (" " in test and " or " in test) or " if " in test else test for test in [*more, holds]
    )
    exhausted = node.condition and "exhausted" in plan.ways.outlets(id)
    cleared = [one for one in plan.inside(id) if one in plan.tracked]
    forget = f", {code.use('channels', 'FORGET')}: {cleared!r}" if cleared else ""
    code.lines.append(f"if {tests}:")
    turns = {
        "outputs": f"{{{id!r}: item}}",
        "loops": f"{{{id!r}: turn}}",
        "routes": f"{{{id!r}: {code.use('joins', 'TURN')}{forget}}}",
    }
    code.lines += [f"    {line}" for line in written_update(turns)]
    code.lines.append("results = turn['results']")
    outlet = "'done'"
    if exhausted:
        code.lines.append(f"outlet = 'exhausted' if {' and '.join(more)} else 'done'")
        outlet = "outlet"
    ends = {
        "outputs": f"{{{id!r}: results}}",
        "loops": f"{{{code.use('channels', 'FORGET')}: [{id!r}]}}",
        "routes": f"{{{id!r}: {outlet}}}",
    }
    code.lines += written_update(ends)


def iteration_parts(code: FunctionCode, body: str, back: str) -> dict[str, list[str]]:
    """Return the bodies of an iteration's four functions: its start, the sending, one item, and its end.

    Args:
        code: Of the node.
        body: The name of the compiled graph of its body.
        back: Code of what an item's pass gives.
    """
    node, id, plan = code.node, code.id, code.plan
    assert isinstance(node, Iteration)
    if node.set:
        code.refuse("set", "An iteration that sets variables has no equal. Put a variable node behind it.")
    items = f"{code.use('expressions', 'is_list')}({code.expression(node.items, 'items')}, {node.max_items})"
    begins: list[str] = []
    if plan.reached(id).kind == "gate":
        begins.append(f"if not {code.use('joins', 'sources')}(state, {plan.edges_of(id)}, {id!r}):")
        begins.append("    return {}  # a branch is still on its way, or none will come")
    if code.looks_at_arrived:
        begins.append(f"arrived = {code.arrived_code()}")
    begins.append(f"items = {items}")
    begins += written_update(
        {
            "loops": f"{{{id!r}: {{'items': items, 'count': len(items)}}}}",
            "passes": f"{{{code.use('channels', 'FORGET')}: [{id!r}]}}",
        }
    )
    for one in plan.inside(id):
        sets = [*plan.node(one).set]
        if sets and plan.type(id) == "iteration":
            plan.gaps.refuse(
                one,
                f"set.{sets[0]}",
                "A variable that is set in the body of an iteration has no equal. Give its value as output.",
            )
    routes = f"{{**state['routes'], {id!r}: {code.use('joins', 'TURN')}}}" if plan.tracked else ""
    gate = plan.reached(id).kind == "gate"
    sends = [
        *([f"if {id!r} not in state['loops']:", "    return END"] if gate else []),
        f"items = state['loops'][{id!r}]['items']",
        "loops = [{'index': index, 'item': item, 'count': len(items)} for index, item in enumerate(items)]",
        "sent = [",
        "    {",
        "        **state,",
        f"        'outputs': {{**state['outputs'], {id!r}: loop['item']}},",
        f"        'loops': {{**state['loops'], {id!r}: loop}},",
        *([f"        'routes': {routes},"] if routes else []),
        "    }",
        "    for loop in loops",
        "]",
        f"return [Send({plan.step(id, '_item')!r}, one) for one in sent] or {plan.step(id, '_done')!r}",
    ]
    index = f"state['loops'][{id!r}]['index']"
    item = [f"passed = await {body}.ainvoke(state)"]
    result = f"{{{id!r}: {{{index}: {back}}}}}"
    said = ", 'messages': passed['messages'][len(state['messages']):]" if plan.converses else ""
    if node.on_item_error == "fail":
        one = [*item, f"return {{'passes': {result}{said}}}"]
    else:
        code.plan.uses.names.setdefault("", {})["GraphBubbleUp"] = None
        failed = "{}" if node.on_item_error == "drop" else f"{{'passes': {{{id!r}: {{{index}: None}}}}}}"
        one = [
            "try:",
            f"    {item[0]}",
            "except GraphBubbleUp:",
            "    raise",
            "except Exception:",
            f"    return {failed}",
            f"return {{'passes': {result}{said}}}",
        ]
    code.lines = [
        f"passes = state['passes'].get({id!r}, {{}})",
        "results = [passes[index] for index in sorted(passes)]",
    ]
    code.gives("results", loops=f"{{{code.use('channels', 'FORGET')}: [{id!r}]}}")
    return {"begins": begins, "sends": sends, "one": one, "ends": code.lines}


def try_body(code: FunctionCode, body: str, back: str) -> None:
    """Write the function of a try_catch: it runs its body, and gives what it gave or why it failed."""
    node, id, plan = code.node, code.id, code.plan
    assert isinstance(node, TryCatch)
    code.plan.uses.names.setdefault("", {})["GraphBubbleUp"] = None
    routes = f", 'routes': {{**state['routes'], {id!r}: {code.use('joins', 'TURN')}}}" if plan.tracked else ""
    code.lines += [
        f"inner = {{**state, 'outputs': {{**state['outputs'], {id!r}: {code.arrived()}}}{routes}}}",
        "try:",
        f"    passed = await {body}.ainvoke(inner)",
        "except GraphBubbleUp:",
        "    raise",
        "except Exception as error:",
        f"    given = {code.use('policies', 'failure')}(error, {id!r})",
        f"    return {{'outputs': {{{id!r}: given}}, 'routes': {{{id!r}: 'catch'}}}}",
        f"given = {back}",
    ]
    code.differ("catch", "The output at 'catch' has the error of Python, and this node as 'node'.")
    more = {"variables": "passed['variables']"}
    if plan.converses:
        more["messages"] = "passed['messages'][len(state['messages']):]"
    code.gives("given", "'done'", **more)
