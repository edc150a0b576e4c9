"""Stored credentials: encrypted, bound to their row, readable with the keys that are known."""

import pytest
from sqlalchemy import select, update

from graphs.outbound.credentials import CredentialError
from persistence.identity.credentials import Credentials, NameTaken
from persistence.storage.database import Database
from persistence.storage.encryption import Cipher, CipherError
from persistence.storage.tables.identity import credentials

SECRET = "tiger-lily-and-thirty-otters"
OLD, NEW = "o" * 40, "n" * 40


async def store(stored: Credentials, name: str = "shop", workspace: str = "w") -> str:
    row = await stored.create(
        workspace, name=name, kind="bearer", field="", hosts=["a.test", "b.test:8080"], secret=SECRET
    )
    return row.id


async def test_a_credential_is_found_by_name_in_its_workspace_alone(database: Database) -> None:
    stored = Credentials(database, Cipher(NEW))
    id = await store(stored)
    found = await stored.find("w", "shop")
    assert found is not None
    assert (found.secret, found.hosts, found.kind) == (SECRET, ("a.test", "b.test:8080"), "bearer")
    assert SECRET not in repr(found)
    assert await stored.find("other", "shop") is None
    assert await stored.get("other", id) is None
    assert not await stored.delete("other", id)
    with pytest.raises(NameTaken):
        await store(stored)
    await store(stored, workspace="other")
    assert (await stored.list("w"))[0].last_used_at is not None
    assert await stored.names("w") == {"shop"}


async def test_the_database_has_nothing_of_a_secret(database: Database) -> None:
    stored = Credentials(database, Cipher(NEW))
    await store(stored)
    rows = await database.read(lambda connection: connection.execute(select(credentials)).all())
    whole = repr([tuple(row) for row in rows]).encode() + b"".join(row.ciphertext for row in rows)
    assert SECRET.encode() not in whole
    assert NEW.encode() not in whole
    await store(stored, "twin")
    sealed = await database.read(
        lambda connection: connection.scalars(select(credentials.c.ciphertext)).all()
    )
    assert len(set(sealed)) == 2, "The same secret reads differently each time."


@pytest.mark.parametrize(
    "change",
    [{"hosts": '["evil.test"]'}, {"workspace": "thief"}, {"kind": "query"}, {"field": "X-Echo"}],
    ids=lambda change: next(iter(change)),
)
async def test_a_row_that_was_changed_beside_the_server_cannot_be_used(
    database: Database, change: dict[str, str]
) -> None:
    stored = Credentials(database, Cipher(NEW))
    await store(stored)
    await database.write(lambda connection: connection.execute(update(credentials).values(change)))
    with pytest.raises(CredentialError, match="changed it or moved it") as refused:
        await stored.find(change.get("workspace", "w"), "shop")
    assert refused.value.code == "credential_unreadable"


async def test_the_secret_of_one_row_cannot_be_put_into_another(database: Database) -> None:
    stored = Credentials(database, Cipher(NEW))
    first, second = await store(stored), await store(stored, "other")
    taken = select(credentials.c.ciphertext).where(credentials.c.id == first).scalar_subquery()
    swapped = update(credentials).where(credentials.c.id == second).values(ciphertext=taken)
    await database.write(lambda connection: connection.execute(swapped))
    with pytest.raises(CredentialError, match="changed it or moved it"):
        await stored.find("w", "other")


async def test_a_key_is_changed_while_the_old_one_still_reads(database: Database) -> None:
    await store(Credentials(database, Cipher(OLD)))
    with pytest.raises(CredentialError, match="key that this server does not have"):
        await Credentials(database, Cipher(NEW)).find("w", "shop")
    both = Credentials(database, Cipher(NEW, [OLD]))
    assert (found := await both.find("w", "shop")) is not None
    assert found.secret == SECRET
    await store(both, "newer")
    assert await both.reseal() == (1, [])
    assert await both.reseal() == (0, [])
    alone = Credentials(database, Cipher(NEW))
    assert [(await alone.find("w", name)) is not None for name in ("shop", "newer")] == [True, True]
    assert (await Credentials(database, Cipher(OLD)).reseal())[0] == 0, "What it cannot read stays as it is."
    assert await alone.find("w", "shop") is not None


async def test_hosts_change_without_the_secret_being_told(database: Database) -> None:
    stored = Credentials(database, Cipher(NEW))
    await store(stored)
    (row,) = await stored.list("w")
    changed = await stored.replace(row, hosts=["a.test"])
    assert changed is not None
    assert await stored.replace(row, hosts=["b.test"], secret="another-secret") is None, "it was changed"
    assert (found := await stored.find("w", "shop")) is not None
    assert (found.hosts, found.secret) == (("a.test",), SECRET)
    await stored.replace(changed, hosts=["c.test"], secret="another-secret")
    assert (found := await stored.find("w", "shop")) is not None
    assert (found.hosts, found.secret) == (("c.test",), "another-secret")
    await stored.delete("w", row.id)
    assert await stored.replace(row, hosts=["a.test"]) is None


def test_what_is_sealed_for_one_thing_is_not_unsealed_for_another() -> None:
    sealer = Cipher(NEW)
    sealed = sealer.seal(SECRET, ["a", "bc"])
    assert sealer.unseal(sealed, ["a", "bc"], key_id=sealer.key_id) == SECRET
    for bound in (["ab", "c"], ["a", "bc", ""], ["bc", "a"], []):
        with pytest.raises(CipherError):
            sealer.unseal(sealed, bound, key_id=sealer.key_id)
    with pytest.raises(CipherError):
        sealer.unseal(sealed[:-1] + bytes([sealed[-1] ^ 1]), ["a", "bc"], key_id=sealer.key_id)
