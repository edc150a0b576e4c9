"""The end node."""

from typing import Annotated, Any, ClassVar

from msgspec import Meta

from graphs import expressions
from graphs.conversation.files import FileRef, file_refs, files_alone, with_parts
from graphs.conversation.messages import Message
from graphs.expressions import templates
from graphs.expressions.long_work import aside
from graphs.node.context import Context
from graphs.node.node import Example, Node, Outcome
from graphs.parsing.heavy_values import off_the_loop
from graphs.parsing.numbers import kind
from graphs.parsing.text import as_text
from graphs.values.node_error import NodeError
from graphs.values.node_view import View

__all__ = ["End"]


class End(Node, frozen=True, kw_only=True, tag="end"):
    """End the run. Its output is the output of the run.

    Without `output` and `expression`, it is the output of the previous node. If several edges arrived, it is
    an object by node ID. A chat sends it as text.

    The answer of a chat carries the files that are in the output, and those of `files`. They are parts of the
    assistant's message, and can be downloaded with the session.
    """

    asks_context: ClassVar[bool] = True
    pure: ClassVar[bool] = True

    ends: ClassVar[bool] = True
    examples: ClassVar[tuple[Example, ...]] = (
        Example(title="What arrived", data={}, outputs={"llm": "Hello!"}, output="Hello!"),
        Example(
            title="A text",
            data={"output": "Summary: {{ nodes.llm }}"},
            outputs={"llm": "All is well."},
            output="Summary: All is well.",
        ),
        Example(
            title="A value",
            data={"expression": "{answer: nodes.llm, words: length(split(nodes.llm, ' '))}"},
            outputs={"llm": "All is well."},
            output={"answer": "All is well.", "words": 3},
        ),
    )

    output: Annotated[
        str, Meta(description="Template of the output. Empty: the output of the previous node.")
    ] = ""
    expression: Annotated[str, Meta(description="Expression of the output, instead of `output`.")] = ""
    files: Annotated[
        str, Meta(description="Expression of a file or a list of files that a chat's answer carries.")
    ] = ""

    def __post_init__(self) -> None:
        """Refuse two outputs."""
        if self.output and self.expression:
            raise ValueError("Expected 'output' or 'expression', found both; keep one")

    def outlets(self) -> tuple[str, ...]:
        """Return none: nothing comes after."""
        return ()

    def templates(self) -> dict[str, str]:
        """Return the output's template."""
        return {"output": self.output} if self.output else {}

    def expressions(self) -> dict[str, str]:
        """Return the expressions of the output and of the files."""
        sources = {"expression": self.expression, "files": self.files}
        return {name: source for name, source in sources.items() if source}

    def passes_on(self) -> bool:
        """Say whether what arrived is the output."""
        return not self.output and not self.expression

    def gives(self) -> str:
        """Return the output's template or expression."""
        return self.output or self.expression

    async def run(self, view: View, context: Context) -> Outcome:
        """Give the run's output, and the answer where it carries files."""
        output = await aside(lambda: self._output(view))
        found = await off_the_loop(output, file_refs, output)
        files = {file.id: file for file in [*found, *self._files(view)]}
        if not files:
            return Outcome(output=output)
        text = "" if files_alone(output) else as_text(output)
        said = with_parts(text or ", ".join(file.name for file in files.values()), [*files.values()])
        return Outcome(output=output, answer=Message(role="assistant", content=said))

    def _output(self, view: View) -> Any:
        if self.expression:
            return expressions.parse(self.expression).evaluate(expressions.scope(view))
        if self.output:
            return templates.parse(self.output).render(expressions.scope(view))
        return view.arrived()

    def _files(self, view: View) -> list[FileRef]:
        """Return the files of `files`.

        Raises:
            NodeError: it gives something else.
        """
        if not self.files:
            return []
        found = expressions.parse(self.files).evaluate(expressions.scope(view))
        if found in (None, []) or files_alone(found):
            return file_refs(found)
        raise NodeError(
            f"'files' must give a file or a list of files, found {kind(found)}; the expression is "
            f"{self.files!r}. A file is what a message brings (`files[0]`) or a request keeps "
            "(`nodes.<id>.body`)."
        )
