"""The openapi tool."""

from typing import Annotated, Any, ClassVar

from msgspec import Meta, field

from graphs.conversation.files import file_ids
from graphs.openapi.answer_paths import kept_parts, outline, path_problem
from graphs.openapi.operations import Operation
from graphs.openapi.pinned_operations import PinnedOperation, chosen_schema
from graphs.openapi.requests import CallError, call_parts
from graphs.outbound.http_messages import EgressError
from graphs.outbound.variable_addresses import filled_service, looks_up
from graphs.tool.service_calls import call_service
from graphs.tool.tool_type import Tool, ToolContext, ToolError, ToolExample
from graphs.values.effects import Effects
from graphs.values.environment import Revealed
from graphs.values.node_error import NodeError

__all__ = ["OpenAPITool"]

ID = Annotated[str, Meta(min_length=1, max_length=200)]


class OpenAPITool(Tool, frozen=True, kw_only=True, tag="openapi"):
    """Use operations of an API that the workspace knows by its OpenAPI document."""

    examples: ClassVar[tuple[ToolExample, ...]] = (
        ToolExample(
            title="Read an issue",
            config={"api": "github", "operation": "issues/get"},
            arguments={"owner": "acme", "repo": "shop", "issue_number": 17},
        ),
    )

    api: Annotated[str, Meta(min_length=1, max_length=64, description="Name of the API.")]
    operation: Annotated[
        str, Meta(max_length=200, description="ID of one operation. Empty: those of `operations`.")
    ] = ""
    operations: Annotated[
        list[ID], Meta(max_length=200, description="IDs of operations. Empty: all that were chosen.")
    ] = field(default_factory=list[str])
    pinned: Annotated[PinnedOperation | None, Meta(description="Set by the server when a run starts.")] = None

    def problem(self) -> str:
        """Return why it cannot be used so."""
        if self.operation and self.operations:
            return "Give 'operation' for one operation or 'operations' for several, not both."
        if not self.operation and (self.alias or self.description):
            return (
                "'alias' and 'description' are for one operation. Name it in 'operation', or leave them out."
            )
        return ""

    def touches(self) -> Effects:
        """Return that others' words come in, and that a model chooses what is sent."""
        return Effects(
            strangers=f"what the API '{self.api}' answers",
            way_out=f"calls to the API '{self.api}'",
            writes=True,
        )

    def parameters(self) -> dict[str, Any]:
        """Return the schema of the operation's arguments, without those that are fixed."""
        if self.pinned is None:
            return {"type": "object"}
        return chosen_schema(
            self.pinned.operation, self.pinned.fixed, filtered=bool(self.pinned.answer_paths)
        )

    def repeats(self, arguments: dict[str, Any]) -> bool:
        """Say yes to what changes nothing the second time (RFC 9110 §9.2.2)."""
        return self.repeatable and self.pinned is not None and self.pinned.operation.repeatable

    def when_cut(self, value: Any) -> str:
        """Return which parts a shorter answer could have."""
        paths = outline(value)
        if not paths or (self.pinned is not None and self.pinned.answer_paths):
            return ""
        return f"Call it again with 'answer_paths' to get less. The answer has: {', '.join(paths)}."

    async def run(self, arguments: dict[str, Any], context: ToolContext) -> Any:
        """Send the request and return the answer's body."""
        pinned = self.pinned
        if pinned is None:
            raise ToolError(f"The API '{self.api}' can be used in runs of a server only.")
        operation = pinned.operation
        own = any(one.argument == "answer_paths" for one in operation.parameters)
        paths = pinned.answer_paths or ([] if own else arguments.get("answer_paths") or [])
        for path in paths:
            if problem := path_problem(path):
                raise ToolError(problem)
        looked_up = looks_up(pinned.base_url, pinned.headers)
        env = await context.env() if looked_up else Revealed()
        try:
            service = filled_service(pinned.base_url, pinned.headers, env)
        except EgressError as error:  # a mistake of the settings: no model can mend it
            raise NodeError(f"The API '{self.api}' cannot be asked. {error}", code=error.code) from None
        try:
            parts = call_parts(service.url, operation, {**arguments, **pinned.fixed})
        except CallError as error:
            raise ToolError(str(error)) from None
        settled = {name.lower() for name in service.headers}
        chosen = {name: value for name, value in parts.headers.items() if name.lower() not in settled}
        with_files = operation.body_type in ("multipart", "file")
        answer = await call_service(
            context,
            operation.method,
            parts.url,
            credential=pinned.credential,
            headers={"Accept": "application/json, */*;q=0.5", **chosen, **service.headers},
            query=parts.query,
            body=parts.body,
            body_type=operation.body_type,
            files=await context.read_files(file_ids(parts.body)) if with_files else None,
            seconds=pinned.timeout_seconds,
            max_bytes=pinned.max_bytes,
            keep_files=True,
            secrets=[*env.secrets.values()],
        )
        body = answer["body"]
        if body == "":
            return _nothing(operation, answer["status"])
        return kept_parts(body, paths) if paths else body


def _nothing(operation: Operation, status: int) -> dict[str, Any]:
    return {"status": status, "message": f"{operation.method} succeeded. The answer is empty."}
