"""Constant findings: what nodes have written down and can never work."""

from collections.abc import Iterator, Mapping
from typing import Any

from graphs.checks.field_lookups import field_finding, written_terms
from graphs.document.topology import Topology
from graphs.expressions import parse as parse_expression
from graphs.expressions.constants import constant_faults, constant_value
from graphs.expressions.templates import parse as parse_template
from graphs.node.node import Node
from graphs.node.variables import VariableDeclaration
from graphs.nodes.delay import Delay, time_fault
from graphs.nodes.iteration import Iteration
from graphs.nodes.loop import Loop
from graphs.nodes.tool import ToolNode
from graphs.parsing.numbers import kind
from graphs.tools.calculator import Calculator
from graphs.values.findings import Finding

__all__ = ["constant_findings"]

_MOST = 50
_CODE = "wrong_constant"


def constant_findings(shape: Topology) -> Iterator[Finding]:
    """Warn of constants that fail in each run that comes to them: patterns, dates, time zones, operands of a
    wrong kind, lists that are none, updates that a variable does not take.

    All sources parse by now. Pointers are relative to the node.
    """
    declared = {one.name: one for node in shape.nodes.values() for one in node.declares()}
    for id, node in shape.nodes.items():
        told = 0
        for field, term, source in written_terms(node):
            for fault in constant_faults(term, source):
                told += 1
                if told <= _MOST:
                    yield field_finding(_CODE, id, field, _inward(str(fault)))
        for field, message in _of_node(node, declared):
            yield field_finding(_CODE, id, field, message)


def _of_node(node: Node, declared: Mapping[str, VariableDeclaration]) -> Iterator[tuple[str, str]]:
    """Yield fields of a node whose constant value the node itself does not take, and why."""
    if isinstance(node, Iteration | Loop) and node.items:
        for value in constant_value(parse_expression(node.items)):
            if not isinstance(value, list):
                yield "items", f"it must give a list, and always gives {kind(value)}."
    for name, term, source in written_terms(node):
        one = declared.get(name.removeprefix("set."))
        if one is None or not name.startswith("set."):
            continue
        for value in constant_value(term):
            if message := one.update_misfit(value):
                yield name, f"it always gives {source[:40]}. {message}"
    if isinstance(node, Delay) and (message := _of_template(node.until, time_fault)):
        yield "until", message
    if isinstance(node, ToolNode) and node.tool in ("calculator", {"name": "calculator"}):
        source = node.arguments.get("expression")
        if isinstance(source, str) and (message := _of_template(source, Calculator.fault)):
            yield "arguments.expression", message


def _of_template(source: str, fault: Any) -> str:
    """Return why the text of a template is no good; empty where it is, or where only a run knows it."""
    parts = parse_template(source).parts if source else ()
    if not parts or not all(isinstance(part, str) for part in parts):
        return ""
    return _inward(fault("".join(part for part in parts if isinstance(part, str))))


def _inward(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]
