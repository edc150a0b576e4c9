"""Printing the SDKs: what is checked in, and the command in both its shapes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from sdk_templates.command import Refused, print_sdks, read_document
from sdk_templates.document import read_api
from sdk_templates.printing import LANGUAGES, print_sdk, stale, write_tree
from server.cli import main
from tests.server.conftest import Running

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_checked_in_is_what_would_be_printed(language: str, openapi: str) -> None:
    files = print_sdk(read_api(json.loads(openapi)), language)
    assert stale(files, ROOT / "sdks" / language) == [], "The SDKs are stale: make sdk"


def test_a_tree_is_stale_where_a_file_differs_is_missing_or_is_strange(tmp_path: Path) -> None:
    files = {".agenticrag-sdk": "Printed.\n", "README.md": "Read me.\n", "src/client.py": "client = 1\n"}
    write_tree(files, tmp_path)
    assert stale(files, tmp_path) == []
    (tmp_path / "README.md").write_text("Do not.\n")
    (tmp_path / "src" / "client.py").unlink()
    (tmp_path / "src" / "old.py").write_text("old = 1\n")
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules" / "built.js").write_text("")
    assert stale(files, tmp_path) == ["README.md", "src/client.py", "src/old.py"]
    write_tree(files, tmp_path)
    assert stale(files, tmp_path) == []
    assert not (tmp_path / "src" / "old.py").exists()
    assert (tmp_path / "node_modules" / "built.js").exists()


def test_a_folder_of_somebodys_own_files_is_left_alone(openapi: str, tmp_path: Path) -> None:
    (tmp_path / "python").mkdir()
    (tmp_path / "python" / "thesis.md").write_text("Years of work.")
    with pytest.raises(Refused, match="holds something else than an SDK"):
        print_sdks(openapi, ["python"], tmp_path)
    assert [path.name for path in (tmp_path / "python").iterdir()] == ["thesis.md"]


def test_the_command_prints_what_is_asked_for_and_tells_what_is_stale(
    openapi: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec, output = tmp_path / "openapi.json", tmp_path / "out"
    spec.write_text(openapi, encoding="utf-8")
    asked = ["sdk", "--python", "--spec", str(spec), "--output-dir", str(output)]
    main(asked)
    assert [path.name for path in output.iterdir()] == ["python"]
    main([*asked, "--check"])
    (output / "python" / "README.md").write_text("Edited by hand.")
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        main([*asked, "--check"])
    assert ended.value.code == 1
    assert f"{output}/python/README.md" in capsys.readouterr().err


def test_the_module_asks_a_server_and_prints_both_where_neither_is_named(
    openapi: str, server: Running, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "sdk_templates", "--url", server.url, "--output-dir", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for language in LANGUAGES:
        assert stale(print_sdk(read_api(json.loads(openapi)), language), tmp_path / language) == []


def test_what_cannot_be_read_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="not both"):
        read_document(tmp_path / "a.json", "http://127.0.0.1:9")
    with pytest.raises(Refused, match="cannot be read"):
        read_document(tmp_path / "a.json", None)
    with pytest.raises(Refused, match="does not answer"):
        read_document(None, "http://127.0.0.1:9")
    with pytest.raises(Refused, match="is no address"):
        read_document(None, "file:///etc/hosts")
    with pytest.raises(Refused, match="not JSON"):
        print_sdks("{", [], tmp_path)
    with pytest.raises(Refused, match=r"Expected an OpenAPI 3\.1 document"):
        print_sdks("{}", [], tmp_path)
