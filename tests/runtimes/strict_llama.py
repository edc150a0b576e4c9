"""llama.cpp's own server, with a chat template that raises.

``python -m tests.runtimes.strict_llama MODEL NAME`` prints its port, and ends when standard input closes.
"""

import contextlib
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Generator
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from graphs.providers.local_model import local_model_file
from graphs.providers.settings import ModelSettings

__all__ = ["TEMPLATES", "strict_llama"]

_TURNS = """\
{%- for message in messages -%}
<|im_start|>{{ 'user' if message.role == 'tool' else message.role }}
{{ message.content if message.content is string else '' }}<|im_end|>
{% endfor -%}
{%- if add_generation_prompt -%}<|im_start|>assistant
{% endif -%}
"""
TEMPLATES = {
    "alternating": """\
{%- set told = messages[1:] if messages[0].role == 'system' else messages -%}
{%- for message in told -%}
{%- if (message.role == 'user') != (loop.index0 % 2 == 0) -%}
{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}
{%- endif -%}
{%- if message.role == 'assistant' and not message.content -%}
{{ raise_exception('Assistant messages must have content') }}
{%- endif -%}
{%- endfor -%}
"""
    + _TURNS,
    "no_system": """\
{%- for message in messages -%}
{%- if message.role == 'system' -%}{{ raise_exception('System role not supported') }}{%- endif -%}
{%- if (message.role == 'user') != (loop.index0 % 2 == 0) -%}
{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}
{%- endif -%}
{%- endfor -%}
"""
    + _TURNS,
    "tools_last": """\
{%- for message in messages -%}
{%- if not loop.last and message.role == 'tool' and messages[loop.index0 + 1].role == 'user' -%}
{{ raise_exception("Unexpected role 'user' after role 'tool'") }}
{%- endif -%}
{%- endfor -%}
"""
    + _TURNS,
}
"""Templates that raise as the strict ones do, by what they want."""


@contextlib.contextmanager
def strict_llama(name: str) -> Generator[str]:
    """Run the server with one of `TEMPLATES` and give its base URL, ending in ``/v1``.

    Raises:
        ModelError: the model is not installed.
    """
    model = local_model_file(ModelSettings())
    command = [sys.executable, "-m", "tests.runtimes.strict_llama", str(model), name]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            yield f"http://127.0.0.1:{int(process.stdout.readline())}/v1"
        finally:
            process.kill()


def main() -> None:
    """Serve until standard input closes."""
    model, name = sys.argv[1:]
    xllamacpp: Any = import_module("xllamacpp")
    params = xllamacpp.CommonParams()
    params.model.path = model
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.n_ctx = 2048
    params.cpuparams.n_threads = 1
    params.cpuparams_batch.n_threads = 1
    params.n_threads_http = 2
    params.cache_ram_mib = 0
    params.chat_template = TEMPLATES[name]
    params.verbosity = 1
    server = xllamacpp.Server(params)
    port = urlsplit(server.listening_address).port
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while True:
        try:
            with opener.open(f"http://127.0.0.1:{port}/health", timeout=5):
                break
        except OSError:
            time.sleep(0.05)
    print(port, flush=True)
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main()
