"""Reading OpenAPI documents: what schemas become, and what hostile documents cost."""

import json
import os
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import pytest

from graphs.openapi.answer_paths import kept_parts, outline, path_problem
from graphs.openapi.document_reader import DocumentReader
from graphs.openapi.operations import APIDocument, DocumentError, Operation, ReadingLimits
from graphs.openapi.read_document import read_document
from graphs.openapi.request_schemas import MAX_SCHEMA
from graphs.openapi.requests import CallError, call_parts
from graphs.parsing.schemas import misfit

DOCUMENTS = Path(__file__).parents[2] / "server" / "openapi" / "documents"


def written(version: str, schema: Any, components: dict[str, Any] | None = None, **more: Any) -> bytes:
    """Return a document with one operation whose body has a schema."""
    body = {"content": {"application/json": {"schema": schema}}}
    return json.dumps(
        {
            "openapi": version,
            "info": {"title": "T", "version": "1"},
            "paths": {"/a": {"post": {"operationId": "a", "requestBody": body, **more}}},
            "components": {"schemas": components or {}},
        }
    ).encode()


def body_of(content: bytes) -> tuple[dict[str, Any], Operation]:
    operation = read_document(content).operations[0]
    assert not operation.problem
    return operation.schema, operation


def test_a_version_that_yaml_takes_for_a_number_is_one() -> None:
    yaml = b"openapi: 3.0\ninfo: {title: T, version: 1}\npaths: {/a: {get: {operationId: a}}}"
    assert [operation.id for operation in read_document(yaml).operations] == ["a"]


def test_schemas_of_both_versions_become_json_schema() -> None:
    old = {
        "type": "object",
        "required": ["id", "name"],
        "properties": {
            "id": {"type": "integer", "readOnly": True},
            "name": {"type": "string", "nullable": True, "enum": ["a", "b"], "description": "A\u200b name"},
            "size": {"type": "integer", "minimum": 0, "exclusiveMinimum": True},
            "lookahead": {"type": "string", "pattern": "^(?=a)b"},
        },
    }
    schema, _ = body_of(written("3.0.3", old))
    assert schema["properties"]["body"] == {
        "type": "object",
        "required": ["name"],
        "properties": {
            "name": {"type": ["string", "null"], "enum": ["a", "b", None], "description": "A name"},
            "size": {"type": "integer", "exclusiveMinimum": 0},
            "lookahead": {"type": "string"},
        },
    }
    new = {"type": ["object", "null"], "properties": {"n": {"type": "number", "exclusiveMinimum": 0}}}
    schema, _ = body_of(written("3.1.0", new))
    assert schema["properties"]["body"] == new


def test_references_are_resolved_and_circles_survive() -> None:
    tree = {
        "type": "object",
        "properties": {"name": {"type": "string"}, "children": {"type": "array", "items": {"$ref": "#/x"}}},
    }
    content = written("3.1.0", {"$ref": "#/components/schemas/Tree"}, {"Tree": tree})
    content = content.replace(b"#/x", b"#/components/schemas/Tree")
    schema, _ = body_of(content)
    leaf = {"name": "a", "children": [{"name": "b", "children": []}]}
    assert not misfit(schema, {"body": leaf})
    assert misfit(schema, {"body": {"children": [{"children": [{"name": 1}]}]}})
    endless = {"A": {"$ref": "#/components/schemas/B"}, "B": {"$ref": "#/components/schemas/A"}}
    schema, _ = body_of(written("3.1.0", {"$ref": "#/components/schemas/A"}, endless))
    assert not misfit(schema, {"body": 1})
    for elsewhere in ("https://example.com/s.json", "file:///etc/passwd", "#/components/schemas/None"):
        schema, _ = body_of(written("3.1.0", {"type": "object", "properties": {"a": {"$ref": elsewhere}}}))
        assert schema["properties"]["body"]["properties"]["a"] == {}


