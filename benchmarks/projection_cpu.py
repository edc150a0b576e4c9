"""CPU time of a streamed token in every protocol, compared with the native stream in the same run.

``python -m benchmarks.projection_cpu`` feeds one journal to the projections in turns, so that a loaded
machine is as slow for all. The budget of each is 15 µs a token more than the native stream. With
``--check`` the exit code is 1 where one is above it; a ratio to the native stream below `MOST` passes on
any machine.
"""

import argparse
import sys
import time
from collections.abc import Callable
from typing import Any

import msgspec

from graphs.values.events import Event
from server.protocols.answer_parts import Stretch
from server.protocols.openai.completions import ChunkFrames, Wanted
from server.protocols.openai.response_events import ResponseEvents, Shape, response_frame
from server.protocols.vercel.ui_stream import UiFrames
from server.streams.chat_sse import ChatFrames

ID = "01a23288-8400-73b9-a73b-ea460dba5444"
ANSWERING = frozenset({"llm"})
BUDGET = 15.0
"""Microseconds a token more than the native stream."""
MOST = 5.0
"""Times the native stream, for ``--check``."""


def journal(tokens: int) -> list[Event]:
    """Return the events of a chat of so many tokens."""
    words = [f"word{number} " for number in range(tokens)]
    told: list[tuple[str, dict[str, Any]]] = [
        ("run.created", {}),
        ("message.started", {}),
        *(("message.delta", {"content": word}) for word in words),
        ("message.completed", {"content": "".join(words), "finish_reason": "stop"}),
        ("run.completed", {"output": {"response": "".join(words)}, "status": "completed"}),
    ]
    return [
        msgspec.convert(
            {
                "execution_id": ID,
                "session_id": "s",
                "ts": 1.5,
                "seq": seq,
                "type": type,
                "node": "llm" if type.startswith("message") else "",
                "visibility": "public",
                "data": data,
            },
            Event,
        )
        for seq, (type, data) in enumerate(told, 1)
    ]


def native() -> Callable[[Event], object]:
    """Return what makes our own frames."""
    return ChatFrames().frames


def completions() -> Callable[[Event], object]:
    """Return what makes chunks of chat completions."""
    return ChunkFrames(Wanted(model="m", answering=ANSWERING)).frames


def responses() -> Callable[[Event], object]:
    """Return what makes events of a response, as bytes."""
    shape = Shape(stretch=Stretch(ID), created_at=0, session="s", asked={}, answering=ANSWERING)
    reading = ResponseEvents(shape)
    return lambda event: [response_frame(shown) for shown in reading.add(event)]


def ai_sdk() -> Callable[[Event], object]:
    """Return what makes parts of a UI message."""
    return UiFrames(ANSWERING, Stretch(ID)).frames


PROTOCOLS = {"native": native, "completions": completions, "responses": responses, "ai_sdk": ai_sdk}


def measured(tokens: int, rounds: int) -> dict[str, float]:
    """Return the microseconds of CPU time a token for each protocol, the best of some rounds."""
    events = journal(tokens)
    best = dict.fromkeys(PROTOCOLS, float("inf"))
    for _ in range(rounds):
        for name, make in PROTOCOLS.items():
            project = make()
            began = time.process_time()
            for event in events:
                project(event)
            best[name] = min(best[name], time.process_time() - began)
    return {name: seconds / tokens * 1e6 for name, seconds in best.items()}


def main() -> None:
    """Print what each costs."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--tokens", type=int, default=4000)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--check", action="store_true")
    asked = parser.parse_args()
    found = measured(asked.tokens, asked.rounds)
    base = found["native"]
    for name, cost in found.items():
        print(f"{name}: {cost:.2f} µs a token, {cost - base:+.2f} µs, {cost / base:.2f} times")
    above = [name for name, cost in found.items() if cost - base > BUDGET and cost / base > MOST]
    if asked.check and above:
        sys.exit(f"Above the budget of {BUDGET:g} µs a token: {', '.join(above)}.")


if __name__ == "__main__":
    main()
