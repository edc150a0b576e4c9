"""The modules of an exported graph: its state, its node functions, and the edges between them."""

from collections.abc import Sequence
from typing import Any

import msgspec

from graphs.export.body_code import iteration_parts, loop_body, try_body
from graphs.export.edge_code import builder_of
from graphs.export.export_plan import Plan
from graphs.export.model_code import model_body
from graphs.export.names import one_line
from graphs.export.node_code import FunctionCode, plain_body
from graphs.export.question_code import question_body
from graphs.export.tidy import tidy
from graphs.export.ways import back_of
from graphs.node.error_policies import usual_outlet
from graphs.node.node import ERROR
from graphs.node.variables import VariableDeclaration
from graphs.nodes.start import Start

__all__ = ["graph_module", "state_module"]

_IMPORTS = {
    "os": "import os",
    "asyncio": "import asyncio",
    "HumanMessage": "from langchain_core.messages import HumanMessage",
    "AIMessage": "from langchain_core.messages import AIMessage",
    "GraphBubbleUp": "from langgraph.errors import GraphBubbleUp",
    "interrupt": "from langgraph.types import interrupt",
    "Send": "from langgraph.types import Send",
}
_REDUCERS = {
    "append": "append",
    "extend": "extend",
    "add": "add",
    "merge": "lay_over",
    "max": "greater",
    "min": "lesser",
}
_TYPES = {
    "string": "str",
    "number": "float",
    "integer": "int",
    "boolean": "bool",
    "object": "dict[str, Any]",
    "array": "list[Any]",
}


def graph_module(plan: Plan, package: str) -> str:
    """Return the source of the module with the node functions and the graph."""
    functions: list[str] = []
    graphs: list[str] = []
    main, *rest = plan.shape.regions
    bodies = {region.container: plan.function(region.container, "{}_body") for region in rest}
    for id in plan.shape.nodes:
        functions += _function(plan, id, bodies)
    for region in sorted(rest, key=lambda region: len(region.steps)):
        graphs += builder_of(plan, region, bodies[region.container])
    graphs += builder_of(plan, main, "graph")
    start = next(node for node in plan.shape.nodes.values() if isinstance(node, Start))
    constants: list[str] = []
    if plan.edges:
        rows = [f"    {name!r}: {edges!r}," for name, edges in plan.edges.items()]
        constants += ["EDGES: dict[str, list[tuple[str, str]]] = {", *rows, "}"]
        constants.append(
            '"""The edges that lead to nodes where branches meet: where from, and by which outlet."""'
        )
    if start.inputs:
        told: list[Any] = [_declared(one) for one in start.inputs]
        constants += ["INPUTS: list[dict[str, Any]] = [", *(f"    {one!r}," for one in told), "]"]
        constants.append('"""The inputs of a run."""')
    head = [f'"""{one_line(plan.flow.name)} as a LangGraph graph."""', ""]
    flags = plan.uses.names.get("", {})
    imports = sorted(_IMPORTS[flag] for flag in flags)
    imports += ["from typing import Any"]
    outside = [
        "from langgraph.checkpoint.base import BaseCheckpointSaver",
        "from langgraph.graph import END, START, StateGraph",
        "from langgraph.graph.state import CompiledStateGraph",
        "from langgraph.types import Overwrite",
    ]
    body = "\n".join([*constants, "", "", "\n\n\n".join(functions), "", "", "\n\n\n".join(graphs), ""])
    used = [
        f"from {package}.{module} import {', '.join(names)}"
        for module in sorted(plan.uses.names)
        if module and (names := [name for name in plan.uses.names[module] if _mentions(body, name)])
    ]
    standard = sorted({line for line in imports if not line.startswith(("from langchain", "from langgraph"))})
    standard.sort(key=lambda line: (line.startswith("from"), line))
    others = sorted({*(line for line in imports if line not in standard), *outside})
    own = [*used, f"from {package}.state import Input, Output, State"]
    head += [*standard, "", *others, "", *sorted(own), "", "Update = dict[str, Any]", ""]
    return tidy("\n".join(head) + body)


def _mentions(body: str, name: str) -> bool:
    """Say whether code has a name as a word of its own."""
    at = body.find(name)
    while at >= 0:
        before, behind = body[at - 1 : at], body[at + len(name) : at + len(name) + 1]
        if not (before.isalnum() or before in ("_", "'", '"', ".")) and not (
            behind.isalnum() or behind == "_"
        ):
            return True
        at = body.find(name, at + 1)
    return False


