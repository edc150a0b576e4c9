"""The vote node."""

from typing import Annotated, Any, ClassVar, Literal

from msgspec import Meta, Struct, field

from graphs import expressions
from graphs.expressions.bounded_evaluation import MissingError
from graphs.node.context import Context
from graphs.node.node import Example, Node, Outcome
from graphs.values.findings import shown
from graphs.values.node_view import View

__all__ = ["Ballot", "Vote"]


class Ballot(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who votes, and where the vote is read."""

    voter: Annotated[str, Meta(min_length=1, max_length=255, description="The voters.")]
    expression: Annotated[str, Meta(description="An expression that gives the candidate voted for.")]
    weight: Annotated[
        float, Meta(gt=0, le=1_000_000, description="What the vote counts where the rule is `weighted`.")
    ] = 1


class Vote(Node, frozen=True, kw_only=True, tag="vote"):
    """Count votes and continue at `decided` or `undecided`.

    An invalid vote, or a vote for an unknown candidate, is an abstention: a `custom` event with code
    `vote_unreadable` reports it. Voters that a condition skipped do not count. `majority` needs more than
    half of the voters, `unanimous` all of them, `weighted` more than half of their weight. Abstentions count
    in the total. The output has `winner` (null if undecided), `leading` (most votes; if equal, the first
    candidate), `decided`, `counts` by candidate, `votes` by voter, and `cast` (the number of valid votes).
    """

    group: ClassVar[str] = "data"
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            title="A majority",
            data={
                "candidates": ["tea", "coffee"],
                "ballots": [
                    {"voter": "Ada", "expression": "nodes.ada.vote"},
                    {"voter": "Bob", "expression": "nodes.bob.vote"},
                    {"voter": "Cy", "expression": "nodes.cy.vote"},
                ],
            },
            outputs={"ada": {"vote": "tea"}, "bob": {"vote": "coffee"}, "cy": {"vote": "Tea"}},
            output={
                "winner": "tea",
                "leading": "tea",
                "decided": True,
                "counts": {"tea": 2, "coffee": 1},
                "votes": {"Ada": "tea", "Bob": "coffee", "Cy": "tea"},
                "cast": 3,
            },
            outlet="decided",
        ),
        Example(
            title="Not unanimous",
            data={
                "rule": "unanimous",
                "candidates": ["yes", "no"],
                "ballots": [
                    {"voter": "Ada", "expression": "nodes.ada"},
                    {"voter": "Bob", "expression": "nodes.bob"},
                ],
            },
            outputs={"ada": "yes", "bob": "whatever"},
            output={
                "winner": None,
                "leading": "yes",
                "decided": False,
                "counts": {"yes": 1, "no": 0},
                "votes": {"Ada": "yes", "Bob": None},
                "cast": 1,
            },
            outlet="undecided",
        ),
    )

    candidates: Annotated[
        list[Annotated[str, Meta(min_length=1, max_length=255)]],
        Meta(min_length=1, max_length=100, description="The candidates, the preferred one first."),
    ]
    ballots: Annotated[list[Ballot], Meta(min_length=1, max_length=100, description="The voters.")] = field()
    rule: Annotated[
        Literal["majority", "unanimous", "weighted"], Meta(description="Rule for a decision.")
    ] = "majority"

    def __post_init__(self) -> None:
        """Refuse two candidates or voters of one name."""
        for what, names in (
            ("candidates", [candidate.casefold() for candidate in self.candidates]),
            ("ballots", [ballot.voter for ballot in self.ballots]),
        ):
            if twice := {name for name in names if names.count(name) > 1}:
                raise ValueError(f"{what}: each name once, found several of {', '.join(sorted(twice))}")

    def outlets(self) -> tuple[str, ...]:
        """Return the two ways."""
        return ("decided", "undecided")

    def expressions(self) -> dict[str, str]:
        """Return where the votes are read."""
        return {
            f"ballots[{index}].expression": ballot.expression for index, ballot in enumerate(self.ballots)
        }

    async def run(self, view: View, context: Context) -> Outcome:
        """Count."""
        scope = expressions.scope(view)
        known = {candidate.casefold(): candidate for candidate in self.candidates}
        votes: dict[str, str | None] = {}
        counts: dict[str, float] = dict.fromkeys(self.candidates, 0)
        whole = 0.0
        for ballot in self.ballots:
            try:
                found = expressions.parse(ballot.expression).evaluate(scope)
            except MissingError:
                continue
            weight = ballot.weight if self.rule == "weighted" else 1
            whole += weight
            vote = known.get(found.strip().casefold()) if isinstance(found, str) else None
            votes[ballot.voter] = vote
            if vote is None:
                _warn(context, ballot.voter, found)
            else:
                counts[vote] += weight
        leading = max(self.candidates, key=lambda candidate: counts[candidate])
        decided = counts[leading] == whole if self.rule == "unanimous" else counts[leading] * 2 > whole
        decided = decided and counts[leading] > 0
        output = {
            "winner": leading if decided else None,
            "leading": leading,
            "decided": decided,
            "counts": counts,
            "votes": votes,
            "cast": sum(vote is not None for vote in votes.values()),
        }
        return Outcome(output=output, outlet="decided" if decided else "undecided")


def _warn(context: Context, voter: str, found: Any) -> None:
    context.emit(
        "custom",
        name="warning",
        code="vote_unreadable",
        message=f"The vote of {shown(voter)} names no candidate; it counts as an abstention.",
        found=str(found)[:200],
    )
