"""The project that a flow is exported as: its files, by path."""

import json
from collections.abc import Mapping
from importlib import metadata

from msgspec import Struct

from graphs.checks.check import read_flow
from graphs.document.flow import FlowType, GraphDefinition
from graphs.document.topology import may_run_together, survey
from graphs.export.export_plan import Plan
from graphs.export.graph_code import graph_module, state_module
from graphs.export.names import identifier, one_line
from graphs.export.problems import ExportError, Gap
from graphs.export.support_code import written
from graphs.values.findings import FlowError

__all__ = ["Project", "export_project"]

_PACKAGES: Mapping[str, tuple[str, str]] = {
    "langgraph": ("langgraph", ">=1.2,<2"),
    "langchain-core": ("langchain-core", ">=1.7,<2"),
    "openai": ("langchain-openai", ">=1.7,<2"),
    "ollama": ("langchain-ollama", ">=1.1,<2"),
    "anthropic": ("langchain-anthropic", ">=1.7,<2"),
}
ORDERED = frozenset({"append", "extend", "merge", "first", "last"})
"""Reducers with which the order of the updates counts."""
_KEYS = {
    "openai": ("OPENAI_API_KEY=", "# OPENAI_BASE_URL=https://api.openai.com/v1"),
    "ollama": ("OLLAMA_BASE_URL=http://127.0.0.1:11434",),
    "anthropic": ("ANTHROPIC_API_KEY=",),
}


class Project(Struct, frozen=True, kw_only=True):
    """An exported flow."""

    name: str
    """Its package, and the folder that its files belong in."""
    files: dict[str, str]
    """Texts by path."""
    differs: list[Gap]
    """What the project does in another way than the server."""


def export_project(
    definition: GraphDefinition,
    *,
    name: str,
    type: FlowType,
    description: str = "",
    differs: list[Gap] | None = None,
) -> Project:
    """Return a flow as a project that installs only LangGraph and packages of model providers.

    Args:
        definition: What the flow runs.
        name: Its title.
        type: Whether it is a chat.
        description: What it says of itself.
        differs: What is known already to be different.

    Raises:
        FlowError: the flow has errors.
        ExportError: parts of it have no equal.
    """
    flow = read_flow(definition, name=name, type=type)
    shape, findings = survey(flow.steps, flow.edges)
    if shape is None:
        raise FlowError(findings)
    plan = Plan(flow, shape)
    for told in differs or []:
        plan.gaps.differ(told.node, told.field, told.message)
    _tell_of_order(plan)
    package = f"{identifier(name, 'my')}_flow"
    ends = [id for id, node in shape.nodes.items() if node.ends]
    if len(ends) > 1 and not plan.ways.exclusive(ends):
        plan.gaps.refuse(
            ends[1],
            "type",
            "Several ends of one run have no equal. Lead the branches to a merge, and to one end.",
        )
    graph = graph_module(plan, package)
    state = state_module(plan, package)
    if plan.gaps.refused:
        raise ExportError(plan.gaps.refused)
    files = {
        f"{package}/__init__.py": f'"""{one_line(name)}, exported as plain LangGraph."""\n',
        f"{package}/graph.py": graph,
        f"{package}/state.py": state,
    }
    for module, names in plan.uses.names.items():
        if module:
            files[f"{package}/{module}.py"] = written(module, names, package)
    files["pyproject.toml"] = _pyproject(plan, package, description)
    files["langgraph.json"] = (
        json.dumps(
            {"dependencies": ["."], "graphs": {package: f"./{package}/graph.py:graph"}, "env": ".env"},
            indent=2,
        )
        + "\n"
    )
    keys = [line for provider in plan.providers for line in _KEYS[provider]]
    keys += [f"{name}=" for name in sorted(plan.variables)]
    files[".env.example"] = "\n".join([*keys, ""]) if keys else "# This graph needs no keys.\n"
    files["README.md"] = _readme(plan, package, description)
    return Project(name=package, files=files, differs=plan.gaps.differs)


