"""A cast of models: who is asked is told by what the model is told to be; each has a script of its own."""

from collections.abc import Mapping, Sequence
from typing import Any

from graphs.checks.check import read_flow
from graphs.conversation.messages import Message, ModelAnswer, ModelRequest
from graphs.model_api.model_interface import Listener
from graphs.orchestration.compose import graph_of
from graphs.testing import Script, ScriptedModels
from graphs.testing.driver import Ran, run_flow

__all__ = ["Cast", "agent", "decision", "play"]

LEADER = {"llm_provider": "openai", "llm_model": "m"}


class Cast(ScriptedModels):
    """Models that are found by a text in their request, the first that fits; each answers from its script."""

    def __init__(self, parts: Mapping[str, Sequence[str | Script]]) -> None:
        super().__init__()
        self._parts = {name: list(answers) for name, answers in parts.items()}
        self.asked: list[str] = []
        """Who was asked, in turn."""
        self.heard: dict[str, list[str]] = {name: [] for name in parts}
        """By part, the text of each request."""

    async def answer(self, request: ModelRequest, listener: Listener, **named: Any) -> ModelAnswer:
        """Answer as the part that the request is for; the last entry of its script serves on."""
        text = "\n".join(_text(message) for message in request.messages)
        who = next((name for name in self._parts if name in text), "")
        assert who, f"nobody in the cast is asked by:\n{text}"
        self.asked.append(who)
        self.heard[who].append(text)
        self.requests.append(request)
        script = self._parts[who]
        answer = script.pop(0) if len(script) > 1 else script[0]
        return await ScriptedModels(answer).answer(request, listener, **named)


def agent(name: str, **fields: Any) -> dict[str, Any]:
    """Return an attached agent that is never tried twice."""
    return {"id": name.lower(), "name": name, "max_retries": 0, **fields}


def decision(choice: str | list[str], task: str = "") -> str:
    """Return a decision as a model gives it."""
    named = f'"{choice}"' if isinstance(choice, str) else str(choice).replace("'", '"')
    return f'{{"reason": "Because.", "choice": {named}, "task": "{task}"}}'


async def play(
    type: str,
    agents: Sequence[dict[str, Any]],
    parts: Mapping[str, Sequence[str | Script]],
    *,
    input: dict[str, Any] | str = "What is an otter?",
    **leader: Any,
) -> tuple[Ran, Cast]:
    """Run agents together as an agentflow of a type would."""
    document = {"orchestration_type": type, "agents": agents, "supervisor_config": {**LEADER, **leader}}
    flow = read_flow(graph_of(document), name=type, type="agentflow")
    cast = Cast(parts)
    return await run_flow(flow, input, models=cast), cast


def _text(message: Message) -> str:
    return message.content if isinstance(message.content, str) else str(message.content)
