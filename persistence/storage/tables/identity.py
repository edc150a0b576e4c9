"""Users, workspaces, keys, logins, credentials and the audit log."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from persistence.storage.tables.columns import Id, metadata

__all__ = [
    "api_keys",
    "audit_log",
    "connections",
    "credentials",
    "invitations",
    "logins",
    "mcp_servers",
    "members",
    "oauth_authorizations",
    "openapi_apis",
    "users",
    "workspace_variables",
    "workspaces",
]

credentials = Table(
    "credentials",
    metadata,
    Column("id", Id, primary_key=True),
    Column("workspace", Id, nullable=False),
    Column("name", String(255), nullable=False),
    Column("kind", String(16), nullable=False),  # graphs.outbound.credentials.CredentialKind
    Column("field", String(255), nullable=False),  # the header's or parameter's name, or the user
    Column("hosts", Text, nullable=False),  # JSON list
    Column(
        "ciphertext", LargeBinary, nullable=False
    ),  # persistence.storage.encryption: bound to the columns above
    Column("key_id", String(32), nullable=False),  # which key it takes to read it
    Column("created_at", Double, nullable=False),
    Column("updated_at", Double, nullable=False),
    Column("last_used_at", Double),
    Column("created_by", String(255), nullable=False),
    Column("expires_at", Double),  # of kind oauth2: when its access token expires
    Column("renewing_until", Double),  # of kind oauth2: until when one process renews its tokens
    UniqueConstraint("workspace", "name"),
)

# One way through an authorization server: it is used once, by who began it.
oauth_authorizations = Table(
    "oauth_authorizations",
    metadata,
    Column("state_hash", String(64), primary_key=True),  # hex SHA-256 of the state
    Column("workspace", Id, nullable=False),
    Column("owner", String(255), nullable=False),  # who began it
    Column("ciphertext", LargeBinary, nullable=False),  # JSON of server.oauth.authorizations.Pending
    Column("key_id", String(32), nullable=False),
    Column("expires_at", Double, nullable=False),
    Index(None, "expires_at"),
)

connections = Table(
    "connections",
    metadata,
    Column("id", Id, primary_key=True),
    Column("workspace", Id, nullable=False),
    Column("name", String(64), nullable=False),
    Column("provider", String(64), nullable=False),
    Column("base_url", String(2048), nullable=False),  # empty: the operator's
    Column("credential", String(255), nullable=False),  # a name; empty: no key of the workspace's
    Column("profile", String(64), nullable=False),  # empty: known by the address
    Column("headers", Text, nullable=False),  # JSON object
    Column("defaults", Text, nullable=False),  # JSON object
    Column("prices", Text, nullable=False, server_default="{}"),  # JSON object: by model, of amounts
    Column("created_at", Double, nullable=False),
    Column("updated_at", Double, nullable=False),
    UniqueConstraint("workspace", "name"),
)

workspace_variables = Table(
    "workspace_variables",
    metadata,
    Column("id", Id, primary_key=True),
    Column("workspace", Id, nullable=False),
    Column("name", String(64), nullable=False),
    Column("label", String(64), nullable=False),  # empty: where no other label counts
    Column("secret", Boolean, nullable=False),
    Column("value", Text),  # JSON; NULL: it is secret
    Column("ciphertext", LargeBinary),  # persistence.storage.encryption: bound to id, name and label
    Column("key_id", String(32), nullable=False),  # which key it takes to read it; empty: it is not secret
    Column("version", Integer, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("updated_at", Double, nullable=False),
    Column("created_by", String(255), nullable=False),
    UniqueConstraint("workspace", "name", "label"),
)

mcp_servers = Table(
    "mcp_servers",
    metadata,
    Column("id", Id, primary_key=True),
    Column("workspace", Id, nullable=False),
    Column("name", String(64), nullable=False),
    Column("kind", String(16), nullable=False),  # http, or stdio: a command of the operator's of this name
    Column("settings", Text, nullable=False),  # JSON: graphs.mcp.pinned_tools.MCPSettings
    Column("tools", Text, nullable=False),  # JSON list of graphs.mcp.tool_lists.ListedTool, as last listed
    Column("approved", Text, nullable=False),  # JSON object: hashes by tool
    Column("checked_at", Double),  # when the tools were listed last
    Column("created_at", Double, nullable=False),
    Column("updated_at", Double, nullable=False),
    UniqueConstraint("workspace", "name"),
)

openapi_apis = Table(
    "openapi_apis",
    metadata,
    Column("id", Id, primary_key=True),
    Column("workspace", Id, nullable=False),
    Column("name", String(64), nullable=False),
    Column("settings", Text, nullable=False),  # JSON: graphs.openapi.pinned_operations.APISettings
    Column("about", Text, nullable=False),  # JSON: persistence.identity.openapi_apis.AboutAPI
    Column("chosen", Text, nullable=False),  # JSON list of graphs.openapi.operations.Operation
    Column("document", LargeBinary, nullable=False),  # zlib of JSON: graphs.openapi.operations.APIDocument
    Column("read_at", Double, nullable=False),  # when the document was read
    Column("created_at", Double, nullable=False),
    Column("updated_at", Double, nullable=False),
    UniqueConstraint("workspace", "name"),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Id, primary_key=True),
    Column("workspace", Id, nullable=False),
    Column("name", String(255), nullable=False),
    Column("prefix", String(16), nullable=False),
    Column("key_hash", String(64), nullable=False, unique=True),  # hex SHA-256 of the key
    Column("created_at", Double, nullable=False),
    Column("last_used_at", Double),
    Column("expires_at", Double),
    Column("revoked_at", Double),
    Column("role", String(16), nullable=False),  # server.identity.permissions.Role
    Column("scopes", Text),  # JSON list of permissions, of those of the role; NULL: all of them
    Column("user_id", Id),  # whose it is: it may do no more than they; NULL: made on the server itself
    Column("flow_id", Id),  # the one flow that it may use; NULL: all of the workspace
    Column("on_disconnect", String(16)),  # continue or cancel; NULL: as each endpoint does by default
)

workspaces = Table(
    "workspaces",
    metadata,
    Column("id", Id, primary_key=True),  # what `workspace` is in every other table
    Column("slug", String(64), nullable=False, unique=True),
    Column("name", String(255), nullable=False),
    Column("created_at", Double, nullable=False),
)

users = Table(
    "users",
    metadata,
    Column("id", Id, primary_key=True),
    Column("email", String(320), unique=True),  # case-folded; NULL: known by an outside issuer alone
    Column("subject", String(1024), unique=True),  # JSON [issuer, subject] of an outside issuer
    Column("name", String(255), nullable=False),
    Column("password_hash", String(255)),  # argon2id; NULL: no login by password
    Column("created_at", Double, nullable=False),
    Column("disabled_at", Double),
)

members = Table(
    "members",
    metadata,
    Column("workspace", Id, ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True),
    Column("user_id", Id, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("role", String(16), nullable=False),  # server.identity.permissions.Role
    Column("created_at", Double, nullable=False),
    Column("disabled_at", Double),  # since when the workspace keeps them out of itself
    Index(None, "user_id"),
)

# Whoever has the address may become a member: nobody is one whom a workspace alone has named.
invitations = Table(
    "invitations",
    metadata,
    Column("id", Id, primary_key=True),
    Column("workspace", Id, ForeignKey("workspaces.id", ondelete="CASCADE"), nullable=False),
    Column("email", String(320), nullable=False),
    Column("role", String(16), nullable=False),
    Column("created_at", Double, nullable=False),
    Column("name", String(255)),  # of one who stands among the users until then; NULL: a plain invitation
    Column("disabled_at", Double),  # since when such a one is kept out: the invitation is not shown to them
    UniqueConstraint("workspace", "email"),
    Index(None, "email"),
)

# A login is one chain of refresh tokens, which are signed and not kept: the newest generation is good, once.
logins = Table(
    "logins",
    metadata,
    Column("id", Id, primary_key=True),
    Column("user_id", Id, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("generation", Integer, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("refreshed_at", Double, nullable=False),
    Column("expires_at", Double, nullable=False),
    Column("revoked_at", Double),
    Index(None, "user_id"),
    Index(None, "expires_at"),
)

audit_log = Table(
    "audit_log",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("ts", Double, nullable=False),
    Column("workspace", Id, nullable=False),  # "": of none, as a failed login is
    Column("actor_kind", String(16), nullable=False),  # key, user, visitor, operator, nobody
    Column("actor_id", Id, nullable=False),
    Column("actor_name", String(255), nullable=False),
    Column("action", String(64), nullable=False),  # an operation's id of the OpenAPI document, or a command
    Column("target_kind", String(32), nullable=False),
    Column("target_id", String(255), nullable=False),
    Column("address", String(64), nullable=False),  # where the request came from; "" for commands
    Column("details", Text, nullable=False),  # JSON object; never a secret
    Index(None, "workspace", "id"),
    Index(None, "ts"),
)
