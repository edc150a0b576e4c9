"""The decide node."""

import re
from typing import Annotated, Any, ClassVar, Literal

from msgspec import Meta, Struct

from graphs import expressions
from graphs.conversation.messages import Message
from graphs.expressions import templates
from graphs.model_nodes.model_choice import Decision, decide
from graphs.model_nodes.model_node import ModelNode
from graphs.node.context import Context
from graphs.node.node import Example, Outcome
from graphs.values.findings import shown
from graphs.values.node_error import NodeError
from graphs.values.node_view import View

__all__ = ["Choice", "Decide"]

_OUT = "out"
_ENDS_RUN = ("budget", "limit_reached", "timeout", "no_credential")
"""Codes of errors for which there is no way around: another choice would only hide them."""


class Choice(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something to choose, and when."""

    outlet: Annotated[
        str, Meta(pattern=r"^[\w.-]+$", max_length=64, description="Its name, and the outlet that it is.")
    ]
    description: Annotated[str, Meta(max_length=2000, description="When to choose it.")] = ""
    when: Annotated[
        str, Meta(description="An expression that must hold for it to be offered; empty for always.")
    ] = ""
    keywords: Annotated[
        list[Annotated[str, Meta(min_length=1, max_length=200)]],
        Meta(max_length=50, description="What speaks for it, for the strategy `keywords`."),
    ] = []


class Decide(ModelNode, frozen=True, kw_only=True, tag="decide"):
    """Choose the next branch, with a model or with a rule.

    The model gets the available choices and answers with one of them, or with several if `several` is on. If
    its answer is invalid, it gets the error and one more attempt. Then the rule decides: `fallback`,
    otherwise the first choice that was not taken before, otherwise `finish`. With `finish`, the rule takes no
    choice twice. A `custom` event with code `decision_unreadable` reports it. If the call of the model fails
    and there is a `fallback`, that is chosen (`decision_failed`). If only one choice is available, the model
    is not called.

    Each choice is an outlet. With `branch` off, or with `several`, the only outlet is `out`, and later nodes
    read the output: `choice`, `choices`, `task`, `reason`, `by` (`model`, `rule`, `fallback` or `only`) and,
    in a loop, `taken`: the choices of all rounds.
    """

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            title="Choose the next branch",
            data={
                "provider": "openai",
                "model": "gpt-4.1-mini",
                "prompt": "The customer wrote: {{ message }}",
                "choices": [
                    {"outlet": "billing", "description": "Money, invoices, refunds."},
                    {"outlet": "technical", "description": "Something does not work."},
                ],
            },
            input={"message": "I was charged twice."},
            answers=['{"reason": "It is about a charge.", "choice": "billing"}'],
            output={
                "choice": "billing",
                "choices": ["billing"],
                "task": "",
                "reason": "It is about a charge.",
                "by": "model",
                "taken": ["billing"],
            },
            outlet="billing",
        ),
        Example(
            title="Repaired once, then by the rule",
            data={
                "provider": "openai",
                "model": "gpt-4.1-mini",
                "choices": [{"outlet": "yes"}, {"outlet": "no"}],
                "fallback": "no",
            },
            input={"message": "Go on?"},
            outputs={"draft": "A draft."},
            answers=["Well.", '{"choice": "maybe"}'],
            output={
                "choice": "no",
                "choices": ["no"],
                "task": "",
                "reason": "There is no choice 'maybe'; there are yes, no.",
                "by": "fallback",
                "taken": ["no"],
            },
            outlet="no",
        ),
        Example(
            title="In turn, without a model",
            data={
                "strategy": "in_turn",
                "choices": [{"outlet": "north"}, {"outlet": "south", "when": "variables.open"}],
            },
            variables={"open": False},
            output={
                "choice": "north",
                "choices": ["north"],
                "task": "",
                "reason": "It is the only one that is open.",
                "by": "only",
                "taken": ["north"],
            },
            outlet="north",
        ),
    )

    choices: Annotated[
        list[Choice], Meta(min_length=1, max_length=100, description="The choices, the preferred one first.")
    ]
    strategy: Annotated[
        Literal["model", "in_order", "in_turn", "keywords"],
        Meta(
            description="`model`: a model decides. `in_order`: the first choice that was not taken. "
            "`in_turn`: the one after the last. `keywords`: the one with the most keywords in the prompt."
        ),
    ] = "model"
    several: Annotated[bool, Meta(description="Whether several choices are allowed.")] = False
    branch: Annotated[bool, Meta(description="Whether each choice is an outlet.")] = True
    task: Annotated[bool, Meta(description="Whether the model also writes a task.")] = False
    finish: Annotated[str, Meta(max_length=64, description="The choice that ends the work. Empty: none.")] = (
        ""
    )
    fallback: Annotated[
        str, Meta(max_length=64, description="The choice if the model's answer is invalid.")
    ] = ""
    instructions: Annotated[str, Meta(description="Template of the system prompt.")] = ""

    def __post_init__(self) -> None:
        """Refuse two choices of one name, and names that are none of the choices."""
        names = [choice.outlet for choice in self.choices]
        if twice := {name for name in names if names.count(name) > 1}:
            raise ValueError(f"choices: each outlet once, found several of {', '.join(sorted(twice))}")
        for field_name, name in (("finish", self.finish), ("fallback", self.fallback)):
            if name and name not in names:
                raise ValueError(f"{field_name}: expected one of {', '.join(names)}, found '{name}'")

    def outlets(self) -> tuple[str, ...]:
        """Return the choices, or `out` where they are no ways."""
        if self.several or not self.branch:
            return (_OUT,)
        return tuple(choice.outlet for choice in self.choices)

    def templates(self) -> dict[str, str]:
        """Return the two prompts."""
        sources = {"instructions": self.instructions, "prompt": self.prompt}
        return {name: source for name, source in sources.items() if source}

    def expressions(self) -> dict[str, str]:
        """Return what must hold for the choices to be offered."""
        return {
            f"choices[{index}].when": choice.when for index, choice in enumerate(self.choices) if choice.when
        }

    async def run(self, view: View, context: Context) -> Outcome:
        """Choose."""
        scope = expressions.scope(view)
        choices = [
            choice
            for choice in self.choices
            if not choice.when or expressions.parse(choice.when).evaluate(scope)
        ]
        if not choices:
            raise NodeError(
                "No choice matches: every 'when' is false. Add one choice without 'when' as the default.",
                code="no_choice",
            )
        taken = _taken(view, context.node)
        if len(choices) == 1:
            only = Decision(chosen=[choices[0].outlet], reason="It is the only one that is open.")
            return self._outcome(only, "only", taken)
        if self.strategy in ("in_order", "in_turn"):
            return self._outcome(self._in_line(choices, taken), "rule", taken)
        messages = (await self.window(view, context)).messages
        if self.strategy == "keywords":
            decision = self._by_keywords(choices, taken, str(messages[-1].content))
            return self._outcome(decision, "rule", taken)
        if told := templates.parse(self.instructions).render(scope):
            messages = [Message(role="system", content=told), *messages]
        request = self.request(messages)
        options = {choice.outlet: choice.description for choice in choices}
        try:
            decision = await decide(context, request, options, several=self.several, task=self.task)
        except NodeError as error:
            if not self.fallback or error.code in _ENDS_RUN:
                raise
            chosen = self._fallback(choices, taken)
            context.emit(
                "custom",
                name="warning",
                code="decision_failed",
                message=f"The model gave no decision. {error} Went on with {shown(chosen)}.",
            )
            return self._outcome(Decision(chosen=[chosen], reason=str(error)), "fallback", taken)
        if isinstance(decision, Decision):
            return self._outcome(decision, "model", taken)
        chosen = self._fallback(choices, taken)
        context.emit(
            "custom",
            name="warning",
            code="decision_unreadable",
            message=f"The model's decision could not be read, also when asked again. {decision.problem} "
            f"Went on with {shown(chosen)}.",
        )
        return self._outcome(Decision(chosen=[chosen], reason=decision.problem), "fallback", taken)

    def _in_line(self, choices: list[Choice], taken: list[str]) -> Decision:
        if self.strategy == "in_order":
            return Decision(chosen=[self._fallback(choices, taken)], reason="It is next in order.")
        names = [choice.outlet for choice in choices]
        working = [name for name in names if name != self.finish] or names
        after = working.index(taken[-1]) + 1 if taken and taken[-1] in working else 0
        return Decision(chosen=[working[after % len(working)]], reason="It is next in turn.")

    def _by_keywords(self, choices: list[Choice], taken: list[str], prompt: str) -> Decision:
        text = prompt.casefold()
        open = [choice for choice in choices if choice.outlet not in taken]
        counts = {
            choice.outlet: count
            for choice in open
            if (count := sum(_mentions(text, word) for word in choice.keywords))
        }
        if counts:
            best = [name for name, count in counts.items() if count == max(counts.values())]
            return Decision(chosen=[*counts] if self.several else best[:1], reason="Its keywords are there.")
        if taken and self.finish in (choice.outlet for choice in choices):
            return Decision(chosen=[self.finish], reason="No other has a keyword that is there.")
        return Decision(chosen=[self._fallback(choices, taken)], reason="None has a keyword that is there.")

    def _fallback(self, choices: list[Choice], taken: list[str]) -> str:
        """Return the choice by rule: none twice while others are left, so that a loop comes to its end."""
        names = [choice.outlet for choice in choices]
        if not self.finish and self.fallback in names:
            return self.fallback
        wanted = [self.fallback, *(name for name in names if name != self.finish)]
        untaken = [name for name in wanted if name in names and name not in taken]
        return next(iter([*untaken, *(name for name in names if name == self.finish), *names]))

    def _outcome(self, decision: Decision, by: str, taken: list[str]) -> Outcome:
        output: dict[str, Any] = {
            "choice": decision.chosen[0],
            "choices": decision.chosen,
            "task": decision.task,
            "reason": decision.reason,
            "by": by,
            "taken": [*taken, *decision.chosen],
        }
        outlet = _OUT if self.several or not self.branch else decision.chosen[0]
        return Outcome(output=output, outlet=outlet)


def _taken(view: View, node: str) -> list[str]:
    """Return what this node has chosen in the turns before of the loop around it."""
    if not view.enclosing.get("index"):
        return []
    before = view.outputs.get(node)
    taken: list[str] = before.get("taken", []) if isinstance(before, dict) else []
    return taken


def _mentions(text: str, word: str) -> bool:
    """Say whether a text has a word or phrase, in English at the beginning of a word."""
    return re.search(rf"(?<![a-z0-9]){re.escape(word.casefold())}", text) is not None
