"""Commands that ask a running server, over its API."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from server.terminal import CommandError

if TYPE_CHECKING:
    from httpx import Client, Response

__all__ = ["Key", "Url", "api_client", "asked", "detail_of", "every", "id_of"]

PAGE = 100
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
    except (httpx.UnsupportedProtocol, httpx.InvalidURL):
        given = str(client.base_url).removesuffix(f"{API}/")
        raise CommandError(
            f"--url must begin with http:// or https://; it is '{given}'.", exit_code=2
        ) from None
    except httpx.TransportError as error:
        raise CommandError(
            f"{client.base_url} does not answer: {error}. Start it, or name its --url."
        ) from None
    if answer.status_code >= 400:
        raise CommandError(detail_of(answer))
    return answer.json()


def every(client: "Client", path: str, field: str) -> list[Any]:
    """Return everything of a list of the API, page after page; `field` has the entries of a page."""
    found: list[Any] = []
    cursor: str | None = None
    while True:
        more = {} if cursor is None else {"cursor": cursor}
        page = asked(client, "GET", path, params={"limit": PAGE, **more})
        found += page[field]
        if (cursor := page["next_cursor"]) is None:
            return found


def id_of(client: "Client", path: str, field: str, named: str, *, what: str) -> str:
    """Return the id of the entry of a list that has a name or an id; `what` is what one is called.

    Raises:
        CommandError: there is none, or the name is that of several.
    """
    ids = [one["id"] for one in every(client, path, field) if named in (one["id"], one["name"])]
    if len(ids) == 1:
        return ids[0]
    wrong = f"no {what}" if not ids else f"{len(ids)} {what}s"
    command = f"agenticrag {what.replace(' ', '-')}s list"
    raise CommandError(f"There are {wrong} of the name '{named}': {command} shows the IDs.")


def detail_of(answer: "Response") -> str:
    """Return what a refusal says."""
    try:
        return str(answer.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return f"{answer.url} answered {answer.status_code}."