def _declared(one: Any) -> dict[str, Any]:
    fields: dict[str, Any] = msgspec.to_builtins(one)
    kept = ("name", "type", "default", "required", "choices", "max_length")
    return {name: fields[name] for name in kept if fields.get(name) not in (None, [], False)}


def state_module(plan: Plan, package: str) -> str:
    """Return the source of the module with the state."""
    lines: list[str] = []
    reducers: set[str] = set()

    def channel(name: str, kind: str, told: str, reducer: str = "") -> None:
        if reducer and reducer != "add_messages":
            reducers.add(plan.uses.take("channels", reducer))
        lines.append(f"    {name}: {f'Annotated[{kind}, {reducer}]' if reducer else kind}")
        lines.append(f'    """{told}"""')

    anything = "dict[str, Any]"
    channel("input", anything, "The input of the run.")
    channel("initial_variables", f"{anything} | None", "Variables that a run starts with.")
    channel("variables", anything, "Values that nodes have set, by name.", "merge")
    channel("outputs", anything, "The output of each node that ran, by its id in the flow.", "merge")
    if plan.tracked:
        channel("routes", "dict[str, str]", "By which outlet nodes were left.", "merge")
    if any(one.loops or one.frames for one in plan.shape.nodes.values()):
        channel("loops", anything, "What loops and iterations are at.", "merge")
    if any(plan.type(id) == "iteration" for id in plan.shape.nodes):
        channel(
            "passes", anything, "What the items of iterations gave, by iteration and index.", "merge_passes"
        )
    if plan.chat:
        channel("inputs", anything, "Inputs of the run beside the message.")
    if plan.converses:
        channel("messages", "list[AnyMessage]", "The conversation.", "add_messages")
    for name, (place, declared) in plan.gathered.items():
        reducer = _REDUCERS.get(declared.reducer, declared.reducer if declared.reducer == "first" else "last")
        told = one_line(declared.description) or f"The variable {name}."
        channel(place, "Any" if reducer == "last" else _kind(declared), told, reducer)
    channel("output", "Any", "The output of the run.")
    given = (
        ["    input: dict[str, Any]"]
        if not plan.chat
        else ["    messages: list[AnyMessage]", "    inputs: dict[str, Any]"]
    )
    gives = ["    output: Any", *(["    messages: list[AnyMessage]"] if plan.chat else [])]
    imports = ["from typing import Annotated, Any, TypedDict", ""]
    if plan.converses:
        imports += [
            "from langchain_core.messages import AnyMessage",
            "from langgraph.graph.message import add_messages",
            "",
        ]
    if reducers:
        imports += [f"from {package}.channels import {', '.join(sorted(reducers))}", ""]
    return "\n".join(
        [
            '"""The state of the graph, what a run takes and what it gives."""',
            "",
            *imports,
            "",
            "class State(TypedDict):",
            '    """What nodes read and update."""',
            "",
            *lines,
            "",
            "",
            "class Input(TypedDict, total=False):",
            '    """What a run takes."""',
            "",
            *given,
            "    initial_variables: dict[str, Any] | None",
            "",
            "",
            "class Output(TypedDict, total=False):",
            '    """What a run gives."""',
            "",
            *gives,
            "",
        ]
    )


def _kind(declared: VariableDeclaration) -> str:
    """Return the type of a channel: one that LangGraph can make an empty value of."""
    by_reducer = {"append": "list[Any]", "extend": "list[Any]", "add": "float", "merge": "dict[str, Any]"}
    otherwise = {"max": "float", "min": "float"}.get(declared.reducer, "str")
    return by_reducer.get(declared.reducer, _TYPES.get(declared.type, otherwise))


