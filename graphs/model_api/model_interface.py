"""Models: from a provider's name and a request to an answer, with one retry loop around every provider."""

from typing import TYPE_CHECKING, Protocol

from graphs.conversation.messages import Attempt, ErrorClass, ModelAnswer, ModelRequest
from graphs.outbound.credentials import Credential

if TYPE_CHECKING:
    from graphs.model_api.error_body import ErrorBody

__all__ = ["Listener", "ModelError", "Models"]


class Listener(Protocol):
    """Hears an answer while it comes."""

    def text(self, chunk: str) -> None:
        """A piece of the answer's text, never empty."""
        ...

    def reasoning(self, chunk: str) -> None:
        """A piece of the model's reasoning, never empty."""
        ...

    def reset(self) -> None:
        """Forget what was heard: the call is repeated."""
        ...

    async def asked(self, request: ModelRequest) -> tuple[ModelRequest, str]:
        """Return what may be sent of a request that is about to be, and what `Attempt.held` is to say.

        Raises:
            ModelError: a budget does not allow it (class ``budget``).
        """
        ...

    def attempt(self, attempt: Attempt) -> None:
        """One request to a provider ended, well or badly, or was cancelled."""
        ...

    async def ready(self) -> None:
        """Return when more may be said (back-pressure)."""
        ...


class ModelError(Exception):
    """No provider gave an answer."""

    def __init__(
        self,
        message: str,
        *,
        error_class: ErrorClass,
        retry_after: float | None = None,
        code: str = "",
        final: bool = False,
    ) -> None:
        super().__init__(message)
        self.error_class: ErrorClass = error_class
        self.code = code or error_class
        """The error's code, where a word says more than its class does."""
        self.retry_after = retry_after
        """Seconds that the provider asked to wait; None where it said nothing."""
        self.refused: ErrorBody | None = None
        """What a server said that refused the request, where it may be for a parameter."""
        self.final = final
        """Whether the same request must not be sent to this model again, also where its class allows it."""

    def tried(self, times: int) -> "ModelError":
        """Return the same error with how often the request was sent."""
        return self.saying(f"{self} It was tried {'once' if times == 1 else f'{times} times'}.")

    def saying(self, message: str) -> "ModelError":
        """Return the same error in other words."""
        return self._like(message, self.error_class)

    def as_class(self, error_class: ErrorClass) -> "ModelError":
        """Return the same error as one of another class."""
        return self._like(str(self), error_class)

    def _like(self, message: str, error_class: ErrorClass) -> "ModelError":
        return ModelError(
            message,
            error_class=error_class,
            retry_after=self.retry_after,
            code=self.code if error_class == self.error_class else "",
            final=self.final,
        )


class Models(Protocol):
    """Answers requests."""

    async def answer(
        self,
        request: ModelRequest,
        listener: Listener,
        *,
        idempotency_key: str = "",
        api_key: str = "",
        credential: Credential | None = None,
        deadline: float | None = None,
        workspace: str = "",
    ) -> ModelAnswer:
        """Return the whole answer; `listener` has heard it by then.

        Cancelling closes the connection to the provider at once and reports the attempt as cancelled, with
        the tokens used so far (estimated where the provider did not say).

        Args:
            request: What to ask; `request.fallbacks` are asked in turn when it is exhausted.
            listener: Hears tokens, resets and attempts.
            idempotency_key: Sent as ``Idempotency-Key``, the same for every repetition of this call.
            api_key: A key for this run alone; never stored. Empty for the operator's.
            credential: A key of the workspace's own, in place of `api_key`; it goes to its hosts alone.
            deadline: ``time.monotonic()`` value by which the answer must be there.
            workspace: Whose call it is: a provider that fails for one is still asked for the others.

        Raises:
            ModelError: every attempt failed, or the error is of a class that is not retried.
        """
        ...
