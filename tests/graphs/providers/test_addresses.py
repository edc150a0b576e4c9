"""Which addresses a request may name."""

from typing import Any

import pytest

from graphs.model_api.model_interface import ModelError
from graphs.model_calls.model_addresses import address_of
from graphs.parsing.base_urls import origin_of
from graphs.providers.settings import ModelSettings
from tests.graphs.providers.heard import ask

SETTINGS = ModelSettings(
    openai_api_key="sk-operator",
    allowed_base_urls=("https://models.example.com/v1", "http://10.0.0.5:8080"),
)


@pytest.mark.parametrize(
    ("asked", "used"),
    [
        ("https://models.example.com/v1", "https://models.example.com:443/v1"),
        ("https://MODELS.example.com:443/other/", "https://models.example.com:443/other"),
        ("http://10.0.0.5:8080/v1", "http://10.0.0.5:8080/v1"),
    ],
)
def test_an_allowed_origin_may_be_asked_without_the_operators_key(asked: str, used: str) -> None:
    address = address_of(SETTINGS, ask(base_url=asked), "")
    assert (address.base_url, address.api_key) == (used, "")


@pytest.mark.parametrize(
    "asked",
    [
        "http://models.example.com/v1",
        "https://models.example.com:8443/v1",
        "https://models.example.com.evil.test/v1",
        "https://evil.test/https://models.example.com/v1",
        "https://models.example.com@evil.test/v1",
        "https://evil.test#@models.example.com/v1",
        "https://evil.test\\@models.example.com/v1",
        "https://models.example.com\t/v1",
        "https://models.example.com./v1",
        "https://api.openai.com.evil.test/v1",
        "http://127.0.0.1:11434",
        "http://[::1]:8080/v1",
        "file:///etc/passwd",
        "//models.example.com/v1",
        "https://models.example.com/v1?x=1",
        "https://ｍodels.example.com/v1",
        "https://models.example.com:99999/v1",
        "https:///v1",
    ],
)
def test_any_other_is_refused_with_a_sentence(asked: str) -> None:
    with pytest.raises(ModelError, match="base_url") as caught:
        address_of(SETTINGS, ask(base_url=asked), "")
    assert caught.value.error_class == "bad_request"


@pytest.mark.parametrize("provider", ["local", "demo"])
def test_a_provider_inside_this_server_takes_no_address(provider: str) -> None:
    with pytest.raises(ModelError, match="takes no base_url"):
        address_of(SETTINGS, ask(provider=provider, base_url="https://models.example.com/v1"), "")


def test_keys_are_not_shown() -> None:
    assert "sk-operator" not in repr(SETTINGS)
    assert "sk-operator" not in repr(address_of(SETTINGS, ask(), ""))


def test_an_origin_has_one_spelling() -> None:
    assert origin_of("https://Example.com") == origin_of("https://example.com:443/v1")
    assert origin_of("http://[::1]:80/") == "http://[::1]:80"


@pytest.mark.parametrize(
    "settings",
    [
        {"openai_base_url": "api.example.com/v1"},
        {"ollama_base_url": "127.0.0.1:11434"},
        {"allowed_base_urls": ("https://example.com", "*")},
    ],
)
def test_an_address_that_cannot_be_is_refused_with_its_settings_name(settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=rf"{next(iter(settings))}: [Ee]xpected http"):
        ModelSettings(**settings)
