"""The real model runtime of the tests: SmolLM2 on llama.cpp's own server, on loopback."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Generator

import pytest

from graphs.model_api.model_interface import ModelError
from graphs.providers.local_model import local_model_file
from graphs.providers.settings import ModelSettings

__all__ = ["llama_server"]


@contextlib.contextmanager
def llama_server(*arguments: str) -> Generator[str]:
    """Run the server in a process of its own and give its base URL, ending in ``/v1``.

    Skips the test where the model is not installed, and fails it under ``CI=true``.
    """
    try:
        model = local_model_file(ModelSettings())
    except ModelError as error:
        if os.environ.get("CI") == "true":
            pytest.fail(f"{error} Under CI=true nothing is skipped.")
        pytest.skip(str(error))
    command = [sys.executable, "-m", "graphs.providers.llama_server", "--model", str(model), *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            yield f"http://127.0.0.1:{int(process.stdout.readline())}/v1"
        finally:
            process.kill()
