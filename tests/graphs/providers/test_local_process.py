"""The local model's process: found without importing, never left behind, and helpful where it is missing."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from graphs.model_api.model_interface import ModelError
from graphs.model_calls import ModelSettings, OpenModels, local_model_available
from tests.graphs.providers.heard import Heard, ask

Opener = Callable[..., OpenModels]

PARENT = """
import asyncio
from graphs.providers.llama_process import LlamaProcess
from graphs.providers.local_model import local_model_file
from graphs.providers.settings import ModelSettings

async def main():
    process = LlamaProcess(local_model_file(ModelSettings()), context=512)
    await process.address()
    print(process.pid, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""

GOES_ON = "signal.signal(signal.SIGINT, lambda *_: None)\n"
"""A parent that goes on for a while after Ctrl-C, as a server does."""


async def test_the_process_ends_with_its_parent_also_when_that_is_killed(llama: str) -> None:
    del llama  # Only to skip where the model is missing.
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PARENT, stdout=asyncio.subprocess.PIPE, env={**os.environ, "PYTHONPATH": "."}
    )
    assert parent.stdout is not None
    child = psutil.Process(int(await parent.stdout.readline()))
    assert child.is_running()
    parent.send_signal(signal.SIGKILL)
    await parent.wait()
    await asyncio.to_thread(child.wait, 20)


async def test_ctrl_c_in_the_terminal_is_for_the_parent_alone(llama: str) -> None:
    del llama
    parent = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PARENT.replace("import asyncio\n", "import asyncio, signal\n" + GOES_ON, 1)),
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": "."},
        start_new_session=True,
    )
    assert parent.stdout is not None
    child = psutil.Process(int(await parent.stdout.readline()))
    os.killpg(parent.pid, signal.SIGINT)  # as a terminal sends it: to all of the group
    await asyncio.sleep(1)
    assert child.is_running(), "runs of a server that stops can still use their model"
    parent.kill()
    await parent.wait()
    await asyncio.to_thread(child.wait, 20)


async def test_a_missing_model_file_says_what_to_do(models_with: Opener, tmp_path: Path) -> None:
    settings = ModelSettings(local_model=str(tmp_path / "none.gguf"))
    assert not local_model_available(settings)
    models = models_with(local_model=settings.local_model)
    with pytest.raises(ModelError, match=r"no model file at .*none\.gguf.*agenticrag models install"):
        await models.answer(ask(provider="local"), Heard())


async def test_a_file_that_is_no_model_fails_with_a_sentence(models_with: Opener, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.gguf"
    wrong.write_bytes(b"not a model")
    models = models_with(local_model=str(wrong), max_attempts=1)
    with pytest.raises(ModelError, match=r"wrong\.gguf is no GGUF file"):
        await models.answer(ask(provider="local"), Heard())
    wrong.write_bytes(b"GGUF and no model")
    with pytest.raises(ModelError, match=r"local model's server ended with code \d+, with wrong\.gguf"):
        await models.answer(ask(provider="local"), Heard())


async def test_it_takes_no_images(models_with: Opener, llama: str) -> None:
    del llama
    image = [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}]
    request = ask(provider="local")
    request.messages[0] = type(request.messages[0])(role="user", content=image)
    with pytest.raises(ModelError, match="reads text and found an image"):
        await models_with().answer(request, Heard())
