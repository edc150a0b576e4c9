"""Secrets that a node uses: stored credentials and secret variables, concealed from then on."""

from collections.abc import Awaitable
from typing import TypeVar

from graphs.outbound.credentials import Credential, CredentialError
from graphs.run_state.run_state import RunState
from graphs.values.environment import Revealed
from graphs.values.findings import shown
from graphs.values.node_error import NodeError

__all__ = ["credential_for_node", "variables_for_node"]

T = TypeVar("T")


async def credential_for_node(running: RunState, name: str) -> Credential:
    """Return a stored credential of the run's workspace; see `Context.credential`."""
    found = await _found(running, running.credentials(name))
    if found is None:
        raise NodeError(
            f"There is no credential {shown(name)} in this workspace. Store one of this name, or name "
            "another.",
            code="no_credential",
        )
    running.concealing.add(*found.secrets)
    return found


async def variables_for_node(running: RunState) -> Revealed:
    """Return the workspace variables of the run with their secrets; see `Context.env`."""
    env = running.run.env
    if not env.secrets:
        return Revealed(env.values)
    secrets = await _found(running, running.secrets())
    running.concealing.add(*secrets.values())
    return Revealed(env.values, secrets)


async def _found(running: RunState, finding: Awaitable[T]) -> T:
    """Return what a store has.

    Raises:
        NodeError: it cannot be read.
    """
    try:
        return await finding
    except CredentialError as error:
        raise NodeError(str(error), code=error.code) from None
    except Exception as error:
        running.broken = error
        raise
