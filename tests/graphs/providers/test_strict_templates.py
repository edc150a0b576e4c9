"""Any history is taken by templates that raise as the strictest do, run by llama.cpp's own Jinja."""

import os
import re
from typing import Literal

import httpx
import pytest

from graphs.conversation.messages import Message, ModelRequest, ToolCall
from graphs.model_api.model_interface import ModelError
from graphs.model_calls import ModelSettings, open_models
from tests.graphs.providers.heard import Heard
from tests.runtimes.strict_llama import TEMPLATES, strict_llama

SYSTEM = Message(role="system", content="Be brief.")
CALL = ToolCall(id="call_1", name="add", arguments={"a": 1})


def _said(role: Literal["user", "assistant"], content: str) -> Message:
    return Message(role=role, content=content)


HISTORIES: dict[str, list[Message]] = {
    "one question": [SYSTEM, _said("user", "Hi")],
    "a turn that failed": [SYSTEM, _said("user", "Hi"), _said("user", "Are you there?")],
    "an empty answer": [_said("user", "Hi"), _said("assistant", ""), _said("user", "Again?")],
    "two answers": [
        SYSTEM,
        _said("user", "Hi"),
        _said("assistant", "Hello."),
        _said("assistant", "How are you?"),
        _said("user", "Well."),
    ],
    "an answer first": [SYSTEM, _said("assistant", "What can I do?"), _said("user", "Hi")],
    "a system text between": [
        SYSTEM,
        _said("user", "Hi"),
        _said("assistant", "Hello."),
        SYSTEM,
        _said("user", "Go on"),
    ],
    "an answer last": [_said("user", "Write"), _said("assistant", "Once upon")],
}
WITH_TOOLS: dict[str, list[Message]] = {
    "a result": [
        _said("user", "Add"),
        Message(role="assistant", tool_calls=[CALL]),
        Message(role="tool", content="1", tool_call_id="call_1", name="add"),
    ],
    "a result, then a question": [
        _said("user", "Add"),
        Message(role="assistant", tool_calls=[CALL]),
        Message(role="tool", content="1", tool_call_id="call_1", name="add"),
        _said("user", "And now?"),
    ],
    "two calls, an answer and a question": [
        SYSTEM,
        _said("user", "Add"),
        Message(role="assistant", content="I add.", tool_calls=[CALL, ToolCall("call_2", "add", {"a": 2})]),
        Message(role="tool", content="1", tool_call_id="call_1", name="add"),
        Message(role="tool", content="2", tool_call_id="call_2", name="add"),
        _said("assistant", "3"),
        _said("user", "Thanks"),
    ],
}


@pytest.mark.parametrize("name", TEMPLATES)
async def test_a_strict_template_takes_every_history(name: str) -> None:
    try:
        with strict_llama(name) as url:
            await _take_all(name, url)
    except ModelError as error:
        if os.environ.get("CI") == "true" or "install" not in str(error):
            raise
        pytest.skip(str(error))


async def _take_all(name: str, url: str) -> None:
    raised = 0
    async with open_models(ModelSettings(openai_base_url=url, max_attempts=1)) as models:
        for told, messages in {**HISTORIES, **(WITH_TOOLS if name == "tools_last" else {})}.items():
            # The template does raise for it where it comes as it is.
            plain = [
                {"role": one.role, "content": one.content or ("" if one.role == "assistant" else None)}
                for one in messages
            ]
            async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
                body = {"model": "m", "messages": plain, "max_tokens": 1}
                raised += (await client.post(f"{url}/chat/completions", json=body)).status_code >= 400
            heard = Heard()
            request = ModelRequest(provider="openai", model="m", messages=messages, max_tokens=3)
            answer = await models.answer(request, heard)
            assert answer.content or answer.reasoning, told
            refused = [one for one in heard.attempts if one.error_class == "unsupported"]
            assert len(refused) <= 2, (told, [one.error for one in refused])
            assert all(re.search("alternate|System role|after role|content", one.error) for one in refused)
    assert raised, "the template is as strict as it says"
