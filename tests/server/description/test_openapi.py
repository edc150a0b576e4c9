"""The OpenAPI document and its page: whole, strict, and true."""

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from server.app import document
from tests.server.conftest import Running


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    return json.loads(document())


def operations(described: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method, each) for path, item in described["paths"].items() for method, each in item.items()
    ]


def test_every_operation_has_an_id_of_its_own_and_words(described: dict[str, Any]) -> None:
    ids = [operation["operationId"] for _, _, operation in operations(described)]
    assert len(ids) == len(set(ids)) > 40
    for path, method, operation in operations(described):
        assert operation["summary"], (method, path)
        assert operation["tags"], (method, path)


def test_every_path_parameter_is_declared(described: dict[str, Any]) -> None:
    for path, method, operation in operations(described):
        declared = {each["name"] for each in operation.get("parameters", []) if each["in"] == "path"}
        assert declared == set(re.findall(r"{(\w+)}", path)), (method, path)


def test_every_number_that_is_asked_with_has_bounds(described: dict[str, Any]) -> None:
    for path, method, operation in operations(described):
        for each in operation.get("parameters", []):
            for schema in (each["schema"], *each["schema"].get("anyOf", [])):
                if schema.get("type") in ("integer", "number"):
                    assert {"minimum", "maximum"} <= {*each["schema"], *schema}, (method, path, each["name"])


def test_every_reference_leads_somewhere_and_every_schema_is_used(described: dict[str, Any]) -> None:
    text = json.dumps(described)
    referred = set(re.findall(r'"#/components/schemas/(\w+)"', text))
    assert referred == set(described["components"]["schemas"])


def test_bodies_refuse_unknown_fields(described: dict[str, Any]) -> None:
    for path, method, operation in operations(described):
        for content in operation.get("requestBody", {}).get("content", {}).values():
            name = content["schema"].get("$ref", "").rpartition("/")[2]
            if name:
                assert described["components"]["schemas"][name]["additionalProperties"] is False, (
                    method,
                    path,
                )


def test_whatever_starts_runs_may_find_a_loop_of_them(described: dict[str, Any]) -> None:
    for path, method, operation in operations(described):
        starts = any(each["name"] == "Idempotency-Key" for each in operation.get("parameters", []))
        assert ("508" in operation["responses"]) is starts, (method, path)


def test_problems_are_declared_as_problems(described: dict[str, Any]) -> None:
    for path, method, operation in operations(described):
        for status, response in operation["responses"].items():
            assert response["description"], (method, path)
            if status >= "400":
                assert list(response["content"]) == ["application/problem+json"]
        if operation.get("security") != []:
            assert {"401", "403", "503"} <= operation["responses"].keys(), (method, path)


def test_event_streams_tell_their_events_apart(described: dict[str, Any]) -> None:
    schema = described["paths"]["/api/agent-builder/chatflow/chat/stream"]["post"]["responses"]["200"][
        "content"
    ]["text/event-stream"]["schema"]
    assert schema["discriminator"]["propertyName"] == "type"
    assert set(schema["discriminator"]["mapping"]) == {
        "start", "content", "reasoning", "reset", "node", "tool", "citation", "input", "status",
        "done", "error",
    }  # fmt: skip
    content = described["components"]["schemas"]["ChatContent"]
    assert content["description"].startswith("A piece of the answer")
    assert content["properties"]["node_id"]["description"] == "The node whose model speaks."


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_the_server_shows_the_same_document_and_a_page_without_scripts(server: Running) -> None:
    served = httpx.get(f"{server.url}/schema/openapi.json")
    assert served.json() == json.loads(document())
    page = httpx.get(f"{server.url}/schema")
    assert page.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "<script" not in page.text
    assert "http://" not in page.text
    assert "https://" not in page.text
    for _, _, operation in operations(served.json()):
        assert f'id="{operation["operationId"]}"' in page.text


def test_every_array_says_what_its_items_are(described: dict[str, Any]) -> None:
    schemas = [part for part in parts_of(described) if part.get("type") == "array"]
    assert len(schemas) > 100
    assert [schema for schema in schemas if "items" not in schema] == []


def parts_of(value: Any) -> Iterator[dict[str, Any]]:
    """Yield all objects in a document."""
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from parts_of(inner)
