"""Proxies of the environment that cannot be used, or do not answer, are named with what to do."""

import importlib.util
from collections.abc import Callable

import pytest

from graphs.model_api.environment_proxies import proxy_of, usable_proxies
from graphs.model_api.model_interface import ModelError
from graphs.model_calls import OpenModels
from tests.graphs.providers.heard import Heard, ask
from tests.ports import lasting_port

Opener = Callable[..., OpenModels]
FAR = "http://models.example.test"
PROVIDERS = {"openai": {"openai_base_url": f"{FAR}/v1"}, "ollama": {"ollama_base_url": FAR}}
UNUSABLE = ["ftp://proxy.example.test", "http://proxy.example.test:port"]
if importlib.util.find_spec("socksio") is None:
    UNUSABLE.append("socks5://127.0.0.1:1080")


@pytest.fixture(autouse=True)
def no_other_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in ("http", "https", "all", "no"):
        monkeypatch.delenv(f"{kind}_proxy", raising=False)
        monkeypatch.delenv(f"{kind.upper()}_PROXY", raising=False)


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("proxy", UNUSABLE)
async def test_a_proxy_that_cannot_be_used_is_named_at_once(
    proxy: str, provider: str, models_with: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", proxy)
    heard = Heard()
    with pytest.raises(ModelError, match=r"ALL_PROXY\) cannot be used. .*start the server again") as failed:
        await models_with(**PROVIDERS[provider]).answer(ask(provider=provider), heard)
    assert failed.value.error_class == "bad_request"
    assert len(heard.attempts) <= 1
    assert ("socksio" in str(failed.value)) == proxy.startswith("socks")


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_a_proxy_that_does_not_answer_is_named(
    provider: str, models_with: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = lasting_port()
    monkeypatch.setenv("HTTP_PROXY", f"http://user:secret@127.0.0.1:{port}/")
    with pytest.raises(
        ModelError, match=rf"HTTP_PROXY \(127\.0\.0\.1:{port}\): does that proxy run"
    ) as failed:
        await models_with(**PROVIDERS[provider]).answer(ask(provider=provider), Heard())
    assert failed.value.error_class == "network"
    assert "secret" not in str(failed.value)


def test_hosts_of_no_proxy_and_this_machine_are_asked_directly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "http://proxy.example.test:3128")
    assert proxy_of(f"{FAR}/v1") == "ALL_PROXY (proxy.example.test:3128)"
    assert proxy_of("http://127.0.0.1:8080/v1") == proxy_of("http://localhost/v1") == ""
    monkeypatch.setenv("NO_PROXY", "example.test")
    assert proxy_of(f"{FAR}/v1") == ""


def test_what_is_not_a_proxys_fault_is_not_blamed_on_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://user:secret@proxy.example.test:3128")
    monkeypatch.setenv("FTP_PROXY", "ftp://proxy.example.test")
    with pytest.raises(ValueError, match="of an extension"), usable_proxies("acme"):
        raise ValueError("of an extension")
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example.test:port")
    with pytest.raises(ModelError, match=r"names \(HTTP_PROXY\) cannot"), usable_proxies("acme"):
        raise ValueError("of httpx")
