"""The bill of materials has every pinned package, and no pin has a vulnerability that is known."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from packaging.version import Version

HERE = Path(__file__).parent
ROOT = HERE.parent.parent


def sbom(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, ROOT / ".ci" / "sbom", *arguments], capture_output=True, text=True, check=False
    )


def test_the_bill_of_materials_has_every_pinned_package() -> None:
    made = sbom()
    document: dict[str, Any] = json.loads(made.stdout)
    assert (document["bomFormat"], document["specVersion"]) == ("CycloneDX", "1.6")
    pins = re.findall(
        r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", (ROOT / "requirements" / "runtime.txt").read_text(), re.MULTILINE
    )
    components = document["components"]
    assert {(one["name"], one["version"]) for one in components} == {
        (re.sub(r"[-_.]+", "-", name).lower(), version) for name, version in pins
    }
    assert all(re.fullmatch(r"[0-9a-f]{64}", file["content"]) for one in components for file in one["hashes"])
    references = {one["bom-ref"] for one in components}
    assert {one["ref"] for one in document["dependencies"]} == references | {"agenticrag"}
    assert all({*one["dependsOn"]} <= references for one in document["dependencies"])
    own, *_ = document["dependencies"]
    assert any(reference.startswith("pkg:pypi/litestar@") for reference in own["dependsOn"])
    assert "://" not in made.stdout, "no address of any host"
    assert sbom().stdout == made.stdout, "made again it is the same"


def test_what_is_not_pinned_by_hash_is_refused(tmp_path: Path) -> None:
    for text in ("httpx==0.28.1\n", "httpx>=0.28\n", ""):
        loose = tmp_path / "loose.txt"
        loose.write_text(text)
        refused = sbom(str(loose))
        assert (refused.returncode, refused.stdout) == (1, ""), text
        assert "pinned" in refused.stderr


def test_an_audit_that_asks_nobody_says_so_and_fails(tmp_path: Path) -> None:
    silent = tmp_path / "pip-audit"
    silent.write_text("#!/bin/sh\necho 'no route to the service' >&2\nexit 1\n")
    silent.chmod(0o755)
    told = tmp_path / "told" / "pip-audit"
    told.parent.mkdir()
    told.write_text(
        """#!/bin/sh
echo '{"dependencies": [{"name": "old", "version": "1", "vulns": [{"id": "X-1", "fix_versions": ["2"]}]}]}'
exit 1
"""
    )
    told.chmod(0o755)
    for tool, code, word in ((silent, 2, "NOT AUDITED"), (told, 1, "old 1 X-1 fixed in 2")):
        path = f"{tool.parent}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            [ROOT / ".ci" / "audit"],
            env={**os.environ, "PATH": path},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stderr
        assert word in done.stdout + done.stderr


ADVISORIES = [
    line.split() for line in (HERE / "advisories.txt").read_text().splitlines() if not line.startswith("#")
]


def below(pins: dict[str, str]) -> list[str]:
    """Return the pins that are below a version that mends a vulnerability."""
    return [
        f"{name} {pins[name]} < {mended} ({advisory})"
        for name, mended, advisory in ADVISORIES
        if name in pins and Version(pins[name]) < Version(mended)
    ]


@pytest.mark.parametrize("file", sorted((ROOT / "requirements").glob("*.txt")), ids=lambda file: file.stem)
def test_no_pin_is_below_a_version_that_mends_a_known_vulnerability(file: Path) -> None:
    pins = dict(re.findall(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", file.read_text(), re.MULTILINE))
    assert pins, "nothing is pinned there"
    assert below({re.sub(r"[-_.]+", "-", name).lower(): version for name, version in pins.items()}) == []


def test_an_old_pin_is_noticed_and_no_advisory_is_of_a_package_that_nobody_pins() -> None:
    assert below({"h11": "0.14.0", "jinja2": "3.1.6"}) == ["h11 0.14.0 < 0.16.0 (CVE-2025-43859)"]
    pinned = " ".join(file.read_text() for file in (ROOT / "requirements").glob("*.txt"))
    assert [name for name, _, _ in ADVISORIES if f"{name}==" not in pinned] == []
    assert len(ADVISORIES) >= 20
