"""Clients of OpenAI's API that bring much with them: `llm` and LiteLLM, in an environment of their own.

``make clients`` installs them and runs these tests; without it they are skipped.
"""

import asyncio
import json
import os
from pathlib import Path

import httpx
import pytest

from tests.server.conftest import DEMO, Running, connect, make_key

PYTHON = os.environ.get("CLIENTS_PYTHON", "")
pytestmark = pytest.mark.skipif(not PYTHON, reason="make clients installs llm and LiteLLM")

LITELLM = """
import json, os
import litellm

known = {"model": "openai/chat", "api_base": os.environ["URL"], "api_key": os.environ["KEY"]}
messages = [{"role": "user", "content": "Hello"}]
whole = litellm.completion(messages=messages, **known)
stream = litellm.completion(messages=messages, stream=True, stream_options={"include_usage": True}, **known)
chunks = [*stream]
text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
usage = next(chunk.usage for chunk in reversed(chunks) if getattr(chunk, "usage", None))
print(json.dumps([whole.choices[0].message.content, whole.usage.total_tokens, text, usage.total_tokens]))
"""


async def run(*command: str, **environment: str) -> str:
    running = await asyncio.create_subprocess_exec(
        *command,
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    told, wrong = await asyncio.wait_for(running.communicate(), 120)
    assert running.returncode == 0, wrong.decode()
    return told.decode().strip()


async def chatflow(client: httpx.AsyncClient) -> None:
    config = {"llm_provider": DEMO["provider"], "llm_model": DEMO["model"]}
    answer = await client.post("/chatflows", json={"name": "Chat", "chat_config": config})
    assert answer.status_code == 201, answer.text


@pytest.mark.timeout(300)
async def test_llm_and_litellm_chat_with_a_flow(running: Running, tmp_path: Path) -> None:
    key = await make_key(running.settings, "clients")
    base = f"{running.url}/v1"
    async with connect(running, key) as client:
        await chatflow(client)
        (tmp_path / "extra-openai-models.yaml").write_text(
            f"- model_id: ours\n  model_name: chat\n  api_base: {base}\n  api_key_name: ours\n", "utf-8"
        )
        (tmp_path / "keys.json").write_text(json.dumps({"ours": key}), "utf-8")
        llm = str(Path(PYTHON).parent / "llm")
        found = [
            await run(llm, "-m", "ours", *more, "Hello", LLM_USER_PATH=str(tmp_path))
            for more in ([], ["--no-stream"], ["-c"])
        ]
        assert all(found)
        assert found[0] == found[1]
        told = await run(PYTHON, "-c", LITELLM, URL=base, KEY=key, LITELLM_LOCAL_MODEL_COST_MAP="True")
        whole, total, text, streamed = json.loads(told.splitlines()[-1])
        assert (text, streamed) == (whole, total)
        assert whole
        runs = (await client.get("/executions")).json()
        assert [one["status"] for one in runs["executions"]] == ["completed"] * 5
