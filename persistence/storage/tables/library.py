"""What users store: flows, agents, sessions, their files, embeds and feedback."""

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

from persistence.storage.tables.columns import WHERE, Id, metadata

__all__ = [
    "agents",
    "embeds",
    "feedback",
    "flow_slugs",
    "flow_drafts",
    "flow_labels",
    "flow_versions",
    "flows",
    "session_files",
    "session_words",
    "sessions",
]

flows = Table(
    "flows",
    metadata,
    Column("id", Id, primary_key=True),
    Column("workspace", Id, nullable=False),
    Column("flow_type", String(16), nullable=False),  # chatflow, agentflow
    Column("name", String(255), nullable=False),
    Column("description", Text, nullable=False),
    Column("document", Text, nullable=False),  # JSON: the whole flow as the API takes and gives it
    Column("version", Integer, nullable=False),
    Column("tags", Text, nullable=False),  # JSON list
    Column("search", Text, nullable=False),  # name, description and tags, case-folded
    Column("category", String(64), nullable=False),
    Column("is_active", Boolean, nullable=False),
    Column("is_public", Boolean, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("updated_at", Double, nullable=False),
    Column("deleted_at", Double),
    Column("slug", String(64)),  # the present one; null = deleted
    Index(None, "workspace", "flow_type", "created_at"),
)

# The present and the former slugs of flows that are not deleted.
flow_slugs = Table(
    "flow_slugs",
    metadata,
    Column("workspace", Id, primary_key=True),
    Column("slug", String(64), primary_key=True),
    Column("flow_id", Id, ForeignKey("flows.id", ondelete="CASCADE"), nullable=False, index=True),
)

flow_versions = Table(
    "flow_versions",
    metadata,
    Column("flow_id", Id, ForeignKey("flows.id", ondelete="CASCADE"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("document", Text, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("notes", Text),
)

# Names that point at a version of a flow: production, staging.
flow_labels = Table(
    "flow_labels",
    metadata,
    Column("flow_id", Id, ForeignKey("flows.id", ondelete="CASCADE"), primary_key=True),
    Column("label", String(64), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("updated_at", Double, nullable=False),
)

# What is being worked on and no version yet; it may be incomplete.
flow_drafts = Table(
    "flow_drafts",
    metadata,
    Column("flow_id", Id, ForeignKey("flows.id", ondelete="CASCADE"), primary_key=True),
    Column("document", Text, nullable=False),
    Column("based_on", Integer, nullable=False),  # the version that it was made from
    Column("revision", Integer, nullable=False),
    Column("updated_at", Double, nullable=False),
)

agents = Table(
    "agents",
    metadata,
    Column("id", Id, primary_key=True),
    Column("workspace", Id, nullable=False),
    Column("name", String(255), nullable=False),
    Column("description", Text, nullable=False),
    Column("document", Text, nullable=False),
    Column("search", Text, nullable=False),  # name and description case-folded
    Column("created_at", Double, nullable=False),
    Column("updated_at", Double, nullable=False),
    Column("deleted_at", Double),
    Index(None, "workspace", "created_at"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", Id, primary_key=True),  # LangGraph's thread id: ours, never the caller's
    Column("workspace", Id, nullable=False),
    Column("name", String(255), nullable=False),  # the caller's session_id
    Column("flow_id", Id),
    Column("title", String(255), nullable=False),
    Column("memory", Text, nullable=False),  # JSON {strategy, memory_config}; "{}" = the flow's own
    Column("status", String(16), nullable=False),  # active
    Column("message_count", Integer, nullable=False),
    Column("total_tokens", BigInteger, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("last_activity_at", Double, nullable=False),
    Column("owner", String(96)),  # a user's id, "key:" and a key's, "visitor"; null = the workspace's
    Column("labels", Text),  # JSON: what its user keeps with it by name; NULL = nothing
    Column("indexed_at", Double),  # the last activity that session_words has; below 0: when it was reset
    UniqueConstraint("workspace", "name"),
    Index(None, "workspace", "last_activity_at"),
    Index(
        "ix_sessions_not_indexed",
        "last_activity_at",
        info={WHERE: "indexed_at IS NULL OR indexed_at <> last_activity_at"},
    ),
)

# Which words a session has in its title, its name and its messages.
session_words = Table(
    "session_words",
    metadata,
    Column("session_id", Id, ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True),
    Column("messages", Integer, nullable=False),  # how many of its messages are in it
    Column("last_message", String(255), nullable=False),  # the id of the last of them
    Column("word_keys", Text, nullable=False),  # keys of words, four characters each
)

embeds = Table(
    "embeds",
    metadata,
    Column("id", Id, primary_key=True),
    Column("workspace", Id, nullable=False),
    Column("flow_id", Id, nullable=False),
    Column("token", Id, nullable=False, unique=True),  # publishable: pages show it, so it is readable
    Column("config", Text, nullable=False),  # JSON: how the chat looks and who may show it
    Column("is_active", Boolean, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("updated_at", Double, nullable=False),
    UniqueConstraint("workspace", "flow_id"),
)

feedback = Table(
    "feedback",
    metadata,
    Column("execution_id", Id, ForeignKey("executions.id", ondelete="CASCADE"), primary_key=True),
    Column("workspace", Id, nullable=False),
    Column("flow_id", Id, nullable=False),
    Column("rating", String(8), nullable=False),  # up, down
    Column("comment", Text, nullable=False),
    Column("created_at", Double, nullable=False),
    Index(None, "workspace", "flow_id", "created_at"),
)

# What users sent with their messages; the history names them by id.
session_files = Table(
    "session_files",
    metadata,
    Column("id", Id, primary_key=True),
    Column("session_id", Id, ForeignKey("sessions.id", ondelete="CASCADE"), nullable=False),
    Column("name", String(255), nullable=False),
    Column("kind", String(16), nullable=False),  # text, image, document, other
    Column("media_type", String(64), nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("parsed", Text, nullable=True),  # JSON list: text of a document, and where its pages begin
    Index(None, "session_id"),
)
