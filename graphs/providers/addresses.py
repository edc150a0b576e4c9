"""Which address a request goes to, and whether the operator's key may go with it."""

from urllib.parse import urlsplit

from graphs.messages import ModelRequest
from graphs.models import ModelError
from graphs.providers.origins import origin_of
from graphs.providers.provider import Address
from graphs.providers.settings import OPENAI_URL, ModelSettings
from graphs.providers.table import provider_entry

__all__ = ["address_of"]


def address_of(settings: ModelSettings, request: ModelRequest, api_key: str) -> Address:
    """Return where `request` goes. The operator's key goes to the operator's address only.

    Raises:
        ModelError: class ``bad_request`` where the request's ``base_url`` is not allowed, ``auth`` where
            OpenAI's own server is asked without a key.
    """
    if not provider_entry(request.provider).remote:
        if request.base_url:
            raise ModelError(
                f"Provider {request.provider!r} runs inside this server and takes no base_url: leave it out.",
                error_class="bad_request",
            )
        return Address()
    ours, key = (
        (settings.ollama_base_url, "")
        if request.provider == "ollama"
        else (settings.openai_base_url, settings.openai_api_key)
    )
    asked = request.base_url.rstrip("/")
    if not asked or asked == ours.rstrip("/"):
        address = Address(ours.rstrip("/"), api_key or key)
    else:
        address = Address(_allowed(settings, asked), api_key)
    if not address.api_key and request.provider == "openai" and address.base_url == OPENAI_URL:
        raise ModelError(
            "OpenAI needs an API key and none is set. Set OPENAI_API_KEY, or OPENAI_BASE_URL for another "
            "server.",
            error_class="auth",
        )
    return address


def _allowed(settings: ModelSettings, url: str) -> str:
    try:
        origin = origin_of(url)
    except ValueError as error:
        raise ModelError(f"base_url cannot be used. {error}", error_class="bad_request") from None
    if origin not in {origin_of(each) for each in settings.allowed_base_urls}:
        raise ModelError(
            f"base_url {origin} is not allowed here. The operator may add it to allowed_base_urls.",
            error_class="bad_request",
        )
    return origin + (urlsplit(url).path)
