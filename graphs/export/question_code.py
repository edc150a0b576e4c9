"""The code of nodes by which people decide: questions, and votes."""

import msgspec

from graphs.export.node_code import FunctionCode
from graphs.nodes.human_approval import HumanApproval
from graphs.nodes.vote import Vote

__all__ = ["question_body"]


def question_body(code: FunctionCode) -> bool:
    """Write the body of a node that asks a person or counts votes; say whether its type is one of them."""
    match code.node:
        case HumanApproval():
            _human_approval(code)
        case Vote():
            _vote(code)
        case _:
            return False
    return True


def _human_approval(code: FunctionCode) -> None:
    node = code.node
    assert isinstance(node, HumanApproval)
    shown = code.expression(node.show, "show") if node.show else code.arrived()
    code.lines.append(f"shown = {shown}")
    actions = (
        ["submit"] if node.mode == "input" else ["approve", *(["edit"] if node.editable else []), "reject"]
    )
    question = {
        "'message'": code.template(node.message, "message"),
        "'value'": "shown",
        "'actions'": repr(actions),
        **({"'labels'": repr({**node.labels})} if node.labels else {}),
        **({"'schema'": repr(msgspec.to_builtins(node.schema))} if node.schema else {}),
    }
    code.plan.uses.names.setdefault("", {})["interrupt"] = None
    code.lines += [
        "answer = interrupt(",
        "    {",
        *(f"        {key}: {value}," for key, value in question.items()),
        "    }",
        ")",
    ]
    code.lines.append(f"decision = {code.use('questions', 'decided')}(answer, shown)")
    if node.audience != "team":
        code.differ("audience", "Who may answer is up to whoever resumes the run: check it there.")
    if node.expires_after_seconds is not None:
        code.differ(
            "expires_after_seconds",
            f"Nothing ends the wait after {node.expires_after_seconds:g} seconds. Resume the run with "
            '{"action": "expired"} when the time is up.',
        )
    if node.schema:
        code.differ(
            "schema", "The answer is not checked against the schema. Check it where you resume the run."
        )
    code.gives("decision", f"{code.use('questions', 'outlet_of')}(decision)")


def _vote(code: FunctionCode) -> None:
    node = code.node
    assert isinstance(node, Vote)
    code.lines.append("ballots = {}")
    there = code.use("expressions", "is_there")
    for place, ballot in enumerate(node.ballots):
        found = code.expression(ballot.expression, f"ballots[{place}].expression")
        weight = ballot.weight if node.rule == "weighted" else 1
        code.lines.append(f"if {there}(lambda: {found}):")
        code.lines.append(f"    ballots[{ballot.voter!r}] = ({found}, {weight!r})")
    more = ", unanimous=True" if node.rule == "unanimous" else ""
    code.lines.append(f"result = {code.use('choices', 'count_votes')}({node.candidates!r}, ballots{more})")
    code.gives("result", "'decided' if result['decided'] else 'undecided'")
