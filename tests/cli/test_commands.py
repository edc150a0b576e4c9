"""Commands as a person and a script use them."""

import json
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.cli.conftest import ROOT, Run

COMMANDS = (
    *("serve", "models", "flow", "openapi", "keys", "credentials", "connections", "pricing", "db", "doctor"),
    "version",
)
PARTS = {
    "models": ("install", "list", "check"),
    "flow": ("check", "run", "draw", "import", "export"),
    "keys": ("create", "list", "revoke"),
    "credentials": ("create", "list", "delete", "rotate-key"),
    "connections": ("create", "list", "show", "delete", "check"),
    "pricing": ("seed", "list"),
    "db": ("upgrade", "current"),
}


def test_help_names_every_command(run: Run) -> None:
    done = run("--help")
    assert done.code == 0
    assert [name for name in COMMANDS if name not in done.out] == []


@pytest.mark.parametrize("group", PARTS)
def test_help_of_a_group_names_its_commands(run: Run, group: str) -> None:
    done = run(group, "--help")
    assert done.code == 0
    assert [name for name in PARTS[group] if name not in done.out] == []


@pytest.mark.parametrize(
    "command", [(name,) for name in COMMANDS] + [(group, part) for group in PARTS for part in PARTS[group]]
)
def test_every_command_explains_itself_without_touching_anything(
    run: Run, folder: Path, command: tuple[str, ...]
) -> None:
    done = run(*command, "--help")
    assert done.code == 0
    assert "Usage: agenticrag " + " ".join(command) in done.out
    assert list(folder.iterdir()) == []


