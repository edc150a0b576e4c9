"""Models: those that the server's providers have now, what they can do and what they cost."""

import time

import msgspec
from litestar import Controller, get
from litestar.di import NamedDependency
from msgspec import Struct

from persistence.spending.prices import Prices
from server.description.operations import operation
from server.routes.cost_views import PriceView, price_view
from server.settings.known_models import KnownModels
from server.settings.sources import Settings

__all__ = ["ModelsController"]


class ModelAbilities(Struct, frozen=True, kw_only=True):
    """What a model can do, as its provider and its name tell. Null: not known."""

    tools: bool | None
    images: bool | None
    json_schema: bool | None
    """Whether its server holds an answer to a schema. Others are asked in words, and checked."""
    reasoning: bool | None


class ModelView(Struct, frozen=True, kw_only=True):
    """A model."""

    provider: str
    model: str
    abilities: ModelAbilities
    price: PriceView | None
    """What it costs now. Null: not known."""


class ModelList(Struct, frozen=True):
    """The models of the server's providers, by provider."""

    models: list[ModelView]


class ModelsController(Controller):
    """List models."""

    path = "/models"
    tags = ("Models",)

    @get("/", operation_id="listModels", opt=operation(needs="flows:read"))
    async def list(
        self,
        settings: NamedDependency[Settings],
        known_models: NamedDependency[KnownModels],
        prices: NamedDependency[Prices],
    ) -> ModelList:
        """List the models that the server's providers have. No model is asked anything.

        What a provider said counts for 30 seconds. One that does not answer in 2 seconds has none."""
        from graphs.providers.abilities import abilities_of

        models = settings.models()
        now = time.time()
        shown: list[ModelView] = []
        for provider, model in await known_models.list():
            price = prices.find(provider, model, now)
            can = abilities_of(models, provider, model)
            shown.append(
                ModelView(
                    provider=provider,
                    model=model,
                    abilities=ModelAbilities(**msgspec.structs.asdict(can)),
                    price=None if price is None else price_view(price),
                )
            )
        return ModelList(shown)
