"""Words of TypeScript: what its templates ask of the API, and how they spell names, types and texts."""

import re
from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from sdk_templates.flows import FlowMethod
from sdk_templates.model import Api, Model, Operation, Resource
from sdk_templates.names import camel, pascal
from sdk_templates.schemas import Inexpressible
from sdk_templates.typescript_flows import flow_methods, flow_types
from sdk_templates.typescript_lines import lines_of
from sdk_templates.typescript_methods import Method, describe_method, form_name, query_name
from sdk_templates.typescript_shapes import Shapes
from sdk_templates.typescript_spelling import about, comment, key, kind_text, literal

__all__ = ["filters"]

_TAKEN = frozenset(
    {
        "APIPromise",
        "AgenticRAGClient",
        "AgenticRAGError",
        "ChatSocket",
        "ChatSocketOptions",
        "ClientOptions",
        "Connection",
        "Download",
        "EventStream",
        "FileContent",
        "FlowAnswer",
        "FlowResponse",
        "LogLevel",
        "Logger",
        "OpenStream",
        "Payload",
        "RequestOptions",
        "Resource",
        "SocketFrame",
        "StartOptions",
        "StartStreamOptions",
        "StreamOptions",
        "Upload",
        "WaitOptions",
        "WithResponse",
    }
)
"""Names that files without a template export."""
_NAME = re.compile(r"\b[A-Za-z_]\w*\b")
_TEXT = re.compile(r"'[^']*'|`[^`]*`")


def filters(api: Api) -> dict[str, Callable[..., Any]]:
    """Return the filters of the templates.

    Raises:
        Inexpressible: the API cannot be said in TypeScript.
    """
    models = _with_bodies(api)
    if taken := sorted(_TAKEN & {*(model.name for model in models), *(union.name for union in api.unions)}):
        raise Inexpressible(f"schema {taken[0]}: the TypeScript SDK has something else of that name.")
    shapes = Shapes(replace(api, models=models))
    by_name = {model.name: model for model in models}

    def all_models(_: Api) -> tuple[Model, ...]:
        return models

    def all_shapes(_: Api) -> Shapes:
        return shapes

    def methods(resource: Resource) -> list[Method]:
        found = [each for operation in resource.operations for each in describe_method(operation, by_name)]
        names = [method.name for method in found]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise Inexpressible(f"resource {resource.name}: several methods would be '{twice[0]}'.")
        return found

    def lines(resource: Resource) -> list[str]:
        return lines_of(resource.operations, shapes)

    def used_models(_: Api) -> list[str]:
        declared = {*by_name, *(union.name for union in api.unions)}
        texts = [f"{m.signature} {m.returns} {m.body}" for each in api.resources for m in methods(each)]
        texts += [kind_text(each.kind) for operation in api.operations for each in operation.query]
        code = _TEXT.sub("", " ".join(texts))
        return sorted(declared & set(_NAME.findall(code)))

    def resource_class(resource: Resource) -> str:
        return f"{pascal(resource.name)}Resource"

    def methods_of_flow(flow: FlowMethod) -> list[Method]:
        found = flow_methods(flow, api)
        taken = {method.name for each in api.resources if each.name == "flows" for method in methods(each)}
        if twice := sorted(taken & {method.name for method in found}):
            raise Inexpressible(f"flow {flow.name}: client.flows has another method '{twice[0]}'.")
        return found

    def all_methods(resource: Resource, flows: tuple[FlowMethod, ...]) -> list[Method]:
        own = [each for flow in flows if resource.name == "flows" for each in methods_of_flow(flow)]
        return [*methods(resource), *own]

    return {
        "about": about,
        "all_methods": all_methods,
        "camel": camel,
        "comment": comment,
        "flow_methods": methods_of_flow,
        "flow_types": flow_types,
        "form_name": form_name,
        "key": key,
        "kind": kind_text,
        "lines": lines,
        "literal": literal,
        "methods": methods,
        "models": all_models,
        "pascal": pascal,
        "query_name": query_name,
        "resource_class": resource_class,
        "shapes": all_shapes,
        "used_models": used_models,
    }


def _with_bodies(api: Api) -> tuple[Model, ...]:
    """Return the models with those that bodies are made of: here, a body is one argument."""
    models = {model.name: model for model in api.models}
    for operation in api.operations:
        if (name := _model_of_body(operation)) and operation.body is not None:
            known = models.get(name, Model(name, operation.body.fields))
            models[name] = replace(known, fields=max(known.fields, operation.body.fields, key=len), sent=True)
    return tuple(models[name] for name in sorted(models))


def _model_of_body(operation: Operation) -> str:
    return operation.body.model if operation.body is not None else ""
