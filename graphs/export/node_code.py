"""The code of a node: one function a node, and how it is reached; the plain types."""

from collections.abc import Callable, Mapping
from typing import Any

from graphs.export.export_plan import Plan
from graphs.export.python_templates import filled, rendered
from graphs.export.python_terms import Translator
from graphs.expressions import UPDATE_NAMES, parse
from graphs.nodes.condition import Condition
from graphs.nodes.delay import Delay
from graphs.nodes.end import End
from graphs.nodes.merge import Merge
from graphs.nodes.say import Say
from graphs.nodes.start import Start
from graphs.nodes.switch import Switch
from graphs.nodes.template import Template
from graphs.nodes.transform import Transform
from graphs.nodes.variable import Variable

__all__ = ["FunctionCode", "plain_body"]


class FunctionCode:
    """The function of one node while it is written."""

    def __init__(self, plan: Plan, id: str) -> None:
        self.plan = plan
        self.id = id
        self.node = plan.node(id)
        self.lines: list[str] = []
        """The body, without indentation."""
        self.looks_at_arrived = False

    def use(self, module: str, name: str) -> str:
        """Use a function of the support code."""
        return self.plan.uses.take(module, name)

    def to(self, field: str) -> Translator:
        """Return what translates a field."""
        return self.plan.translator(self.id, field)

    def expression(self, source: str, field: str, *, output: bool = False) -> str:
        """Return the Python of an expression."""
        to = self.to(field)
        term = parse(source, names=UPDATE_NAMES).term if output else parse(source).term
        return self._noted(to.python(term), to)

    def template(self, source: str, field: str) -> str:
        """Return the Python of a template's text."""
        to = self.to(field)
        return self._noted(rendered(source, to, 4), to)

    def value(self, given: Any, field: str) -> str:
        """Return the Python of a JSON value whose texts are templates."""
        to = self.to(field)
        return self._noted(filled(given, to), to)

    def refuse(self, field: str, message: str) -> None:
        """Note a field without an equal."""
        self.plan.gaps.refuse(self.id, field, message)

    def differ(self, field: str, message: str) -> None:
        """Note a field that is done otherwise."""
        self.plan.gaps.differ(self.id, field, message)

    def arrived(self) -> str:
        """Return the name of what arrived."""
        self.looks_at_arrived = True
        return "arrived"

    def arrived_code(self, name: str = "") -> str:
        """Return the code for what arrived at the node, or at the end of a loop's round."""
        name = name or self.id
        reached = self.plan.ways.reached[name]
        sources = reached.sources
        if not sources:
            return "None"
        if len(sources) == 1 and reached.kind != "gate":
            return f"state['outputs'][{sources[0]!r}]"
        if reached.kind == "all":
            return f"{self.use('joins', 'given_by')}(state, {', '.join(map(repr, sources))})"
        return f"{self.use('joins', 'what_arrived')}(state, {self.plan.edges_of(name)}, {name!r})"

    def gives(self, output: str, outlet: str = "", /, **channels: str) -> None:
        """Write the end of the function: what it gives to the state.

        Args:
            output: Code of its output.
            outlet: Code of the outlet; empty for the only one.
            channels: Code of other channels' updates.
        """
        node, plan = self.node, self.plan
        sets = {} if node.sets_itself else node.set
        if sets:
            if output != "output":
                self.lines.append(f"output = {output}")
            output = "output"
            channels |= self.sets(sets, output=True)
        outputs = f"{{{self.id!r}: {output}}}"
        forgets = [loop for loop in plan.around[self.id] if loop in plan.forgetting]
        if forgets and len(plan.ways.outlets(self.id)) > 1 and not node.loops:
            skipped = f"{self.use('joins', 'skipped')}(state, EDGES, {self.id!r}, {outlet})"
            outputs = f"{{{self.id!r}: {output}, {self.use('channels', 'FORGET')}: {skipped}}}"
        update = {"outputs": outputs, **channels}
        if self.id in plan.tracked and "routes" not in update:
            usual = (*plan.ways.outlets(self.id), "end")[0]
            update["routes"] = f"{{{self.id!r}: {outlet or repr(usual)}}}"
        self.lines += written_update(update)

    def sets(self, sets: Mapping[str, str], *, output: bool = False) -> dict[str, str]:
        """Return the code of updates of variables by channel."""
        plain: list[str] = []
        channels: dict[str, str] = {}
        for name, source in sets.items():
            code = self.expression(source, f"set.{name}", output=output)
            if name in self.plan.gathered:
                channels[self.plan.gathered[name][0]] = code
            else:
                plain.append(f"{name!r}: {code}")
        if plain:
            channels["variables"] = f"{{{', '.join(plain)}}}"
        return channels

    def _noted(self, code: str, to: Translator) -> str:
        self.looks_at_arrived = self.looks_at_arrived or to.looks_at_arrived
        self.plan.variables |= to.variables
        return code