def _tell_of_order(plan: Plan) -> None:
    """Tell of variables that branches update side by side, where the order of the updates counts."""
    for name, (_, declared) in plan.gathered.items():
        writers = [id for id, node in plan.shape.nodes.items() if name in node.set]
        pairs = [(one, two) for place, one in enumerate(writers) for two in writers[place + 1 :]]
        together = [pair for pair in pairs if may_run_together(plan.shape, *pair)]
        if declared.reducer in ORDERED and together:
            one, two = together[0]
            plan.gaps.differ(
                two,
                f"set.{name}",
                f"'{one}' runs beside this node and updates '{name}' too: the order of both updates may be "
                f"another one than on the server. Sort what you read, or let one node follow the other.",
            )


def _pyproject(plan: Plan, package: str, description: str) -> str:
    wanted = ["langgraph", "langchain-core", *plan.providers]
    needs = "".join(f'    "{_pinned(*_PACKAGES[one])}",\n' for one in wanted)
    return (
        "[project]\n"
        f'name = "{package.replace("_", "-")}"\n'
        'version = "0.1.0"\n'
        f'description = "{one_line(description or plan.flow.name, 200)}"\n'
        'requires-python = ">=3.11"\n'
        f"dependencies = [\n{needs}]\n\n"
        "[build-system]\n"
        'requires = ["setuptools>=77"]\n'
        'build-backend = "setuptools.build_meta"\n\n'
        "[tool.setuptools]\n"
        f'packages = ["{package}"]\n'
    )


def _pinned(package: str, otherwise: str) -> str:
    """Return a requirement of the version that runs here, which the export was tested with."""
    try:
        return f"{package}=={metadata.version(package)}"
    except metadata.PackageNotFoundError:
        return f"{package}{otherwise}"


def _readme(plan: Plan, package: str, description: str) -> str:
    title = one_line(plan.flow.name)
    asks = any(plan.type(id) == "human_approval" for id in plan.shape.nodes)
    given = '{"messages": [("user", "Hello!")]}' if plan.chat else '{"input": {}}'
    config = ', {"configurable": {"thread_id": "1"}}' if asks or plan.chat else ""
    build = ["from langgraph.checkpoint.memory import InMemorySaver", ""] if config else []
    graph = "build(InMemorySaver())" if config else "graph"
    lines = [
        f"# {title}",
        "",
        *([one_line(description, 500), ""] if description else []),
        "This is a flow as plain LangGraph. It needs no server.",
        "",
        "## Run it",
        "",
        "```sh",
        "python -m venv .venv",
        ".venv/bin/pip install -e .",
        "cp .env.example .env",
        "```",
        "",
        "Fill in `.env`, and export what it has to your shell. Then:",
        "",
        "```python",
        "import asyncio",
        "",
        *build,
        f"from {package}.graph import {'build' if config else 'graph'}",
        "",
        f"print(asyncio.run({graph}.ainvoke({given}{config})))",
        "```",
        "",
        "With the LangGraph command line, `langgraph dev` serves it: `langgraph.json` names the graph.",
        "",
    ]
    if asks:
        lines += [
            "## Answer its questions",
            "",
            "A run that asks a person stops with `__interrupt__`. Go on in the same thread:",
            "",
            "```python",
            "from langgraph.types import Command",
            "",
            'await graph.ainvoke(Command(resume={"action": "approve"}), config)',
            "```",
            "",
            "An answer has an `action` (`approve`, `edit`, `submit`, `reject` or `expired`), and may have "
            "`value`, `comment` and `by`.",
            "",
        ]
    lines += [
        "## What is where",
        "",
        "| file | what it holds |",
        "|---|---|",
        f"| `{package}/graph.py` | one function for each node, and the edges |",
        f"| `{package}/state.py` | the state, what a run takes and what it gives |",
        *(f"| `{package}/{module}.py` | {_told(module)} |" for module in plan.uses.names if module),
        "",
    ]
    if plan.gaps.differs:
        lines += ["## What differs from the server", ""]
        lines += [
            f"- {f'`{one_line(gap.node)}`, ' if gap.node else ''}`{one_line(gap.field)}`: {gap.message}"
            for gap in plan.gaps.differs
        ]
        lines.append("")
    return "\n".join(lines)


def _told(module: str) -> str:
    docstring = written(module, {}, "").split('"""')[1].splitlines()[0]
    return docstring[0].lower() + docstring[1:].rstrip(".")
