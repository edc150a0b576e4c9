"""Example pages: generated pages with pictures of the orchestration types and the examples."""

from typing import Any

from graphs.analysis.chatflow import definition_of
from graphs.analysis.plan import plan_of
from graphs.document.flow import GraphDefinition
from graphs.drawing import draw
from graphs.drawing.reading import picture_of
from graphs.orchestration.agents import AttachedAgent, Supervisor
from graphs.orchestration.compose import kinds
from server.flows.flow_files import FlowFile, read_flow_file
from server.settings.docstrings import field_docstrings, unwrapped
from server.settings.shipped_files import shipped

__all__ = ["examples_page", "orchestration_page"]

EXAMPLES_HEAD = """# Example flows

<!-- Written by `make docs` from server/reference/example_pages.py and examples/. Do not edit. -->

A new server contains these flows. Their files are in [`examples/`](../examples/README.md), and
`agenticrag flow draw` made the diagrams. The flows name no model, so the server's default model answers. With
the built-in demo model they run offline.

"""
ORCHESTRATION_HEAD = """# Orchestration: agents that work together

<!-- Written by `make docs` from graphs/orchestration/. Do not edit. -->

An agentflow can run a team of agents without a graph. You attach agents and choose an orchestration type. The
server makes a graph from them and runs it like any other flow.

@types@

## Example

Run a team of three researchers with the built-in demo model. It does not need a server:

```console
$ agenticrag flow run examples/research-team.json --model demo/demo --message "Why do otters hold hands?"
```

A minimal team, as `POST /agentflows` takes it:

```json
{
  "name": "Writer and editor",
  "orchestration_type": "sequential",
  "agents": [
    {"name": "Writer", "role": "author", "description": "Writes a short text about the request."},
    {"name": "Editor", "role": "editor", "description": "Shortens the text and removes errors."}
  ]
}
```

| endpoint | does |
|---|---|
| `POST /agentflows` | stores a team with its agents and an optional `supervisor_config` |
| `POST /agentflows/{id}/agents` | attaches an agent |
| `PUT`, `DELETE` on `/agentflows/{id}/agents/{agent}` | changes or removes it |
| `GET /agentflows/{id}/validate` | lists errors |
| `GET /agentflows/{id}/execution-plan` | explains the run: steps, maximum number of model calls, graph |

Each change creates a new version. A run keeps the version that it started with. To change the graph by hand,
store the graph of the execution plan as `graph_definition`.

## Rules for all types

**Agents.** An agent has a name, a role and a description. With `agent_id` it uses the model, prompt, tools
and output schema of a stored agent. An agent without a model uses the model and `credential` of the
supervisor, otherwise the server's default model.

**Order.** A higher `priority` comes first. Agents with the same priority keep the order in which you attached
them. An agent runs after its `dependencies` and reads their answers. If `conditional_logic` is false, the
agent is skipped.

**Input.** An agent reads the request: `input.message`, or the whole input as JSON. `input_mapping` replaces
it by named expressions (`upper(input.topic)`) or templates (`About {{ input.topic }}`).

**Output.** Other agents and expressions read the answer as `nodes.<node>`. The API returns `node` for each
agent. `output_mapping` sets variables by expressions in which `arrived` is the answer.

**Errors.** `max_retries` and `timeout_seconds` apply to each agent. Every loop ends after `max_iterations`.
The limits of the run apply too: steps, calls, tokens and time.

**Decisions.** In some types a model decides which agent is next. If its answer is invalid, it gets the error
and one more attempt. If that also fails, the server picks the next agent in this order: `fallback_agent_id`,
then the highest-priority agent that has not run, then it ends the run. The event `custom` with code
`decision_unreadable` reports it.

| `decision_strategy` | the next agent is |
|---|---|
| `llm_based` (default) | chosen by a model |
| `priority` | the one with the highest priority that has not run |
| `round_robin` | the next one in the order, from the start again after the last |
| `capability` | the one whose `capabilities` the request mentions most |

"""


def examples_page() -> str:
    """Return the page about the examples in Markdown."""
    files = sorted(shipped("examples").glob("*.json"))
    return EXAMPLES_HEAD + "\n".join(_example(file.name, read_flow_file(file)) for file in files)


def orchestration_page() -> str:
    """Return the page about attached agents in Markdown."""
    fields = (
        ("An attached agent", AttachedAgent),
        ("`supervisor_config`", Supervisor),
    )
    tables = "\n".join(_fields(title, kind) for title, kind in fields)
    rows = "".join(
        f"| [`{name}`](#{name}) | {kind.summary} | {kind.when} |\n" for name, kind in kinds().items()
    )
    table = f"| type | how it works | use it when |\n|---|---|---|\n{rows}".strip()
    return (
        ORCHESTRATION_HEAD.replace("@types@", table)
        + "\n".join(_kind(name) for name in kinds())
        + "\n"
        + tables
    )


def _example(name: str, found: FlowFile) -> str:
    about = found.flow.description
    more = ""
    if found.flow_type == "agentflow" and not found.flow.graph_definition:
        more = f" Attached agents, `{found.document['orchestration_type']}`."
    text = f"{about}{more} [`{name}`](../examples/{name})"
    return f"## {found.flow.name}\n\n{text}\n\n{_picture(found.definition())}"


def _kind(name: str) -> str:
    kind = kinds()[name]
    agents: list[dict[str, Any]] = [{"name": "Ada"}, {"name": "Bob"}]
    if name == "event_driven":
        agents[1]["dependencies"] = ["Ada"]
    document = {"orchestration_type": name, "agents": agents}
    plan = plan_of(document, max_steps=1000, max_model_calls=1000)
    steps = "".join(
        f"{number}. **{step.title}.** {step.explanation}\n" for number, step in enumerate(plan.steps, 1)
    )
    unused = ", ".join(f"`{field}`" for field in sorted(kind.unused))
    return (
        f"## `{name}`\n\n{kind.summary} Use it when {kind.when}\n\n"
        f"With two agents, Ada and Bob, and default settings:\n\n{steps}\n"
        f"{_picture(definition_of(document))}\n"
        f"Ignored fields: {unused}.\n"
    )


def _picture(definition: GraphDefinition) -> str:
    return f"```mermaid\n{draw(picture_of(definition), 'mermaid').decode().strip()}\n```\n"


def _fields(title: str, kind: type[AttachedAgent] | type[Supervisor]) -> str:
    told = field_docstrings(kind)
    rows = "".join(
        f"| `{field}` | {unwrapped(told.get(field, '')).replace('|', '&#124;')} |\n"
        for field in kind.__struct_fields__
    )
    return f"## {title}\n\n| field | |\n|---|---|\n{rows}"
