"""llama.cpp's OpenAI-style server as a process: ``python -m graphs.providers.llama_server --model FILE``.

It listens on 127.0.0.1, prints its port as the first line of standard output, and ends when standard input
closes, so that it never outlives the process that started it, however that one died.
"""

import argparse
import os
import sys
import time
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, build_opener

__all__ = ["CHAT_TEMPLATE", "main"]

CHAT_TEMPLATE = """\
{%- if messages[0].role != 'system' -%}
<|im_start|>system
You are a helpful assistant.<|im_end|>
{% endif -%}
{%- for message in messages -%}
{%- if message.role == 'tool' -%}
<|im_start|>user
The function answered: {{ message.content }}
Answer my question with this in one sentence.<|im_end|>
{% elif message.role == 'assistant' and message.tool_calls -%}
<|im_start|>assistant
{% for call in message.tool_calls -%}
I look it up: {{ call.function.name }}({{ call.function.arguments | tojson }})
{%- endfor -%}<|im_end|>
{% else -%}
<|im_start|>{{ message.role }}
{% if loop.last and message.role == 'user' and tools -%}
These functions can be called. Answer with one call as JSON, {"name": name of the function, "parameters": \
its arguments by name}, and no other text.
{% for tool in tools -%}
{{ tool.function | tojson }}
{% endfor %}
{% endif -%}
{{ message.content }}<|im_end|>
{% endif -%}
{%- endfor -%}
{%- if add_generation_prompt -%}
<|im_start|>assistant
{% endif -%}
"""
"""SmolLM2's turns, with tools shown in the last user message: the model was trained without tools."""


def main() -> None:
    """Serve until standard input closes."""
    parser = argparse.ArgumentParser(prog="python -m graphs.providers.llama_server", description=__doc__)
    parser.add_argument("--model", required=True, help="GGUF file")
    parser.add_argument("--port", type=int, default=0, help="0 picks a free one")
    parser.add_argument("--context", type=int, default=8192, help="tokens that all requests share")
    parser.add_argument("--threads", type=int, default=1, help="threads that compute")
    parser.add_argument("--own-template", action="store_true", help="messages in the form that the file says")
    parser.add_argument("--parallel", type=int, default=2, help="requests at a time")
    arguments = parser.parse_args()

    # Its names come out of a compiled module without stubs.
    xllamacpp: Any = import_module("xllamacpp")

    params = xllamacpp.CommonParams()
    params.model.path = arguments.model
    params.hostnames = ["127.0.0.1"]
    params.port = arguments.port
    params.n_ctx = arguments.context
    params.n_parallel = arguments.parallel
    params.kv_unified = True
    # One thread for a small model: two on busy cores spin against each other and are many times slower.
    params.cpuparams.n_threads = arguments.threads
    params.cpuparams_batch.n_threads = arguments.threads
    params.n_threads_http = 4
    # Its cache of prompts in memory would grow to 8 GB.
    params.cache_ram_mib = 64
    if not arguments.own_template:
        params.chat_template = CHAT_TEMPLATE
    params.endpoint_slots = False
    params.verbosity = 1
    if key := os.environ.get("LLAMA_API_KEY"):
        # Keeps other users of this machine, and web pages in its browsers, from using the model.
        params.api_keys = [key]
    server = xllamacpp.Server(params)
    port = urlsplit(server.listening_address).port
    _wait_until_loaded(f"http://127.0.0.1:{port}/health")
    print(port, flush=True)
    sys.stdin.read()
    # The server's destructor waits for running requests; nobody is left to read their answers.
    os._exit(0)


def _wait_until_loaded(health: str) -> None:
    """Return when the model is loaded: the server listens before that, and refuses requests with a 503."""
    opener = build_opener(ProxyHandler({}))
    while True:
        try:
            with opener.open(health, timeout=5):
                return
        except OSError:  # the 503 is one too
            time.sleep(0.05)


if __name__ == "__main__":
    main()
