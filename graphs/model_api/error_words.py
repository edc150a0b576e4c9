"""The words by which providers say why they refuse: codes, and patterns in their sentences."""

import re
from collections.abc import Mapping
from types import MappingProxyType

from graphs.conversation.messages import ErrorClass

__all__ = [
    "CODES",
    "MINIMAX",
    "NUMBERS",
    "PATTERNS",
    "SOFT_QUOTA",
    "STATUS",
    "STATUS_WORDS",
    "fits_never",
    "read_duration",
    "seconds_in",
    "time_in",
]

STATUS: Mapping[int, ErrorClass] = MappingProxyType(
    {
        401: "auth",
        402: "quota",
        403: "auth",
        407: "auth",
        408: "server",
        409: "overloaded",
        413: "context_length",
        423: "overloaded",
        424: "server",
        425: "overloaded",
        429: "rate_limited",
        440: "auth",
        451: "content_filter",
        498: "overloaded",
        499: "server",
        503: "overloaded",
        529: "overloaded",
    }
)
"""By the HTTP status, where nothing that is said is more exact."""

_CODES: Mapping[ErrorClass, str] = {
    "context_length": "context_length_exceeded exceed_context_size_error tokens_limit_reached "
    "string_above_max_length model_max_prompt_tokens_exceeded context_window_exceeded "
    "contextwindowexceedederror input_too_large prompt_too_long request_too_large "
    "max_tokens_exceeded context_length_error invalidparameter.rangeofinput",
    "content_filter": "content_filter content_policy_violation contentpolicyviolationerror "
    "responsibleaipolicyviolation data_inspection_failed datainspectionfailed moderation_error "
    "content_moderation sensitive_content safety_error guardrail_intervened cyber_policy "
    "inputtextsensitivecontentdetected outputtextsensitivecontentdetected 1301",
    "quota": "insufficient_quota insufficient_balance insufficient_credits insufficient_user_quota "
    "exceeded_current_quota_error billing_hard_limit_reached billing_error billing_not_active "
    "payment_required arrearage account_overdue accountoverdueerror budget_exceeded "
    "allocationquota.freetieronly failedoperation.resourcepackexhausted "
    "quota_exhausted quota_exceeded credits_exhausted insufficient_funds "
    "usage_limit_reached not_enough_balance insufficient_credit servicequotaexceededexception 1113",
    "rate_limited": "rate_limit_exceeded rate_limit_error rate_limit_reached_error ratelimiterror "
    "ratelimitreached rate_limited too_many_requests throttlingexception throttling "
    "throttling.ratequota throttling.allocationquota resource_exhausted requests_rate_limit_exceeded "
    "tokens_rate_limit_exceeded request_limit_exceeded requestlimitexceeded limitexceeded 1302 1303 1305",
    "auth": "invalid_api_key invalid_authentication invalid_authentication_error authentication_error "
    "authenticationerror unauthorized unauthenticated permission_denied permission_error "
    "permission_denied_error accessdenied access_denied invalid_token expired_token invalidapikey "
    "incorrect_api_key_error no_api_key api_key_invalid unrecognizedclientexception "
    "accessdeniedexception authfailure unauthorizedoperation organization_restricted "
    "ip_not_authorized invalidsignatureexception expiredtokenexception 1000 1001 1002 1003 1004",
    "unknown_model": "model_not_found model_not_exist model_not_available invalid_model unknown_model "
    "model_decommissioned deploymentnotfound model_not_found_error not_found_model modelnotfound "
    "unsupported_model model_not_supported unknownmodel endpoint_not_found resource_does_not_exist "
    "invalidendpointormodel.notfound modelnotopen 1211",
    "overloaded": "overloaded overloaded_error engine_overloaded_error engine_overloaded "
    "server_overloaded service_unavailable serviceunavailable unavailable capacity_exceeded "
    "insufficient_system_resource modelnotreadyexception temporarily_unavailable "
    "provider_overloaded serveroverloaded serviceunavailableexception",
}


def _by_word() -> dict[str, ErrorClass]:
    return {word: error_class for error_class, words in _CODES.items() for word in words.split()}


