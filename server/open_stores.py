"""Stores: what the database keeps, opened for a process."""

import asyncio

from persistence.identity.api_keys import Keys
from persistence.identity.audit import Audit
from persistence.identity.connections import Connections
from persistence.identity.credentials import Credentials
from persistence.identity.invitations import Invitations
from persistence.identity.logins import Logins
from persistence.identity.oauth_authorizations import Authorizations
from persistence.identity.users import Users
from persistence.identity.variables import Variables
from persistence.identity.workspaces import Workspaces
from persistence.journal.journal import Journal
from persistence.library.agents import Agents
from persistence.library.conversations import Conversations
from persistence.library.embeds import Embeds
from persistence.library.flow_versions import FlowVersions
from persistence.library.flows import Flows
from persistence.library.session_files import Files
from persistence.library.sessions import Sessions
from persistence.reports.execution_lists import ExecutionLists
from persistence.reports.execution_stats import ExecutionStats
from persistence.runs.executions import Executions
from persistence.runs.question_answers import Inputs
from persistence.spending.ledger import Ledger
from persistence.storage.database import Database
from persistence.storage.encryption import Cipher
from persistence.triggers.webhook_secrets import WebhookSecrets
from server.components import Stores
from server.oauth.token_grants import TokenGrants
from server.settings.data_folder import encryption_keys
from server.settings.sources import Settings

__all__ = ["open_stores"]


async def open_stores(settings: Settings, database: Database, grants: TokenGrants) -> Stores:
    """Open what the database keeps, stored secrets with the keys of the data folder."""
    ledger = Ledger(
        database,
        default_price_per_1m=settings.budget_default_price or None,
        reserved_output=settings.budget_output_tokens,
    )
    key, old = await asyncio.to_thread(encryption_keys, settings)
    sealer = Cipher(key, old)
    return Stores(
        journal=Journal(database, ledger),
        executions=Executions(
            database, max_open=settings.max_open_runs, max_open_of_flow=settings.max_open_runs_flow
        ),
        execution_lists=ExecutionLists(database),
        execution_stats=ExecutionStats(database),
        inputs=Inputs(database),
        flows=Flows(database),
        flow_versions=FlowVersions(database),
        agents=Agents(database),
        sessions=Sessions(database),
        session_files=Files(database),
        conversations=Conversations(database),
        embeds=Embeds(database),
        connections=Connections(database),
        credentials=Credentials(database, sealer, grants.renew),
        variables=Variables(database, sealer),
        webhook_secrets=WebhookSecrets(database, sealer),
        oauth_pending=Authorizations(database, sealer),
        keys=Keys(database),
        users=Users(database),
        workspaces=Workspaces(database),
        invitations=Invitations(database),
        logins=Logins(database),
        audit=Audit(database),
    )
