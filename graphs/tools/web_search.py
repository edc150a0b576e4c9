"""The web_search tool."""

from typing import Annotated, Any, ClassVar, Literal

from msgspec import Meta, Struct

from graphs.outbound.credentials import CredentialName
from graphs.parsing.web_address import read_address
from graphs.tool.service_calls import call_service, service_problem
from graphs.tool.tool_type import Tool, ToolContext, ToolError, ToolExample
from graphs.values.effects import Effects

__all__ = ["WebSearch"]

_URLS = {
    "brave": "https://api.search.brave.com/res/v1/web/search",
    "tavily": "https://api.tavily.com/search",
    "searxng": "",
}
_TEXT, _TITLE = 1_000, 300
"""Characters of a result that are kept."""


class Search(Struct, frozen=True, forbid_unknown_fields=True):
    """What to look for."""

    query: Annotated[str, Meta(min_length=1, max_length=400, description="Search words.")]


class WebSearch(Tool, frozen=True, kw_only=True, tag="web_search"):
    """Search the web. Returns titles, addresses and short texts of pages."""

    arguments: ClassVar[type[Struct]] = Search
    examples: ClassVar[tuple[ToolExample, ...]] = (
        ToolExample(
            title="With a SearXNG server",
            config={"service": "searxng", "url": "https://search.example.com/search"},
            arguments={"query": "sea otter diet"},
        ),
        ToolExample(
            title="With Brave",
            config={"service": "brave", "credential": "brave"},
            arguments={"query": "sea otter diet"},
        ),
    )

    service: Annotated[
        Literal["searxng", "brave", "tavily"],
        Meta(
            description="Search service. Brave needs a credential of kind `header` with the field "
            "`X-Subscription-Token`, Tavily kind `bearer`."
        ),
    ]
    url: Annotated[
        str,
        Meta(max_length=2000, description="URL of the search. Empty: the public one."),
    ] = ""
    credential: CredentialName = ""
    max_results: Annotated[int, Meta(ge=1, le=20, description="Maximum number of results.")] = 5
    seconds: Annotated[float, Meta(gt=0, le=300, description="Maximum time of a search.")] = 15.0

    @property
    def _address(self) -> str:
        return self.url or _URLS[self.service]

    def problem(self) -> str:
        """Return what is wrong with the address."""
        if not self._address:
            return "SearXNG has no public address. Set 'url', such as https://search.example.com/search."
        return service_problem("url", self._address)

    def credentials(self) -> dict[str, str]:
        """Return the credential."""
        return {"credential": self.credential} if self.credential else {}

    def touches(self) -> Effects:
        """Return that it sends words to one service and reads what pages say."""
        address = read_address(self._address)
        return Effects(
            strangers="what pages on the web say",
            way_out=f"search words to {address.host}",
            host=f"{address.host}:{address.port}",
        )

    async def run(self, arguments: dict[str, Any], context: ToolContext) -> Any:
        """Search, and return the results as sources."""
        words, most = arguments["query"], self.max_results
        match self.service:
            case "searxng":
                request: dict[str, Any] = {"query": {"q": words, "format": "json"}}
            case "brave":
                request = {"query": {"q": words, "count": most}}
            case "tavily":
                request = {"body": {"query": words, "max_results": most}}
        answer = await call_service(
            context,
            "POST" if self.service == "tavily" else "GET",
            self._address,
            credential=self.credential,
            seconds=self.seconds,
            **request,
        )
        body: Any = answer["body"]
        if self.service == "brave" and isinstance(body, dict):
            body = body.get("web", {"results": []})  # left out where nothing is found
        found: Any = body.get("results") if isinstance(body, dict) else None
        if not isinstance(found, list):
            raise ToolError("The search service did not answer with results as JSON.")
        sources = [source for each in found if (source := _source(each))]
        return {"sources": sources[:most]}


def _source(found: Any) -> dict[str, str]:
    """Return a result of any of the services as a source; empty for one without an address."""
    if not isinstance(found, dict) or not isinstance(found.get("url"), str):
        return {}
    text = found.get("content") or found.get("description") or ""
    return {"url": found["url"], "title": str(found.get("title") or "")[:_TITLE], "text": str(text)[:_TEXT]}
