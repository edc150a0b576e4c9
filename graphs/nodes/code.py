"""The code node."""

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Annotated, Any, ClassVar

from msgspec import Meta, field

from graphs import expressions
from graphs.expressions.json_templates import fill, sources
from graphs.node.context import Context
from graphs.node.node import Example, Node, Outcome
from graphs.sandbox.code_checks import LONGEST, code_problem, name_problem
from graphs.sandbox.code_sandbox import INSTALL, CodeError
from graphs.values.node_error import NodeError
from graphs.values.node_view import View

__all__ = ["Code"]


class Code(Node, frozen=True, kw_only=True, tag="code"):
    """Run a Python program in a sandbox. The output is the value of the program's last expression.

    `inputs` are the variables of the program. Their texts are templates. A text that is a single reference
    keeps the type of its value. The output must be JSON; dates and decimals become texts, tuples and sets
    lists. `input_schema` and `output_schema` are checked before and after the program.

    - The sandbox has no files, no network, no environment and no secrets. It needs the extra `code`:
      `pip install 'agenticrag[code]'`.
    - Time, memory and output are limited by `code_seconds`, `code_memory_bytes` and `code_output_bytes`. A
      program that sleeps does not wait.
    - Parts of Python are missing: generators, classes with base classes, `del`, and most modules. They are
      errors before the run. There are `re`, `json`, `math`, `datetime`, `decimal`, `collections`,
      `itertools`, `functools`, `csv`, `random`, `hashlib`, `base64`, `dataclasses` and a few more.
    - The result is stored with the node: after a crash it is not computed again, so that `random` and the
      clock give no second answer. What the program prints is a `custom` event, `{"printed": …}`.
    - Runs of anonymous visitors may use it only if the operator sets `code_for_visitors`.
    """

    group: ClassVar[str] = "data"
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            title="Reshape a list",
            data={
                "inputs": {"orders": "{{ input.orders }}"},
                "code": "totals = {}\n"
                "for order in orders:\n"
                "    name = order['customer']\n"
                "    totals[name] = totals.get(name, 0) + order['amount']\n"
                "totals",
                "output_schema": {"type": "object", "additionalProperties": {"type": "number"}},
            },
            input={
                "orders": [
                    {"customer": "Ada", "amount": 3},
                    {"customer": "Bob", "amount": 4},
                    {"customer": "Ada", "amount": 5},
                ]
            },
            output={"Ada": 8, "Bob": 4},
        ),
    )

    code: Annotated[str, Meta(min_length=1, max_length=LONGEST, description="The Python program.")]
    inputs: Annotated[
        dict[str, Any],
        Meta(max_length=100, description="Variables of the program by name: JSON whose texts are templates."),
    ] = field(default_factory=dict[str, Any])
    input_schema: Annotated[
        dict[str, Any] | None, Meta(description="JSON Schema of the object of all inputs. Null: any.")
    ] = None
    output_schema: Annotated[
        dict[str, Any] | None, Meta(description="JSON Schema of the output. Null: any JSON.")
    ] = None

    def templates(self) -> dict[str, str]:
        """Return every text that is a template."""
        return sources(self.inputs, "inputs")

    def problems(self) -> dict[str, str]:
        """Return what of the program cannot run, and which schema is none."""
        found: dict[str, str] = {}
        if problem := code_problem(self.code):
            found["code"] = problem
        for name in self.inputs:
            if problem := name_problem(name):
                found[f"inputs.{name}"] = problem
        for name, schema in (("input_schema", self.input_schema), ("output_schema", self.output_schema)):
            if schema is not None:
                from graphs.parsing.schemas import SchemaError, check_schema

                try:
                    check_schema(schema)
                except SchemaError as error:
                    found[name] = str(error)
        return found

    def advice(self) -> dict[str, str]:
        """Return how to install the sandbox, where it is missing."""
        if find_spec("pydantic_monty") is not None:
            return {}
        return {"code": f"The sandbox is not installed here. Install it with: {INSTALL}"}

    def reads_arrived(self) -> bool:
        """Say no: it works on what its templates look up."""
        return False

    def gives_schema(self) -> Mapping[str, Any] | None:
        """Return the schema of what the program gives."""
        return self.output_schema

    async def run(self, view: View, context: Context) -> Outcome:
        """Run the program."""
        inputs: dict[str, Any] = fill(self.inputs, expressions.scope(view))
        self._fit(inputs, self.input_schema, "inputs", "bad_input")
        try:
            result = await context.toolbox.sandbox.run(self.code, inputs)
        except CodeError as error:
            raise NodeError(str(error), code=error.code) from None
        if result.printed:
            context.emit("custom", printed=result.printed)
        self._fit(result.output, self.output_schema, "output", "bad_output")
        return Outcome(output=result.output)

    def _fit(self, value: Any, schema: dict[str, Any] | None, name: str, code: str) -> None:
        if schema is None:
            return
        from graphs.parsing.schemas import misfit  # a native library that most runs do without

        if problem := misfit(schema, value):
            raise NodeError(f"The {name} of the program do not fit the schema. {problem}", code=code)
