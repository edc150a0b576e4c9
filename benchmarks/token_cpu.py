"""CPU time of a streamed token, from the socket's bytes to the answer, as a ratio to another checkout.

``python -m benchmarks.token_cpu --against FOLDER`` measures both in turns in one run, on the same chunks, so
that a loaded machine is as slow for both. FOLDER is a checkout of the release to compare with.
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent.parent
TOKENS = 4000
ROUNDS = 9


def chunks() -> list[bytes]:
    """Return the reads of a stream: one token each, as OpenAI sends them."""
    head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "gpt-4.1-mini"}
    said = [f"word{number} " for number in range(TOKENS)]
    reads: list[dict[str, Any]] = [
        {
            **head,
            "choices": [{"index": 0, "delta": {"content": word}, "logprobs": None, "finish_reason": None}],
        }
        for word in said
    ]
    reads.append({**head, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    return [b"data: " + json.dumps(read).encode() + b"\n\n" for read in reads]


def reading() -> tuple[Any, Any]:
    """Return the reader and the builder of the code that is imported, this release's or the one before."""
    heard: Any = _Ear()
    try:
        from graphs.chat_completions.openai_wire import StreamReader
        from graphs.conversation.messages import ModelRequest
        from graphs.model_output.answer_builder import AnswerBuilder
    except ModuleNotFoundError:
        from graphs.providers.draft import Draft  # type: ignore[import-not-found]  # pyright: ignore
        from graphs.providers.openai_wire import StreamReader  # type: ignore  # pyright: ignore

        return StreamReader("openai", 10**9), Draft(heard)
    return StreamReader("openai", 10**9), AnswerBuilder(
        heard, ModelRequest(provider="openai", model="gpt-4.1-mini", messages=[])
    )


class _Ear:
    """Hears everything and keeps nothing; what is no part of the measurement is not called."""

    def text(self, chunk: str) -> None:
        pass

    def reasoning(self, chunk: str) -> None:
        pass

    def reset(self) -> None:
        pass


def measured() -> float:
    """Return the microseconds of CPU time a token, the best of a few."""
    reads = chunks()
    best = float("inf")
    for _ in range(ROUNDS):
        reader, draft = reading()
        began = time.process_time()
        for data in reads:
            for piece in reader.feed(data):
                draft.add(piece)
        best = min(best, time.process_time() - began)
    return best / TOKENS * 1e6


def main() -> None:
    """Print both and the ratio."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--against", type=Path)
    parser.add_argument("--one", action="store_true")
    asked = parser.parse_args()
    if asked.one:
        print(measured())
        return
    folders = {"here": HERE} | ({"there": asked.against} if asked.against else {})
    best = dict.fromkeys(folders, float("inf"))
    for _ in range(5):
        for name, folder in folders.items():
            best[name] = min(best[name], _run(folder))
    for name, value in best.items():
        print(f"{name}: {value:.2f} µs a token")
    if asked.against:
        print(f"ratio: {best['here'] / best['there']:.2f}")


def _run(folder: Path) -> float:
    """Measure the code of a folder in a process of its own."""
    done = subprocess.run(
        [sys.executable, str(Path(__file__)), "--one"],
        cwd=folder,
        env={"PYTHONPATH": str(folder), "PATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout)


if __name__ == "__main__":
    main()
