"""Gallery: pages with pictures, written from the code: the types of orchestration and the examples."""

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

The flows of [`examples/`](../examples/README.md), as they are drawn by `agenticrag flow draw`. A server has
them from its first start. They name no model, so that the server's default answers, and run offline with
the built-in demo.

"""
ORCHESTRATION_HEAD = """# Agents that work together

<!-- Written by `make docs` from server/reference/example_pages.py and graphs/orchestration/. Do not edit. -->

An agentflow without a `graph_definition` runs the agents that are attached to it, as its
`orchestration_type` says. The type makes a graph of them, which is checked, drawn and run as any other:

- `POST /agentflows` with `name`, `orchestration_type` and perhaps `supervisor_config`; it may bring its
  `agents` along.
- `POST /agentflows/{id}/agents` attaches an agent, `PUT` and `DELETE` on `/agentflows/{id}/agents/{agent}`
  change it and take it away. Each change is a new version; a run keeps the version that it began with.
- `GET /agentflows/{id}/validate` tells what is wrong, `GET /agentflows/{id}/execution-plan` who works when,
  in how many turns, with how many answers of models at most, and has the graph: store it as the
  `graph_definition` to go on by hand.

An agent is a model with a name, a role and a description, or a stored agent by `agent_id`, which brings its
own model, prompt, tools and output schema. An agent that names no model has that of the supervisor, with its
`credential`, else the server's default.

**Order.** A higher `priority` goes first; agents of the same priority go in the order in which they were
attached. `dependencies` come before an agent, and it reads their answers. `conditional_logic` is an
expression: an agent for which it does not hold is passed by. `max_retries` and `timeout_seconds` are the
policies of its node.

**What an agent reads** is the request, `input.message` or else the whole input as JSON, and what its type
adds. `input_mapping` puts something else in the request's place: by name an expression
(`upper(input.topic)`) or a template (`About {{ input.topic }}`). **What becomes of its answer**: others
read it as `nodes.<node>`, where `node` is in what the API says of the agent, and `output_mapping` sets
variables: by name an expression in which `arrived` is the answer.

**Decisions of a model** are read strictly. One that cannot be read is given back to the model once, with
what is wrong with it. Then the rule decides: `fallback_agent_id`, else the highest priority that has not
worked yet, else the end; an event `custom` with code `decision_unreadable` says so. With a
`decision_strategy` other than `llm_based` no model is asked who is next: `priority` takes each agent once,
`round_robin` all in turn, `capability` those whose `capabilities` the request mentions. Every loop ends
after `max_iterations`, and a run after its limits of steps, calls, tokens and time.

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
    return ORCHESTRATION_HEAD + "\n".join(_kind(name) for name in kinds()) + "\n" + tables


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
        f"With two agents, Ada and Bob, and the settings left as they are:\n\n{steps}\n"
        f"{_picture(definition_of(document))}\n"
        f"Of no matter here: {unused}.\n"
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
