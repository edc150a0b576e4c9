"""Citations: the sources of an answer, read from what models and tools give, checked once and numbered.

Models name them as OpenAI's `annotations` of type ``url_citation``
(https://platform.openai.com/docs/guides/tools-web-search) or as Perplexity's `citations` and `search_results`
(https://docs.perplexity.ai), tools as `citations` or `sources` in a result that is a JSON object.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any
from urllib.parse import quote

import msgspec
from msgspec import Struct

from graphs.conversation.messages import Citation, Message
from graphs.parsing.text import clean
from graphs.parsing.web_address import WebAddressError, read_address

__all__ = [
    "CitationLimits",
    "Sources",
    "checked",
    "cited_by_message",
    "cited_in",
    "from_annotations",
    "from_search",
]

_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+")
"""What shows as nothing, or turns text around to make it look like other text."""


_IN_FRAGMENT = "%!$&'()*+,;=:@/?-._~"


class _Given(Struct, frozen=True, forbid_unknown_fields=True):
    """A source as tools name it."""

    url: str
    title: str | None = None
    text: str | None = None


class CitationLimits(Struct, frozen=True, kw_only=True):
    """How much is cited; what is over is left out."""

    at_once: int = 50
    """Citations that one answer, one result or one message may have."""
    in_run: int = 200
    """Citations that one run may have."""
    url_chars: int = 2_000
    """A longer address is none."""
    title_chars: int = 300
    """Of a longer title the beginning is kept."""
    text_chars: int = 500
    """Of a longer text the beginning is kept."""


class Sources:
    """What a run has cited so far. One address has one number, however often and by whomever it is cited."""

    def __init__(
        self,
        cited: Iterable[Citation] = (),
        limits: CitationLimits | None = None,
        held: Iterable[tuple[str, Citation]] = (),
    ) -> None:
        self._limits = limits or CitationLimits()
        self._held = [*held]
        """What only the flow's owner sees so far, with the node that cited it."""
        self._shown = [*cited]
        """In order, without those that only the flow's owner sees."""
        self._count = len(self._shown)
        self._numbers = {one.key: one.number for one in self._shown}

    def number(self, key: str, known: int = 0) -> int:
        """Return the number of a source.

        Args:
            key: `Citation.key`.
            known: The number that it had before a crash, or in an earlier node; 0 for none.
        """
        if key not in self._numbers:
            taken = self._numbers.values()
            free = known > 0 and known not in taken
            self._numbers[key] = known if free else max(taken, default=0) + 1
        return self._numbers[key]

    def numbered(
        self, citations: Iterable[Citation], *, aside: bool = False, held_by: str = ""
    ) -> list[Citation]:
        """Return those of the citations that can be shown, checked and with their numbers.

        Args:
            citations: As they were read.
            aside: Whether they belong to what does not join the history.
            held_by: The node that cites them, where its text may become the answer later.
        """
        given: list[Citation] = []
        for citation in islice(citations, self._limits.at_once):
            if self._count >= self._limits.in_run:
                break
            if (one := checked(citation, self._limits)) is None:
                continue
            number = self.number(one.key, one.number if one.passage_id else 0)
            one = msgspec.structs.replace(one, number=number)
            if one not in given:
                given.append(one)
                self._count += 1
        if not aside:
            self._shown += given
        elif held_by:
            self._held += [(held_by, one) for one in given]
        return given

    def released(self, nodes: Sequence[str], *, placed: bool) -> list[Citation]:
        """Return what nodes cited aside and nobody else was shown; from now on it is shown.

        Args:
            nodes: Those that cited it.
            placed: Whether their text is unchanged, so that it is still cited where it was.
        """
        mine = [one for node, one in self._held if node in nodes]
        if not placed:
            mine = [msgspec.structs.replace(one, start=None, end=None) for one in mine]
        new = [one for one in dict.fromkeys(mine) if one not in self._shown]
        self._shown += new
        return new

    def onto(
        self, messages: Sequence[Message], history: Sequence[Mapping[str, Any]], execution_id: str
    ) -> list[Message]:
        """Return messages whose last answer bears, in its metadata, what no message of the run bears yet.

        Args:
            messages: What is about to join the history.
            history: What has joined it.
            execution_id: The run.
        """
        place = next(
            (
                place
                for place in range(len(messages) - 1, -1, -1)
                if messages[place].role == "assistant" and not messages[place].tool_calls
            ),
            None,
        )
        if place is None or not self._shown:
            return [*messages]
        borne = {
            one
            for message in history
            if message.get("metadata", {}).get("execution_id") == execution_id
            for one in cited_by_message(message, self._limits)
        }
        borne |= {
            one
            for message in messages
            for one in cited_by_message(msgspec.to_builtins(message), self._limits)
        }
        new = [one for one in dict.fromkeys(self._shown) if one not in borne][: self._limits.at_once]
        if not new:
            return [*messages]
        answer = messages[place]
        told: list[Any] = [*answer.metadata.get("citations", []), *msgspec.to_builtins(new)]
        answer = msgspec.structs.replace(answer, metadata={**answer.metadata, "citations": told})
        return [*messages[:place], answer, *messages[place + 1 :]]


