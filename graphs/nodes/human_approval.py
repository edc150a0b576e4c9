"""The human_approval node."""

from typing import Annotated, Any, ClassVar, Literal

from msgspec import Meta, field

from graphs import expressions
from graphs.conversation.messages import InputAnswer, InputAudience, InputRequest
from graphs.expressions import templates
from graphs.node.context import Context
from graphs.node.node import Example, Node, Outcome
from graphs.values.node_view import View

__all__ = ["HumanApproval"]


class HumanApproval(Node, frozen=True, kw_only=True, tag="human_approval"):
    """Pause the run until a reviewer has decided.

    The run pauses with status `waiting_approval` and uses no memory. It resumes when somebody answers with
    `POST /executions/{id}/respond`, also after a restart. With `mode` `approval`, the reviewer approves or
    rejects a value, or approves it with changes. With `input`, the reviewer submits a value.

    In a chat, with `audience` `visitor`, the next message of the session is the answer: the name, label or
    number of an action, or the value of a form. After any other message, the question is repeated with the
    choices. With `audience` `team`, messages are rejected until the team has answered.

    The node continues at `approved` (approved, edited or submitted), `rejected`, or `expired` if nobody
    answered in time. The output has `action`, `value` (approved or submitted), `comment` and `by`.
    """

    title: ClassVar[str] = "Human approval"
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            title="Approve a letter",
            data={"message": "May this go out to {{ variables.customer }}?", "expires_after_seconds": 86400},
            variables={"customer": "Ada"},
            outputs={"write": "Dear Ada, …"},
            inputs=[{"action": "approve", "comment": "Well said.", "by": "grace"}],
            output={
                "action": "approve",
                "value": "Dear Ada, …",
                "comment": "Well said.",
                "by": "grace",
            },
            outlet="approved",
        ),
        Example(
            title="Ask for an amount",
            data={
                "mode": "input",
                "message": "How much shall be refunded?",
                "schema": {"type": "object", "properties": {"amount": {"type": "number", "minimum": 0}}},
            },
            inputs=[{"action": "submit", "value": {"amount": 12.5}}],
            output={"action": "submit", "value": {"amount": 12.5}, "comment": "", "by": ""},
            outlet="approved",
        ),
        Example(
            title="Rejected",
            data={"message": "Delete the account?"},
            inputs=[{"action": "reject", "comment": "Not without a backup."}],
            output={"action": "reject", "value": None, "comment": "Not without a backup.", "by": ""},
            outlet="rejected",
        ),
    )

    mode: Annotated[
        Literal["approval", "input"],
        Meta(
            description="`approval`: the reviewer approves, rejects or edits. `input`: the reviewer "
            "submits a value."
        ),
    ] = "approval"
    message: Annotated[str, Meta(max_length=20_000, description="Template of the question.")] = ""
    show: Annotated[
        str, Meta(description="Expression of the value to review. Empty: the output of the previous node.")
    ] = ""
    schema: Annotated[
        dict[str, Any] | None,
        Meta(description="JSON Schema of an edited or submitted value. Null: any value."),
    ] = None
    editable: Annotated[bool, Meta(description="Whether the reviewer can edit the value.")] = True
    audience: Annotated[
        InputAudience,
        Meta(
            description="Who can answer: `team` (clients with a key), or `visitor` (also the visitor of "
            "an embedded chat, who sees message, value and schema)."
        ),
    ] = "team"
    labels: Annotated[
        dict[
            Literal["approve", "reject", "edit", "submit"], Annotated[str, Meta(min_length=1, max_length=80)]
        ],
        Meta(description="What to call the actions, by action: on buttons, and in messages that answer."),
    ] = field(default_factory=dict[Literal["approve", "reject", "edit", "submit"], str])
    expires_after_seconds: Annotated[
        Annotated[float, Meta(gt=0, le=31_536_000)] | None,
        Meta(description="Seconds until the run continues at `expired`. Null: no limit."),
    ] = None

    def outlets(self) -> tuple[str, ...]:
        """Return the three ways."""
        return ("approved", "rejected", "expired")

    def agreed(self) -> tuple[str, ...]:
        """Return the outlet behind which somebody of the team has seen what goes on; a visitor is nobody of
        it."""
        return ("approved",) if self.mode == "approval" and self.audience == "team" else ()

    def templates(self) -> dict[str, str]:
        """Return the message."""
        return {"message": self.message} if self.message else {}

    def expressions(self) -> dict[str, str]:
        """Return what is shown."""
        return {"show": self.show} if self.show else {}

    def problems(self) -> dict[str, str]:
        """Return why the schema cannot be used, where it cannot."""
        if self.schema is None:
            return {}
        from graphs.parsing.schemas import (  # its library is only for flows with a schema
            SchemaError,
            check_schema,
        )

        try:
            check_schema(self.schema)
        except SchemaError as error:
            return {"schema": str(error)}
        return {}

    async def run(self, view: View, context: Context) -> Outcome:
        """Ask, and go on as the person decides."""
        scope = expressions.scope(view)
        shown = expressions.parse(self.show).evaluate(scope) if self.show else view.arrived()
        answer = await context.request_input(
            InputRequest(
                kind=self.mode,
                message=templates.parse(self.message).render(scope),
                schema=self.schema,
                value=shown,
                choices=[] if self.editable or self.mode == "input" else ["approve", "reject"],
                timeout_seconds=self.expires_after_seconds,
                audience=self.audience,
                labels={**self.labels},
            )
        )
        decided = {
            "action": answer.action,
            "value": shown if answer.action == "approve" else answer.value,
            "comment": answer.comment,
            "by": answer.by,
        }
        return Outcome(output=decided, outlet=_outlet(answer))


def _outlet(answer: InputAnswer) -> str:
    match answer.action:
        case "expired":
            return "expired"
        case "reject":
            return "rejected"
        case _:
            return "approved"
