"""Commands that ask a running server, over its API."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from server.terminal import CommandError

if TYPE_CHECKING:
    from httpx import Client, Response

__all__ = ["Key", "Url", "api_client", "asked", "detail_of"]

API = "/api/agent-builder"
Url = Annotated[str, Parameter(env_var="AGENTICRAG_BASE_URL")]
Key = Annotated[str, Parameter(env_var="AGENTICRAG_API_KEY")]


def api_client(url: str, key: str) -> "Client":
    """Return a client of a running server: by default the one of this machine and its owner's key."""
    import httpx

    from server.first_run import OWNER_KEY
    from server.settings.sources import load_settings

    settings = load_settings()
    file = Path(settings.data_dir, OWNER_KEY)
    if not key and file.is_file():
        key = file.read_text("utf-8").strip()
    base = url or f"{settings.scheme}://127.0.0.1:{settings.port}"
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return httpx.Client(base_url=base.rstrip("/") + API, headers=headers, timeout=120)


def asked(client: "Client", method: str, path: str, **more: Any) -> Any:
    """Return the answer of the API.

    Raises:
        CommandError: the server does not answer, or refuses.
    """
    import httpx

    try:
        answer = client.request(method, path, **more)
    except httpx.TransportError as error:
        raise CommandError(
            f"{client.base_url} does not answer: {error}. Start it, or name its --url."
        ) from None
    if answer.status_code >= 400:
        raise CommandError(detail_of(answer))
    return answer.json()


def detail_of(answer: "Response") -> str:
    """Return what a refusal says."""
    try:
        return str(answer.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return f"{answer.url} answered {answer.status_code}."
