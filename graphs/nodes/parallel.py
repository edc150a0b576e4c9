"""The parallel node."""

from contextlib import aclosing
from functools import partial
from typing import Annotated, ClassVar, Literal

from msgspec import Meta, Struct

from graphs.node.context import Context
from graphs.node.node import Example, Node, Outcome
from graphs.node.parallel_passes import as_completed
from graphs.node.subgraph_entry import SubgraphEntry, SubgraphResult, together
from graphs.values.node_error import NodeError
from graphs.values.node_view import View

__all__ = ["Branch", "Parallel"]

_Name = Annotated[str, Meta(pattern=r"^(?!__)[^\W\d]\w*$", max_length=64)]


class Branch(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A branch with what is to be done where it fails."""

    name: Annotated[_Name, Meta(description="Name of the branch and of its outlet.")]
    on_error: Annotated[
        Literal["fail", "continue"] | None,
        Meta(
            description="If it fails: `fail` and cancel the others, or `continue` without it. Default: "
            "`fail` with `mode: all`, otherwise `continue`."
        ),
    ] = None


class Parallel(Node, frozen=True, kw_only=True, tag="parallel"):
    """Run named branches in parallel, each at the outlet of its name, then continue at `done`.

    The last node of each branch leads back to this node. With `mode: all`, it waits for every branch. With
    `any` it continues after the fastest branch, with `first_n` after the fastest `count` branches. The others
    are cancelled with their requests; their usage still counts. The output is an object with the outputs of
    the finished branches by name. With `all`, a failed branch that continues is null.

    Each branch starts with the variables and history as they were before. Their changes are merged in the
    order of `branches`. Nothing of cancelled and failed branches is kept.
    """

    frames: ClassVar[bool] = True
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            title="Two branches",
            data={"branches": ["pro", "con"]},
            passes=["Cheap.", "Slow."],
            output={"pro": "Cheap.", "con": "Slow."},
            outlet="done",
        ),
        Example(
            title="Continue without a branch",
            data={"branches": ["news", {"name": "weather", "on_error": "continue"}]},
            passes=["Calm.", {"error": "No answer."}],
            output={"news": "Calm.", "weather": None},
            outlet="done",
        ),
        Example(
            title="The fastest branch",
            data={"branches": ["cache", "search"], "mode": "any"},
            passes=["Known."],
            output={"cache": "Known."},
            outlet="done",
        ),
    )

    branches: Annotated[
        list[_Name | Branch],
        Meta(min_length=1, max_length=50, description="Names, or objects with `name` and an error policy."),
    ]
    mode: Annotated[
        Literal["all", "any", "first_n"], Meta(description="Which branches the node waits for.")
    ] = "all"
    count: Annotated[int, Meta(ge=1, le=50, description="Number of branches that `first_n` waits for.")] = 1
    max_concurrency: Annotated[
        int, Meta(ge=1, le=50, description="Maximum number of branches in parallel.")
    ] = 50

    def __post_init__(self) -> None:
        """Refuse names that are taken."""
        names = self.bodies()
        for name in names:
            if names.count(name) > 1 or name in ("done", "error"):
                why = "is there twice" if names.count(name) > 1 else "is an outlet of another meaning"
                raise ValueError(f"Branch '{name}' {why}; give it another name")

    def outlets(self) -> tuple[str, ...]:
        """Return the ways into the branches and the way on."""
        return (*self.bodies(), "done")

    def bodies(self) -> tuple[str, ...]:
        """Return the branches' names."""
        return tuple(branch if isinstance(branch, str) else branch.name for branch in self.branches)

    def enters(self, outlet: str) -> bool:
        """Say that all branches run where all are waited for; in a race one may be stopped."""
        return self.mode == "all"

    def problems(self) -> dict[str, str]:
        """Refuse to wait for more branches than there are."""
        if self.mode == "first_n" and self.count > len(self.branches):
            return {
                "count": f"it is {self.count}, but there are only {len(self.branches)} branches. Lower it."
            }
        return {}

    async def run(self, view: View, context: Context) -> Outcome:
        """Run the branches."""
        names, arrived = self.bodies(), view.arrived()
        jobs = [
            partial(_entered, context, SubgraphEntry(outlet=name, at=name, arrives=arrived)) for name in names
        ]
        wanted = {"all": len(names), "any": 1, "first_n": self.count}[self.mode]
        done: dict[str, SubgraphResult] = {}
        failed: dict[str, NodeError] = {}
        async with aclosing(as_completed(jobs, limit=self.max_concurrency)) as ending:
            async for number, passed in ending:
                name = names[number]
                if not isinstance(passed, NodeError):
                    done[name] = passed
                elif self._fails(number):
                    raise NodeError(f"Branch '{name}': {passed}", code=passed.code, node=passed.node)
                else:
                    failed[name] = passed
                if len(done) == wanted:
                    break
        if len(done) < wanted and self.mode != "all":
            raise _too_few(failed, len(done), wanted)
        left = together(done[name] for name in names if name in done)
        told = names if self.mode == "all" else [name for name in names if name in done]
        return Outcome(
            outlet="done",
            output={name: done[name].output if name in done else None for name in told},
            updates=left.updates,
            messages=left.messages,
            summary=left.summary,
        )

    def _fails(self, number: int) -> bool:
        branch = self.branches[number]
        policy = None if isinstance(branch, str) else branch.on_error
        return policy == "fail" or (policy is None and self.mode == "all")


def _too_few(failed: dict[str, NodeError], done: int, wanted: int) -> NodeError:
    name, error = next(reversed(failed.items()))
    return NodeError(
        f"{done} of the {wanted} branches that were waited for were done, the others failed; the last to "
        f"fail was '{name}': {error}",
        code=error.code,
        node=error.node,
    )


async def _entered(context: Context, entry: SubgraphEntry) -> SubgraphResult:
    return await context.enter(entry)
