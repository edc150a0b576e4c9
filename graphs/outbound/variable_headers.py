"""Headers with workspace variables: where a secret one may go, filled in at the moment of a request."""

import re
from collections.abc import Collection, Mapping
from typing import Any

from graphs.expressions import ExpressionError
from graphs.expressions.json_templates import fill
from graphs.expressions.templates import parse
from graphs.outbound.credentials import LEFT_TO_OTHERS
from graphs.outbound.http_exchange import fixed_host
from graphs.outbound.http_messages import EgressError
from graphs.parsing.text import as_text
from graphs.values.environment import named_in

__all__ = ["env_headers", "filled", "is_own_host", "misplaced", "template_problem"]

_BASE = re.compile(r"\{\{\s{0,20}env\.[A-Za-z_]\w{0,63}\s{0,20}\}\}(?=/|$)", re.ASCII)


def is_own_host(url: str) -> bool:
    """Say whether a template of a URL has its host from the flow itself, or from a workspace variable."""
    return bool(fixed_host(url) or _BASE.match(url))


def env_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers of a tool that look up workspace variables; all others stay as they are."""
    return {name: value for name, value in headers.items() if "{{" in value and [*named_in(value)]}


def filled(headers: Mapping[str, str], scope: Mapping[str, Any]) -> dict[str, str]:
    """Return headers with what their templates look up.

    Raises:
        ExpressionError: something is not there.
    """
    return {name: as_text(value) for name, value in fill(dict(headers), scope).items()}


def misplaced(headers: Mapping[str, str], secrets: Collection[str], url: str) -> None:
    """Return if secret variables may be sent in the headers that look them up.

    Raises:
        EgressError: the address is chosen in the run, or the header goes along to other hosts.
    """
    for name, value in headers.items():
        used = next((each for each in named_in(value) if each in secrets), "")
        if not used:
            continue
        if name.lower() in LEFT_TO_OTHERS:
            raise EgressError(
                f"The header {name[:80]!r} cannot carry the secret variable '{used}'. Name another header.",
                code="secret_misplaced",
            )
        if not is_own_host(url):
            raise EgressError(
                f"The secret variable '{used}' may go to a host that the flow names alone, and the run "
                "chooses the one of this URL. Write the host into the URL, or begin it with {{ env.… }}.",
                code="secret_misplaced",
            )


def template_problem(headers: Mapping[str, str]) -> str:
    """Return what is wrong with the templates of a tool's headers; empty for nothing."""
    for name, value in env_headers(headers).items():
        try:
            paths = parse(value, names=("env",)).paths
        except ExpressionError as error:
            return f"The header '{name[:80]}' may look up workspace variables ('env') alone. {error}"
        if any(len(path) < 2 for path in paths):
            return f"The header '{name[:80]}' must name the workspace variable: {{{{ env.token }}}}."
    return ""
