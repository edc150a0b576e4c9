"""Pages about models: which servers there are, from their profiles, and their errors, from the classes."""

from graphs.chat_completions.server_profiles import PROFILES, ServerProfile
from graphs.model_api.error_classes import ERROR_CLASSES

__all__ = ["errors_page", "servers_page"]

_SERVERS_HEAD = """# Model servers

<!-- Written by `make docs` from graphs/chat_completions/server_profiles.py. Do not edit. -->

Find your server, copy its lines, and check it with the command that they end with. Provider `openai` reaches
every server that speaks OpenAI's chat completions. It needs at most three settings:

| setting | value |
|---|---|
| `OPENAI_BASE_URL` | the server's base URL, from the tables below; a pasted `…/chat/completions` works too |
| `OPENAI_API_KEY` | its key, where it needs one |
| `AGENTICRAG_OPENAI_PROFILE` | the name of its profile, where its URL does not tell it |

Then name the model in a chat or node: `"provider": "openai", "model": "…"`.

`agenticrag models check --provider openai --model …` asks the model four real things: a chat, a stream, a
tool and structured output. It prints what the server takes and what that cost. To use several servers at
once, or one for each workspace, store [connections](connections.md) with the same values.

## All servers

- A model gets only the parameters that you set. With `temperature: null` and `max_tokens: null` it uses its
  own.
- If a server refuses a parameter, the request is sent again without it. AgenticRAG remembers that until it
  restarts, so it costs one refused request. That request is in the run's usage, with class `unsupported`.
  The same holds for forms of a conversation: a server that takes no system text gets it in the first user
  message, and one that wants a conversation to begin or end with a user's turn gets a short one. A value out
  of its range is an error.
- Structured output steps down from `json_schema` to `json_object` to an instruction. The event
  `structured_output` says which was used.
- What a server sends with a turn and wants back (thought signatures, `reasoning_details`,
  `reasoning_content`) is stored with the message and sent to the same kind of server only.
- A model has `AGENTICRAG_MODEL_FIRST_TOKEN_SECONDS` (120) until its first sign of life, and
  `AGENTICRAG_MODEL_IDLE_SECONDS` (60) between two. A server on this machine has
  `AGENTICRAG_MODEL_LOAD_SECONDS` (300) to load the model. For one model, set `model_first_token_seconds` and
  `model_idle_seconds` in its node, chat or connection. Comments, empty chunks and reasoning are signs of
  life.
- Anthropic's own API is provider `anthropic`: see [the end of this page](#anthropics-messages-api).
- Ollama's own API is provider `ollama`. Its context (`num_ctx`) fits the request, up to
  `AGENTICRAG_OLLAMA_MAX_CONTEXT`. A model that takes no tools, or no `think`, is called without them.

"""
_ANTHROPIC = """
## Anthropic's Messages API

Provider `anthropic` speaks Anthropic's own API. It is an extra:

```text
pip install 'agenticrag[anthropic]'
```

| | |
|---|---|
| base URL | `ANTHROPIC_BASE_URL`; Anthropic where it is not set; a pasted `…/v1/messages` works too |
| key | `ANTHROPIC_API_KEY`, from https://console.anthropic.com, or a [credential](credentials.md) |
| model name | `claude-sonnet-4-5` |
| limit of an answer | `max_tokens`; `AGENTICRAG_ANTHROPIC_MAX_TOKENS` (8,192) where it is not set |
| JSON | an instruction |
| cache reads and writes | `cache_read_input_tokens`, `cache_creation_input_tokens` |
| reasoning | inside the output |

- `think` turns thinking on: `"low"`, `"medium"` (or true) and `"high"` allow 1,024, 4,096 and 16,384 tokens
  for it. `reasoning_effort` is sent as the model's effort. Thinking is returned as reasoning; it takes no
  `temperature` and no `top_k`, which are then left out with a warning.
- Signed thoughts go back with the turn that used a tool. Nobody but Anthropic gets them.
- Cache reads and writes are in the usage, each with its own price. To have the prompt cached, set
  `extra_body` to `{"cache_control": {"type": "ephemeral"}}`.
- `top_p`, `top_k`, `stop`, `user` and `parallel_tool_calls` are sent; `seed`, `min_p`, penalties and
  `logit_bias` have no name in this API and are not.
"""
_ERRORS_HEAD = """# Model errors

<!-- Written by `make docs` from graphs/model_api/error_classes.py. Do not edit. -->

Every failed request to a model has a class. Chats return it as `error_code`, usage records as
`error_class`.

- **Retried**: whether the same model is called again, up to `AGENTICRAG_MODEL_ATTEMPTS` times. A wait that
  the provider names is kept; one of more than 60 seconds is not waited for.
- **Fallback**: whether the next model in `fallbacks` is called.
- **Breaker**: whether a call that ends with it counts against the circuit breaker.

The circuit breaker opens for 30 seconds after 5 failed calls in a row, or when half of at least 20 calls
within 30 seconds failed. It counts calls, not attempts, and is kept per workspace, provider, URL, key, model
and kind of request (text, JSON, tools). After 30 seconds one call is let through; if it succeeds, the circuit
closes.

| class | meaning | retried | fallback | breaker | what to do |
|---|---|---|---|---|---|
"""


