"""Question mails: a question of a run, sent by a mail server with a link to the page that answers it."""

import time
from typing import TYPE_CHECKING, Any

import msgspec

from graphs.outbound.credentials import Credential, CredentialError
from graphs.outbound.egress import Egress
from graphs.values.node_error import NodeError
from persistence.identity.credentials import Credentials
from persistence.triggers.outbox import DeliveryRow
from persistence.triggers.webhook_targets import MailRoute, TargetRow
from server.requests.input_answers import InputView
from server.settings.sources import Settings
from server.triggers.question_links import QuestionLink, QuestionLinks

if TYPE_CHECKING:
    from graphs.tools.send_email import SendEmail

__all__ = ["ANSWERS", "MailError", "QuestionMails", "as_shown", "base_url", "mail_problem"]

ANSWERS = "/api/agent-builder/answers/"
SHOWN = 4000
"""Characters of a value that a mail shows."""


class MailError(Exception):
    """A mail could not be sent; the message says why."""


class QuestionMails:
    """Sends questions by the tool `send_email`, with the credentials of workspaces."""

    def __init__(
        self, settings: Settings, egress: Egress, credentials: Credentials, links: QuestionLinks
    ) -> None:
        self._settings = settings
        self._egress = egress
        self._credentials = credentials
        self._links = links

    async def send(self, target: TargetRow, row: DeliveryRow, question: InputView) -> None:
        """Send a question.

        Raises:
            MailError: it was not taken.
        """
        from graphs.tool.tool_type import ToolContext, ToolError  # when a first mail is sent

        route = target.mail
        assert route is not None, "a target that is sent mails"

        async def credential(name: str) -> Credential:
            found = await self._credentials.find(target.workspace, name)
            if found is None:
                raise MailError(f"There is no credential '{name}'.")
            return found

        context = ToolContext(
            execution_id=row.execution_id,
            session_id="",
            node="",
            idempotency_key=row.id,
            egress=self._egress,
            credential=credential,
        )
        name = str(row.data.get("flow_name") or "A flow")
        arguments = {
            "to": [route.to],
            "subject": " ".join(f"{name} asks: {question.message}".split())[:150],
            "text": self._text(target, row, question),
        }
        try:
            await _tool(route, self._settings.webhook_seconds).run(arguments, context)
        except (ToolError, NodeError, CredentialError) as error:
            raise MailError(str(error)) from None

    def _text(self, target: TargetRow, row: DeliveryRow, question: InputView) -> str:
        until = time.time() + self._settings.question_link_hours * 3600
        to = "" if target.mail is None else target.mail.to
        link = QuestionLink(target.workspace, row.execution_id, question.id, target.id, to, int(until))
        parts = [question.message or "A run waits for an answer."]
        if question.value is not None:
            shown = as_shown(question.value)
            parts.append(shown if len(shown) <= SHOWN else f"{shown[:SHOWN]}\n[…]")
        hours = self._settings.question_link_hours
        limit = f"It is valid for {hours:g} hours and for one answer."
        if question.expires_at:
            limit += f" The question expires at {question.expires_at}."
        parts += [
            f"Answer here:\n{base_url(self._settings)}{ANSWERS}{self._links.signed(link)}",
            f"{limit} Whoever has the link can answer: do not send it to others.",
        ]
        return "\n\n".join(parts)


def as_shown(value: Any) -> str:
    """Return a value as people read it: text as it is, else JSON."""
    return value if isinstance(value, str) else msgspec.json.format(msgspec.json.encode(value)).decode()


def base_url(settings: Settings) -> str:
    """Return the URL of this server as who gets a mail sees it."""
    return settings.public_url.rstrip("/") or f"http://{settings.host}:{settings.port}"


def mail_problem(route: MailRoute) -> str:
    """Return why mails cannot be sent so, a sentence; empty where they can."""
    return _tool(route, 30).problem() or _no_address(route.to)


def _no_address(to: str) -> str:
    from graphs.tools.send_email import ADDRESS

    return "" if ADDRESS.fullmatch(to) else "'to' must be a mail address."


def _tool(route: MailRoute, seconds: float) -> "SendEmail":
    from graphs.tools.send_email import SendEmail  # when a first mail is sent

    return SendEmail(
        host=route.host,
        port=route.port,
        encryption=route.encryption,
        credential=route.credential,
        sender=route.sender,
        recipients=[route.to],
        seconds=seconds,
    )
