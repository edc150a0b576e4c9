"""Flow files: a flow as JSON or YAML on disk, the same object that the API takes and gives."""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec import Struct, structs

from graphs.analysis.chatflow import definition_of
from graphs.document.flow import GraphDefinition
from graphs.document.foreign_exports import NOT_YET, foreign_product
from graphs.model_nodes.model_node import ModelNode
from graphs.node.node import Node
from graphs.nodes import node_types
from graphs.parsing.json_faults import NotJSON, parse_json
from graphs.parsing.numbers import converted
from graphs.parsing.text import TextError, clean
from graphs.parsing.yaml_text import YAMLError, read_yaml
from graphs.values.findings import Finding, Severity
from server.compilation.tool_setup import ServerTools
from server.flows.flow_checks import faults_of_parts, findings_of, known_of_server, speaks_of
from server.flows.flow_documents import Agentflow, Chatflow, document_of
from server.http.bodies import faults_of
from server.http.problems import Fault
from server.settings.sources import Settings
from server.terminal import CommandError

__all__ = [
    "FlowFile",
    "FlowFileError",
    "FlowFormat",
    "answered_by",
    "findings_of_faults",
    "read_flow_content",
    "read_flow_file",
    "sentence",
]

FlowFormat = Literal["json", "yaml"]
_OF_A_FLOW = frozenset(
    {*Agentflow.__struct_fields__, *Chatflow.__struct_fields__, "flow_type", "includes", "secrets_removed"}
) - frozenset(GraphDefinition.__struct_fields__)
"""What may stand beside a bare graph. Other fields are mistakes in the graph."""
LARGEST = 5_000_000
"""Bytes of a flow file."""


class FlowFile(Struct, frozen=True):
    """A flow as a file has it."""

    flow_type: Literal["chatflow", "agentflow"]
    written: dict[str, Any]
    """What the file says, without defaults."""
    flow: Chatflow | Agentflow
    """The same as the API decodes it."""
    assumed: bool = False
    """Whether the file has no ``flow_type``, and `flow_type` is what it looks like."""

    @property
    def document(self) -> dict[str, Any]:
        """What the database keeps of it. A chat that names no model is kept so: the default will answer."""
        document = document_of(self.flow)
        if self.flow_type == "chatflow" and not self.flow.graph_definition and not self.names_a_model:
            document["chat_config"] = {**(document["chat_config"] or {}), "llm_provider": "", "llm_model": ""}
        return document

    @property
    def fields(self) -> dict[str, Any]:
        """What `persistence.library.flows.Flows` takes to store it."""
        flow = self.flow
        return {
            "name": flow.name,
            "description": flow.description,
            "document": self.document,
            "tags": flow.tags,
            "category": flow.category,
            "is_public": flow.is_public,
            "is_active": flow.is_active,
            "slug": flow.slug or "",
        }

    def findings(self, settings: Settings) -> list[Finding]:
        """Return what is wrong or odd with it, as the API tells it."""
        found = findings_of(self.document, **known_of_server(settings, ServerTools(settings)))
        if not self.assumed or self.flow_type == "chatflow":
            return found
        hint = 'The file has no flow_type and was read as an agentflow: a chat has "flow_type": "chatflow".'
        return [
            structs.replace(one, message=f"{one.message} {hint}") if one.code == "no_agents" else one
            for one in found
        ]

    def refuse_faulty(self, settings: Settings, doing: str = "run") -> None:
        """Return if it has no errors.

        Raises:
            FlowFileError: it has some; all of them are told.
        """
        findings = self.findings(settings)
        if any(finding.severity == "error" for finding in findings):
            raise FlowFileError(f"'{self.flow.name}' cannot {doing}", self.flow.name, findings)

    def refuse_odd_input(self, given: dict[str, Any], variables: dict[str, Any]) -> None:
        """Return if it can run with this input, as far as the API would say before the run.

        Raises:
            CommandError: a chat has no message.
            FlowFileError: a chat is given something that it does not declare.
        """
        if self.flow_type != "chatflow":
            return
        from server.requests.chat_inputs import unknown_inputs

        name = self.flow.name
        if not given.get("message"):
            raise CommandError(f"'{name}' is a chat and needs a message: --message TEXT.", exit_code=2)
        inputs = {field: value for field, value in given.items() if field != "message"}
        if faults := unknown_inputs(self.document, inputs, variables):
            raise FlowFileError(f"'{name}' cannot run with this", name, findings_of_faults(faults))

    def speaks(self) -> list[str]:
        """Return the nodes whose text streams to the user of the chat; none of an agentflow."""
        return speaks_of(self.document)

    def definition(self, model: tuple[str, str] | None = None) -> GraphDefinition:
        """Return the graph that it runs, all of it with one (provider, model) where one is given.

        Raises:
            FlowError: its settings ask for something that cannot run.
        """
        definition = definition_of(self.document)
        return definition if model is None else answered_by(definition, model)

    @property
    def names_a_model(self) -> bool:
        """Whether it says itself which models answer: a flow need not."""
        if self.flow_type == "chatflow" and not self.flow.graph_definition:
            return bool(self.written.get("chat_config", {}).get("llm_provider"))
        from graphs.analysis.pinned_versions import missing_of  # with every node type

        return not missing_of(definition_of(document_of(self.flow))).models