def servers_page() -> str:
    """Return the page with a section for each server."""
    return _SERVERS_HEAD + "\n".join(_section(profile) for profile in PROFILES.values()) + _ANTHROPIC


def errors_page() -> str:
    """Return the page with the table of classes."""
    rows = [
        f"| `{name}` | {facts.meaning} | {facts.retried} | {_yes(facts.fallback)} | {_yes(facts.breaker)} | "
        f"{facts.remedy} |"
        for name, facts in ERROR_CLASSES.items()
    ]
    return _ERRORS_HEAD + "\n".join(rows) + "\n"


def _section(profile: ServerProfile) -> str:
    known = [f"`…{end}`" for end in profile.hosts] + [
        f"port {port} of this machine" for port in profile.ports
    ]
    rows = [
        ("base URL", f"`{profile.base_url}`"),
        ("key", profile.key or "none"),
        ("model name", f"`{profile.model}`"),
        ("profile", f"`{profile.name}`; {'known by ' + ', '.join(known) if known else 'set it by name'}"),
        ("limit of an answer", f"`{profile.limit}`"),
        ("JSON", f"`{profile.json}`"),
        ("cache reads", f"`{profile.cache_reads}`"),
        (
            "reasoning",
            f"`{profile.reasoning}`, {'beside' if profile.reasoning_beside else 'inside'} the output",
        ),
    ]
    if profile.key_header != "authorization":
        rows.append(("header of the key", f"`{profile.key_header}`"))
    if profile.reason:
        rows.append(("how much it reasons", f"`{profile.reason}`"))
    table = "\n".join(f"| {name} | {value} |" for name, value in rows)
    start = f"Start it:\n\n```text\n{profile.start}\n```\n\nThen:\n\n" if profile.start else ""
    note = f"\n{profile.note}\n" if profile.note else ""
    return (
        f"## {profile.title}\n\n{start}```text\n{_lines(profile)}\n```\n\n| | |\n|---|---|\n{table}\n{note}"
    )


def _lines(profile: ServerProfile) -> str:
    """Return the settings that make a server work, and the command that checks it."""
    settings = [("OPENAI_BASE_URL", profile.base_url)]
    if profile.key:
        settings.append(("OPENAI_API_KEY", "…"))
    if not profile.hosts and not profile.ports:
        settings.append(("AGENTICRAG_OPENAI_PROFILE", profile.name))
    lines = [f"export {name}='{value}'" for name, value in settings]
    return "\n".join([*lines, f"agenticrag models check --provider openai --model '{profile.model}'"])


def _yes(value: bool) -> str:
    return "yes" if value else "no"