def test_the_module_is_the_same_program(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "server", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == version("agenticrag")


def test_an_unknown_command_is_told_with_what_there_is(run: Run) -> None:
    done = run("serv")
    assert done.code == 2
    assert "serve" in done.out + done.err


def test_a_missing_argument_ends_with_2(run: Run) -> None:
    assert run("keys", "create").code == 2


def test_an_error_is_one_sentence_without_a_traceback(run: Run) -> None:
    done = run("flow", "check", "nowhere.json")
    assert done.code == 1
    assert done.err == "agenticrag: 'nowhere.json' cannot be read: No such file or directory.\n"


def test_a_wrong_setting_is_one_sentence(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGENTICRAG_PORT", "many")
    done = run("doctor")
    assert done.code == 1
    assert "AGENTICRAG_PORT" in done.err
    assert "Traceback" not in done.err
    assert done.err.count("\n") == 1


def test_version_names_the_parts(run: Run) -> None:
    done = run("version", "--json")
    versions = json.loads(done.out)
    assert versions["agenticrag"] == version("agenticrag")
    assert versions["langgraph"] == version("langgraph")
    assert set(versions) <= {line.split()[0] for line in run("version").out.splitlines()}


def test_openapi_prints_the_document_that_a_server_has(run: Run, folder: Path) -> None:
    document = json.loads(run("openapi").out)
    assert document["openapi"].startswith("3.")
    assert "/api/agent-builder/chatflow/chat" in document["paths"]
    assert run("openapi", "--output", "openapi.json").code == 0
    assert json.loads((folder / "openapi.json").read_text("utf-8")) == document


def test_a_file_that_cannot_be_written_is_told(run: Run) -> None:
    done = run("openapi", "--output", "nowhere/openapi.json")
    assert done.code == 1
    assert "'nowhere/openapi.json' cannot be written" in done.err


def test_the_database_is_made_once(run: Run, folder: Path) -> None:
    assert "nothing yet" in run("db", "current").out
    assert run("db", "upgrade").code == 0
    assert (folder / "data" / "agenticrag.db").is_file()
    assert run("db", "upgrade").code == 0
    current = json.loads(run("db", "current", "--json").out)
    assert current["current"] == current["head"]


def test_a_database_that_does_not_answer_is_told_without_its_password(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AGENTICRAG_DATABASE_URL", "postgresql+asyncpg://me:secret@127.0.0.1:9/none")
    for command in (("db", "upgrade"), ("db", "current"), ("keys", "list")):
        done = run(*command)
        assert done.code == 1
        assert "postgresql+asyncpg://me:***@127.0.0.1:9/none cannot be used" in done.err
        assert "secret" not in done.out + done.err


def test_keys_are_made_listed_and_revoked(run: Run) -> None:
    run("db", "upgrade")
    made = json.loads(run("keys", "create", "--name", "ci", "--json").out)
    assert set(made) == {"id", "name", "prefix", "key"}
    assert made["name"] == "ci"
    assert made["key"].startswith(made["prefix"])
    plain = run("keys", "create", "--name", "me", "--days", "2")
    assert plain.out.startswith("ar_")
    listed = {key["name"]: key for key in json.loads(run("keys", "list", "--json").out)["keys"]}
    assert listed["ci"]["revoked_at"] is None
    assert listed["me"]["expires_at"] > listed["me"]["created_at"]
    assert run("keys", "revoke", made["id"]).code == 0
    assert "revoked" in run("keys", "list").out
    again = run("keys", "revoke", made["id"])
    assert again.code == 1
    assert "agenticrag keys list" in again.err
    assert made["key"] not in run("keys", "list").out


def test_keys_without_a_database_say_how_to_make_one(run: Run) -> None:
    done = run("keys", "list")
    assert done.code == 1
    assert "agenticrag db upgrade" in done.err


def test_doctor_finds_nothing_missing_before_the_first_start(run: Run, folder: Path) -> None:
    done = run("doctor", "--json")
    report = json.loads(done.out)
    assert done.code == 0, done.out
    assert report["ok"] is True
    found = {check["name"]: check for check in report["checks"]}
    assert found["Database"]["state"] == "ok"
    assert found["Model: demo"]["state"] == "ok"
    assert found["Model: ollama"]["state"] == "note"
    assert list(folder.iterdir()) == []


def test_doctor_ends_with_1_where_something_needed_is_missing(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AGENTICRAG_DATABASE_URL", "postgresql+asyncpg://me:secret@127.0.0.1:9/none")
    done = run("doctor")
    assert done.code == 1
    assert "Missing: Database" in done.err
    assert "AGENTICRAG_DATABASE_URL" in done.out
    assert "secret" not in done.out + done.err


def test_doctor_sees_a_key_that_others_can_read(run: Run, folder: Path) -> None:
    run("db", "upgrade")
    key = folder / "data" / "owner-api-key"
    key.write_text("ar_x\n")
    key.chmod(0o644)
    done = run("doctor")
    assert done.code == 0
    assert "chmod 600" in done.out


def test_models_are_listed_with_what_answers(run: Run) -> None:
    listed = json.loads(run("models", "list", "--json").out)
    assert listed["default"] == {"provider": "demo", "model": "demo"}
    answers = {provider["provider"]: provider["answers"] for provider in listed["providers"]}
    assert answers["demo"] is True
    assert answers["ollama"] is False
    assert "demo/demo" in run("models", "list").out


def test_the_locked_model_packages_are_the_ones_that_the_provider_needs() -> None:
    from graphs.model_calls import LOCAL_PACKAGES
    from server.settings.shipped_files import shipped

    lock = shipped("requirements/models.txt").read_text("utf-8")
    assert [line.split("==")[0] for line in lock.splitlines() if "==" in line] == sorted(LOCAL_PACKAGES)
    assert shipped("requirements/models.txt") == ROOT / "requirements" / "models.txt"


def test_prices_are_seeded_once_and_listed(run: Run) -> None:
    assert run("db", "upgrade").code == 0
    first = json.loads(run("pricing", "seed", "--json").out)
    assert first["source"].startswith("genai-prices")
    assert len(first["added"]) > 300
    assert (first["changed"], first["kept"], first["edited"]) == ([], 0, [])
    again = run("pricing", "seed")
    assert again.code == 0
    assert f"0 models added, 0 changed from now on, {len(first['added'])} as before." in again.err
    listed = json.loads(run("pricing", "list", "--provider", "openai", "--json").out)["pricing"]
    assert {price["provider"] for price in listed} == {"openai"}
    assert "gpt-4.1-mini" in run("pricing", "list", "--provider", "openai").out


def test_a_credential_is_stored_listed_and_its_key_changed(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = folder / "secret"
    secret.write_text("tiger-lily-and-otters\n")
    assert run("db", "upgrade").code == 0
    asked = ("credentials", "create", "--name", "shop", "--kind", "header", "--secret-file", str(secret))
    assert "must name the header" in run(*asked, "--host", "a.example.com").err
    assert "Expected a host" in run(*asked, "--host", "*", "--field", "X-Key").err
    made = run(*asked, "--host", "a.example.com", "--host", "10.0.0.7:8080", "--field", "X-Key")
    assert (made.code, "for a.example.com, 10.0.0.7:8080 alone" in made.err) == (0, True)
    assert run(*asked, "--host", "a.example.com", "--field", "X-Key").code == 1
    before = json.loads(run("credentials", "list", "--json").out)["credentials"][0]
    assert (before["name"], before["hosts"]) == ("shop", ["a.example.com", "10.0.0.7:8080"])
    monkeypatch.setenv("AGENTICRAG_ENCRYPTION_KEY", "n" * 40)
    assert "1 secret encrypted anew." in run("credentials", "rotate-key").err
    after = run("credentials", "list", "--json").out
    assert json.loads(after)["credentials"][0]["key_id"] != before["key_id"]
    assert "0 secrets" in run("credentials", "rotate-key").err
    assert "tiger-lily" not in after + run("credentials", "list").out + made.out + made.err
    monkeypatch.setenv("AGENTICRAG_ENCRYPTION_KEY", "x" * 40)
    lost = run("credentials", "rotate-key")
    assert (lost.code, "cannot be read" in lost.err) == (1, True)
    assert run("credentials", "delete", "shop").code == 0
    assert run("credentials", "delete", "shop").code == 1
