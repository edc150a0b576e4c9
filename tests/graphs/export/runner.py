"""Runs exported projects where nothing of ours can be imported: a program of its own, fed with JSON.

It is started with ``python -I -S``: no ``.pth`` file, no folder of ours and no environment is looked at.
"""

import asyncio
import importlib
import importlib.util
import json
import sys
from typing import Any


def main() -> None:
    """Read cases from standard input and write what came of each."""
    work = json.load(sys.stdin)
    sys.path += [*work["libraries"], *(case["folder"] for case in work["cases"])]
    for name in ("graphs", "server", "persistence", "agenticrag_client"):
        spec = importlib.util.find_spec(name)
        assert spec is None or spec.origin is None, name
    json.dump([asyncio.run(run(case)) for case in work["cases"]], sys.stdout)


async def run(case: dict[str, Any]) -> dict[str, Any]:
    """Run a project with models that answer from a record."""
    from langchain_core.messages import AIMessage
    from langgraph.checkpoint.memory import InMemorySaver
    from langgraph.types import Command

    package = case["package"]
    asked: list[Any] = []
    left = [dict(one) for one in case["recorded"]]

    def answer(messages: list[Any]) -> AIMessage:
        shown = [[kinds[message.type], message.content] for message in messages]
        asked.append(shown)
        for one in left:
            if one["messages"] == shown and not one.get("used"):
                one["used"] = True
                return AIMessage(one["answer"], tool_calls=one["tool_calls"])
        raise LookupError(f"Nothing was recorded for {shown}")

    def scripted(*_: Any, **__: Any) -> Any:
        return Model()

    class Model:
        async def ainvoke(self, messages: list[Any]) -> AIMessage:
            await asyncio.sleep(0)
            return answer(messages)

    kinds = {"human": "user", "ai": "assistant", "system": "system", "tool": "tool"}
    try:
        models = importlib.import_module(f"{package}.models")
        for name in ("chat_model", "openai_model", "ollama_model", "anthropic_model"):
            setattr(models, name, scripted)
    except ModuleNotFoundError:
        pass
    graph = importlib.import_module(f"{package}.graph").build(InMemorySaver())
    config: dict[str, Any] = {"configurable": {"thread_id": "1"}}
    path: list[list[str]] = []
    outputs: list[Any] = []
    try:
        for given in case["inputs"]:
            turn: Any = given
            for resume in [*case["resumes"], None]:
                last: Any = None
                async for space, mode, part in graph.astream(
                    turn, config, stream_mode=["updates", "values"], subgraphs=True
                ):
                    if mode == "values":
                        last = part if not space else last
                        continue
                    for update in part.values():
                        for one in update if isinstance(update, list) else [update]:
                            gave = one.get("outputs", {}) if isinstance(one, dict) else {}
                            path += [
                                ["/".join(space), node] for node in list(getattr(gave, "value", gave))[:1]
                            ]
                if resume is None or "__interrupt__" not in (last or {}):
                    break
                turn = Command(resume=resume)
            state = (await graph.aget_state(config)).values
            outputs.append(state.get("output"))
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}", "path": path, "asked": asked, "outputs": outputs}
    return {"path": path, "asked": asked, "outputs": outputs}


if __name__ == "__main__":
    main()
