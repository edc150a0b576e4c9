"""Settings of knowledge bases and of memory, with their defaults and documentation."""

from typing import Annotated, Literal

from msgspec import Meta

from server.settings.groups.server_values import Values

__all__ = ["KnowledgeValues"]

Count = Annotated[int, Meta(ge=1)]
Seconds = Annotated[float, Meta(gt=0)]


class KnowledgeValues(Values, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The values of all settings: those of knowledge bases beside the others."""

    embedding_provider: str = ""
    """Provider of embeddings for new knowledge bases that name none: `local`, `openai`, `ollama` or `demo`.
    Empty: `local` if the extra `knowledge` is installed, otherwise `openai` if a key is set, otherwise
    `demo`, which compares words only."""
    embedding_model: str = ""
    """Model of that provider. Empty: the provider's default."""
    rerank_api: Literal["", "cohere", "jina", "tei", "vllm"] = ""
    """Form of the requests to `rerank_base_url`, for searches with `rerank` that name no reranker. llama.cpp
    takes `jina`. Empty: there is no reranker."""
    rerank_base_url: str = ""
    """URL of a reranker, such as `https://api.cohere.com/v2`. The server adds `/rerank`."""
    rerank_api_key: str = ""
    """API key for `rerank_base_url`."""
    rerank_model: str = ""
    """Model of that server. Empty: the one that it has."""
    rerank_seconds: Seconds = 30
    """Maximum time to rerank the passages of one search, with all retries."""
    knowledge_folders: list[str] = []  # noqa: RUF012 (msgspec copies it)
    """Folders whose files can be added to knowledge bases, each as `name=/path`. Requests name them by the
    name. Empty: none."""
    max_document_bytes: Count = 50_000_000
    """Maximum size of a document of a knowledge base. Uploads are not limited by `max_body_bytes`."""
    max_folder_files: Count = 1000
    """Maximum number of files that one request adds from a folder."""
    ingestion_runs: Count = 2
    """Maximum number of documents that one process ingests at a time. More wait."""
    ingestion_seconds: Seconds = 86_400
    """Maximum time of the ingestion of one document, and of building an index again."""
    ingestion_batch: Annotated[int, Meta(ge=1, le=1024)] = 64
    """Passages that are embedded in one step. After a crash, at most one step is repeated."""
    parser_memory_bytes: Annotated[int, Meta(ge=200_000_000)] = 1_073_741_824
    """Maximum virtual memory of a parser process."""
    parser_cpu_seconds: Count = 60
    """Maximum CPU time of a parser process."""
    parser_seconds: Seconds = 180
    """Maximum time of a parser process."""
    parser_output_bytes: Count = 20_000_000
    """Maximum size of the text of a document."""
    parser_unpacked_bytes: Count = 500_000_000
    """Maximum size of a DOCX, XLSX, PPTX or EPUB file after decompression."""
    parser_processes: Count = 1
    """Maximum number of parser processes of one process of the server."""
    file_parser_seconds: Seconds = 30
    """Maximum time to extract the text of a document that comes with a chat message. The message waits."""
    file_text_bytes: Count = 1_000_000
    """Maximum size of the text of a document that comes with a chat message."""
    knowledge_cache_bytes: Annotated[int, Meta(ge=0)] = 500_000_000
    """Memory for the indexes of knowledge bases in one process. The least recently searched are dropped."""
    max_memory_entry_bytes: Annotated[int, Meta(ge=1)] = 262_144
    """Maximum size of the value of a long-term memory that a request stores, as JSON."""
    memory_ttl_days: Annotated[float, Meta(ge=0, le=36_500)] = 0
    """Days until a long-term memory expires that sets no time of its own. 0: never."""
