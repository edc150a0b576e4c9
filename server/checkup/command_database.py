"""The database as commands open it: migrated, or a sentence that says what to do."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from graphs.parsing.resolved_types import resolve_types
from persistence.identity.credentials import Credentials
from persistence.identity.oauth_authorizations import Authorizations
from persistence.identity.variables import Variables
from persistence.storage.database import Database, open_database
from persistence.storage.encryption import Cipher
from persistence.storage.errors import StorageError
from persistence.storage.migrate import head, revision
from persistence.triggers.webhook_secrets import WebhookSecrets
from server.oauth.authorizations import OAuthAuthorizations
from server.oauth.token_grants import TokenGrants
from server.settings.data_folder import encryption_keys
from server.settings.sources import Settings
from server.settings.url_passwords import shown_url
from server.terminal import CommandError

__all__ = ["credentials_of", "has_file", "oauth_of", "open_store", "variables_of", "webhook_secrets_of"]


def has_file(settings: Settings) -> bool:
    """Say whether the SQLite database of the data folder is there."""
    return Path(settings.data_dir, "agenticrag.db").is_file()


@asynccontextmanager
async def open_store(settings: Settings) -> AsyncGenerator[Database]:
    """Open the database for one command.

    Raises:
        CommandError: it does not answer, is not migrated, or fails while the command works with it.
    """
    resolve_types()
    where = shown_url(settings.database)
    if not settings.database_url and not has_file(settings):
        raise CommandError(
            f"There is no database in '{settings.data_dir}' yet: agenticrag db upgrade makes it."
        )
    try:
        async with open_database(settings.database) as database:
            found = await revision(database)
            if found != head():
                raise CommandError(
                    f"The database {where} is at {found or 'nothing yet'} and this version needs {head()}: "
                    "agenticrag db upgrade brings it there."
                )
            yield database
    except StorageError as error:
        raise CommandError(f"The database {where} cannot be used: {error}") from error


def credentials_of(database: Database, settings: Settings) -> Credentials:
    """Return the credentials of a database, with the keys that the settings name."""
    key, old = encryption_keys(settings)
    return Credentials(database, Cipher(key, old), TokenGrants(settings).renew)


def variables_of(database: Database, settings: Settings) -> Variables:
    """Return the workspace variables of a database, with the keys that the settings name."""
    return Variables(database, Cipher(*encryption_keys(settings)))


def webhook_secrets_of(database: Database, settings: Settings) -> WebhookSecrets:
    """Return the secrets of webhooks of a database, with the keys that the settings name."""
    return WebhookSecrets(database, Cipher(*encryption_keys(settings)))


def oauth_of(database: Database, settings: Settings) -> OAuthAuthorizations:
    """Return the authorizations of a database, by the operator's OAuth clients."""
    key, old = encryption_keys(settings)
    sealer, grants = Cipher(key, old), TokenGrants(settings)
    return OAuthAuthorizations(
        grants, Authorizations(database, sealer), Credentials(database, sealer, grants.renew)
    )
