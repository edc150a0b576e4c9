"""Examples of extensions: each is run as documented, with nothing scripted but what the example says."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec
from msgspec import Struct

from graphs.conversation.messages import InputAnswer, Message, ModelRequest
from graphs.extensions.loading import Extension
from graphs.model_api.provider import Address, Piece
from graphs.node.node import Example, Node
from graphs.nodes import decode_node
from graphs.outbound.egress import Egress
from graphs.parsing.schemas import misfit
from graphs.providers.settings import ModelSettings
from graphs.providers.table import ProviderExample, marked_entry
from graphs.testing.scripted_context import ScriptedContext
from graphs.tool.tool_type import ToolContext, ToolExample
from graphs.tools import read_tool
from graphs.values.node_view import View

__all__ = ["Checked", "check_extension"]

SECONDS = 60.0
"""How long an example may take."""


class Checked(Struct, frozen=True):
    """How an example went."""

    example: str
    """Its title."""
    problem: str
    """What was expected and what was found; empty where it went as documented."""


async def check_extension(extension: Extension) -> list[Checked]:
    """Run the examples of an extension; one without examples has a problem."""
    examples: list[Any] = [*_examples(extension)]
    if not examples:
        return [Checked("", f"The {extension.kind} has no examples: give it one at least.")]
    return [Checked(example.title, await _problem(extension, example)) for example in examples]


def _examples(extension: Extension) -> tuple[Any, ...]:
    if extension.kind == "provider" and (marked := marked_entry(extension.thing)):
        return marked[1].examples
    return extension.thing.examples


async def _problem(extension: Extension, example: Any) -> str:
    try:
        async with asyncio.timeout(SECONDS):
            match example:
                case Example():
                    return await _node_problem(extension.name, example)
                case ToolExample():
                    return await _tool_problem(extension, example)
                case ProviderExample():
                    return await _provider_problem(extension, example)
                case _:
                    return f"Expected an Example, a ToolExample or a ProviderExample, found {example!r}."
    except TimeoutError:
        return f"It took longer than {SECONDS:g} seconds."
    except (Exception, SystemExit) as error:
        return f"{type(error).__name__}: {error}"


async def _node_problem(type: str, example: Example) -> str:
    node: Node = decode_node(type, example.data)
    if problems := node.problems():
        return "; ".join(f"{field}: {problem}" for field, problem in problems.items())
    context = ScriptedContext(
        example.answers,
        inputs=[msgspec.convert(answer, InputAnswer) for answer in example.inputs],
        results=example.results,
        passes=example.passes,
    )
    view = View(
        input=example.input,
        variables=example.variables,
        outputs=example.outputs,
        messages=example.messages,
        summary={},
        incoming=[*example.outputs],
        loop=example.loop,
        enclosing=example.enclosing,
    )
    outcome = await node.run(view, context)
    differs = _differs("output", example.output, outcome.output)
    differs += _differs("variables", example.sets, outcome.variables)
    return differs + (_differs("outlet", example.outlet, outcome.outlet) if node.outlets() else "")


async def _tool_problem(extension: Extension, example: ToolExample) -> str:
    tool = read_tool({"name": extension.name, **example.config}, {extension.name: extension.thing})
    if wrong := misfit(tool.parameters(), example.arguments):
        return f"The arguments do not fit. {wrong}"
    egress = Egress()
    try:
        context = ToolContext(
            execution_id="check", session_id="check", node="check", idempotency_key="check", egress=egress
        )
        result = await tool.run(example.arguments, context)
    finally:
        await egress.close()
    msgspec.json.encode(result)
    return "" if example.result is None else _differs("result", example.result, result)


async def _provider_problem(extension: Extension, example: ProviderExample) -> str:
    marked = marked_entry(extension.thing)
    assert marked is not None
    name, entry = marked
    egress = Egress()
    provider = entry.open(ModelSettings(), egress)
    pieces: list[Piece] = []
    try:
        request = ModelRequest(
            provider=name, model=entry.models[0], messages=[Message(role="user", content=example.question)]
        )
        stream: AsyncIterator[list[Piece]] = provider.stream(request, Address())
        async for read in stream:
            pieces += read
    finally:
        await provider.close()
        await egress.close()
    if not any(piece.finish_reason for piece in pieces):
        return "Expected a last Piece with a finish_reason, found none: such an answer counts as cut off."
    text = "".join(piece.text for piece in pieces)
    return "" if example.answer is None else _differs("answer", example.answer, text)


def _differs(what: str, expected: Any, found: Any) -> str:
    return "" if expected == found else f"Expected {what} {expected!r}, found {found!r}. "