CODES: Mapping[str, ErrorClass] = MappingProxyType(_by_word())
"""By a code, type or status in the body, in small letters."""

STATUS_WORDS: Mapping[str, int] = MappingProxyType(
    {
        "not_found_error": 404,
        "not_found": 404,
        "invalid_argument": 400,
        "failed_precondition": 400,
        "internal": 500,
        "deadline_exceeded": 504,
        "api_error": 500,
        "server_error": 500,
        "internal_server_error": 500,
        "internalservererror": 500,
        "internalserverexception": 500,
        "modelstreamerrorexception": 500,
        "modeltimeoutexception": 504,
        "validationexception": 400,
        "internalerror": 500,
        "provider_unavailable": 502,
        "timeout_error": 504,
        "invalid_request_error": 400,
        "badrequesterror": 400,
    }
)
"""What a word stands for where no status is told."""

MINIMAX: Mapping[int, ErrorClass] = MappingProxyType(
    {
        1000: "server",
        1001: "server",
        1002: "rate_limited",
        1004: "auth",
        1008: "quota",
        1013: "server",
        1024: "server",
        1026: "content_filter",
        1027: "content_filter",
        1033: "server",
        1039: "rate_limited",
        1041: "overloaded",
        2013: "bad_request",
        2049: "auth",
        2056: "quota",
    }
)
"""By ``base_resp.status_code``."""

NUMBERS: Mapping[int, ErrorClass] = MappingProxyType(
    {
        1261: "context_length",
        336003: "context_length",
        336103: "context_length",
        1113: "quota",
        1301: "content_filter",
    }
)
"""By a number of a vendor's own, where it is one of no status."""

