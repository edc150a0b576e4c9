"""What a server was found to take: learned from its refusals, so that each costs one request and no more."""

import re
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Literal

import msgspec
from msgspec import Struct

from graphs.model_api.error_body import ErrorBody

__all__ = ["Learned", "LearnedServers", "learn"]

_MOST = 1000
_REFUSES = re.compile(
    r"unsupported|not\s+(\w+\s+)?support|n[o']t\s+support|no\s.{0,40}\bsupport|unavailable|should\s+be|combined|not\s+available|unrecogni[sz]ed|unknown|unexpected|extra\s"
    r"|not\s+permitted|not\s+allowed|not\s+(a\s+)?valid|invalid|deprecated|cannot|can't|only\s.*(default|support|allow)|only\s+be|unimplemented|must"
    r"|remove|additional\s+propert|not\s+implement|not\s+enabled|is\s+disabled|does\s+not\s+accept|forbidden|requires",
    re.IGNORECASE | re.DOTALL,
)
_DROPPABLE = [
    "temperature",
    "top_p",
    "top_k",
    "min_p",
    "presence_penalty",
    "frequency_penalty",
    "logit_bias",
    "seed",
    "stop",
    "user",
    "parallel_tool_calls",
    "reasoning_effort",
    "stream_options",
    "chat_template_kwargs",
    "keep_alive",
    "think",
    "tool_choice",
]
_WORDS: Mapping[str, str] = {
    "tool_choice": r"tool[_ ]choice",
    "parallel_tool_calls": r"parallel[_ ]tool([_ ]calls?)?",
    "stream_options": r"stream[_ ]options|include_usage",
    "reasoning_effort": r"reasoning[_. ]effort|\bthinking\b",
    "chat_template_kwargs": r"chat_template(_kwargs)?\b",
    "stop": r"['\"`.]stop['\"`]?\b|stop\s+(sequences?|words?|parameter)|parameter:?\s+stop\b|^stop$",
    "user": r"['\"`.]user['\"`]|parameter:?\s+user\b|^user$",
    "think": r"['\"`]think['\"`]|thinking",
    "seed": r"\bseed\b",
}


_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
_OF_MESSAGES = (
    r"reasoning_content|thought_?signature|after\s+(role\s+)?['\"`]?tool|role['\"`]?\s+(does\s+)?not|roles?\s+must"
    r"|only\s+user\b.{0,30}\brole|\b(start|begin|end|first|last)\b.{0,40}\b(user|role)\b"
    r"|messages?[\[.]\d+[\].]*\s*['\"`]?\s*:?\s*property"
)
"""Words that speak of messages, whatever other parameters they name."""
_OF_A_RANGE = r"(must|should)\s+be\s+(less|greater|smaller|larger|between|within|at\s+(least|most)|[<>])"
"""Words of a value that is out of its range: it is whoever set it that should know."""
_OF_ONE_TOOL = (
    r"\btools?[\[.]+\d|function\s+['\"`]|input_schema|function\.(name|parameters)|role\W+tool\b"
    r"|tool_calls?\b.{0,40}must"
)
"""Words that speak of one tool, or of messages about tools, and refuse no tools."""


class Learned(Struct, frozen=True, kw_only=True):
    """What is done differently for one server and model."""

    dropped: frozenset[str] = frozenset()
    """Parameters that are left out."""
    limit: Literal["", "max_tokens", "max_completion_tokens"] = ""
    """The name of the limit; empty for the profile's."""
    json: Literal["", "json_object", "instruction"] = ""
    no_system: bool = False
    """System texts go into the first user message."""
    nine: bool = False
    """Ids of calls have nine letters or digits."""
    bridge: bool = False
    """An assistant's turn comes between results of tools and a user's message."""
    beside_calls: Literal["", "empty", "omitted"] = ""
    no_names: bool = False
    """Messages have no ``name``."""
    reasoning: Literal["", "send", "keep"] = ""
    """Whether reasoning is sent back: empty for as the profile says."""
    whole: bool = False
    """The answer is not streamed."""
    plain_text: bool = False
    """Contents that are nothing but text are texts, not parts."""
    user_first: bool = False
    """The conversation begins with a user's turn, made up where there is none."""
    user_last: bool = False
    """It ends with one, or with results of tools."""
    signatures: bool = False
    """Calls of tools that another model has made carry the signature that stands for none."""

    def warnings(self) -> tuple[str, ...]:
        """Return what people should know that the request had to do without."""
        if "tools" in self.dropped:
            return ("The model takes no tools: it was asked without them.",)
        return ()


