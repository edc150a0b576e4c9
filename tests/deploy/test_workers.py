"""The files that deploy servers and workers: valid by their schemas, and their commands are ours."""

import re
from pathlib import Path
from typing import Any

import yaml
from compose_spec import PyCompose  # pyright: ignore[reportMissingTypeStubs]
from kubernetes_validate import validate  # pyright: ignore[reportMissingTypeStubs]

from server.cli import app
from server.settings.sources import load_settings

DEPLOY = Path(__file__).parent.parent.parent / "deploy"
COMPOSE = DEPLOY / "compose" / "compose.yaml"
MANIFESTS = DEPLOY / "kubernetes" / "agenticrag.yaml"


def settings_of(values: dict[str, str]) -> None:
    """Load settings as a container has them, with the operator's own in place of references."""
    own = {"POSTGRES_PASSWORD": "secret", "AGENTICRAG_SECRET_KEY": "k" * 32, "OPENAI_API_KEY": ""}
    plain = {
        name: re.sub(r"\$\{(\w+)(:-)?\}", lambda found: own[found[1]], str(text))
        for name, text in values.items()
    }
    loaded = load_settings(plain, directory=Path("/nonexistent"))
    assert loaded.executor == "saq"


def test_compose_has_workers_that_start_after_the_server_and_stop_in_time() -> None:
    text = COMPOSE.read_text("utf-8")
    services = yaml.safe_load(text)["services"]
    workers = [service for name, service in services.items() if name.startswith("worker")]
    assert len(workers) == 2
    for service in (*workers, services["agenticrag"]):
        assert (service["read_only"], service["cap_drop"], service["stop_grace_period"]) == (
            True,
            ["ALL"],
            "35s",
        )
        settings_of(service["environment"])
    for worker in workers:
        assert [*worker["depends_on"]] == ["agenticrag"]
        command, *options = worker["command"]
        assert Path(command).name == "agenticrag"
        app.parse_args(options, exit_on_error=False, print_error=False)
    opened = [port for service in services.values() for port in service.get("ports", [])]
    assert all(port.startswith("127.0.0.1:") for port in opened)
    mounted = [volume.split(":")[0] for service in services.values() for volume in service.get("volumes", [])]
    assert all((COMPOSE.parent / file).is_file() for file in mounted if file.startswith("."))
    for file in ("prometheus.yml", "grafana-provisioning.yml", "grafana-dashboards.yml"):
        assert yaml.safe_load((COMPOSE.parent / file).read_text("utf-8"))
    example = dict(
        line.split("=", 1) for line in (COMPOSE.parent / "example.env").read_text().split("\n") if "=" in line
    )
    assert {*re.findall(r"\$\{(\w+)", text)} == {*example}
    plain = yaml.safe_dump(yaml.safe_load(re.sub(r"\$\{\w+(:-)?\}", "x", text)))  # its merges are resolved
    assert {*PyCompose.from_yaml(plain).service_names()} == {*services}


def test_the_manifests_are_valid_and_run_our_commands() -> None:
    found: list[dict[str, Any]] = [*yaml.safe_load_all(MANIFESTS.read_text("utf-8"))]
    for resource in found:
        validate(resource, "1.31", strict=True)
    kinds = [resource["kind"] for resource in found]
    assert {"Deployment", "HorizontalPodAutoscaler", "PodDisruptionBudget", "NetworkPolicy"} <= {*kinds}
    [config] = [resource["data"] for resource in found if resource["kind"] == "ConfigMap"]
    settings_of({**config, "AGENTICRAG_REDIS_URL": "redis://redis/0"})
    pods = [
        resource["spec"]["template"]["spec"]
        for resource in found
        if resource["kind"] in ("Deployment", "Job")
    ]
    assert len(pods) == 3
    for pod in pods:
        [container] = pod["containers"]
        command, *options = container["args"]
        assert Path(command).name == "agenticrag"
        app.parse_args(options, exit_on_error=False, print_error=False)
        assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert [pod.get("terminationGracePeriodSeconds") for pod in pods] == [None, 35, 35]
