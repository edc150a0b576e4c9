"""The memory node."""

from typing import Annotated, Any, ClassVar, Literal

from msgspec import Meta, field

from graphs import expressions
from graphs.conversation.messages import ToolResult, ToolUse
from graphs.expressions.json_templates import fill, sources
from graphs.node.context import Context
from graphs.node.node import Example, Node, Outcome
from graphs.parsing.text import as_text
from graphs.values.node_error import NodeError
from graphs.values.node_view import View

__all__ = ["Memory"]

Part = Annotated[str, Meta(min_length=1, max_length=100)]


class Memory(Node, frozen=True, kw_only=True, tag="memory"):
    """Keep something beyond the session, or read what was kept. `GET /memories` shows it to its user.

    - `save` keeps `value` under `key`. The output is the value.
    - `get` outputs the value of `key`, or null.
    - `search` outputs a list of `{key, value}` that contain all words of `query`, the latest first.
    - `forget` deletes `key`. The output is null.

    With the scope `user`, memories belong to the user or API key that started the run; with `flow`, to the
    flow, for all its users.
    """

    group: ClassVar[str] = "data"
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            title="Remember a preference",
            data={"action": "save", "key": "language", "value": {"text": "{{ message }}"}},
            input={"message": "Korean"},
            results=[{"text": "Korean"}],
            output={"text": "Korean"},
        ),
        Example(
            title="Search what is known of the user",
            data={"action": "search", "query": "{{ message }}", "limit": 3},
            input={"message": "language"},
            results=[[{"key": "language", "value": {"text": "language: Korean"}}]],
            output=[{"key": "language", "value": {"text": "language: Korean"}}],
        ),
    )

    action: Annotated[
        Literal["save", "get", "search", "forget"], Meta(description="What to do with the memory.")
    ] = "search"
    scope: Annotated[
        Literal["user", "flow"], Meta(description="Whose memories: the user's or the flow's.")
    ] = "user"
    namespace: Annotated[
        list[Part], Meta(max_length=8, description="Names that group memories, such as `preferences`.")
    ] = field(default_factory=list[Part])
    key: Annotated[str, Meta(max_length=2000, description="Template of the key.")] = ""
    value: Annotated[
        Any, Meta(description="JSON whose texts are templates. What is not an object becomes `{text}`.")
    ] = None
    query: Annotated[
        str, Meta(max_length=8000, description="Template of the words to search for. Empty: all memories.")
    ] = ""
    limit: Annotated[int, Meta(ge=1, le=100, description="Maximum number of memories of a search.")] = 10
    ttl_seconds: Annotated[
        Annotated[float, Meta(gt=0, le=3_153_600_000)] | None,
        Meta(description="Seconds after which it is deleted. Null: the setting `memory_ttl_days`."),
    ] = None

    def templates(self) -> dict[str, str]:
        """Return every text that is a template."""
        return {"key": self.key, "query": self.query, **sources(self.value, "value")}

    def reads_arrived(self) -> bool:
        """Say no: it uses what its templates look up."""
        return False

    async def run(self, view: View, context: Context) -> Outcome:
        """Do it, once."""
        scope = expressions.scope(view)
        key, query = as_text(fill(self.key, scope))[:255], as_text(fill(self.query, scope))
        value = fill(self.value, scope)
        kept: dict[str, Any] = value if isinstance(value, dict) else {"text": value}
        if self.action != "search" and not key:
            raise NodeError(f"A memory node that should {self.action} needs a 'key'.", code="bad_settings")

        async def work(_: str) -> ToolResult:
            memories = context.memories
            if memories is None or not memories.owner(self.scope):
                raise NodeError(
                    f"This run has no {self.scope} whose memories it could use. Start it with an API key or "
                    "as a user, or store the flow.",
                    code="not_available",
                )
            match self.action:
                case "save":
                    await memories.put(self.scope, self.namespace, key, kept, self.ttl_seconds)
                    return ToolResult(content="saved", value=kept)
                case "get":
                    found = await memories.get(self.scope, self.namespace, key)
                    return ToolResult(content="found" if found else "nothing", value=found)
                case "search":
                    hits = await memories.search(self.scope, self.namespace, query, self.limit)
                    return ToolResult(content=f"{len(hits)} memories", value=hits)
                case "forget":
                    await memories.delete(self.scope, self.namespace, key)
                    return ToolResult(content="forgotten")

        arguments: dict[str, Any] = {"action": self.action, "key": key, "query": query}
        if self.action == "save":
            arguments["value"] = kept
        result = await context.use(ToolUse(name="memory", arguments=arguments), work)
        return Outcome(output=result.value)
