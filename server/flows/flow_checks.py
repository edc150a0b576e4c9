"""Flow checks: what is wrong or odd with a flow's document, and the refusal of one that could not run."""

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import msgspec

from graphs.analysis.chatflow import definition_of
from graphs.document.flow import FlowSize
from graphs.node.input_declaration import FILES, TEXTS
from graphs.orchestration.agents import LATER
from graphs.tools import ToolKinds
from graphs.values.files import Uploads
from graphs.values.findings import Finding, FlowError, shown
from graphs.values.run_options import FlowLimits, Limits
from server.http.problems import Fault, Problem
from server.requests.chat_inputs import declared_by

if TYPE_CHECKING:
    from graphs.analysis.data_flow import References

__all__ = ["findings_of", "refuse_faulty", "refuse_unknown_type", "speaks_of"]


def findings_of(
    document: dict[str, Any],
    *,
    max_steps: int,
    tools: ToolKinds | None = None,
    credentials: Collection[str] | None = None,
    size: FlowSize | None = None,
    elsewhere: "References | None" = None,
    limits: Limits | None = None,
) -> list[Finding]:
    """Return what is wrong or odd with a flow's document."""
    from graphs.analysis.check import check  # with the parsers and every node type
    from graphs.analysis.data_flow import CODE as OPEN_WAY_OUT

    above = _limit_findings(document, limits)
    told: list[Finding] = []
    drawn = bool(document.get("graph_definition"))
    attached = not drawn and "orchestration_type" in document
    try:
        if attached:
            from graphs.orchestration.compose import team_of

            told = team_of(document)[2]
        found = check(
            definition_of(document),
            max_steps=max_steps,
            tools=tools,
            credentials=credentials,
            size=size,
            elsewhere=elsewhere,
        )
    except FlowError as error:
        return above + error.findings
    if attached:
        # The graph was made here: where it is odd is nobody's mistake, and no place in what was sent. What
        # meets in it is its agents'.
        theirs = (OPEN_WAY_OUT, "unknown_credential")
        wrong = [finding for finding in found if finding.severity == "error" or finding.code in theirs]
        return above + told + [msgspec.structs.replace(finding, pointer="") for finding in wrong]
    prefix = "/graph_definition" if drawn else ""
    above += _inputs_that_nothing_gives(document)
    return above + [msgspec.structs.replace(finding, pointer=prefix + finding.pointer) for finding in found]


def _limit_findings(document: dict[str, Any], most: Limits | None) -> list[Finding]:
    """Return which limits of a flow are above what the server allows."""
    if most is None or not document.get("limits"):
        return []
    above = msgspec.convert(document["limits"], FlowLimits).above(most)
    return [
        Finding(code="above_limit", message=message, pointer=f"/limits/{name}")
        for name, message in above.items()
    ]


def _inputs_that_nothing_gives(document: dict[str, Any]) -> list[Finding]:
    """Return an error for each input that a drawn chatflow requires and no chat can give."""
    if "orchestration_type" in document or not document.get("graph_definition"):
        return []
    chat = document.get("chat_config") or {}
    takes_files = msgspec.convert(chat.get("uploads") or {}, Uploads).max_files > 0
    found: list[Finding] = []
    for index, node in enumerate(document["graph_definition"]["nodes"]):
        if node["type"] != "start":
            continue
        for place, entry in enumerate(declared_by(document).inputs):
            message = ""
            if entry.name == "message" and entry.type not in TEXTS:
                message = (
                    f"input 'message' is the user's message, which is text; found {entry.type}. Give it type "
                    "'string', or another name."
                )
            elif entry.required and entry.type in FILES and not takes_files:
                message = (
                    f"input {shown(entry.name)} is a required file, and the chatflow accepts none. Set "
                    "'uploads.max_files' of chat_config above 0, or make the input optional."
                )
            if message:
                found.append(
                    Finding(
                        code="impossible_input",
                        message=f"Node {shown(node['id'])}: {message}",
                        node=node["id"],
                        pointer=f"/graph_definition/nodes/{index}/data/inputs/{place}",
                    )
                )
    return found


def speaks_of(document: dict[str, Any]) -> list[str]:
    """Return the nodes of a chatflow without errors whose text streams to the user; none of an agentflow."""
    if "orchestration_type" in document:
        return []
    from graphs.analysis.speakers import speakers  # with every node type

    return speakers(definition_of(document))


def refuse_unknown_type(document: dict[str, Any]) -> None:
    """Return if an agentflow's type is known, or if it is none.

    Raises:
        Problem: 400 that lists the known ones.
    """
    if "orchestration_type" not in document:
        return
    from graphs.orchestration.compose import kinds

    wanted = document["orchestration_type"]
    if wanted not in kinds():
        detail = f"There is no orchestration type {shown(wanted)}. There are {', '.join(kinds())}."
        raise Problem(400, "invalid", detail, errors=[Fault(detail, pointer="/orchestration_type")])


def refuse_faulty(
    document: dict[str, Any],
    *,
    max_steps: int,
    tools: ToolKinds | None = None,
    credentials: Collection[str] | None = None,
    size: FlowSize | None = None,
    elsewhere: "References | None" = None,
    limits: Limits | None = None,
) -> list[Fault]:
    """Return the warnings of a flow's document, and what it still lacks before it can run.

    Raises:
        FlowError: it has errors; all of them are in it.
        Problem: 400 for an orchestration type that is not known.
    """
    refuse_unknown_type(document)
    findings = findings_of(
        document,
        max_steps=max_steps,
        tools=tools,
        credentials=credentials,
        size=size,
        elsewhere=elsewhere,
        limits=limits,
    )
    errors = {finding.code for finding in findings if finding.severity == "error"}
    if errors and not ("orchestration_type" in document and errors <= LATER):
        raise FlowError(findings)
    return [
        Fault(
            finding.message, pointer=finding.pointer, code=finding.code, node=finding.node, edge=finding.edge
        )
        for finding in findings
    ]
