"""The http_request node."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from msgspec import Meta, field

from graphs import expressions
from graphs.conversation.citations import cited_in
from graphs.conversation.files import file_ids
from graphs.conversation.messages import ToolResult, ToolUse
from graphs.expressions.json_templates import fill, render_url, sources
from graphs.node.context import Context
from graphs.node.node import Example, Node, Outcome
from graphs.outbound.credentials import LEFT_TO_OTHERS, CredentialName
from graphs.outbound.http_exchange import (
    BodyType,
    Method,
    answered,
    content_of,
    file_of,
    fixed_host,
    outbound,
    private_headers,
    secret_headers,
    shown_request,
)
from graphs.outbound.http_messages import EgressError
from graphs.outbound.variable_headers import filled, is_own_host, misplaced
from graphs.parsing.text import as_text
from graphs.values.effects import Effects
from graphs.values.node_error import NodeError
from graphs.values.node_view import View

__all__ = ["HttpRequest"]


class HttpRequest(Node, frozen=True, kw_only=True, tag="http_request"):
    """Send a request to a web service. The output is `status`, `headers` and `body` of the response.

    The URL, headers, query and body are templates. A text that is a single reference keeps the type of its
    value: a list stays a list. In the URL, values are percent-encoded, except for a reference at the very
    beginning, which is the base URL. A JSON body of the response becomes a value, lines of JSON a list. A
    binary body becomes a file that is kept with the session: `body` is its `name`, `kind`, `size` and `id`.

    - A request that a crash interrupted is repeated with the same `Idempotency-Key`. With `repeatable` off, a
      reviewer decides.
    - IP addresses in the server's own network are blocked, unless the operator allows them.
    - A `credential` is sent only to its hosts (`credential_host_mismatch` for others). It is in no state,
      event or export. If the service repeats it, `***` is stored instead.
    - A secret [workspace variable](variables.md) is sent only in `headers`, and only to a host that the flow
      names. Everywhere else `env.<name>` is `***`.
    - Objects with `url` and optional `title` and `text` in `citations` or `sources` of the response become
      citations.
    """

    title: ClassVar[str] = "HTTP request"
    group: ClassVar[str] = "data"
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            title="Ask a service",
            data={"url": "https://api.example.com/orders/{{ input.order }}"},
            input={"order": "A 17"},
            results=[
                {"status": 200, "headers": {"content-type": "application/json"}, "body": {"paid": True}}
            ],
            output={"status": 200, "headers": {"content-type": "application/json"}, "body": {"paid": True}},
        ),
        Example(
            title="Send what was found",
            data={
                "method": "POST",
                "url": "{{ variables.tickets }}/tickets",
                "headers": {"Authorization": "Bearer {{ variables.token }}"},
                "body": {"title": "From {{ input.name }}", "labels": "{{ input.labels }}"},
                "repeatable": False,
            },
            input={"name": "Ada", "labels": ["bug"]},
            variables={"tickets": "https://tickets.example.com/api", "token": "secret"},
            results=[{"status": 201, "headers": {}, "body": "created"}],
            output={"status": 201, "headers": {}, "body": "created"},
        ),
        Example(
            title="With a stored credential",
            data={"url": "https://api.example.com/me", "credential": "shop"},
            results=[{"status": 200, "headers": {}, "body": {"name": "Ada"}}],
            output={"status": 200, "headers": {}, "body": {"name": "Ada"}},
        ),
    )

    url: Annotated[str, Meta(min_length=1, max_length=8000, description="Template of the URL.")]
    method: Annotated[Method, Meta(description="HTTP method.")] = "GET"
    headers: Annotated[
        dict[str, str], Meta(max_length=50, description="Templates of the headers, by name.")
    ] = field(default_factory=dict[str, str])
    credential: CredentialName = ""
    query: Annotated[
        dict[str, Any], Meta(max_length=100, description="Templates of the query parameters, by name.")
    ] = field(default_factory=dict[str, Any])
    body: Annotated[Any, Meta(description="JSON whose texts are templates. Null: no body.")] = None
    body_type: Annotated[
        BodyType,
        Meta(
            description="Format of the body: `json`, `form` (fields of an object), `text`, `multipart` "
            "(fields and files of an object) or `file` (one file as it is)."
        ),
    ] = "json"
    fail_on_status: Annotated[bool, Meta(description="Whether a status of 400 or more fails the node.")] = (
        True
    )
    repeatable: Annotated[
        bool, Meta(description="Whether the request is idempotent: safe to repeat after a crash.")
    ] = True
    max_bytes: Annotated[int, Meta(ge=1, le=10_485_760, description="Maximum size of the response.")] = (
        1_000_000
    )

    def templates(self) -> dict[str, str]:
        """Return every text that is a template."""
        return {
            "url": self.url,
            **sources(self.headers, "headers"),
            **sources(self.query, "query"),
            **sources(self.body, "body"),
        }

    def takes_secrets(self, field: str) -> str:
        """Return why a secret variable may not be looked up in a field; empty for one of the headers."""
        if not field.startswith("headers."):
            return "A secret variable may be looked up in headers alone."
        if field.removeprefix("headers.").lower() in LEFT_TO_OTHERS:
            return "This header cannot carry a secret. Name another header."
        if not is_own_host(self.url):
            return "It needs a URL whose host the flow names, or that begins with {{ env.… }}."
        return ""

    def credentials(self) -> dict[str, str]:
        """Return the credential."""
        return {"credential": self.credential} if self.credential else {}

    def advice(self) -> dict[str, str]:
        """Return the headers that hold a secret as it is."""
        return {f"headers.{name}": said for name, said in secret_headers(self.headers).items()}

    def touches(self) -> list[Effects]:
        """Return what it asks with and whom; what its address and its query look up chooses where."""
        host = fixed_host(self.url)
        named = host.rpartition(":")[0] or "a service that is looked up"
        return [
            Effects(
                private=private_headers(self.credential, self.headers),
                strangers=f"what {named} answers",
                way_out=f"a request to {named}",
                chosen_by=("url", "query"),
                led_by=() if host else ("url",),
                host=host,
                writes=self.method not in ("GET", "HEAD"),
            )
        ]

    def reads_arrived(self) -> bool:
        """Say no: it sends what its templates look up."""
        return False

    async def run(self, view: View, context: Context) -> Outcome:
        """Send it and give the answer."""
        scope = expressions.scope(view)
        url = render_url(self.url, scope)
        headers = filled(self.headers, scope)
        query: dict[str, Any] = fill(self.query, scope)
        body = fill(self.body, scope)

        async def work(key: str) -> ToolResult:
            sends_files = self.body_type in ("multipart", "file")
            files = await context.files.read(file_ids(body)) if sends_files else {}
            credential = await context.credential(self.credential) if self.credential else None
            env = await context.env()
            try:
                misplaced(self.headers, env.secrets, self.url)
                request = outbound(
                    self.method,
                    url,
                    headers=filled(self.headers, scope | {"env": env.all()}),
                    query=query,
                    body=body,
                    body_type=self.body_type,
                    files=files,
                    idempotency_key=key,
                    max_bytes=self.max_bytes,
                    credential=credential,
                )
                came = await context.toolbox.egress.fetch(request)
                file = file_of(came)
                content = content_of(came, credential, *env.secrets.values())
                kept = None if file is None else await context.files.keep(*file, content)
                answer = answered(came, credential, file=kept)
            except EgressError as error:
                raise NodeError(str(error), code=error.code) from error
            return ToolResult(content=str(answer["status"]), value=answer, citations=cited_in(answer))

        shown = shown_request(self.method, url, headers, body) | ({"query": query} if query else {})
        use = ToolUse(name="http_request", arguments=shown, repeatable=self.repeatable)
        answer: Mapping[str, Any] = (await context.use(use, work)).value or {}
        status = answer.get("status", 0)
        if self.fail_on_status and isinstance(status, int) and status >= 400:
            raise NodeError(
                f"The service answered {status}: {as_text(answer.get('body'))[:300]} Turn 'fail_on_status' "
                "off to go on with such answers.",
                code="http_status",
            )
        return Outcome(output=dict(answer))
