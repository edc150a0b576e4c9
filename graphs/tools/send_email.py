"""The send_email tool."""

import asyncio
import re
import smtplib
import socket
import ssl
from email.message import EmailMessage
from email.utils import formatdate
from typing import Annotated, Any, ClassVar, Literal
from uuid import NAMESPACE_OID, uuid5

from msgspec import Meta, Struct, field

from graphs.outbound.credentials import Credential, CredentialName
from graphs.outbound.http_messages import EgressError
from graphs.tool.tool_type import Tool, ToolContext, ToolError, ToolExample
from graphs.values.effects import Effects
from graphs.values.node_error import NodeError

__all__ = ["ADDRESS", "SendEmail"]

ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){0,9}")


class Mail(Struct, frozen=True, forbid_unknown_fields=True):
    """What to send."""

    to: Annotated[
        list[Annotated[str, Meta(max_length=320)]],
        Meta(min_length=1, max_length=50, description="Addresses of the recipients."),
    ]
    subject: Annotated[str, Meta(min_length=1, max_length=500, description="Subject of the mail.")]
    text: Annotated[str, Meta(min_length=1, max_length=100_000, description="Plain text of the mail.")]


class SendEmail(Tool, frozen=True, kw_only=True, tag="send_email"):
    """Send an e-mail as plain text."""

    arguments: ClassVar[type[Struct]] = Mail
    examples: ClassVar[tuple[ToolExample, ...]] = (
        ToolExample(
            title="A mail to the team",
            config={
                "host": "smtp.example.com",
                "credential": "mail",
                "sender": "bot@example.com",
                "recipients": ["@example.com"],
            },
            arguments={"to": ["ada@example.com"], "subject": "Report", "text": "All is well."},
        ),
    )

    host: Annotated[str, Meta(min_length=1, max_length=255, description="Host of the mail server.")]
    port: Annotated[int, Meta(ge=1, le=65_535, description="Its port.")] = 587
    encryption: Annotated[
        Literal["starttls", "tls", "none"],
        Meta(description="`starttls` (usually port 587), `tls` from the start (465), or `none`."),
    ] = "starttls"
    credential: CredentialName = ""
    sender: Annotated[str, Meta(min_length=3, max_length=320, description="Address of the sender.")]
    recipients: Annotated[
        list[str],
        Meta(
            max_length=100,
            description="Allowed recipients: addresses, or `@example.com` for a domain. Empty: anybody.",
        ),
    ] = field(default_factory=list[str])
    seconds: Annotated[float, Meta(gt=0, le=300, description="Maximum time.")] = 30.0
    approval: Annotated[
        bool, Meta(description="Whether a person is asked before each use, and may change its arguments.")
    ] = True
    repeatable: Annotated[bool, Meta(description="Whether a mail may be sent twice, after a crash.")] = False

    def problem(self) -> str:
        """Return what is wrong with the sender or the way in which a password would go."""
        if not ADDRESS.fullmatch(self.sender):
            return "'sender' must be a mail address."
        if self.encryption == "none" and self.credential:
            return "A credential needs 'starttls' or 'tls': without it the password could be read on the way."
        return ""

    def credentials(self) -> dict[str, str]:
        """Return the credential."""
        return {"credential": self.credential} if self.credential else {}

    def touches(self) -> Effects:
        """Return that it writes to people."""
        return Effects(way_out=f"mails to {', '.join(self.recipients) or 'anybody'}", writes=True)

    async def run(self, arguments: dict[str, Any], context: ToolContext) -> Any:
        """Send it, and return who gets it."""
        for address in arguments["to"]:
            if not ADDRESS.fullmatch(address):
                raise ToolError(f"{address[:80]!r} is no mail address.")
            if self.recipients and not _allowed(address, self.recipients):
                raise ToolError(f"Mails may go to {', '.join(self.recipients)} only, not to {address[:80]}.")
        mail = EmailMessage()
        try:
            mail["From"], mail["To"] = self.sender, ", ".join(arguments["to"])
            mail["Subject"] = arguments["subject"]
        except ValueError as error:
            raise ToolError(f"The mail cannot be sent: {error}.") from None
        # The same for a mail that is sent again, so that it is known as one.
        mail["Message-ID"] = f"<{uuid5(NAMESPACE_OID, context.idempotency_key)}@agenticrag>"
        mail["Date"] = formatdate()
        mail.set_content(arguments["text"])
        credential = await context.credential(self.credential) if self.credential else None
        if credential is not None and credential.kind != "basic":
            raise NodeError(
                f"The credential '{credential.name}' is no user with a password. Store one of kind 'basic'.",
                code="bad_credential",
            )
        try:
            connection = await context.egress.connect(self.host, self.port, credential)
        except EgressError as error:
            if error.code == "credential_host_mismatch":
                raise NodeError(str(error), code=error.code) from None
            raise ToolError(str(error)) from error
        try:
            await asyncio.to_thread(self._send, connection, mail, arguments["to"], credential)
        except smtplib.SMTPRecipientsRefused as error:
            raise ToolError(f"The mail server refused {', '.join(error.recipients)}.") from None
        except smtplib.SMTPAuthenticationError:
            raise ToolError("The mail server did not accept user and password.") from None
        except (smtplib.SMTPException, OSError) as error:
            raise ToolError(f"The mail was not sent: {type(error).__name__}: {str(error)[:300]}") from None
        finally:
            connection.close()
        return {"sent": arguments["to"]}

    def _send(
        self, connection: socket.socket, mail: EmailMessage, to: list[str], credential: Credential | None
    ) -> None:
        connection.settimeout(self.seconds)
        context = ssl.create_default_context()
        if self.encryption == "tls":
            connection = context.wrap_socket(connection, server_hostname=self.host)
        with _Smtp(connection, self.host, self.port) as server:
            if self.encryption == "starttls":
                server.starttls(context=context)
            if credential is not None:
                server.login(credential.field, credential.secret)
            server.send_message(mail, self.sender, to)


class _Smtp(smtplib.SMTP):
    """SMTP over a connection that is there: the egress has made it."""

    def __init__(self, connection: socket.socket, host: str, port: int) -> None:
        self._connection = connection
        super().__init__(host, port, local_hostname="agenticrag")

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return self._connection


def _allowed(address: str, allowed: list[str]) -> bool:
    low = address.lower()
    return any(
        low.endswith(each.lower()) if each.startswith("@") else low == each.lower() for each in allowed
    )
