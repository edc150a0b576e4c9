"""Which models have series of their own: names that callers invent take no room of real ones."""

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from server.metrics.named_models import MODELS
from server.settings.sources import Settings
from tests.runtimes.fake_openai import FakeOpenAI
from tests.runtimes.replies import Reply
from tests.server.conftest import Running, connect
from tests.server.metrics.test_metrics import CHAT, scrape

pytestmark = pytest.mark.threat("X-07")
INVENTED = 70


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_invented_names_crowd_out_no_real_model(
    settings: Settings, start: Callable[[Settings], Running], key: str
) -> None:
    async with FakeOpenAI(Reply(status=404, error_code="model_not_found")) as model:
        asked = msgspec.structs.replace(
            settings,
            openai_base_url=model.url,
            openai_api_key="k",
            metrics_models=["openai/pinned"],
        )
        async with connect(start(asked), key) as client:

            async def say(name: str, provider: str = "openai") -> None:
                config: Any = {"provider": provider, "model": name}
                assert (await client.post(CHAT, json={"message": "Hi", "config": config})).status_code == 200

            for number in range(INVENTED):
                await say(f"invented-{number}")
            await asyncio.gather(*[say(f"any-{number}", "demo") for number in range(MODELS)])
            await say("pinned")
            model.default = Reply(text="Hello")
            await say("real")
            series = await scrape(client)
    names: dict[str, set[str]] = {}
    for name, labels in series:
        if "model" in dict(labels):
            names.setdefault(name, set()).add(dict(labels)["model"])
    for name in ("llm_requests_total", "llm_requests_by_model", "llm_request_duration_seconds_count"):
        shown = names[f"agenticrag_{name}"]
        assert {"real", "pinned", "other"} <= shown, name
        assert len([each for each in shown if each.startswith("invented")]) <= 10, name
    requests = {
        dict(labels)["model"]: value
        for (name, labels), value in series.items()
        if name == "agenticrag_llm_requests_by_model"
    }
    assert sum(requests.values()) == INVENTED + MODELS + 2, "what is not named is counted all the same"
