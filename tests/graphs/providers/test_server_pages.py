"""The page about model servers: the lines of each server, used as they stand there on a stand-in of it."""

import re
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest

from graphs.chat_completions.server_profiles import PROFILES, ServerProfile, profile_of
from graphs.conversation.messages import ModelRequest, ToolSpec
from graphs.model_calls import open_models
from server.settings.sources import load_settings
from tests.graphs.providers.heard import Heard, ask
from tests.graphs.providers.wire_shapes import chunk, counted, finish
from tests.runtimes.anthropic_server import events, failed, text_block
from tests.runtimes.wire_server import Asked, Part, WireServer, refused, sse

PAGE = (Path(__file__).parents[3] / "docs" / "model-servers.md").read_text("utf-8")
SECTIONS = {
    title.strip(): text for title, _, text in (part.partition("\n") for part in PAGE.split("\n## ")[1:])
}
FORM = {"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "object"}}}


def _told(section: str, row: str) -> str:
    """Return the first code in a row of a section's table."""
    found = re.search(rf"^\| {row} \| `([^`]+)`", section, re.MULTILINE)
    assert found, (row, section)
    return found[1]


def _environment(section: str) -> tuple[dict[str, str], str]:
    """Return the settings that a section exports, and the model that it checks."""
    settings: dict[str, str] = {}
    for line in re.findall(r"^(?:export |agenticrag models check ).*$", section, re.MULTILINE):
        words = shlex.split(line)
        if words[0] == "export":
            name, _, value = words[1].partition("=")
            settings[name] = re.sub(r"\{(\w+)\}", r"\1", value)
        else:
            return settings, words[words.index("--model") + 1]
    raise AssertionError(section)


@pytest.mark.parametrize("profile", PROFILES.values(), ids=lambda one: one.name)
async def test_the_lines_of_a_server_work_as_they_stand(profile: ServerProfile) -> None:
    section = SECTIONS[profile.title]
    environment, model = _environment(section)
    base_url = environment["OPENAI_BASE_URL"]
    assert profile_of(base_url, environment.get("AGENTICRAG_OPENAI_PROFILE", "")) is profile
    limit, form, header = _told(section, "limit of an answer"), _told(section, "JSON"), profile.key_header
    path = urlsplit(base_url)._replace(scheme="", netloc="")
    key = environment.get("OPENAI_API_KEY", "").replace("…", "the-key-of-a-test")

    def answers(asked: Asked) -> Sequence[Part]:
        wanted = f"{path.path.rstrip('/')}/chat/completions" + (f"?{path.query}" if path.query else "")
        if asked.path != wanted:
            return [refused(f"No such path: {asked.path}", 404)]
        sent = asked.headers.get(header, "").removeprefix("Bearer ")
        if sent != key or asked.model != model:
            return [refused("Incorrect API key provided", 401)]
        other = {"max_tokens", "max_completion_tokens"} - {limit}
        if other & {*asked.body} or asked.body.get(limit) != 50:
            return [refused(f"Expected {limit}")]
        kind = (asked.body.get("response_format") or {"type": "instruction"})["type"]
        if kind != form:
            return [refused(f"Expected {form}, found {kind}")]
        return [sse(chunk({"content": "{}"}), finish(), counted())]

    async with WireServer(answers) as wire:
        here = path._replace(scheme="http", netloc=urlsplit(wire.url).netloc).geturl()
        changed = {
            **environment,
            "OPENAI_BASE_URL": here,
            "OPENAI_API_KEY": key,
            "AGENTICRAG_OPENAI_PROFILE": profile.name,
        }
        settings = load_settings(changed).models()
        async with open_models(msgspec.structs.replace(settings, max_attempts=1)) as models:
            more: dict[str, Any] = msgspec.json.decode(profile.reason) if profile.reason else {}
            request = ask(model=model, max_tokens=50, response_format=FORM, **more)
            answer = await models.answer(request, Heard())
            assert (answer.content, len(wire.log)) == ("{}", 1), "nothing has to be learned"
            for name in more.get("extra_body", more):
                assert name in wire.log[0].body


def test_every_row_of_the_page_is_of_a_field_that_requests_have() -> None:
    assert {*SECTIONS} >= {profile.title for profile in PROFILES.values()}
    for profile in PROFILES.values():
        if profile.reason:
            msgspec.convert(
                {"provider": "openai", "model": "m", "messages": []} | msgspec.json.decode(profile.reason),
                ModelRequest,
            )
    assert ToolSpec.__struct_fields__


def _key(asked: Asked) -> str:
    return asked.headers.get("x-api-key") or asked.headers.get("authorization", "").removeprefix("Bearer ")


async def test_the_lines_about_anthropics_own_api_are_what_is_sent() -> None:
    section = SECTIONS["Anthropic's Messages API"]
    model = _told(section, "model name")
    budgets = re.search(r"allow ([\d,]+), ([\d,]+) and ([\d,]+) tokens", section)
    most = re.search(r"`AGENTICRAG_ANTHROPIC_MAX_TOKENS` \(([\d,]+)\)", section)
    assert budgets
    assert most

    def answers(asked: Asked) -> Sequence[Part]:
        if (asked.path, asked.model) != ("/v1/messages", model) or _key(asked) != "sk-ant-one":
            return [failed(401, "authentication_error", "invalid x-api-key")]
        return [events(text_block("Hello"))]

    for effort, budget in zip(("low", "medium", "high"), budgets.groups(), strict=True):
        async with WireServer(answers) as wire:
            given = {"ANTHROPIC_BASE_URL": f"{wire.url}/messages", "ANTHROPIC_API_KEY": "sk-ant-one"}
            settings = msgspec.structs.replace(load_settings(given).models(), max_attempts=1)
            async with open_models(settings) as models:
                request = ask(provider="anthropic", model=model, max_tokens=None)
                assert (await models.answer(request, Heard())).content == "Hello"
                thinking = ask(provider="anthropic", model=model, max_tokens=60_000, think=effort)
                assert (await models.answer(thinking, Heard())).content == "Hello"
            assert wire.log[0].body["max_tokens"] == int(most[1].replace(",", ""))
            assert wire.log[1].body["thinking"]["budget_tokens"] == int(budget.replace(",", ""))
