"""A server for many tests of who may do what, and the people on it."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import msgspec
import pytest

from persistence.identity.api_keys import Keys
from persistence.identity.users import Users
from persistence.storage.database import open_database
from server.identity.passwords import Passwords
from tests.conftest import new_database
from tests.server.conftest import API, Running, quick

PASSWORD = "correct horse battery"  # of nobody but these tests


def serve(kind: str, request: pytest.FixtureRequest, folder: Path, **settings: object) -> Iterator[Running]:
    """Run a server over a database of its own."""
    chosen = msgspec.structs.replace(quick(new_database(kind, request, folder), folder), **settings)
    server = Running(chosen).start()
    yield server
    server.stop()


async def person(server: Running, email: str, role: str, workspace: str = "default") -> str:
    """Make a user with `PASSWORD` past the API, as the command line does, and return their id."""
    async with open_database(server.settings.database) as database:
        user = await Users(database).create(
            workspace, role, email=email, name=email, password_hash=await Passwords().hash(PASSWORD)
        )
        assert user is not None
        return user.id


async def key_of(
    server: Running, user_id: str | None, role: str = "owner", workspace: str = "default"
) -> str:
    """Return an API key of a user's, or of nobody's."""
    async with open_database(server.settings.database) as database:
        return (await Keys(database).create(workspace, "test", role=role, user_id=user_id))[1]


def client(server: Running, credential: str, **headers: str) -> httpx.AsyncClient:
    """Return a client of the server's API."""
    return httpx.AsyncClient(
        base_url=server.url + API,
        headers={"Authorization": f"Bearer {credential}", **headers},
        timeout=30,
        verify=False,
    )


async def login(server: Running, email: str, password: str = PASSWORD, **more: str) -> dict[str, str]:
    """Log in and return the tokens."""
    async with httpx.AsyncClient(base_url=server.url + API, timeout=30, verify=False) as nobody:
        answer = await nobody.post("/auth/login", json={"email": email, "password": password, **more})
    assert answer.status_code == 200, answer.text
    return answer.json()
