"""Field problems: what is wrong with one field of a stored thing: a taken name, a URL, a name given twice."""

import re
from collections.abc import Mapping

from graphs.parsing.web_address import WebAddress, WebAddressError, read_address
from server.http.problems import Fault, Problem

__all__ = ["HEADER", "distinct", "invalid_field", "name_taken", "readable_url"]

HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
"""What the name of a header may be."""


def name_taken(what: str, name: str) -> Problem:
    """Return the answer to a name that another one has: ``what`` is ``an MCP server``."""
    detail = f"There is {what} '{name}' already. Change that one, or take another name."
    return Problem(409, "name_taken", detail, errors=[Fault(detail, pointer="/name")])


def invalid_field(place: str, detail: str) -> Problem:
    """Return the answer to a field that cannot be so; ``place`` is its JSON Pointer without the slash."""
    return Problem(422, "invalid", detail, errors=[Fault(detail, pointer=f"/{place}")])


def readable_url(place: str, url: str) -> WebAddress:
    """Return the address that a field has.

    Raises:
        Problem: 422, it is none that can be asked.
    """
    try:
        return read_address(url)
    except WebAddressError as error:
        raise invalid_field(place, f"The URL cannot be asked. {error}") from None


def distinct(renamed: Mapping[str, str], what: str) -> None:
    """Refuse names for models that two things of a kind would have.

    Raises:
        Problem: 422.
    """
    if len({*renamed.values()}) < len(renamed):
        raise invalid_field("rename", f"Two {what} would have the same name. Give each its own.")
