"""Flow checks: what is wrong or odd with a flow's document, and the refusal of one that could not run."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast

import msgspec
from msgspec import Struct

from graphs.analysis.chatflow import definition_of
from graphs.conversation.files import Uploads
from graphs.document.flow import FlowSize
from graphs.node.input_declaration import FILES, TEXTS
from graphs.orchestration.agents import LATER
from graphs.parsing.heavy_values import heavy
from graphs.parsing.numbers import converted
from graphs.parsing.schema_mismatches import misfits
from graphs.tools import ToolKinds
from graphs.values.findings import Finding, FlowError, shown
from graphs.values.run_options import FlowLimits, Limits
from server.compilation.tool_setup import ServerTools
from server.flows.sessionless_variables import sessionless_variables
from server.flows.settings_findings import about_settings
from server.http.problems import Fault, Problem
from server.requests.chat_inputs import declared_by
from server.settings.sources import Settings

if TYPE_CHECKING:
    from graphs.checks.data_flow import References

__all__ = [
    "faults_of_parts",
    "checked",
    "findings_of",
    "known_of_server",
    "refuse_faulty",
    "refuse_unknown_type",
    "speaks_of",
]

CHAT = ("chat_config", "memory_config", "rag_config", "limits")
"""The fields of a chatflow that its graph is made of, if it has none of its own."""
LARGE_FLOW, LARGE_TEXTS = 1_500, 20_000
"""Values and characters from which on a flow is checked in a thread."""
P = ParamSpec("P")
T = TypeVar("T")
TEAM = ("orchestration_type", "supervisor_config", "agents")
"""The fields of an agentflow that its team is made of."""


def findings_of(
    document: dict[str, Any],
    *,
    max_steps: int,
    tools: ToolKinds | None = None,
    credentials: Collection[str] | None = None,
    size: FlowSize | None = None,
    elsewhere: "References | None" = None,
    limits: Limits | None = None,
    variables: Mapping[str, bool] | None = None,
) -> list[Finding]:
    """Return what is wrong or odd with a flow's document."""
    from graphs.checks.check import check  # with the parsers and every node type
    from graphs.checks.data_flow import CODE as OPEN_WAY_OUT

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
            limits=_own_limits(document, limits),
            variables=variables,
        )
    except FlowError as error:
        return above + error.findings + _beside_settings(document, error, max_steps, tools)
    if attached:
        # The graph was made here: where it is odd is nobody's mistake, and no place in what was sent. What
        # meets in it is its agents'.
        theirs = (OPEN_WAY_OUT, "unknown_credential", "unknown_env")
        wrong = [finding for finding in found if finding.severity == "error" or finding.code in theirs]
        return above + told + [msgspec.structs.replace(finding, pointer="") for finding in wrong]
    if not drawn:
        return above + [about_settings(finding) for finding in found]
    above += _inputs_that_nothing_gives(document) + sessionless_variables(document)
    return above + [
        msgspec.structs.replace(finding, pointer=f"/graph_definition{finding.pointer}") for finding in found
    ]


def _own_limits(document: dict[str, Any], most: Limits | None) -> Limits:
    """Return the limits that runs of a flow have."""
    own = converted(document.get("limits") or {}, FlowLimits)
    return own.within(Limits() if most is None else most)


def _beside_settings(
    document: dict[str, Any], error: FlowError, max_steps: int, tools: ToolKinds | None
) -> list[Finding]:
    """Return what else is wrong with a chat that asks for what is not available: with the chat without it."""
    if {finding.code for finding in error.findings} != {"not_available"}:
        return []
    from graphs.checks.check import check

    chat = {**(document.get("chat_config") or {}), "response_format": None}
    graph = definition_of({"chat_config": chat})
    found = check(graph, max_steps=max_steps, tools=tools)
    return [about_settings(one) for one in found if one.severity == "error"]


def faults_of_parts(
    value: Any,
    kind: type[Struct],
    *,
    max_steps: int,
    tools: ToolKinds | None = None,
    size: FlowSize | None = None,
    limits: Limits | None = None,
) -> list[Fault]:
    """Return what is wrong with the parts of a flow that fit their types, where another part does not.

    Args:
        value: A flow or a change of one, as it was sent.
        kind: The type that it should be: `Chatflow`, `AgentflowChange`, …
        max_steps: Supersteps that a run may take.
        tools: The tools that there are; None for the built-in ones.
        size: How large a flow may be; None for the defaults.
        limits: What a run may use at most; None to leave the flow's own limits unchecked.
    """
    sent: dict[str, Any] = value if isinstance(value, dict) else {}
    types = {field.encode_name: field.type for field in msgspec.structs.fields(kind)}
    sent = {
        **sent,
        **{name: _without_unfit(sent[name], types[name]) for name in CHAT if name in sent and name in types},
    }
    fitting = {name: sent[name] for name, type in types.items() if name in sent and _fits(sent[name], type)}
    whole = any(field.required for field in msgspec.structs.fields(kind))  # a change may lack everything
    if faults := _type_faults(fitting):
        return faults
    if sent.get("graph_definition") is not None:
        if "graph_definition" not in fitting:
            from graphs.checks.node_findings import lone_node_findings

            found = lone_node_findings(sent["graph_definition"], tools=tools, credentials=None)
            return [_fault(one, "/graph_definition") for one in found]
        document = {name: fitting[name] for name in ("graph_definition", "limits") if name in fitting}
    elif whole and "chat_config" in types:
        document = {
            name: fitting.get(name) for name in ("chat_config", "memory_config", "rag_config", "limits")
        }
    elif whole and all(name in fitting or name not in sent for name in TEAM):
        document = {
            "orchestration_type": "sequential",
            **{name: fitting[name] for name in TEAM if name in fitting},
        }
    else:
        return []
    found = findings_of(document, max_steps=max_steps, tools=tools, size=size, limits=limits)
    return [_fault(one) for one in found if one.severity == "error" and one.code not in LATER]


