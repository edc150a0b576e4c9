"""The built files of the console are what its sources give."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BUILT = ROOT / "server" / "pages" / "console"
pytestmark = [pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sources with their packages, in a folder of their own. Where npm cannot be asked, tests say so."""
    folder = tmp_path_factory.mktemp("console")
    ignored = shutil.ignore_patterns("node_modules", "dist")
    shutil.copytree(ROOT / "console", folder / "console", ignore=ignored)
    shutil.copytree(ROOT / "sdks" / "typescript" / "src", folder / "sdks" / "typescript" / "src")
    (folder / "server" / "pages").mkdir(parents=True)
    try:
        command = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline"]
        subprocess.run(command, cwd=folder / "console", check=True, capture_output=True, timeout=600)
    except (OSError, subprocess.SubprocessError) as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"npm cannot install what builds the console: {str(error)[:300]}")
    return folder


def npm(sources: Path, script: str) -> None:
    done = subprocess.run(
        ["npm", "run", script], cwd=sources / "console", capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stdout + done.stderr


def _names(folder: Path) -> set[Path]:
    return {file.relative_to(folder) for file in folder.rglob("*") if file.is_file()}


def test_the_built_files_are_what_the_sources_give(sources: Path) -> None:
    npm(sources, "build")
    made = sources / "server" / "pages" / "console"
    written, kept = _names(made), _names(BUILT)
    assert written == kept, "Run `npm ci && npm run build` in console/, and commit what it writes."
    for name in written:
        assert (made / name).read_bytes() == (BUILT / name).read_bytes(), name


def test_the_sources_have_no_type_errors(sources: Path) -> None:
    npm(sources, "check")


def test_the_lock_file_names_no_host() -> None:
    lock = (ROOT / "console" / "package-lock.json").read_text()
    assert '"resolved"' not in lock
    assert lock.count('"integrity"') >= 40


def test_nothing_in_the_sources_makes_markup_of_text() -> None:
    for file in (ROOT / "console" / "src").rglob("*"):
        if file.suffix in (".ts", ".svelte"):
            text = file.read_text()
            for forbidden in ("{@html", "innerHTML", "insertAdjacentHTML", "document.write", "eval("):
                assert forbidden not in text, (file.name, forbidden)
