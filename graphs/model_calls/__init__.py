"""The loop around each request to a model: retries, circuit breakers, time-outs, fallbacks."""

import asyncio
import random as _random
import time
from collections.abc import Awaitable, Callable

from graphs.model_calls.connected_models import ConnectedModels
from graphs.model_calls.model_checks import CHECKS, MOST_ANSWERS, ModelCheck, check_model
from graphs.model_calls.models_with_fallbacks import OpenModels
from graphs.outbound.egress import Resolve
from graphs.providers.local_model import LOCAL_MODEL, LOCAL_PACKAGES, local_model_available
from graphs.providers.probes import Probe, default_model, probe, probe_all
from graphs.providers.settings import ModelSettings
from graphs.providers.table import PROVIDERS, known_providers, provider_entry, unknown_provider

__all__ = [
    "CHECKS",
    "LOCAL_MODEL",
    "LOCAL_PACKAGES",
    "MOST_ANSWERS",
    "PROVIDERS",
    "ConnectedModels",
    "ModelCheck",
    "ModelSettings",
    "OpenModels",
    "Probe",
    "check_model",
    "default_model",
    "known_providers",
    "local_model_available",
    "open_models",
    "probe",
    "probe_all",
    "provider_entry",
    "unknown_provider",
]


def open_models(
    settings: ModelSettings,
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    random: Callable[[], float] = _random.random,
    resolve: Resolve | None = None,
) -> OpenModels:
    """Return the models of this server, as an async context that closes every client at its end.

    Nothing is imported or connected before the first call. `clock`, `sleep` and `random` rule the waits of
    the retry loop, its budget and its breakers, and `resolve` finds the addresses that flows name; a test or
    a simulation brings its own.
    """
    return OpenModels(settings, clock=clock, sleep=sleep, random=random, resolve=resolve)