class LearnedServers:
    """What was learned, by base URL and model, for as long as the process lives."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, str], Learned] = OrderedDict()

    def of(self, base_url: str, model: str) -> Learned:
        """Return what is known of a model there."""
        return self._known.get((base_url, model), _NOTHING)

    def keep(self, base_url: str, model: str, learned: Learned) -> None:
        """Keep what was learned."""
        self._known[base_url, model] = learned
        self._known.move_to_end((base_url, model))
        if len(self._known) > _MOST:
            self._known.popitem(last=False)


_NOTHING = Learned()


def learn(learned: Learned, sent: Mapping[str, Any], refused: ErrorBody, parameter: str) -> Learned | None:
    """Return what a refusal teaches of a request that was sent; None where it teaches nothing new.

    Args:
        learned: What was known when it was sent.
        sent: The body that was refused.
        refused: What the server said.
        parameter: What it named as the cause, where it has a field for that.
    """
    said = " ".join((parameter, *refused.sentences))
    # Some say the names of parameters in their own language's way: presencePenalty.
    said = f"{said} {_HUMP.sub('_', said).lower()}" if _HUMP.search(said) else said
    if not said.strip() or not (_REFUSES.search(said) or parameter):
        return _of_messages(learned, sent, said)
    if _names(_OF_MESSAGES, said) and (found := _of_messages(learned, sent, said)):
        return found
    found = _limit(learned, sent, said) or _json_form(learned, sent, said)
    found = found or _dropped(learned, sent, said, parameter) or _of_messages(learned, sent, said)
    if (
        found is None
        and "tools" in sent
        and not _names(_OF_ONE_TOOL, said)
        and _names(r"\btools?\b|function[ _]call|tool[ _]use", said)
    ):
        if isinstance(sent.get("tool_choice"), str | dict) and sent.get("tool_choice") != "auto":
            return _without(learned, "tool_choice")
        return _without(learned, "tools")
    if found is None and sent.get("stream") is True and _names(r"\bstream(ing|ed)?\b", said):
        return msgspec.structs.replace(learned, whole=True)
    return found


def _limit(learned: Learned, sent: Mapping[str, Any], said: str) -> Learned | None:
    """The two names of the limit; a server that takes neither gets none."""
    for name, other in (("max_tokens", "max_completion_tokens"), ("max_completion_tokens", "max_tokens")):
        if name not in sent or not _names(rf"(?<![_a-z]){name}\b", said):
            continue
        if re.search(r"too (large|high|big)|at (most|least)|greater|less than|exceed|larger|between", said):
            return None
        if learned.limit:
            return _without(learned, name)
        return msgspec.structs.replace(learned, limit=other)
    return None


def _json_form(learned: Learned, sent: Mapping[str, Any], said: str) -> Learned | None:
    """From a schema to any object, from there to words."""
    form = sent.get("response_format")
    if not isinstance(form, dict) or not _names(
        r"response[_ ]?format|json[_ ]?(schema|object|mode)\b|structured[ _]output|guided|text\.format"
        r"|response[_ ]mime[_ ]type",
        said,
    ):
        return None
    schema = form.get("type") == "json_schema"  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    return msgspec.structs.replace(learned, json="json_object" if schema else "instruction")


def _dropped(learned: Learned, sent: Mapping[str, Any], said: str, parameter: str) -> Learned | None:
    if _names(_OF_A_RANGE, said):
        return None
    for name in _DROPPABLE:
        if name in sent and (parameter == name or _names(_WORDS.get(name, rf"\b{name}\b"), said)):
            if name == "temperature" and "top_p" in sent and _names(r"\btop_p\b", said):
                # Some take one of the two.
                return _without(learned, "top_p")
            return _without(learned, name)
    return next(
        (
            _without(learned, name)
            for name in sent
            if name not in _OURS and (parameter == name or _names(rf"(?<![\w]){re.escape(name)}\b", said))
        ),
        None,
    )


_OURS = frozenset(
    {"model", "messages", "stream", "tools", "response_format", "max_tokens", "max_completion_tokens"}
)
"""What is never simply left out."""


def _of_messages(learned: Learned, sent: Mapping[str, Any], said: str) -> Learned | None:
    """What servers and strict templates say about messages."""
    roles = {str(message.get("role")) for message in sent.get("messages", ())}
    turns = [str(one.get("role")) for one in sent.get("messages", ()) if one.get("role") != "system"]
    in_parts = any(isinstance(message.get("content"), list) for message in sent.get("messages", ()))
    for pattern, applies, change in (
        (
            r"system\s+(role|message|instruction|prompt)|role\W{0,3}\s*['\"`]?system|developer\s+instruction"
            r"|support\s+['\"`]?(system|developer)\b|only\s+user\b.{0,30}\brole",
            "system" in roles and not learned.no_system,
            {"no_system": True},
        ),
        (
            r"sequence.{0,20}expected.{0,20}string|unmarshal\s+array.{0,80}content|content.{0,60}\bstring\b"
            r"|content.{0,40}(list|array).{0,20}not|only.{0,30}\bstring.{0,30}content",
            in_parts and not learned.plain_text,
            {"plain_text": True},
        ),
        (r"thought_?signature", not learned.signatures, {"signatures": True}),
        (
            r"alternat|\b(start|begin|first)\b.{0,40}\buser\b",
            turns[:1] == ["assistant"] and not learned.user_first,
            {"user_first": True},
        ),
        (
            r"last\s+(role|message)|must\s+end\s+with|prefill|assistant.{0,40}\bend\s+of",
            turns[-1:] == ["assistant"] and not learned.user_last,
            {"user_last": True},
        ),
        (r"alternat", "system" in roles and not learned.no_system, {"no_system": True}),
        (
            r"reasoning_content.{0,80}(missing|must|require|pass)|missing.{0,40}reasoning_content",
            learned.reasoning != "send",
            {"reasoning": "send"},
        ),
        (r"reasoning(_content|_details)?\b", learned.reasoning != "keep", {"reasoning": "keep"}),
        (
            r"(tool[_ ]call|call)s?['\"`.\[\]\w]{0,20}\s*\bids?\b|tool_call_id|calls?\[?\d*\]?\.id\b",
            "tool" in roles and not learned.nine,
            {"nine": True},
        ),
        (
            r"role.{0,30}after.{0,20}tool|after (role )?['\"`]?tool|tool.{0,60}(followed by|last)",
            "tool" in roles and not learned.bridge,
            {"bridge": True},
        ),
        (
            r"content.{0,80}(null|nil\b|none|string|required|missing|empty|field)"
            r"|(null|nil|none|required|missing)\b.{0,60}content",
            "tool" in roles and learned.beside_calls != "omitted",
            {"beside_calls": "omitted" if learned.beside_calls else "empty"},
        ),
        (
            r"messages.{0,60}\bname\b|property\s+['\"`]name|extra.{0,40}\bname\b",
            not learned.no_names,
            {"no_names": True},
        ),
    ):
        if applies and _names(pattern, said):
            return msgspec.structs.replace(learned, **change)
    return None


def _without(learned: Learned, name: str) -> Learned | None:
    if name in learned.dropped:
        return None
    return msgspec.structs.replace(learned, dropped=learned.dropped | {name})


def _names(pattern: str, said: str) -> bool:
    return re.search(pattern, said, re.IGNORECASE) is not None
