"""The switch node."""

from functools import partial
from typing import Annotated, ClassVar

from msgspec import Meta, Struct

from graphs import expressions
from graphs.expressions.long_work import aside
from graphs.node.context import Context
from graphs.node.node import Example, Node, Outcome
from graphs.values.node_view import View

__all__ = ["Case", "Switch"]

_DEFAULT = "default"


class Case(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An outlet of a switch, and its expression."""

    outlet: Annotated[str, Meta(pattern=r"^[\w-]+$", max_length=64, description="The outlet's name.")]
    expression: Annotated[str, Meta(description="An expression that decides.")]


class Switch(Node, frozen=True, kw_only=True, tag="switch"):
    """Continue at the first case whose expression is true, otherwise at `default`.

    The outlets are those of the cases and `default`. The output is the output of the previous node.
    """

    asks_context: ClassVar[bool] = True
    pure: ClassVar[bool] = True

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            title="By language",
            data={
                "cases": [
                    {"outlet": "german", "expression": "variables.language == 'de'"},
                    {"outlet": "korean", "expression": "variables.language == 'ko'"},
                ]
            },
            variables={"language": "ko"},
            outlet="korean",
        ),
        Example(
            title="No case holds",
            data={"cases": [{"outlet": "long", "expression": "length(message) > 500"}]},
            input={"message": "Hi"},
            outlet="default",
        ),
    )

    cases: Annotated[list[Case], Meta(min_length=1, max_length=50, description="The cases, in order.")]

    def __post_init__(self) -> None:
        """Refuse two ways of one name."""
        names = [case.outlet for case in self.cases]
        if _DEFAULT in names:
            raise ValueError("cases: 'default' is the outlet where no case holds; name the case otherwise")
        if twice := {name for name in names if names.count(name) > 1}:
            raise ValueError(f"cases: each outlet once, found several of {', '.join(sorted(twice))}")

    def outlets(self) -> tuple[str, ...]:
        """Return the cases' outlets and `default`."""
        return (*(case.outlet for case in self.cases), _DEFAULT)

    def expressions(self) -> dict[str, str]:
        """Return the cases' expressions."""
        return {f"cases[{index}].expression": case.expression for index, case in enumerate(self.cases)}

    def passes_on(self) -> bool:
        """Say that it does."""
        return True

    async def run(self, view: View, context: Context) -> Outcome:
        """Choose the way."""
        scope = expressions.scope(view)
        for case in self.cases:
            condition = expressions.parse(case.expression)
            if await aside(partial(condition.evaluate, scope)):
                return Outcome(output=view.arrived(), outlet=case.outlet)
        return Outcome(output=view.arrived(), outlet=_DEFAULT)
