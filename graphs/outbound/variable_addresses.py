"""Addresses and headers of stored services that look up workspace variables, filled in at their use."""

from collections.abc import Mapping

from msgspec import Struct

from graphs.expressions import ExpressionError
from graphs.expressions.json_templates import render_url
from graphs.expressions.templates import parse
from graphs.outbound.http_messages import EgressError
from graphs.outbound.variable_headers import env_headers, filled, is_own_host, misplaced
from graphs.parsing.web_address import WebAddressError, read_address
from graphs.values.environment import Revealed, named_in

__all__ = ["FilledService", "address_problem", "filled_service", "looks_up"]


class FilledService(Struct, frozen=True):
    """Where a service is, and the headers that it gets."""

    url: str
    headers: dict[str, str]

    def __repr__(self) -> str:
        """Leave both out: they may have secrets."""
        return "FilledService()"


def looks_up(url: str, headers: Mapping[str, str]) -> list[str]:
    """Return the names of the workspace variables that an address and headers look up."""
    return sorted({*named_in([url, *env_headers(headers).values()])})


def address_problem(url: str) -> str:
    """Return what is wrong with an address that may look up workspace variables; empty for nothing."""
    if "{{" not in url:
        return _unreadable(url)
    try:
        paths = parse(url, names=("env",)).paths
    except ExpressionError as error:
        return f"The URL may look up workspace variables ('env') alone. {error}"
    if any(len(path) < 2 for path in paths):
        return "The URL must name the workspace variable: {{ env.base }}."
    names = {path[1] for path in paths}
    stand_in = "https://a.example" if url.startswith("{{") else "a"
    try:
        return _unreadable(render_url(url, {"env": dict.fromkeys(names, stand_in)}))
    except ExpressionError as error:
        return str(error)


def filled_service(url: str, headers: Mapping[str, str], env: Revealed, label: str = "") -> FilledService:
    """Return where a service is and what it gets, with what is looked up.

    A secret goes into a header or into the query of the address, and to a host that the settings name.

    Raises:
        EgressError: a variable is not there, or a secret would go elsewhere.
    """
    missing = [name for name in looks_up(url, headers) if name not in {**env.values, **env.secrets}]
    if missing:
        under = f" has no value for the label '{label}' and no default" if label else " is not there"
        raise EgressError(f"The workspace variable '{missing[0]}'{under}. Store it.", code="unknown_env")
    misplaced(env_headers(headers), env.secrets, url)
    place = url.partition("?")[0]
    closed = place if is_own_host(url) else url
    if wrong := next((name for name in named_in(closed) if name in env.secrets), ""):
        raise EgressError(
            f"The secret variable '{wrong}' may stand in a header, or in the query of a URL whose host is "
            "written out or that begins with {{ env.… }}.",
            code="secret_misplaced",
        )
    scope = {"env": env.all()}
    try:
        return FilledService(
            render_url(url, scope) if "{{" in url else url,
            {**headers, **filled(env_headers(headers), scope)},
        )
    except ExpressionError as error:
        raise EgressError(f"A workspace variable cannot be filled in: {error}", code="unknown_env") from None


def _unreadable(url: str) -> str:
    try:
        read_address(url)
    except WebAddressError as error:
        return f"The URL cannot be asked. {error}"
    return ""
