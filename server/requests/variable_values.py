"""Values of workspace variables: what they may be, and the refusal of others."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from graphs.outbound.credentials import unfit
from graphs.parsing.text import TextError, clean

__all__ = ["UnfitVariable", "VariableLabel", "VariableName", "fit_value"]

VariableName = Annotated[str, Meta(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$(?!\n)", min_length=1, max_length=64)]
"""Letters, digits and `_`, not beginning with a digit: what `env.<name>` can look up."""
VariableLabel = Annotated[
    str, Meta(pattern=r"^(?!draft$|current$)(?:[a-z][a-z0-9_-]*)?$(?!\n)", max_length=64)
]
"""A label of versions, or an empty text."""


class UnfitVariable(ValueError):
    """A value that a variable cannot have."""


def fit_value(value: Any, *, secret: bool, most: int) -> Any:
    """Return a value as a variable keeps it.

    Args:
        value: Plain JSON.
        secret: Whether it is a secret: then it is a text that headers can carry.
        most: Bytes of JSON that it may have.

    Raises:
        UnfitVariable: it cannot be stored.
    """
    if secret:
        if not isinstance(value, str):
            raise UnfitVariable("The value of a secret variable is a text.")
        if (wrong := unfit("bearer", "", value)) is not None:
            message = wrong[1].replace(
                "Leave 'secret' out to keep the one that is stored.", "Send the value."
            )
            raise UnfitVariable(message)
        return value
    try:
        value = clean(value)
    except TextError as error:
        raise UnfitVariable(f"The value cannot be stored: {error}.") from None
    if value is None:
        raise UnfitVariable("A variable has a value; null is none. Delete the variable instead.")
    size = len(msgspec.json.encode(value))
    if size > most:
        raise UnfitVariable(f"The value has {size:,} bytes of JSON; max_variable_bytes allows {most:,}.")
    return value