_CONTEXT = r"""
    context[ _-]?(length|window|size|limit|overflow) | context\ shift | exceed_context
  | max(imum)?[ _]?(allowed\ )?(context|prompt|input|sequence|model)[ _]?(token\ )?(length|len|size|tokens)
  | (prompt|input|request|message|messages|conversation|query|payload|body|text|content|chat\ history)
      \b.{0,40}?\b(is|was|are|being)?\ ?\b(too|far\ too)\ (long|large|big)\b
  | \b(too|far\ too)\ (long|large|big)\ for\ .{0,60}?\b(model|context)
  | \bn_keep\b.{0,40}?\bn_ctx\b | max_model_len | max_seq_len | model_max_prompt
  | max(imum)?\ length\ of\ (the\ |current\ )?(question|prompt|input)
  | too\ many\ (input\ |prompt\ |total\ )?tokens
  | reduce\ (the\ length|your\ prompt|the\ (input|prompt|number|size)|your\ message|the\ amount)
  | (token|tokens|token\ count|input|prompt|length|sequence|request|requested\ tokens?)\b.{0,60}?
      \b(exceeds?|exceeded|exceeding|greater\ than|longer\ than|larger\ than|surpass(es|ed)?|over)\b.{0,60}?
      \b(limit|maximum|max|allowed|budget|context|window|length|capacity)
  | (exceeds?|exceeded)\ (the\ )?(model|max(imum)?|input|prompt|total)[ ']?s?\ .{0,30}?\b(tokens?|length
      |limit|size)
  | token\ limit\ exceeded | limit\ of\ \d+\ (input\ )?tokens
  | must\ have\ less\ than\ \d+\ tokens | max_new_tokens`?\ must\ be | max_total_tokens
  | range\ of\ input\ length | prompt\ length\ (is\ )?\d+ | input[ _]too[ _](large|long)
  | (out\ of|no)\ room\ in\ the\ context | string\ too\ long | \d\ tokens\ but\ .{0,40}?\ (allows|takes)\b
  | 컨텍스트 | 토큰.{0,20}초과 | (입력|프롬프트).{0,12}(너무\ 길|초과)
  | コンテキスト | トークン.{0,20}超
  | 上下文 | 输入.{0,10}(过长|超) | (长度|token).{0,12}(超过|超出|过长)
"""
_FILTER = r"""
    content[ _-]?(management\ policy|filter|filtering|policy|moderation|exists\ risk|safety|violat)
  | responsible[ ]?ai | data_?inspection | inappropriate\ content | guardrail | (un)?safe\ or\ sensitive
  | (potentially\ )?(unsafe|sensitive|harmful|prohibited)\ (content|words?|information|material|text|input)
  | violat\w*\ .{0,60}?(polic|guideline|terms|rules) | usage\ (polic|guideline)
  | moderation | \bflagged\b | safety[ _](system|filter|setting|check|reason|guideline|polic|violation)
  | (considered|deemed)\ high\ risk | (prompt|request|response|content|output|input)\ (was|is
      |has\ been)\ (blocked|filtered)
  | blocked\ (by|due\ to)\ .{0,40}?(content|safety|polic|filter) | prohibited_content
  | 유해 | 부적절 | 敏感 | 违规 | 安全审核
"""
_MONEY = r"""
    insufficient[ _](quota|balance|funds?|credits?|account) | (balance|credit)s?\b.{0,30}?(too\ low
      |insufficient|not\ enough|exhausted|depleted|expired|exceeded)
  | payment\ required | spend(ing)?\ (cap|limit) | in\ arrears | arrearage
  | (more|out\ of|no|enough|available|remaining|included)\ credits
  | not\ enough\ (balance|credits?|funds?)
  | free\ (tier|trial|quota|credits?)\b.{0,60}?(exhausted|expired|used\ up)
  | (크레딧|잔액|잔고).{0,12}부족 | 残高(不足|が不足)
  | 余额不足 | 欠费
"""
_QUOTA = r"""
    (account|team|organi[sz]ation|subscription)\b.{0,80}?(suspended|overdue|deactivated\ due|not\ active
      |unpaid)
  | (month|week|year|account|plan|subscription)(ly)?\ (\w{1,20}\ )?quota | out\ of\ .{0,20}?quota
  | quota\ (is\ |has\ been\ )?(exhausted|used\ up|insufficient) | (exceeded|exhausted)\ (your|the
      |its)?\ ?(current|monthly|daily|free)?\ ?.{0,20}?quota | 额度
  | (spending|spend|monthly|billing|hard|usage|credit|key)[ ]\b(limit|cap) | budget\ (has\ been\ )?exceeded
  | exceeded\ budget | over\ budget | billing | recharge | top[ -]?up\ your | purchase\ (more\ )?credits
"""
_RATE = r"""
    rate[ _-]?limit | too\ many\ (requests|concurrent) | throttl | (tokens|requests
      |queries)\ per\ (second|minute|hour|day)
  | per[ -](minute|second|day)\b | resource[ _](has\ been\ )?exhausted | quota\ exceeded\ for
      | slow\ down | \b[TR]P[MD]\b
  | (try\ again|retry)\ (in|after)\ [\d.]+ | concurren(cy|t)\b.{0,40}?(limit|reached|exceeded|max)
      | max\ .{0,30}?concurrency
  | wait\ before\ (trying|making|sending) | \bQP[SM]\b
  | 요청.{0,20}(한도|많) | レート制限
  | 频率 | 速率 | 限流 | 并发
"""
_RATE_FIRST = r"""
    throttl | requests?\ limit\ (reached|exceeded) | wait\ before\ (trying|making|sending) | \bplease\ wait\b
  | rate[ _-]?limit | per[ -](second|minute|min|hour
      |day)\b | \b[TR]P[MD]\b
"""
_UNKNOWN = r"""
    models?\b([^.]|\.(?=\S)){0,160}?(do(es)?\ not\ exist|(is|was|were|be)?\ ?not\ (be\ )?found|not\ exist
      |unknown|is\ invalid
      |(is|are)\ not\ (available|supported|a\ valid|valid|loaded|accessible|recogni[sz]ed|allowed|enabled
      |served|in\ the|a\ known|deployed)
      |no\ longer|has\ been\ (deprecated|decommissioned|removed|retired|shut)|decommissioned
      |is\ deprecated|doesn.t\ exist|could\ not\ be\ found|has\ reached\ (the\ |its\ )?end\ of)
  | (unknown|invalid|unsupported|no\ such|unrecogni[sz]ed|could\ not\ find|cannot\ find|can.t\ find
      |not\ a\ valid|no)\ (the\ )?model(\ (name|id|identifier|code))?\b(?!\ output|\ response)
  | not\ a\ valid\ model | marked\ .{0,20}as\ legacy | no\ (models?|endpoints?|deployments?)\ (are\ |is\ )?
      (currently\ )?(loaded|found|exists?|configured)(?!\ that)
  | pull(ing)?\ (it|the\ model)\ first | (deployment|serving\ endpoint
      |endpoint)\b.{0,80}?(does\ not\ exist|not\ found)
  | model\ identifier\ is\ invalid | model\ not\ exist | no\ access\ to\ (the\ )?model
      | access\ to\ (the\ )?model\b.{0,60}?denied
  | ^model:\ ?[\w.@:/-]+$
  | not\ (yet\ )?(activated|enabled|subscribed\ to|opened)\ (the\ )?model | failed\ to\ load\ (the\ )?model
  | not\ found\ the\ model | not\ resolve\ the\ (foundation\ )?model | available\ for\ the\ selected\ model
  | function\ '[^']{1,100}':\ not\ found | 모델.{0,20}(없습니다|찾을\ 수)
  | 模型不存在 | 无可用渠道
"""
_AUTH = r"""
    (invalid|incorrect|wrong|bad|missing|expired|revoked|no|malformed|unknown|provide|valid)\b.{0,30}?
      (api[ _-]?key|access[ _-]?token|auth(entication)?\ (token|header|credentials)|credentials?|bearer
      |x-api-key|authorization)
  | (api[ _-]?key|access[ _-]?key|secret[ _-]?key|token|credentials?)\b.{0,40}?(not\ valid|invalid
      |incorrect|expired|missing|required|disabled|revoked|not\ found|not\ provided|not\ provide|wrong
      |blocked|malformed)
  | unauthori[sz]ed | unauthenticated | authenticat | forbidden | access\ denied | not\ authori[sz]ed
  | permission\ (denied|to) | (not|n.t)\ have\ (the\ )?(permission|access) | insufficient\ permission
      | 인증 | (api\ ?키|토큰).{0,12}(유효하지|잘못) | 鉴权 | 令牌
"""
_OVERLOADED = r"""
    overload | (over|at|no|out\ of|insufficient)\ capacity | (server|service|engine|system
      |model)s?\b.{0,30}?\b(is|are)?\ ?\b(busy|unavailable|at\ capacity)
  | temporarily\ unavailable | (currently|still|being|is)\ (loading|warming|starting) | high\ (demand
      |load|traffic)
  | no\ healthy\ (upstream|deployment|backend) | queue\ (is\ )?full | no\ deployments\ available
      | no\ available\ (channel|instance|provider|worker|server)s?
  | insufficient_system_resource | 혼잡 | 과부하 | 繁忙 | 过载
"""
_UNREADABLE = r"""
    failed\ to\ parse\ (input|tool|the|response|generated|grammar|function) | json\.exception | parse_error
  | (output|generation|response)\b.{0,60}?(match|fit|follow|conform|valid).{0,40}?(grammar|schema|format
      |json)
  | (tool|function)\ call\b.{0,60}?(invalid|malformed|validation\ failed|could\ not\ be\ parsed)
      | failed\ to\ (call\ a\ function|generate\ json|validate\ json)
  | (tool_use_failed|json_validate_failed|output_parse_failed) | unexpected\ (empty\ )?grammar
"""


