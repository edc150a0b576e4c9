"""Which address a request goes to, and whether the operator's key may go with it."""

from urllib.parse import urlsplit

import msgspec

from graphs.conversation.messages import ModelRequest
from graphs.model_api.model_interface import ModelError
from graphs.model_api.provider import Address
from graphs.outbound.credentials import Credential, CredentialError
from graphs.outbound.http_messages import EgressRules
from graphs.parsing.base_urls import origin_of
from graphs.parsing.web_address import WebAddressError, read_address
from graphs.providers.settings import ANTHROPIC_URL, OPENAI_URL, ModelSettings
from graphs.providers.table import provider_entry

__all__ = ["address_of", "named_rules"]


def address_of(
    settings: ModelSettings, request: ModelRequest, api_key: str, credential: Credential | None = None
) -> Address:
    """Return where `request` goes. The operator's key goes to the operator's address only.

    Args:
        settings: The operator's.
        request: What is asked.
        api_key: The caller's key; empty for none.
        credential: The workspace's key, in place of `api_key`.

    Raises:
        ModelError: class ``bad_request`` where the request's ``base_url`` is not allowed or the credential
            may not go there, ``auth`` where OpenAI's own server is asked without a key.
    """
    if not provider_entry(request.provider).remote:
        if request.base_url:
            raise ModelError(
                f"Provider {request.provider!r} runs inside this server and takes no base_url: leave it out.",
                error_class="bad_request",
            )
        if credential is not None:
            raise ModelError(
                f"Provider {request.provider!r} runs inside this server and takes no credential: leave it "
                "out.",
                error_class="bad_request",
            )
        return Address()
    ours, key = _of_operator(settings, request.provider)
    if credential is not None:
        api_key = credential.secret
    asked = request.base_url.rstrip("/")
    headers = tuple(request.headers.items())
    if not asked or asked == ours.rstrip("/"):
        address = Address(ours.rstrip("/"), api_key or key, profile=request.profile, headers=headers)
    elif request.connection:
        # A workspace's own address: the rules of the egress hold for it, not the operator's list.
        address = Address(_readable(asked), api_key, named=True, profile=request.profile, headers=headers)
    else:
        address = Address(_allowed(settings, asked), api_key, named=True)
    if not address.api_key and request.provider == "openai" and address.base_url == OPENAI_URL:
        raise ModelError(
            "OpenAI needs an API key and none is set. Set OPENAI_API_KEY, or OPENAI_BASE_URL for another "
            "server.",
            error_class="auth",
        )
    if not address.api_key and request.provider == "anthropic" and address.base_url == ANTHROPIC_URL:
        raise ModelError(
            "Anthropic needs an API key and none is set. Set ANTHROPIC_API_KEY, or name a credential.",
            error_class="auth",
        )
    if credential is not None:
        _refuse_elsewhere(credential, address)
    return address


def _of_operator(settings: ModelSettings, provider: str) -> tuple[str, str]:
    """Return the operator's address of a provider, and the key for it."""
    match provider:
        case "ollama":
            return settings.ollama_base_url, ""
        case "anthropic":
            return settings.anthropic_base_url, settings.anthropic_api_key
        case _:
            return settings.openai_base_url, settings.openai_api_key


def _refuse_elsewhere(credential: Credential, address: Address) -> None:
    if credential.kind != "provider_key":
        raise ModelError(
            f"The credential '{credential.name}' is of kind '{credential.kind}'; models take a "
            "'provider_key'.",
            error_class="bad_request",
            code="bad_credential",
        )
    try:
        credential.refuse_elsewhere(read_address(address.base_url))
    except CredentialError as error:
        raise ModelError(str(error), error_class="bad_request", code=error.code) from None
    except WebAddressError as error:
        raise ModelError(f"base_url cannot be used. {error}", error_class="bad_request") from None


def named_rules(settings: ModelSettings) -> EgressRules:
    """Return the rules for addresses that flows name: what is allowed as a number is what it says.

    A name is not: where it leads is decided by whoever answers for it when it is asked.
    """
    numbers = [
        f"{f'[{address.host}]' if ':' in address.host else address.host}:{address.port}"
        for address in map(read_address, settings.allowed_base_urls)
        if address.host == "localhost" or address.host.replace(".", "").isdecimal() or ":" in address.host
    ]
    return msgspec.structs.replace(settings.egress, allow=(*settings.egress.allow, *numbers))


def _readable(url: str) -> str:
    try:
        read_address(url)
    except WebAddressError as error:
        raise ModelError(f"base_url cannot be used. {error}", error_class="bad_request") from None
    return url


def _allowed(settings: ModelSettings, url: str) -> str:
    try:
        origin = origin_of(url)
    except ValueError as error:
        raise ModelError(f"base_url cannot be used. {error}", error_class="bad_request") from None
    if origin not in {origin_of(each) for each in settings.allowed_base_urls}:
        raise ModelError(
            f"base_url {origin} is not allowed here. The operator may add it to "
            "AGENTICRAG_ALLOWED_BASE_URLS, or a connection may hold the URL: then set 'connection' in place "
            "of 'base_url'.",
            error_class="bad_request",
        )
    return origin + (urlsplit(url).path)