def _function(plan: Plan, id: str, bodies: dict[str, str]) -> list[str]:
    """Return the functions of a node."""
    code, node, name = FunctionCode(plan, id), plan.node(id), plan.functions[id]
    label = plan.label(id)
    if node.cache_seconds is not None:
        code.differ("cache_seconds", "Results are not kept for other runs.")
    if node.idle_timeout_seconds is not None:
        code.differ("idle_timeout_seconds", "Nothing watches for silence. Set 'timeout_seconds'.")
    if (node.loops or node.frames) and (node.retry or node.timeout_seconds or node.on_error != "fail"):
        code.refuse("on_error", "A container with 'retry', 'timeout_seconds' or 'on_error' has no equal.")
    match plan.type(id):
        case "loop":
            loop_body(code)
        case "iteration":
            plan.uses.names.setdefault("", {})["Send"] = None
            parts = iteration_parts(code, bodies[id], _passed(plan, id))
            return [
                _definition(name, label, parts["begins"]),
                _definition(
                    plan.function(id, "send_{}"),
                    f"Send each item of {label} through its body.",
                    parts["sends"],
                    gives="Any",
                    plain=True,
                ),
                _definition(plan.function(id, "{}_item"), f"One item of {label}.", parts["one"]),
                _definition(plan.function(id, "{}_done"), f"All items of {label}.", parts["ends"]),
            ]
        case "try_catch":
            try_body(code, bodies[id], _passed(plan, id))
        case _:
            if not (plain_body(code) or question_body(code) or model_body(code)):
                code.refuse(
                    "type",
                    f"A node of type '{plan.type(id)}' has no equal in plain LangGraph. Take it out, or "
                    "write a function of your own in its place.",
                )
                code.lines.append("return {}")
    lines: list[str] = []
    if plan.reached(id).kind == "gate":
        entered = f"{id!r} not in state['loops'] and " if node.loops else ""
        lines += [f"if {entered}not {code.use('joins', 'sources')}(state, {plan.edges_of(id)}, {id!r}):"]
        lines += ["    return {}  # a branch is still on its way, or none will come"]
    if code.looks_at_arrived:
        lines.append(f"arrived = {code.arrived_code()}")
    return [_policy(plan, id, code) + _definition(name, label, [*lines, *code.lines])]


def _passed(plan: Plan, id: str) -> str:
    """Return the code of what one pass through a body gives."""
    links = plan.shape.back[id]
    if plan.ways.certain(links):
        return f"passed['outputs'].get({links[0].source!r})"
    plan.edges[back_of(id)] = [(link.source, plan.outlet(link.source, link.outlet)) for link in links]
    return f"{plan.uses.take('joins', 'what_arrived')}(passed, EDGES, {back_of(id)!r})"


def _definition(
    name: str, told: str, lines: Sequence[str], *, gives: str = "Update", plain: bool = False
) -> str:
    told = told if told.endswith((".", "?", "!", "…")) else f"{told}."
    head = [f"{'' if plain else 'async '}def {name}(state: State) -> {gives}:", f'    """{told}"""']
    indented = (
        [f"    {line}" if line else "" for line in "\n".join(lines).split("\n")]
        if False
        else [f"    {line}" if line else line for line in lines]
    )
    return "\n".join([*head, *indented])


def _policy(plan: Plan, id: str, code: FunctionCode) -> str:
    """Return the decorator of a node that is tried again, has a time-out or goes on where it fails."""
    node = plan.node(id)
    given: list[str] = []
    if node.retry is not None and node.retry.max_attempts > 1:
        given.append(f"attempts={node.retry.max_attempts}")
        for name, value, usual in (
            ("delay", node.retry.delay_seconds, 0.5),
            ("backoff", node.retry.backoff, 2.0),
            ("longest", node.retry.max_delay_seconds, 20.0),
        ):
            given += [f"{name}={value!r}"] if value != usual else []
    if node.timeout_seconds is not None:
        given.append(f"seconds={node.timeout_seconds!r}")
    if node.on_error == "continue":
        routes = f", 'routes': {{{id!r}: {usual_outlet(node)!r}}}" if id in plan.tracked else ""
        given.append(f"on_error=lambda error: {{'outputs': {{{id!r}: {node.default!r}}}{routes}}}")
    if node.on_error == "outlet":
        told = f"{code.use('policies', 'failure')}(error, {id!r})"
        given.append(
            f"on_error=lambda error: {{'outputs': {{{id!r}: {told}}}, 'routes': {{{id!r}: {ERROR!r}}}}}"
        )
        code.differ("on_error", "The output at 'error' has the error of Python.")
    if not given:
        return ""
    return f"@{code.use('policies', 'policy')}({', '.join(given)})\n"
