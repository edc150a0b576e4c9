"""Templates: flows that come with the server, listed and read. An import copies one into the workspace."""

import asyncio
from typing import Any

from litestar import Controller, get
from litestar.params import FromPath
from msgspec import Struct

from graphs.document.flow import FlowType
from server.description.operations import operation
from server.flows.templates import Template, templates
from server.http.problems import not_found

__all__ = ["TemplatesController", "get_template"]


class TemplateView(Struct, frozen=True, kw_only=True):
    """A template in a list."""

    name: str
    """What its endpoints name it."""
    title: str
    description: str
    flow_type: FlowType
    group: str
    """`basics`, `workflows`, `knowledge`, `openapi`, `mcp`, or `extras` for those that need an extra."""
    tags: list[str]
    node_types: list[str]
    """The types of the nodes that it runs, each once."""


class TemplateList(Struct, frozen=True):
    """Every template, by group and name."""

    templates: list[TemplateView]
    total: int


class TemplatesController(Controller):
    """What a gallery shows."""

    path = "/templates"
    tags = ("Templates",)

    @get("/", operation_id="listTemplates", opt=operation(needs="flows:read"))
    async def list(self) -> TemplateList:
        """List the flows that come with the server."""
        found = [_view(each) for each in (await asyncio.to_thread(templates)).values()]
        return TemplateList(found, len(found))

    @get("/{name:str}", operation_id="getTemplate", opt=operation(404, needs="flows:read"))
    async def read(self, name: FromPath[str]) -> dict[str, Any]:
        """Return a template as a flow file. `POST /flows/import` takes it and stores a copy."""
        return (await get_template(name)).content


async def get_template(name: str) -> Template:
    """Return the template of a name.

    Raises:
        Problem: 404.
    """
    found = (await asyncio.to_thread(templates)).get(name)
    if found is None:
        raise not_found("template", name)
    return found


def _view(template: Template) -> TemplateView:
    content = template.content
    return TemplateView(
        name=template.name,
        title=content["name"],
        description=content.get("description", ""),
        flow_type=template.flow_type,
        group=template.group,
        tags=content.get("tags", []),
        node_types=list(dict.fromkeys(node.type for node in template.definition().nodes)),
    )
