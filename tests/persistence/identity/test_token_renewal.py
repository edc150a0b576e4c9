"""Token renewal: once over all processes, also where one dies, is cancelled or is refused."""

import asyncio
import time

import msgspec
import pytest

from graphs.outbound.credentials import CredentialError
from graphs.outbound.oauth_tokens import OAuthError, OAuthTokens
from persistence.identity import token_renewal
from persistence.identity.credentials import CredentialRow, Credentials
from persistence.storage.database import Database, open_database
from persistence.storage.encryption import Cipher

KEY = "k" * 32


class Authority:
    """Gives each refresh token once."""

    def __init__(self) -> None:
        self.given = 0
        self.error = ""

    async def renew(self, client: str, tokens: OAuthTokens) -> OAuthTokens:
        await asyncio.sleep(0.05)
        if self.error:
            raise OAuthError("No.", code=self.error)
        assert tokens.refresh_token == f"r{self.given}", "a refresh token was used twice"
        self.given += 1
        return OAuthTokens(
            access_token=f"access-{self.given}", refresh_token=f"r{self.given}", expires_at=time.time() + 3600
        )


async def keep(stored: Credentials, name: str, seconds: float) -> None:
    tokens = OAuthTokens(access_token="access-0", refresh_token="r0", expires_at=time.time() + seconds)
    await stored.create(
        "w",
        name=name,
        kind="oauth2",
        field="app",
        hosts=["api.example.com"],
        secret=msgspec.json.encode(tokens).decode(),
        expires_at=tokens.expires_at,
    )


async def secret(stored: Credentials, name: str = "gh") -> str:
    found = await stored.find("w", name)
    assert found is not None
    assert found.kind == "bearer"
    return found.secret


@pytest.mark.threat("O-03")
async def test_two_processes_renew_once_and_a_dead_one_holds_nobody_up(
    database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = Authority()
    async with open_database(database_url) as another:
        one = Credentials(database, Cipher(KEY), authority.renew)
        two = Credentials(another, Cipher(KEY), authority.renew)
        await keep(one, "gh", 10)
        found = await asyncio.gather(*(secret(each) for each in (one, two) for _ in range(5)))
        assert set(found) == {"access-1"}
        assert authority.given == 1

        # One that is cancelled has renewed nevertheless.
        authority.given = 0
        await keep(one, "cancelled", 10)
        task = asyncio.create_task(secret(one, "cancelled"))
        await asyncio.sleep(0.02)
        task.cancel()
        assert await secret(two, "cancelled") == "access-1"

        # One that died has a claim, which ends.
        monkeypatch.setattr(token_renewal, "CLAIM_SECONDS", 0.3)
        authority.given = 0
        await keep(one, "dead", 10)
        row = next(row for row in await one.list("w") if row.name == "dead")
        assert await one._renewal._claim(row.id)  # pyright: ignore[reportPrivateUsage]
        assert await secret(two, "dead") == "access-1"


async def test_a_failed_renewal_says_what_to_do(database: Database) -> None:
    authority = Authority()
    stored = Credentials(database, Cipher(KEY), authority.renew)
    await keep(stored, "soon", 20)
    await keep(stored, "gone", -20)
    authority.error = "oauth_failed"
    assert await secret(stored, "soon") == "access-0", "it can be used still"
    with pytest.raises(CredentialError, match="could not be renewed") as failed:
        await secret(stored, "gone")
    assert failed.value.code == "credential_not_renewed"
    authority.error = "oauth_denied"
    with pytest.raises(CredentialError, match="Authorize it again") as denied:
        await secret(stored, "gone")
    assert denied.value.code == "credential_expired"
    row = next(row for row in await stored.list("w") if row.name == "gone")
    tokens = await stored.tokens(row)
    assert tokens is not None
    assert tokens.refresh_token == ""
    old = Credentials(database, Cipher("n" * 32, [KEY]), authority.renew)
    assert (await old.reseal())[0] == 2
    authority.error = ""
    assert await secret(old, "soon") == "access-1"


class Authorizes(Authority):
    """Answers when somebody has stored other tokens, or other hosts, in the time that it takes."""

    def __init__(self, error: str) -> None:
        super().__init__()
        self.stored: Credentials | None = None
        self.hosts = ["api.example.com"]
        self.secret: str | None = None
        self.error = error

    async def renew(self, client: str, tokens: OAuthTokens) -> OAuthTokens:
        assert self.stored is not None
        (row,) = await self.stored.list("w")
        assert await self.stored.replace(
            row, hosts=self.hosts, secret=self.secret, expires_at=time.time() + 3600
        )
        return await super().renew(client, tokens)


@pytest.mark.parametrize("error", ["", "oauth_denied"])
async def test_tokens_of_a_new_authorization_are_not_lost_to_a_renewal(
    database: Database, error: str
) -> None:
    authority = Authorizes(error)
    stored = authority.stored = Credentials(database, Cipher(KEY), authority.renew)
    again = OAuthTokens(access_token="again", refresh_token="again-r", expires_at=time.time() + 3600)
    authority.secret = msgspec.json.encode(again).decode()
    await keep(stored, "gh", -20)
    assert await secret(stored) == ("again" if error else "access-1")
    (row,) = await stored.list("w")
    assert await stored.tokens(row) == again
    assert await secret(stored) == "again"


async def test_renewed_tokens_and_other_hosts_are_both_kept(database: Database) -> None:
    authority = Authorizes("")
    stored = authority.stored = Credentials(database, Cipher(KEY), authority.renew)
    await keep(stored, "gh", -20)
    authority.hosts = []
    assert await secret(stored) == "access-1"
    (row,) = await stored.list("w")
    assert row.hosts == []
    tokens = await stored.tokens(row)
    assert tokens is not None
    assert tokens.refresh_token == "r1"


async def test_a_change_of_hosts_does_not_bring_back_used_tokens(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = Credentials(database, Cipher(KEY), Authority().renew)
    await keep(stored, "gh", -20)
    (row,) = await stored.list("w")
    sealed, left = Credentials._sealed, ["once"]  # pyright: ignore[reportPrivateUsage]

    async def slow(self: Credentials, row: CredentialRow) -> tuple[CredentialRow, bytes] | None:
        found = await sealed(self, row)
        while left:
            left.pop()
            assert await secret(stored) == "access-1"
        return found

    monkeypatch.setattr(Credentials, "_sealed", slow)
    assert await stored.replace(row, hosts=[]) is None
    assert not left
    tokens = await stored.tokens(row)
    assert tokens is not None
    assert tokens.refresh_token == "r1"
