"""The code tool."""

from importlib.util import find_spec
from typing import Annotated, Any, ClassVar

from msgspec import Meta

from graphs.sandbox.code_checks import LONGEST, code_problem, name_problem
from graphs.sandbox.code_sandbox import INSTALL, CodeError
from graphs.tool.tool_type import Tool, ToolContext, ToolError, ToolExample
from graphs.values.node_error import NodeError

__all__ = ["CodeTool"]

_PROGRAM: dict[str, Any] = {
    "type": "object",
    "properties": {
        "code": {
            "type": "string",
            "minLength": 1,
            "maxLength": LONGEST,
            "description": "A Python program. The value of its last expression is the result. There are no "
            "files, no network, no generators, no base classes, and of modules only the usual ones such as "
            "math, re, json, datetime, decimal, collections, itertools.",
        }
    },
    "required": ["code"],
    "additionalProperties": False,
}


class CodeTool(Tool, frozen=True, kw_only=True, tag="code"):
    """Run a Python program in a sandbox and read the value of its last expression, and what it printed."""

    needs_author: ClassVar[bool] = True
    examples: ClassVar[tuple[ToolExample, ...]] = (
        ToolExample(
            title="A program of the model's",
            arguments={"code": "sorted({'pear', 'fig', 'apple'})[0]"},
            result={"output": "apple"},
        ),
        ToolExample(
            title="A program of your own",
            config={
                "alias": "discount",
                "description": "Compute the discount of an order.",
                "code": "round(amount * (0.1 if amount > 100 else 0.05), 2)",
                "parameters_schema": {
                    "type": "object",
                    "properties": {"amount": {"type": "number", "description": "Price in euros."}},
                    "required": ["amount"],
                    "additionalProperties": False,
                },
            },
            arguments={"amount": 200},
            result={"output": 20.0},
        ),
    )

    code: Annotated[
        str,
        Meta(max_length=LONGEST, description="The program. The model writes one itself if empty."),
    ] = ""
    parameters_schema: Annotated[
        dict[str, Any] | None,
        Meta(description="JSON Schema of the variables of `code` that the model sets. Null: none."),
    ] = None
    output_schema: Annotated[
        dict[str, Any] | None, Meta(description="JSON Schema of the value that `code` gives. Null: any JSON.")
    ] = None

    def problem(self) -> str:
        """Return what of the program or its schemas cannot be used."""
        if not self.code:
            return "'parameters_schema' needs 'code'." if self.parameters_schema is not None else ""
        if problem := code_problem(self.code):
            return f"'code' cannot run. {problem}"
        from graphs.parsing.schemas import SchemaError, check_schema

        try:
            for schema in (self.parameters(), self.output_schema):
                check_schema(schema or {})
        except SchemaError as error:
            return str(error)
        names: Any = self.parameters().get("properties", {})
        return next((problem for name in names if (problem := name_problem(str(name)))), "")

    def advice(self) -> dict[str, str]:
        """Return how to install the sandbox, where it is missing."""
        if find_spec("pydantic_monty") is not None:
            return {}
        return {"code": f"The sandbox is not installed here. Install it with: {INSTALL}"}

    def parameters(self) -> dict[str, Any]:
        """Return what the model sets: the variables of the program, or the program."""
        if not self.code:
            return _PROGRAM
        return self.parameters_schema or {"type": "object", "properties": {}, "additionalProperties": False}

    async def run(self, arguments: dict[str, Any], context: ToolContext) -> Any:
        """Run it."""
        source, inputs = (self.code, arguments) if self.code else (arguments["code"], {})
        if problem := next((problem for name in inputs if (problem := name_problem(name))), ""):
            raise ToolError(problem)
        try:
            result = await context.sandbox.run(source, inputs)
        except CodeError as error:
            if error.code in ("code_not_allowed", "not_installed"):  # no model can mend it
                raise NodeError(str(error), code=error.code) from None
            raise ToolError(str(error)) from None
        if self.output_schema is not None:
            from graphs.parsing.schemas import misfit  # a native library that most runs do without

            if problem := misfit(self.output_schema, result.output):
                raise ToolError(f"The value of the program does not fit 'output_schema'. {problem}")
        return {"output": result.output} | ({"printed": result.printed} if result.printed else {})
