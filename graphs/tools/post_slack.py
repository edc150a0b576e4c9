"""The post_slack tool."""

from typing import Annotated, Any, ClassVar

from msgspec import Meta, Struct

from graphs.outbound.credentials import CredentialName
from graphs.tool.service_calls import call_service, service_problem
from graphs.tool.tool_type import Tool, ToolContext, ToolError, ToolExample
from graphs.values.effects import Effects

__all__ = ["PostSlack"]


class SlackMessage(Struct, frozen=True, forbid_unknown_fields=True):
    """What to say."""

    text: Annotated[str, Meta(min_length=1, max_length=12_000, description="The message in Markdown.")]


class PostSlack(Tool, frozen=True, kw_only=True, tag="post_slack"):
    """Post a message to a Slack channel."""

    arguments: ClassVar[type[Struct]] = SlackMessage
    examples: ClassVar[tuple[ToolExample, ...]] = (
        ToolExample(
            title="A message to one channel",
            config={"channel": "C0123456789", "credential": "slack"},
            arguments={"text": "The report is ready."},
        ),
    )

    channel: Annotated[str, Meta(min_length=1, max_length=100, description="ID of the channel.")]
    credential: Annotated[
        str,
        Meta(min_length=1, max_length=255, description="Credential of kind `bearer`: the bot's token."),
    ]
    url: Annotated[str, Meta(max_length=2000, description="URL of the method `chat.postMessage`.")] = (
        "https://slack.com/api/chat.postMessage"
    )
    repeatable: Annotated[
        bool,
        Meta(description="Whether a message may be sent twice, after a crash."),
    ] = False

    def problem(self) -> str:
        """Return what is wrong with the address."""
        return service_problem("url", self.url)

    def credentials(self) -> dict[str, CredentialName]:
        """Return the credential."""
        return {"credential": self.credential}

    def touches(self) -> Effects:
        """Return that it writes to a channel."""
        return Effects(way_out=f"messages to the Slack channel {self.channel}", writes=True)

    async def run(self, arguments: dict[str, Any], context: ToolContext) -> Any:
        """Post it, and return its time stamp, by which Slack knows it."""
        body = {"channel": self.channel, "text": arguments["text"]}
        answer = await call_service(context, "POST", self.url, credential=self.credential, body=body)
        said: Any = answer["body"]
        if not isinstance(said, dict) or said.get("ok") is not True:
            reason = said.get("error", "no reason") if isinstance(said, dict) else "no JSON"
            raise ToolError(f"Slack did not take the message: {str(reason)[:200]}.")
        return {"posted": str(said.get("ts", ""))}
