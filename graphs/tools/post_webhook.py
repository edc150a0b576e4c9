"""The post_webhook tool."""

from typing import Annotated, Any, ClassVar

from msgspec import Meta, field

from graphs.outbound.credentials import CredentialName
from graphs.outbound.http_exchange import secret_headers
from graphs.parsing.web_address import read_address
from graphs.tool.service_calls import call_service, service_problem
from graphs.tool.tool_type import Tool, ToolContext, ToolExample
from graphs.values.effects import Effects

__all__ = ["PostWebhook"]


class PostWebhook(Tool, frozen=True, kw_only=True, tag="post_webhook"):
    """Send a JSON object to a webhook."""

    examples: ClassVar[tuple[ToolExample, ...]] = (
        ToolExample(
            title="A ticket",
            config={
                "url": "https://hooks.example.com/tickets",
                "body_schema": {
                    "type": "object",
                    "properties": {"title": {"type": "string", "description": "What is wrong."}},
                    "required": ["title"],
                    "additionalProperties": False,
                },
            },
            arguments={"title": "The printer is out of paper"},
        ),
    )

    url: Annotated[str, Meta(min_length=1, max_length=2000, description="URL of the webhook.")]
    credential: CredentialName = ""
    headers: Annotated[dict[str, str], Meta(max_length=50, description="Headers of every request.")] = field(
        default_factory=dict[str, str]
    )
    body_schema: Annotated[
        dict[str, Any], Meta(description="JSON Schema of the object that the model sends.")
    ] = field(default_factory=dict[str, Any])
    repeatable: Annotated[
        bool,
        Meta(description="Whether a request may be sent twice, after a crash."),
    ] = False

    def problem(self) -> str:
        """Return what is wrong with the address or the schema."""
        from graphs.parsing.schemas import SchemaError, check_schema

        try:
            check_schema(self.parameters())
        except SchemaError as error:
            return str(error)
        return service_problem("url", self.url)

    def credentials(self) -> dict[str, str]:
        """Return the credential."""
        return {"credential": self.credential} if self.credential else {}

    def advice(self) -> dict[str, str]:
        """Return the headers that hold a secret as it is."""
        return {f"headers.{name}": said for name, said in secret_headers(self.headers).items()}

    def touches(self) -> Effects:
        """Return that it writes to one host."""
        address = read_address(self.url)
        return Effects(
            strangers=f"what {address.host} answers",
            way_out=f"requests to {address.host} (POST)",
            host=f"{address.host}:{address.port}",
            writes=True,
        )

    def parameters(self) -> dict[str, Any]:
        """Return what the model sends."""
        return {"type": "object", **self.body_schema}

    async def run(self, arguments: dict[str, Any], context: ToolContext) -> Any:
        """Send it, and return status and body of the answer."""
        answer = await call_service(
            context, "POST", self.url, credential=self.credential, headers=self.headers, body=arguments
        )
        return {"status": answer["status"], "body": answer["body"]}
