"""`python -m persistence.spending.price_list`: write the list from the package genai-prices."""

from datetime import date
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec

from persistence.spending.price_list import ListedPrice, PriceList

__all__ = ["main"]

PROVIDERS = {
    "openai": "openai",
    "anthropic": "anthropic",
    "google": "google",
    "mistral": "mistral",
    "deepseek": "deepseek",
    "groq": "groq",
    "x-ai": "x-ai",
    "cohere": "cohere",
}
"""The source's names of providers that are taken, and ours."""
HERE = ("ollama", "local", "demo")
"""Providers whose models run on the operator's machine: their tokens cost nothing."""


def main() -> None:
    """Write ``models.json``."""
    source: Any = import_module("genai_prices.data")
    prices = [ListedPrice(provider=name, model="*", input=0, output=0) for name in HERE]
    for provider in source.providers:
        if provider.id in PROVIDERS:
            for model in provider.models:
                prices += _of_model(PROVIDERS[provider.id], model)
    named = {(price.provider, price.model, price.since): price for price in reversed(prices)}
    listed = PriceList(
        source=f"genai-prices {version('genai-prices')}",
        date=date.today().isoformat(),
        licence="MIT, Copyright (c) Pydantic Services Inc. 2025 to present",
        prices=sorted(named.values(), key=lambda price: (price.provider, price.model, price.since)),
    )
    lines = ",\n".join("  " + msgspec.json.encode(price).decode() for price in listed.prices)
    head = msgspec.json.encode({"source": listed.source, "date": listed.date, "licence": listed.licence})
    text = head.decode()[:-1] + ',"prices":[\n' + lines + "\n]}\n"
    Path(__file__).with_name("models.json").write_text(text, "utf-8")


def _of_model(provider: str, model: Any) -> list[ListedPrice]:
    """Return what a model costs, under each name that it has and from each day that its price changed."""
    versions = model.prices if isinstance(model.prices, list) else [model]
    found: list[ListedPrice] = []
    for one in versions:
        constraint: Any = getattr(one, "constraint", None)
        if constraint is not None and not hasattr(constraint, "start_date"):
            continue  # a price of some hours of the day
        asked, answered = _number(one.prices.input_mtok), _number(one.prices.output_mtok)
        if asked is None or answered is None:
            continue
        since = "" if constraint is None else constraint.start_date.isoformat()
        found += [
            ListedPrice(
                provider=provider,
                model=name,
                input=asked,
                output=answered,
                cached_input=_number(one.prices.cache_read_mtok),
                cache_write=_number(one.prices.cache_write_mtok),
                since=since,
            )
            for name in dict.fromkeys([model.id, *_names(model.match)])
        ]
    return found


def _names(match: Any) -> list[str]:
    if hasattr(match, "equals"):
        return [match.equals]
    return [name for one in getattr(match, "or_", ()) for name in _names(one)]


def _number(price: Any) -> float | None:
    """Return a price; of one by the length of the prompt, that of short prompts."""
    return None if price is None else float(getattr(price, "base", price))


if __name__ == "__main__":
    main()
