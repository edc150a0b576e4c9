"""Constant findings: what expressions and templates have written down and can never work."""

from collections.abc import Iterator

from graphs.checks.field_lookups import field_finding, written_terms
from graphs.document.topology import Topology
from graphs.expressions.constants import constant_faults
from graphs.values.findings import Finding

__all__ = ["constant_findings"]

_MOST = 50


def constant_findings(shape: Topology) -> Iterator[Finding]:
    """Warn of constants that fail in each evaluation: patterns, dates, time zones, operands of a wrong kind.

    All sources parse by now. Pointers are relative to the node.
    """
    for id, node in shape.nodes.items():
        told = 0
        for field, term, source in written_terms(node):
            for fault in constant_faults(term, source):
                told += 1
                if told <= _MOST:
                    message = str(fault)
                    yield field_finding("wrong_constant", id, field, message[:1].lower() + message[1:])
