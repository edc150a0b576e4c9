"""`agenticrag apis`: documents from files become APIs, and are replaced."""

import json
from pathlib import Path

from tests.cli.conftest import Run

DOCUMENTS = Path(__file__).parents[1] / "server" / "openapi" / "documents"


def test_a_file_becomes_an_api_and_another_one_replaces_it(run: Run) -> None:
    github = str(DOCUMENTS / "github.json")
    assert run("db", "upgrade").code == 0
    added = run("apis", "add", "github", github, "--operation", "issues/get", "--operation", "issues/create")
    assert added.code == 0, added.err
    assert "9 operations, 2 of them" in added.err
    assert run("apis", "add", "github", github).code == 1, "there is one"
    listed = json.loads(run("apis", "list", "--json").out)["openapi_tools"]
    assert [(one["name"], one["base_url"], one["tools"]) for one in listed] == [
        ("github", "https://api.github.com", 2)
    ]
    shown = json.loads(run("apis", "operations", "github", "--json").out)["operations"]
    assert {one["id"] for one in shown if one["chosen"]} == {"issues/get", "issues/create"}
    lacking = run("apis", "add", "github", str(DOCUMENTS / "blockfrost.yaml"), "--replace")
    assert lacking.code == 1
    assert "issues/get" in lacking.err
    replaced = run("apis", "add", "github", github, "--replace", "--operation", "*")
    assert "9 of them" in replaced.err
    assert run("apis", "operations", "nothing").code == 1
    unknown = run("credentials", "authorize", "--client", "github", "--name", "gh")
    assert unknown.code == 1
    assert "AGENTICRAG_OAUTH_CLIENTS_FILE" in unknown.err
