"""What follows from each class of a provider's error; ``docs/model-errors.md`` is written from this table."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from msgspec import Struct

from graphs.conversation.messages import ErrorClass

__all__ = ["ERROR_CLASSES", "ErrorFacts"]


class ErrorFacts(Struct, frozen=True):
    """What a class of errors means and what is done about it."""

    meaning: str
    retried: Literal["yes", "once", "no"]
    """Whether the same model is asked again."""
    fallback: bool
    """Whether the next of the fallbacks is asked."""
    breaker: bool
    """Whether a call that ends with it counts against the model's circuit breaker."""
    remedy: str
    """What whoever gets it can do."""


ERROR_CLASSES: Mapping[ErrorClass, ErrorFacts] = MappingProxyType(
    {
        "rate_limited": ErrorFacts(
            "The provider takes fewer requests or tokens a minute.",
            "yes",
            True,
            False,
            "Wait as long as the message says, ask for fewer tokens, or raise the limit at the provider.",
        ),
        "overloaded": ErrorFacts(
            "The provider has no room for the request now, or the circuit breaker is open.",
            "yes",
            True,
            True,
            "Try again later, or add a fallback.",
        ),
        "timeout_connect": ErrorFacts(
            "No connection within `model_connect_seconds`.",
            "yes",
            True,
            True,
            "Check the base URL and the network.",
        ),
        "timeout_first_token": ErrorFacts(
            "No sign of life within `model_first_token_seconds`.",
            "yes",
            True,
            True,
            "Raise the setting that the message names, or choose a quicker model.",
        ),
        "timeout_idle": ErrorFacts(
            "Silence within the answer for `model_idle_seconds`.",
            "yes",
            True,
            True,
            "Raise the setting that the message names.",
        ),
        "network": ErrorFacts(
            "The connection failed or broke.",
            "yes",
            True,
            True,
            "Check that the server runs and can be reached.",
        ),
        "server": ErrorFacts(
            "The provider failed (5xx).", "yes", True, True, "Try again later, or add a fallback."
        ),
        "bad_response": ErrorFacts(
            "The answer cannot be read, broke off, or is not in the form that was asked for.",
            "yes",
            True,
            False,
            "Check the base URL; where a model cannot keep to a form, choose another.",
        ),
        "empty_answer": ErrorFacts(
            "The model ended without a word, or spent all its tokens on reasoning.",
            "once",
            True,
            False,
            "Raise `max_tokens` where the message names it; otherwise change the prompt or the model.",
        ),
        "content_filter": ErrorFacts(
            "The provider's moderation refused the request or withheld the answer.",
            "once",
            True,
            False,
            "Change the request, or the filter at the provider. A refused request is not sent again.",
        ),
        "auth": ErrorFacts(
            "The key is missing, wrong, or may not do this.",
            "no",
            True,
            False,
            "Check the key and its rights.",
        ),
        "quota": ErrorFacts(
            "The account at the provider has no credit left, or its quota is spent.",
            "no",
            True,
            False,
            "Top up the account, or raise its limit.",
        ),
        "budget": ErrorFacts(
            "A budget of this server does not allow the call.",
            "no",
            True,
            False,
            "Raise the budget, or wait for it.",
        ),
        "context_length": ErrorFacts(
            "The request is larger than the model can ever take.",
            "no",
            True,
            False,
            "Show the model less of the history, shorten the prompt, or choose a model with a larger window.",
        ),
        "unknown_model": ErrorFacts(
            "The provider has no such model, or not for this key.",
            "no",
            True,
            False,
            "Check the model's name.",
        ),
        "unsupported": ErrorFacts(
            "The provider refused a parameter; the request was sent again without it.",
            "no",
            False,
            False,
            "Nothing: it is an attempt of a call that went on. Set the parameter to null to save it.",
        ),
        "bad_request": ErrorFacts(
            "The provider refused the request for what it says.",
            "no",
            False,
            False,
            "Do what the message says.",
        ),
    }
)
