"""The http_request tool."""

from typing import Annotated, Any, ClassVar

from msgspec import Meta, field

from graphs.conversation.files import file_ids
from graphs.outbound.credentials import CredentialName
from graphs.outbound.http_exchange import (
    BodyType,
    Method,
    answered,
    content_of,
    file_of,
    outbound,
    private_headers,
    secret_headers,
    shown_request,
)
from graphs.outbound.http_messages import EgressError
from graphs.outbound.variable_headers import env_headers, filled, template_problem
from graphs.parsing.web_address import WebAddressError, read_address, steps_out
from graphs.tool.tool_type import Tool, ToolContext, ToolError, ToolExample
from graphs.values.effects import Effects
from graphs.values.environment import Revealed
from graphs.values.node_error import NodeError

__all__ = ["HttpRequest"]

_FILE = 'A file is written {"type": "file", "id": "<its id>"}; a tool\'s answer and a file\'s mark tell ids.'
_BODIES: dict[BodyType, dict[str, Any]] = {
    "json": {"description": "Body as JSON."},
    "form": {"type": "object", "description": "Fields of the form."},
    "text": {"type": "string", "description": "Body as text."},
    "multipart": {"type": "object", "description": f"Fields and files of the form. {_FILE}"},
    "file": {"type": "object", "description": f"The file to send. {_FILE}"},
}
"""What the model is told of the body."""
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})