def checked(citation: Citation, limits: CitationLimits) -> Citation | None:
    """Return a citation as everybody may see it; None where its address is not one of the web."""
    url = _web_url(citation.url.strip(), limits)
    if not url and not citation.passage_id:
        return None
    start, end = citation.start, citation.end
    if start is None or end is None or not 0 <= start < end:
        start = end = None
    return Citation(
        number=citation.number,
        url=url,
        title=_plain(citation.title, limits.title_chars),
        text=_plain(citation.text, limits.text_chars),
        start=start,
        end=end,
        passage_id=citation.passage_id,
        document_id=citation.document_id,
        page=citation.page,
    )


def _web_url(url: str, limits: CitationLimits) -> str:
    """Return an address as it is shown; empty where it is not one of the web."""
    try:
        address = read_address(url)
    except WebAddressError:
        return ""
    fragment = url.partition("#")[2]
    url = f"{address.url}#{quote(fragment, safe=_IN_FRAGMENT)}" if fragment else address.url
    return url if len(url) <= limits.url_chars else ""


def cited_in(value: Any) -> list[Citation]:
    """Return the sources that a tool's result names, or the body of a web service's answer in it.

    Each is ``{"url", "title"?, "text"?}`` in a list `citations` or `sources`; what is none is passed over.
    """
    if not isinstance(value, dict):
        return []
    named: Mapping[str, Any] = value
    if "status" in named and "body" in named:
        status, named = named["status"], named["body"]
        if not isinstance(named, dict) or not isinstance(status, int) or status >= 400:
            return []
    listed: Any = named.get("citations", named.get("sources"))
    if not isinstance(listed, list):
        return []
    found: list[Citation] = []
    for one in listed:
        try:
            given = msgspec.convert(one, _Given)
        except msgspec.ValidationError:
            continue
        found.append(Citation(url=given.url, title=given.title or "", text=given.text or ""))
    return found


def from_annotations(annotations: Any) -> tuple[Citation, ...]:
    """Return what annotations of a message cite: OpenAI's of both APIs, and LangChain's form of them.

    Chat completions have the facts in an object `url_citation`; OpenRouter adds the passage as `content`.
    """
    found: list[Citation] = []
    for annotation in annotations if isinstance(annotations, list) else []:
        if not isinstance(annotation, dict) or annotation.get("type") not in ("url_citation", "citation"):
            continue
        facts: Any = annotation.get("url_citation", annotation)
        if isinstance(facts, dict) and isinstance(facts.get("url"), str):
            start, end = facts.get("start_index"), facts.get("end_index")
            found.append(
                Citation(
                    url=facts["url"],
                    title=_string(facts.get("title")),
                    text=_string(facts.get("content")),
                    start=start if type(start) is int else None,
                    end=end if type(end) is int else None,
                )
            )
    return tuple(found)


def from_search(citations: Any, results: Any) -> tuple[Citation, ...]:
    """Return what a chunk of Perplexity's cites: addresses in order, with what its search found of them."""
    found: dict[str, Any] = {
        one["url"]: one
        for one in (results if isinstance(results, list) else [])
        if isinstance(one, dict) and isinstance(one.get("url"), str)
    }
    listed: list[Any] = citations if isinstance(citations, list) else [*found]
    return tuple(
        Citation(
            url=url,
            title=_string(found.get(url, {}).get("title")),
            text=_string(found.get(url, {}).get("snippet")),
        )
        for url in listed
        if isinstance(url, str)
    )


def cited_by_message(message: Mapping[str, Any], limits: CitationLimits) -> list[Citation]:
    """Return the citations that a message of the history bears, checked: an import brings what it likes."""
    listed: Any = message.get("metadata", {}).get("citations")
    found: list[Citation] = []
    for one in listed[: limits.at_once] if isinstance(listed, list) else []:
        try:
            citation = checked(msgspec.convert(one, Citation), limits)
        except msgspec.ValidationError:
            continue
        if citation is not None:
            found.append(citation)
    return found


def _plain(text: str, longest: int) -> str:
    text = _UNSEEN.sub(" ", clean(text)).strip()
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _string(value: Any) -> str:
    return value if isinstance(value, str) else ""
