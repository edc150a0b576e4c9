"""Raw LangGraph in process: one chat node, ChatOpenAI, the stock SQLite saver. What a server is measured by.

Run by `benchmarks.chat` as a process of its own; prints one JSON line.
"""

import argparse
import asyncio
import gc
import sys
import time
from typing import Any

import msgspec
from langchain_core.messages import AIMessageChunk, HumanMessage
from langchain_openai import ChatOpenAI
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.graph import END, START, MessagesState, StateGraph

from benchmarks.load import Sample, summarize

__all__ = ["main"]


async def measure(url: str, database: str, concurrency: int, requests: int, streamed: bool) -> dict[str, Any]:
    """Run chats on threads of their own and return a summary with CPU ms a run."""
    model = ChatOpenAI(model="fake-model", base_url=url, api_key="none", stream_usage=True)  # pyright: ignore[reportArgumentType]: pydantic makes the secret

    async def chat(state: MessagesState) -> dict[str, Any]:
        return {"messages": [await model.ainvoke(state["messages"])]}

    builder = StateGraph(MessagesState)
    builder.add_node("chat", chat)
    builder.add_edge(START, "chat")
    builder.add_edge("chat", END)
    async with AsyncSqliteSaver.from_conn_string(database) as saver:
        graph: Any = builder.compile(checkpointer=saver)

        async def once(number: int) -> Sample:
            config = {"configurable": {"thread_id": f"{concurrency}-{streamed}-{number}"}}
            sent = {"messages": [HumanMessage("Hello")]}
            begun = time.perf_counter()
            first: float | None = None
            if streamed:
                async for chunk, _ in graph.astream(sent, config, stream_mode="messages"):
                    if first is None and isinstance(chunk, AIMessageChunk) and chunk.content:
                        first = time.perf_counter() - begun
            else:
                await graph.ainvoke(sent, config)
            return Sample(time.perf_counter() - begun, first)

        for number in range(10):
            await once(-1 - number)
        gc.collect()
        numbers = iter(range(requests))
        samples: list[Sample] = []

        async def one_client() -> None:
            for number in numbers:
                samples.append(await once(number))  # noqa: PERF401 - others append too

        cpu, begun = time.process_time(), time.perf_counter()
        await asyncio.gather(*(one_client() for _ in range(concurrency)))
        seconds, cpu = time.perf_counter() - begun, time.process_time() - cpu
    return {"cpu_ms": cpu * 1000 / requests, **msgspec.to_builtins(summarize(samples, seconds))}


def main() -> None:
    """Measure once and print it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    parser.add_argument("--database", required=True)
    parser.add_argument("--concurrency", type=int, required=True)
    parser.add_argument("--requests", type=int, required=True)
    parser.add_argument("--stream", action="store_true")
    a = parser.parse_args()
    import uvloop

    found = uvloop.run(measure(a.url, a.database, a.concurrency, a.requests, a.stream))
    sys.stdout.write(msgspec.json.encode(found).decode() + "\n")


if __name__ == "__main__":
    main()
