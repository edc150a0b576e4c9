"""Knowledge bases with their documents, passages and index, and long-term memories.

Revision ID: 0020
Revises: 0019
Create Date: 2026-12-01
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "knowledge_bases",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("workspace", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("live_name", sa.String(length=255), nullable=True),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("search", sa.Text(), nullable=False),
        sa.Column("embedding", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("index_id", sa.String(length=64), nullable=False),
        sa.Column("chunk", sa.Text(), nullable=False),
        sa.Column("metadata_schema", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("next_index", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("updated_at", sa.Double(), nullable=False),
        sa.Column("deleted_at", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_knowledge_bases")),
        sa.UniqueConstraint("workspace", "live_name", name=op.f("uq_knowledge_bases_workspace_live_name")),
    )
    op.create_index(
        op.f("ix_knowledge_bases_workspace_created_at"), "knowledge_bases", ["workspace", "created_at"]
    )
    op.create_table(
        "knowledge_documents",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("workspace", sa.String(length=64), nullable=False),
        sa.Column("base_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("search", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("content_type", sa.String(length=255), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("live_hash", sa.String(length=64), nullable=True),
        sa.Column("metadata", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("error_code", sa.String(length=64), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("generation", sa.String(length=64), nullable=True),
        sa.Column("next_generation", sa.String(length=64), nullable=False),
        sa.Column("execution_id", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("updated_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["base_id"], ["knowledge_bases.id"], name=op.f("fk_knowledge_documents_base_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_knowledge_documents")),
        sa.UniqueConstraint("base_id", "live_hash", name=op.f("uq_knowledge_documents_base_id_live_hash")),
    )
    op.create_index(
        op.f("ix_knowledge_documents_base_id_created_at"), "knowledge_documents", ["base_id", "created_at"]
    )
    op.create_index(
        op.f("ix_knowledge_documents_base_id_status"), "knowledge_documents", ["base_id", "status"]
    )
    op.create_index(op.f("ix_knowledge_documents_execution_id"), "knowledge_documents", ["execution_id"])
    op.create_table(
        "knowledge_contents",
        sa.Column("document_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("workspace", sa.String(length=64), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("document_id", "number", name=op.f("pk_knowledge_contents")),
    )
    op.create_table(
        "knowledge_passages",
        sa.Column("generation", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("workspace", sa.String(length=64), nullable=False),
        sa.Column("base_id", sa.String(length=64), nullable=False),
        sa.Column("document_id", sa.String(length=64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("context", sa.Text(), nullable=False),
        sa.Column("heading", sa.Text(), nullable=False),
        sa.Column("page", sa.Integer(), nullable=True),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("end", sa.Integer(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("generation", "number", name=op.f("pk_knowledge_passages")),
    )
    op.create_index(op.f("ix_knowledge_passages_base_id_hash"), "knowledge_passages", ["base_id", "hash"])
    op.create_table(
        "knowledge_blocks",
        sa.Column("generation", sa.String(length=64), nullable=False),
        sa.Column("index_id", sa.String(length=64), nullable=False),
        sa.Column("draft", sa.Boolean(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("workspace", sa.String(length=64), nullable=False),
        sa.Column("base_id", sa.String(length=64), nullable=False),
        sa.Column("passages", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint(
            "generation", "index_id", "draft", "number", name=op.f("pk_knowledge_blocks")
        ),
    )
    op.create_index(op.f("ix_knowledge_blocks_base_id_index_id"), "knowledge_blocks", ["base_id", "index_id"])
    op.create_table(
        "knowledge_garbage",
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("after", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "key", name=op.f("pk_knowledge_garbage")),
    )
    op.create_index(op.f("ix_knowledge_garbage_after"), "knowledge_garbage", ["after"])
    op.create_table(
        "memories",
        sa.Column("workspace", sa.String(length=64), nullable=False),
        sa.Column("namespace", sa.String(length=512), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("owner", sa.String(length=96), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("search", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("updated_at", sa.Double(), nullable=False),
        sa.Column("expires_at", sa.Double(), nullable=True),
        sa.Column("ttl_seconds", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("workspace", "namespace", "key", name=op.f("pk_memories")),
    )
    op.create_index(op.f("ix_memories_expires_at"), "memories", ["expires_at"])
    op.create_index(op.f("ix_memories_workspace_owner"), "memories", ["workspace", "owner"])


def downgrade() -> None:
    """Drop them."""
    op.drop_table("memories")
    op.drop_table("knowledge_garbage")
    op.drop_table("knowledge_blocks")
    op.drop_table("knowledge_passages")
    op.drop_table("knowledge_contents")
    op.drop_table("knowledge_documents")
    op.drop_table("knowledge_bases")
