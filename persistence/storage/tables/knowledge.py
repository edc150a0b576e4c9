"""Knowledge: bases, their documents, passages and blocks of their index; memories of users and agents.

Passages and blocks belong to a generation: one reading of a document. A search sees the generation that the
document's row names, and no other; so one small write shows thousands of rows, or hides them.
"""

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
    text,
)

from persistence.storage.tables.columns import Id, metadata

__all__ = [
    "knowledge_bases",
    "knowledge_blocks",
    "knowledge_contents",
    "knowledge_documents",
    "knowledge_garbage",
    "knowledge_passages",
    "memories",
]

knowledge_bases = Table(
    "knowledge_bases",
    metadata,
    Column("id", Id, primary_key=True),
    Column("workspace", Id, nullable=False),
    Column("name", String(255), nullable=False),
    Column("live_name", String(255)),  # the name; null = deleted, so that another may have it
    Column("description", Text, nullable=False),
    Column("search", Text, nullable=False),  # name and description, case-folded
    Column("embedding", Text, nullable=False),  # JSON {provider, model, …}: the model of the index in use
    Column("fingerprint", Text, nullable=False),  # JSON: of the vectors of that index; "" = none yet
    Column("index_id", Id, nullable=False),  # the index in use
    Column("chunk", Text, nullable=False),  # JSON {max_characters, overlap}
    Column("metadata_schema", Text, nullable=False),  # JSON Schema of documents' metadata; "" = any
    Column("reranker", Text, nullable=False, server_default=text("''")),  # JSON; "" = the server's
    Column("version", BigInteger, nullable=False),  # one more with each change that a search sees
    Column("next_index", Text, nullable=False),  # JSON: the index that is being built; "" = none
    Column("created_at", Double, nullable=False),
    Column("updated_at", Double, nullable=False),
    Column("deleted_at", Double),
    UniqueConstraint("workspace", "live_name"),
    Index(None, "workspace", "created_at"),
)

knowledge_documents = Table(
    "knowledge_documents",
    metadata,
    Column("id", Id, primary_key=True),
    Column("workspace", Id, nullable=False),
    Column("base_id", Id, ForeignKey("knowledge_bases.id"), nullable=False),
    Column("name", String(255), nullable=False),
    Column("search", Text, nullable=False),  # name, case-folded
    Column("source", Text, nullable=False),  # JSON {kind, …}: upload, text, url, folder, session_file
    Column("content_type", String(255), nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("hash", String(64), nullable=False),  # hex SHA-256 of the content; "" = not fetched yet
    Column("live_hash", String(64)),  # the same where it is unique in the base; null = deleted or unknown
    Column("metadata", Text, nullable=False),  # JSON object
    Column("status", String(16), nullable=False),  # queued, parsing, embedding, ready, failed
    Column("error", Text, nullable=False),
    Column("error_code", String(64), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("done", Integer, nullable=False),  # passages that are embedded
    Column("total", Integer, nullable=False),  # passages; 0 = not known yet
    Column("pages", Integer, nullable=False),
    Column("generation", Id),  # the one that searches see; null = none
    Column("next_generation", Id, nullable=False),  # the one that is written
    Column("execution_id", Id, nullable=False),  # the run of its last ingestion
    Column("created_at", Double, nullable=False),
    Column("updated_at", Double, nullable=False),
    UniqueConstraint("base_id", "live_hash"),
    Index(None, "base_id", "created_at"),
    Index("ix_knowledge_documents_base_id_status", "base_id", "status"),
    Index(None, "execution_id"),
)

# The bytes of a document, in parts that one write takes each.
knowledge_contents = Table(
    "knowledge_contents",
    metadata,
    Column("document_id", Id, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("workspace", Id, nullable=False),
    Column("body", LargeBinary, nullable=False),
)

knowledge_passages = Table(
    "knowledge_passages",
    metadata,
    Column("generation", Id, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("workspace", Id, nullable=False),
    Column("base_id", Id, nullable=False),
    Column("document_id", Id, nullable=False),
    Column("text", Text, nullable=False),
    Column("context", Text, nullable=False),  # what is embedded before the text
    Column("heading", Text, nullable=False),  # JSON list
    Column("page", Integer),
    Column("start", Integer, nullable=False),
    Column("end", Integer, nullable=False),
    Column("hash", LargeBinary, nullable=False),  # of what is embedded: 16 bytes of its SHA-256
    Index(None, "base_id", "hash"),
)

# What an index keeps of many passages: `graphs.passage_search.blocks`.
knowledge_blocks = Table(
    "knowledge_blocks",
    metadata,
    Column("generation", Id, primary_key=True),
    Column("index_id", Id, primary_key=True),
    Column("draft", Boolean, primary_key=True),  # as embedded, before it is merged with others
    Column("number", Integer, primary_key=True),
    Column("workspace", Id, nullable=False),
    Column("base_id", Id, nullable=False),
    Column("passages", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index(None, "base_id", "index_id"),
)

# What is hidden and waits to be deleted in small steps.
knowledge_garbage = Table(
    "knowledge_garbage",
    metadata,
    Column("kind", String(16), primary_key=True),  # generation, content, index, base
    Column("key", Id, primary_key=True),
    Column("after", Double, nullable=False),  # not before that time
    Index(None, "after"),
)

memories = Table(
    "memories",
    metadata,
    Column("workspace", Id, primary_key=True),
    Column("namespace", String(512), primary_key=True),  # its parts, each ended by a line feed
    Column("key", String(255), primary_key=True),
    Column("owner", String(96), nullable=False),  # a user's id, "key:" and a key's, "agent:" and an agent's
    Column("value", Text, nullable=False),  # JSON object
    Column("search", Text, nullable=False),  # its texts, case-folded
    Column("created_at", Double, nullable=False),
    Column("updated_at", Double, nullable=False),
    Column("expires_at", Double),  # null = never
    Column("ttl_seconds", Double),
    Index(None, "workspace", "owner"),
    Index(None, "expires_at"),
)