class HttpRequest(Tool, frozen=True, kw_only=True, tag="http_request"):
    """Send a request to a web service and read its answer."""

    examples: ClassVar[tuple[ToolExample, ...]] = (
        ToolExample(
            title="A page of a service",
            config={"base_url": "https://api.example.com/v1/", "headers": {"Accept": "application/json"}},
            arguments={"path": "orders/17", "query": {"expand": "items"}},
        ),
    )

    base_url: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=2000,
            description="The address below which the model may ask: it chooses the path, never the host.",
        ),
    ]
    methods: Annotated[
        list[Method], Meta(min_length=1, max_length=7, description="The methods that the model may use.")
    ] = field(default_factory=lambda: ["GET"])  # pyright: ignore[reportUnknownLambdaType]
    headers: Annotated[
        dict[str, str],
        Meta(
            max_length=50,
            description="Headers of every request, templates of `env`. The model does not see them.",
        ),
    ] = field(default_factory=dict[str, str])
    credential: CredentialName = ""
    body_type: Annotated[
        BodyType,
        Meta(
            description="Format of the body: `json`, `form` (fields of an object), `text`, `multipart` "
            "(fields and files of an object) or `file` (one file as it is)."
        ),
    ] = "json"
    seconds: Annotated[float, Meta(gt=0, le=300, description="The longest that a request may take.")] = 30.0
    max_bytes: Annotated[int, Meta(ge=1, le=10_485_760, description="The longest answer.")] = 1_000_000

    def problem(self) -> str:
        """Return what is wrong with the address."""
        try:
            address = read_address(self.base_url)
        except WebAddressError as error:
            return f"'base_url' cannot be asked. {error}"
        if "?" in address.target:
            return "'base_url' has a query; it may have none."
        if not address.target.endswith("/"):
            return "'base_url' must end with '/': paths go behind it."
        return template_problem(self.headers)

    def env_templates(self) -> dict[str, str]:
        """Return the headers that look up workspace variables."""
        return {f"headers.{name}": value for name, value in env_headers(self.headers).items()}

    def credentials(self) -> dict[str, str]:
        """Return the credential."""
        return {"credential": self.credential} if self.credential else {}

    def advice(self) -> dict[str, str]:
        """Return the headers that hold a secret as it is."""
        return {f"headers.{name}": said for name, said in secret_headers(self.headers).items()}

    def touches(self) -> Effects:
        """Return what it asks with and whom; where it asks, and in which way, the model chooses."""
        address = read_address(self.base_url)
        return Effects(
            private=private_headers(self.credential, self.headers),
            strangers=f"what {address.host} answers",
            way_out=f"requests to {address.host} ({', '.join(self.methods)})",
            host=f"{address.host}:{address.port}",
            writes=not {"GET", "HEAD"}.issuperset(self.methods),
        )

    def parameters(self) -> dict[str, Any]:
        """Return what the model may choose: a method and a body only where the configuration has such."""
        properties: dict[str, Any] = {
            "path": {
                "type": "string",
                "maxLength": 2000,
                "description": "Path below the address, without '/' first.",
            },
            "query": {
                "type": "object",
                "description": "Query parameters.",
                "additionalProperties": {"type": ["string", "number", "boolean"]},
            },
        }
        if self.methods != ["GET"]:
            properties["method"] = {"type": "string", "enum": list(self.methods)}
        if {"POST", "PUT", "PATCH"} & set(self.methods):
            properties["body"] = _BODIES[self.body_type]
        return {
            "type": "object",
            "properties": properties,
            "required": ["path"],
            "additionalProperties": False,
        }

    def repeats(self, arguments: dict[str, Any]) -> bool:
        """Say yes to what changes nothing the second time (RFC 9110 §9.2.2)."""
        return self.repeatable and self._method(arguments) not in ("POST", "PATCH")

    def shown(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """Return the request without what may be a credential."""
        return shown_request(self._method(arguments), self.base_url + str(arguments["path"]), {}, None) | {
            name: arguments[name] for name in ("query", "body") if name in arguments
        }

    async def run(self, arguments: dict[str, Any], context: ToolContext) -> Any:
        """Send it and return ``{"status", "body"}``, whatever the status."""
        credential = await context.credential(self.credential) if self.credential else None
        env = await context.env() if (looked_up := env_headers(self.headers)) else Revealed()
        headers = {**self.headers, **filled(looked_up, {"env": env.all()})}
        body = arguments.get("body")
        wanted = file_ids(body) if self.body_type in ("multipart", "file") else []
        files = await context.read_files(wanted)
        try:
            request = outbound(
                self._method(arguments),
                self._url(arguments["path"]),
                headers=headers,
                query=arguments.get("query"),
                body=body,
                body_type=self.body_type,
                files=files,
                idempotency_key=context.idempotency_key,
                seconds=self.seconds,
                max_bytes=self.max_bytes,
                stay=True,
                credential=credential,
            )
            came = await context.egress.fetch(request)
            file = file_of(came)
            content = content_of(came, credential, *env.secrets.values())
            kept = None if file is None else await context.keep_file(*file, content)
            answer = answered(came, credential, file=kept)
        except EgressError as error:
            if error.code == "credential_host_mismatch":  # the flow's mistake: no model can mend it
                raise NodeError(str(error), code=error.code) from None
            raise ToolError(str(error), passing=error.code in ("network", "timeout")) from error
        if answer["status"] in _PASSING:
            said = str(answer["body"])[:500]
            raise ToolError(f"The service answered {answer['status']}: {said}", passing=True)
        return {"status": answer["status"], "body": answer["body"]}

    def _method(self, arguments: dict[str, Any]) -> str:
        return arguments.get("method", self.methods[0])

    def _url(self, path: str) -> str:
        """Return the whole address.

        Raises:
            ToolError: the path leads out of the base address.
        """
        if "\\" in path or steps_out(path):
            raise ToolError("The path may not have '.', '..' or '\\' in it, encoded ones neither.")
        base = read_address(self.base_url)
        try:
            address = read_address(base.url + path.removeprefix("/"))
        except WebAddressError as error:
            raise ToolError(str(error)) from None
        below = address.target.startswith(base.target) and not steps_out(address.target)
        if not below or address.origin != base.origin:
            raise ToolError(f"Only what is below {base.url} may be asked.")
        return address.url