def written_update(update: Mapping[str, str]) -> list[str]:
    """Return the lines that return an update."""
    one = f"return {{{', '.join(f'{channel!r}: {code}' for channel, code in update.items())}}}"
    if len(one) <= 100 and "\n" not in one:
        return [one]
    return ["return {", *(f"    {channel!r}: {code}," for channel, code in update.items()), "}"]


def plain_body(code: FunctionCode) -> bool:
    """Write the body of a node that asks no model and has no bodies; say whether its type is one of them."""
    rule = _RULES.get(type(code.node))
    if rule is None:
        return False
    rule(code)
    return True


def _start(code: FunctionCode) -> None:
    node, plan = code.node, code.plan
    assert isinstance(node, Start)
    given = "state.get('input') or {}"
    if plan.chat:
        text = f"{code.use('expressions', 'message_text')}(state['messages'][-1].content)"
        given = f"{{**(state.get('inputs') or {{}}), 'message': {text}}}"
    if node.inputs:
        given = f"{code.use('inputs', 'complete')}({given}, INPUTS)"
    code.lines.append(f"given = {given}")
    update = {"input": "given", "outputs": f"Overwrite({{{code.id!r}: given}})"}
    if plan.chat:
        update["inputs"] = "{}"
    elif plan.converses:
        code.lines.append("asked = given.get('message')")
        update["messages"] = "[HumanMessage(asked)] if asked else []"
        code.plan.uses.names.setdefault("", {})["HumanMessage"] = None
    defaults = {
        one.name: one.default
        for one in node.variables
        if one.default is not None and one.name not in plan.gathered
    }
    update["variables"] = f"Overwrite({{**{defaults!r}, **(state.get('initial_variables') or {{}})}})"
    if not defaults:
        update["variables"] = "Overwrite({**(state.get('initial_variables') or {})})"
    for name, (channel, declared) in plan.gathered.items():
        initial = repr(declared.initial())
        if declared.scope == "session":
            initial = f"state.get({channel!r}, {initial})"
        given = f"(state.get('initial_variables') or {{}}).get({name!r}, {initial})"
        update[channel] = given if declared.reducer in ("set", "last") else f"Overwrite({given})"
    if plan.tracked:
        update["routes"] = "Overwrite({})"
    if any(one.loops or one.frames for one in plan.shape.nodes.values()):
        update["loops"] = "Overwrite({})"
    if code.id in plan.tracked:
        update["routes"] = f"Overwrite({{{code.id!r}: 'out'}})"
    if node.set:
        code.refuse("set", "A start node that sets variables has no equal. Put a variable node behind it.")
    code.lines += written_update(update)


def _end(code: FunctionCode) -> None:
    node = code.node
    assert isinstance(node, End)
    if node.expression:
        output = code.expression(node.expression, "expression")
    elif node.output:
        output = code.template(node.output, "output")
    else:
        output = code.arrived()
    if node.files:
        code.refuse("files", "Files of an answer are kept by the server alone. Leave 'files' out.")
    code.lines.append(f"output = {output}")
    more = {"output": "output"}
    if code.plan.chat:
        code.lines.append(f"said = {code.use('expressions', 'text')}(output)")
        code.plan.uses.names.setdefault("", {})["AIMessage"] = None
        more["messages"] = "[AIMessage(said)] if said.strip() else []"
    code.gives("output", **more)


