"""Typed methods of one's own flows in TypeScript: their types, and what each method says."""

from sdk_templates.flows import FlowMethod
from sdk_templates.model import Api, Field
from sdk_templates.names import camel, pascal
from sdk_templates.schemas import Inexpressible
from sdk_templates.typescript_methods import Method, signature
from sdk_templates.typescript_spelling import about, comment, key, kind_text, literal

__all__ = ["flow_methods", "flow_types"]


def flow_types(flow: FlowMethod) -> str:
    """Return the types of a flow's input, output and questions; its names are its author's and stay."""
    name = pascal(flow.name)
    parts = [
        _interface(f"{name}Input", f"What the flow '{flow.title}' takes.", flow.input),
        f"{comment('What it gives.')}\nexport type {name}Output = {kind_text(flow.output)};",
    ]
    if flow.questions:
        lines = ["/** How each node that asks may be answered. */", f"export interface {name}Questions {{"]
        for each in flow.questions:
            actions = " | ".join(literal(action) for action in each.actions)
            lines.append(comment(each.message, 2))
            lines.append(f"  {key(each.node)}: FlowResponse<{actions}, {kind_text(each.value)}>;")
        parts.append("\n".join([*lines, "}"]))
    parts += [_interface(each.name, each.description, each.fields) for each in flow.models]
    return "\n\n".join(parts)


def flow_methods(flow: FlowMethod, api: Api) -> list[Method]:
    """Return the methods of a flow.

    Raises:
        Inexpressible: the API has no call that runs a flow.
    """
    if not {"execute", "execute_stream"} <= {
        each.method for each in api.operations if each.resource == "workflows"
    }:
        raise Inexpressible(f"flow {flow.name}: the API has no workflows.execute that would run it.")
    name, title = pascal(flow.name), f"the flow '{flow.title}'"
    taken = f"input: {name}Input{'' if any(field.required for field in flow.input) else ' = {}'}"
    workflows = "new WorkflowsResource(Resource.connectionOf(this))"
    given = f"({literal(flow.id)}, {{ ...input }}, {{}}, options)"
    found = [
        Method(
            doc=comment(f"Run {title} and return what it gives. {flow.description}".strip(), 2),
            name=camel(flow.name),
            signature=f"{taken}, options: StartOptions = {{}}",
            returns=f"APIPromise<FlowAnswer<{name}Output>>",
            body=f"      const ran = {workflows}.execute{given};\n"
            f"      return ran as APIPromise<FlowAnswer<{name}Output>>;",
        ),
        Method(
            doc=comment(f"Run {title}; its events come as they happen.", 2),
            name=camel(f"{flow.name}_stream"),
            signature=f"{taken}, options: StartStreamOptions = {{}}",
            returns="EventStream<ExecutionEvent>",
            body=f"      return {workflows}.executeStream{given};",
        ),
    ]
    if flow.questions:
        parameters = [
            "executionId: string | number",
            "node: Node",
            f"answer: {name}Questions[Node]",
            "options: RequestOptions = {}",
        ]
        found.append(
            Method(
                doc=comment(f"Answer what a node of {title} asks in a run.", 2),
                name=f"{camel(f'respond_to_{flow.name}')}<Node extends keyof {name}Questions>",
                signature=signature(parameters),
                returns="Promise<InputAnswered>",
                body="      const executions = new ExecutionsResource(Resource.connectionOf(this));\n"
                "      return respondTo(executions, executionId, node, answer, options);",
            )
        )
    return found


def _interface(name: str, words: str, fields: tuple[Field, ...]) -> str:
    lines = [comment(words)] if words else []
    lines.append(f"export interface {name} {{")
    for field in fields:
        if told := about(field):
            lines.append(comment(told, 2))
        optional, unset = ("", "") if field.required else ("?", " | undefined")
        lines.append(f"  {key(field.name)}{optional}: {kind_text(field.kind)}{unset};")
    return "\n".join([*lines, "}"])