def _pattern(words: str) -> re.Pattern[str]:
    return re.compile(words, re.IGNORECASE | re.VERBOSE)


_CROWDED = r"high\ (demand|traffic|load) | peak\ load"
SOFT_QUOTA = _pattern(_QUOTA)
"""Words of a quota that some providers also use of a limit a minute."""
PATTERNS: tuple[tuple[ErrorClass, re.Pattern[str]], ...] = (
    ("bad_response", _pattern(_UNREADABLE)),
    ("unknown_model", _pattern(_UNKNOWN)),
    ("content_filter", _pattern(_FILTER)),
    ("overloaded", _pattern(_CROWDED)),
    ("rate_limited", _pattern(_RATE_FIRST)),
    ("quota", _pattern(_MONEY)),
    ("context_length", _pattern(_CONTEXT)),
    ("quota", SOFT_QUOTA),
    ("rate_limited", _pattern(_RATE)),
    ("overloaded", _pattern(_OVERLOADED)),
    ("auth", _pattern(_AUTH)),
)
"""By what a sentence says; the first that fits counts."""

_NEVER = re.compile(r"limit:?\s*(\d[\d,]*)\D.{0,80}?requested:?\s*(\d[\d,]*)", re.IGNORECASE | re.DOTALL)
_WAIT = re.compile(
    r"(?:try\s+(?:your\s+request\s+)?again|retry|wait(?:ing)?|available\s+again|resets?|reset)\s*(?:(?:in|after|for|at\s+least|about)\s+){0,3}~?"
    r"((?:\d+(?:\.\d+)?\s*(?:milliseconds?|ms|minutes?|mins?|m|hours?|hrs?|h|seconds?|secs?|s|days?|d)?\s*)+)",
    re.IGNORECASE,
)
_SOON = re.compile(
    r"\b(?:available|again|next request|next one) in ~?(\d{1,9}(?:\.\d{1,9})? ?[a-z]{1,20})", re.IGNORECASE
)
_AFTER = re.compile(r"(?<!\d)(\d{1,9}(?:\.\d{1,9})?) ?(?:秒[钟鐘]? ?[后後]|초 ?[후뒤])")
_AT = re.compile(
    r"\b(?:resets?|again|retry|until|available) (?:at |after )?"
    r"(\d{4}-\d\d-\d\dT[\d:.]{5,20}(?:Z|[+-]\d\d:\d\d)?)"
)
_LINK = re.compile(r"\b((?:minute|hour|day|min|hr)s?),? (?:and )?(?=\d)", re.IGNORECASE)
"""What joins the parts of a duration in words."""
_ONE = re.compile(r"\b(?:a|an|one) (?=(?:second|minute|hour|day)\b)", re.IGNORECASE)
_PART = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]*)", re.IGNORECASE)
_UNITS = {"ms": 0.001, "mi": 60.0, "m": 60.0, "h": 3600.0, "d": 86_400.0, "s": 1.0, "": 1.0}