def _condition(code: FunctionCode) -> None:
    node = code.node
    assert isinstance(node, Condition)
    arrived = code.arrived()
    decided = code.expression(node.expression, "expression")
    code.lines.append(f"outlet = 'yes' if {decided} else 'no'")
    code.gives(arrived, "outlet")


def _switch(code: FunctionCode) -> None:
    node = code.node
    assert isinstance(node, Switch)
    arrived = code.arrived()
    for place, case in enumerate(node.cases):
        word = "elif" if place else "if"
        code.lines.append(f"{word} {code.expression(case.expression, f'cases[{place}].expression')}:")
        code.lines.append(f"    outlet = {case.outlet!r}")
    code.lines += ["else:", "    outlet = 'default'"]
    code.gives(arrived, "outlet")


def _template(code: FunctionCode) -> None:
    node = code.node
    assert isinstance(node, Template)
    code.lines.append(f"text_ = {code.template(node.template, 'template')}")
    code.gives("text_")


def _transform(code: FunctionCode) -> None:
    node = code.node
    assert isinstance(node, Transform)
    if isinstance(node.expression, str):
        code.lines.append(f"value = {code.expression(node.expression, 'expression')}")
    else:
        fields = [
            f"    {key!r}: {code.expression(source, f'expression.{key}')},"
            for key, source in node.expression.items()
        ]
        code.lines += ["value = {", *fields, "}"]
    code.gives("value")


def _variable(code: FunctionCode) -> None:
    node = code.node
    assert isinstance(node, Variable)
    arrived = code.arrived()
    code.gives(arrived, "", **code.sets(node.set))


def _say(code: FunctionCode) -> None:
    node = code.node
    assert isinstance(node, Say)
    arrived = code.arrived()
    code.lines.append(f"said = {code.template(node.text, 'text')}")
    if not code.plan.converses:
        code.differ("text", "The message is not shown: a flow without a conversation has nobody to tell.")
        code.gives(arrived)
        return
    code.plan.uses.names.setdefault("", {})["AIMessage"] = None
    mark = code.use("conversation", "SAID")
    code.gives(arrived, messages=f"[AIMessage(said, additional_kwargs={{{mark}: True}})]")


def _merge(code: FunctionCode) -> None:
    node, reached = code.node, code.plan.reached(code.id)
    assert isinstance(node, Merge)
    if node.wait != "all":
        code.refuse(
            "wait", f"A merge that goes on with 'wait' {node.wait!r} has no equal. Set 'wait' to 'all'."
        )
    if reached.kind in ("any", "gate"):
        came = f"{code.use('joins', 'all_arrived')}(state, {code.plan.edges_of(code.id)}, {code.id!r})"
    else:
        fields = ", ".join(f"{one!r}: state['outputs'][{one!r}]" for one in reached.sources)
        came = f"{{{fields}}}"
    code.lines.append(f"came = {came}")
    match node.mode:
        case "object":
            code.gives("came")
        case "list":
            code.gives("list(came.values())")
        case "text":
            code.gives(
                f"{node.separator!r}.join({code.use('expressions', 'text')}(one) for one in came.values())"
            )


def _delay(code: FunctionCode) -> None:
    node = code.node
    assert isinstance(node, Delay)
    arrived = code.arrived()
    if node.seconds is None or node.seconds > 5:
        code.refuse(
            "until" if node.seconds is None else "seconds",
            "A wait of more than 5 seconds is kept by the server alone. Let a scheduler resume the run.",
        )
    code.plan.uses.names.setdefault("", {})["asyncio"] = None
    code.lines.append(f"await asyncio.sleep({node.seconds!r})")
    code.gives(arrived)


_RULES: Mapping[type, Callable[[FunctionCode], None]] = {
    Start: _start,
    End: _end,
    Condition: _condition,
    Switch: _switch,
    Template: _template,
    Transform: _transform,
    Variable: _variable,
    Say: _say,
    Merge: _merge,
    Delay: _delay,
}