def _without_unfit(value: Any, type: Any) -> Any:
    """Return an object of settings without the fields that do not fit; anything else as it is."""
    if not isinstance(value, dict) or _fits(value, type):  # pyright: ignore[reportUnknownArgumentType]
        return value  # pyright: ignore[reportUnknownVariableType]
    unfit = {one.pointer.split("/")[1] for one in misfits(value, type) if one.pointer}
    return {name: part for name, part in cast("dict[str, Any]", value).items() if name not in unfit}


def _fits(value: Any, type: Any) -> bool:
    try:
        converted(value, type)
    except msgspec.ValidationError:
        return False
    return True


def _fault(finding: Finding, prefix: str = "") -> Fault:
    return Fault(
        finding.message,
        pointer=prefix + finding.pointer,
        code=finding.code,
        node=finding.node,
        edge=finding.edge,
    )


def _limit_findings(document: dict[str, Any], most: Limits | None) -> list[Finding]:
    """Return which limits of a flow are above what the server allows."""
    if most is None or not document.get("limits"):
        return []
    above = converted(document["limits"], FlowLimits).above(most)
    return [
        Finding(code="above_limit", message=message, pointer=f"/limits/{name}")
        for name, message in above.items()
    ]


def _inputs_that_nothing_gives(document: dict[str, Any]) -> list[Finding]:
    """Return an error for each input that a drawn chatflow requires and no chat can give."""
    if "orchestration_type" in document or not document.get("graph_definition"):
        return []
    chat = document.get("chat_config") or {}
    takes_files = converted(chat.get("uploads") or {}, Uploads).max_files > 0
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


async def checked(document: dict[str, Any], check: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Return what `check` finds in a flow's document, in a thread if the flow is large."""
    if heavy(document, items=LARGE_FLOW, characters=LARGE_TEXTS):
        return await asyncio.to_thread(check, *args, **kwargs)
    return check(*args, **kwargs)


def known_of_server(settings: Settings, tools: ServerTools) -> dict[str, Any]:
    """Return what every flow of a server is held against, as `findings_of` takes it."""
    return {
        "max_steps": settings.max_steps,
        "tools": tools.loaded.kinds,
        "size": settings.flow_size(),
        "limits": settings.run_limits(),
    }


def refuse_unknown_type(document: dict[str, Any], limits: Limits | None = None) -> None:
    """Return if an agentflow's type is known, or if it is none.

    Raises:
        Problem: 400 that lists the known ones, and what is wrong with the flow's limits.
    """
    if faults := _type_faults(document):
        more = [_fault(one) for one in _limit_findings(document, limits)]
        raise Problem(400, "invalid", faults[0].message, errors=[*faults, *more])


def _type_faults(document: dict[str, Any]) -> list[Fault]:
    """Return a fault for an orchestration type that is not known."""
    wanted = document.get("orchestration_type")
    if not isinstance(wanted, str):
        return []
    from graphs.orchestration.compose import kinds

    if wanted in kinds():
        return []
    from graphs.checks.field_lookups import meant

    near = meant(wanted, kinds())
    text = f"There is no orchestration type {shown(wanted)}. {near}{' ' if near else ''}"
    return [Fault(f"{text}There are {', '.join(kinds())}.", pointer="/orchestration_type")]


def refuse_faulty(
    document: dict[str, Any],
    *,
    max_steps: int,
    tools: ToolKinds | None = None,
    credentials: Collection[str] | None = None,
    size: FlowSize | None = None,
    elsewhere: "References | None" = None,
    limits: Limits | None = None,
    variables: Mapping[str, bool] | None = None,
) -> list[Fault]:
    """Return the warnings of a flow's document, and what it still lacks before it can run.

    Raises:
        FlowError: it has errors; all of them are in it.
        Problem: 400 for an orchestration type that is not known.
    """
    refuse_unknown_type(document, limits)
    findings = findings_of(
        document,
        max_steps=max_steps,
        tools=tools,
        credentials=credentials,
        size=size,
        elsewhere=elsewhere,
        limits=limits,
        variables=variables,
    )
    errors = {finding.code for finding in findings if finding.severity == "error"}
    if errors and not ("orchestration_type" in document and errors <= LATER):
        raise FlowError(findings)
    return [_fault(finding) for finding in findings]