def fits_never(sentence: str) -> bool:
    """Whether a limit of tokens a minute is smaller than what one request asks for: no waiting helps."""
    found = _NEVER.search(sentence)
    if found is None:
        return False
    limit, requested = (int(number.replace(",", "")) for number in found.groups())
    return requested > limit


def seconds_in(sentence: str) -> float | None:
    """Return the seconds that a sentence asks to wait ("try again in 1m30.5s"); None where it asks for
    none."""
    sentence = _ONE.sub("1 ", _LINK.sub(r"\1 ", sentence))
    found = _WAIT.search(sentence) or _SOON.search(sentence) or _AFTER.search(sentence)
    return read_duration(found[1]) if found else None


def time_in(sentence: str) -> str:
    """Return the time (ISO 8601) at which a sentence says that one may ask again; empty for none."""
    found = _AT.search(sentence)
    return found[1] if found else ""


def read_duration(text: str) -> float | None:
    """Return a duration like ``34.07s``, ``1m30s``, ``20ms``, ``5 minutes`` or ``12`` in seconds; None for
    none."""
    total, found = 0.0, False
    rest = text.strip()
    while rest:
        part = _PART.match(rest)
        if part is None:
            return None
        unit = part[2].lower()
        if unit.startswith("milli") or unit == "ms":
            factor = 0.001
        elif (known := _UNITS.get(unit[:2] if unit[:2] in _UNITS else unit[:1])) is not None:
            factor = known
        else:
            return total if found else None
        total, found = total + float(part[1]) * factor, True
        rest = rest[part.end() :].strip()
    return total if found else None