class FlowFileError(CommandError):
    """A file's flow cannot run. The message has a line for each error."""

    def __init__(self, what: str, name: str, findings: list[Finding]) -> None:
        errors = [finding for finding in findings if finding.severity == "error"]
        count = "1 error" if len(errors) == 1 else f"{len(errors)} errors"
        super().__init__("\n".join([f"{what}: {count}.", *map(sentence, errors)]))
        self.headline = f"{what}: {count}."
        self.name = name
        self.findings = findings


def sentence(finding: Finding) -> str:
    """Return a finding as a line of a terminal."""
    return f"{finding.severity}: {finding.message}" + (f" [{finding.code}]" if finding.code else "")


def findings_of_faults(faults: Iterable[Fault], severity: Severity = "error") -> list[Finding]:
    """Return what the API tells of a flow as the findings that commands print."""
    return [
        Finding(
            code=one.code,
            message=one.message,
            node=one.node,
            edge=one.edge,
            severity=severity,
            pointer=one.pointer,
        )
        for one in faults
    ]


def answered_by(definition: GraphDefinition, model: tuple[str, str]) -> GraphDefinition:
    """Return a graph whose nodes that ask a model all ask one (provider, model)."""
    chosen = {"provider": model[0], "model": model[1], "base_url": "", "credential": ""}
    kinds = node_types()
    nodes = [
        structs.replace(node, data={**node.data, **chosen})
        if issubclass(kinds.get(node.type, Node), ModelNode)
        else node
        for node in definition.nodes
    ]
    return structs.replace(definition, nodes=nodes)


def read_flow_file(path: Path, settings: Settings | None = None) -> FlowFile:
    """Read a flow from a file, or from standard input for ``-``.

    A file holds what the API's POST takes, with an optional ``flow_type``, or a bare ``{"nodes", "edges"}``.

    Args:
        path: The file.
        settings: What flows are held against; None for the defaults.

    Raises:
        CommandError: the file cannot be read.
        FlowFileError: it is no flow; everything that is wrong is told, as the API does.
    """
    document = read_flow_content(path)
    document.pop("includes", None)
    document.pop("secrets_removed", None)
    assumed = "flow_type" not in document
    flow_type = document.pop("flow_type", "chatflow" if "chat_config" in document else "agentflow")
    if flow_type not in ("chatflow", "agentflow"):
        raise CommandError(f"'{path}' has the flow_type '{flow_type}'; it must be chatflow or agentflow.")
    kind = Chatflow if flow_type == "chatflow" else Agentflow
    try:
        return FlowFile(flow_type, document, converted(document, kind), assumed)
    except msgspec.ValidationError as error:
        known = settings or Settings()
        faults = faults_of(document, kind, whole="The file")
        faults += faults_of_parts(document, kind, **known_of_server(known, ServerTools(known)))
        name = str(document["name"])
        raise FlowFileError(f"'{path}' is no {flow_type}", name, findings_of_faults(faults)) from error


def read_flow_content(path: Path) -> dict[str, Any]:
    """Return the object that a flow file holds; a bare graph becomes that of an agentflow.

    Raises:
        CommandError: the file cannot be read, or holds none.
    """
    try:
        content = sys.stdin.buffer.read(LARGEST + 1) if str(path) == "-" else path.read_bytes()
    except OSError as error:
        raise CommandError(f"'{path}' cannot be read: {error.strerror}.") from error
    if len(content) > LARGEST:
        raise CommandError(f"'{path}' is too large: a flow file has at most {LARGEST:,} bytes.")
    value = _parse(path, content)
    if product := foreign_product(value):
        raise CommandError(f"'{path}' cannot be read as a flow. {NOT_YET.format(product=product)}")
    if not isinstance(value, dict):
        raise CommandError(f"'{path}' must hold an object; it holds {_kind(value)}.")
    document: dict[str, Any] = value  # pyright: ignore[reportUnknownVariableType]  # JSON objects have text as keys
    if "nodes" in document and "graph_definition" not in document:
        drawn = {name: part for name, part in document.items() if name not in _OF_A_FLOW}
        document = {name: part for name, part in document.items() if name in _OF_A_FLOW}
        document["graph_definition"] = drawn
    document.setdefault("name", "flow" if str(path) == "-" else path.stem)
    return document


def _parse(path: Path, content: bytes) -> Any:
    yaml = path.suffix in (".yaml", ".yml")
    try:
        return clean(read_yaml(content) if yaml else parse_json(content))
    except (NotJSON, YAMLError, TextError, RecursionError) as error:
        what = "nests too deep" if isinstance(error, RecursionError) else " ".join(str(error).split())
        if "looks like YAML" in what:
            what += " Or give the file the ending .yaml."
        raise CommandError(f"'{path}' cannot be read as a flow: {what.rstrip('.')}.") from error


def _kind(value: Any) -> str:
    return (
        "a list" if isinstance(value, list) else "nothing" if value is None else f"a {type(value).__name__}"
    )