@pytest.mark.threat("R-16")
async def test_hostile_documents_end_within_their_limits() -> None:
    wide = {
        f"S{n}": {
            "type": "object",
            "properties": {f"p{m}": {"$ref": f"#/components/schemas/S{(n + m) % 300}"} for m in range(100)},
        }
        for n in range(300)
    }
    nested: Any = {"type": "string"}
    for _ in range(60):
        nested = {
            "type": "object",
            "properties": {"a": nested, "b": {"type": "string", "description": "x" * 500}},
        }
    reader = DocumentReader(ReadingLimits(max_bytes=3_000_000, seconds=20, memory_bytes=600_000_000))
    for content in (written("3.1.0", {"$ref": "#/components/schemas/S0"}, wide), written("3.0.0", nested)):
        operation = (await reader.read(content)).operations[0]
        assert len(json.dumps(operation.schema)) < 2 * MAX_SCHEMA
    deep = "[" * 100_000
    bomb = "a: &a [x, x]\nb: &b [*a, *a]\nopenapi: 3.1.0\npaths: {}\n"
    for refused, code in (
        (b'{"swagger": "2.0", "paths": {"/a": {"get": {}}}}', "Convert it to OpenAPI 3"),
        (b'{"openapi": "3.1.0", "paths": {}}', "no operations"),
        (b'{"openapi": "3.1.0", "paths": ' + deep.encode(), "neither JSON nor YAML"),
        (deep.encode(), "neither JSON nor YAML"),
        (bomb.encode(), "alias"),
        (b"\xff\xfe\x00", "neither JSON nor YAML"),
        (b"x" * 3_000_001, "openapi_max_bytes"),
    ):
        with pytest.raises(DocumentError, match=code):
            await reader.read(refused)
    slow = DocumentReader(ReadingLimits(seconds=0.01))
    with pytest.raises(DocumentError, match="within"):
        await slow.read(written("3.1.0", nested))
    tight = DocumentReader(ReadingLimits(memory_bytes=60_000_000))
    with pytest.raises(DocumentError, match="memory"):
        await tight.read(b'{"openapi": "3.1.0", "x": [' + b"{}," * 900_000 + b"{}]}")


@pytest.mark.threat("T-07")
def test_calls_stay_below_the_server_and_forms_are_files() -> None:
    operation = read_document(
        written("3.1.0", {}, parameters=[{"name": "id", "in": "path", "required": True}]).replace(
            b'"/a"', b'"/a/{id}"'
        )
    ).operations[0]
    assert call_parts("https://x.test/v1", operation, {"id": "b/c?d"}).url == "https://x.test/v1/a/b%2Fc%3Fd"
    for id in (".", "..", "%2e%2e", "a/../../..", "..\\.."):
        with pytest.raises(CallError, match=r"may not"):
            call_parts("https://x.test/v1", operation, {"id": id})
    form = {"type": "object", "properties": {"file": {"type": "string", "format": "binary"}}}
    content = written("3.0.0", form).replace(b"application/json", b"multipart/form-data")
    schema, found = body_of(content)
    assert found.body_type == "multipart"
    assert schema["properties"]["body"]["properties"]["file"]["type"] == "object"


def test_parts_of_answers_are_kept_in_their_places() -> None:
    answer = {"items": [{"id": 1, "user": {"name": "a", "mail": "b"}}, {"id": 2}], "total": 2, "next": None}
    for paths, kept in (
        (["items.*.id"], {"items": [{"id": 1}, {"id": 2}]}),
        (["items[].user.name", "total"], {"items": [{"user": {"name": "a"}}, {}], "total": 2}),
        (["items.id"], {"items": [{"id": 1}, {"id": 2}]}),
        (["$.items", "items.*.id"], {"items": answer["items"]}),
        (["*"], answer),
        (["nothing"], {}),
    ):
        assert kept_parts(answer, paths) == kept
    assert kept_parts([{"a": 1, "b": 2}], ["a"]) == [{"a": 1}]
    assert outline(answer) == ["items.*.id", "items.*.user.name", "items.*.user.mail", "total", "next"]
    assert not path_problem("a.b")
    for wrong in ("", "a..b", "a." * 40 + "b", "x" * 501):
        assert path_problem(wrong)


def test_documents_of_packages_are_read_whole(tmp_path: Path) -> None:
    """With `AGENTICRAG_OPENAPI_PACKAGES=1` the packages are downloaded; else parts of them are here."""

    def usable(content: bytes) -> APIDocument:
        document = read_document(content)
        assert not [one.id for one in document.operations if one.problem]
        return document

    if not os.environ.get("AGENTICRAG_OPENAPI_PACKAGES"):
        assert len(usable((DOCUMENTS / "github.json").read_bytes()).operations) == 9
        assert len(usable((DOCUMENTS / "blockfrost.yaml").read_bytes()).operations) == 5
        return
    packages = ["@octokit/openapi@23.0.2", "@blockfrost/openapi@0.1.93", "@directus/specs@15.2.0"]
    subprocess.run(["npm", "pack", *packages], cwd=tmp_path, check=True, timeout=250)
    for name, least in (
        ("package/generated/api.github.com.json", 1_000),
        ("package/openapi.yaml", 100),
        ("package/dist/openapi.json", 100),
    ):
        for file in tmp_path.glob("*.tgz"):
            with tarfile.open(file) as archive:
                if name in archive.getnames():
                    member = archive.extractfile(name)
                    assert member is not None
                    assert len(usable(member.read()).operations) > least
                    break
        else:
            raise AssertionError(f"No package has {name}")
