"""Server settings: the values of all settings, and what the parts of the server are told of them."""

import ipaddress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from server.settings.groups.server_values import SECRETS
from server.settings.groups.worker_values import WorkerValues

if TYPE_CHECKING:
    from graphs.conversation.citations import CitationLimits
    from graphs.document.flow import FlowSize
    from graphs.file_parsing.parsed_document import ParsingLimits
    from graphs.openapi.operations import ReadingLimits
    from graphs.outbound.http_messages import EgressRules
    from graphs.providers.settings import ModelSettings
    from graphs.sandbox.code_sandbox import CodeLimits
    from graphs.values.run_options import Limits

__all__ = ["Settings"]


class Settings(WorkerValues, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the server runs with. The environment wins over the TOML file, the file over the defaults."""

    @property
    def database(self) -> str:
        """The SQLAlchemy URL in use: `database_url`, or the SQLite file in `data_dir`."""
        return self.database_url or f"sqlite+aiosqlite:///{Path(self.data_dir, 'agenticrag.db').absolute()}"

    def models(self) -> "ModelSettings":
        """Return what the providers of models need to know."""
        from graphs.providers.settings import ModelSettings

        known = ModelSettings()
        return ModelSettings(
            openai_api_key=self.openai_api_key,
            openai_base_url=self.openai_base_url or known.openai_base_url,
            ollama_base_url=self.ollama_base_url or known.ollama_base_url,
            anthropic_api_key=self.anthropic_api_key,
            anthropic_base_url=self.anthropic_base_url or known.anthropic_base_url,
            anthropic_max_tokens=self.anthropic_max_tokens,
            openai_profile=self.openai_profile,
            openai_transport=self.openai_transport,
            openai_organization=self.openai_organization,
            openai_headers=tuple(self.openai_headers),
            ollama_max_context=self.ollama_max_context,
            load_seconds=self.model_load_seconds,
            local_model=self.local_model,
            local_threads=self.local_threads,
            local_context=self.local_context,
            allowed_base_urls=tuple(self.allowed_base_urls),
            egress=self.egress(),
            rerank_api=self.rerank_api,
            rerank_base_url=self.rerank_base_url,
            rerank_api_key=self.rerank_api_key,
            rerank_model=self.rerank_model,
            rerank_seconds=self.rerank_seconds,
            connect_seconds=self.model_connect_seconds,
            first_token_seconds=self.model_first_token_seconds,
            idle_seconds=self.model_idle_seconds,
            total_seconds=self.model_total_seconds,
            max_attempts=self.model_attempts,
            concurrency=self.model_concurrency,
        )

    def run_limits(self) -> "Limits":
        """Return the limits of a run that sets none, which are the most that one may set."""
        from graphs.values.run_options import Limits

        return Limits(
            max_steps=self.max_steps,
            max_model_calls=self.max_model_calls,
            max_tool_calls=self.max_tool_calls,
            max_depth=self.max_depth,
            max_tokens=self.max_run_tokens,
            max_node_runs=self.max_node_runs,
            max_parallel_passes=self.max_parallel_passes,
            max_run_bytes=self.max_run_bytes,
            max_memory_bytes=self.max_memory_bytes,
            max_seconds=self.max_run_seconds,
        )

    def flow_size(self) -> "FlowSize":
        """Return how large a flow may be that is taken in."""
        from graphs.document.flow import FlowSize

        return FlowSize(nodes=self.max_flow_nodes, edges=self.max_flow_edges, depth=self.max_flow_depth)

    def parsing(self) -> "ParsingLimits":
        """Return what a parser process may use."""
        from graphs.file_parsing.parsed_document import ParsingLimits

        return ParsingLimits(
            memory_bytes=self.parser_memory_bytes,
            cpu_seconds=self.parser_cpu_seconds,
            wall_seconds=self.parser_seconds,
            output_bytes=self.parser_output_bytes,
            unpacked_bytes=self.parser_unpacked_bytes,
            processes=self.parser_processes,
        )

    def openapi_reading(self) -> "ReadingLimits":
        """Return what reading an OpenAPI document may take."""
        from graphs.openapi.operations import ReadingLimits

        return ReadingLimits(
            max_bytes=self.openapi_max_bytes,
            seconds=self.openapi_read_seconds,
            memory_bytes=self.openapi_memory_bytes,
        )

    def parsing_of_files(self) -> "ParsingLimits":
        """Return what a parser process may use for a document that comes with a message."""
        from msgspec.structs import replace

        return replace(
            self.parsing(),
            wall_seconds=self.file_parser_seconds,
            cpu_seconds=min(self.parser_cpu_seconds, max(1, int(self.file_parser_seconds))),
            output_bytes=min(self.file_text_bytes, self.parser_output_bytes),
        )

    def folders(self) -> dict[str, Path]:
        """Return the folders of the operator whose files knowledge bases may take, by name."""
        named = (entry.partition("=") for entry in self.knowledge_folders)
        return {name.strip(): Path(path.strip()) for name, _, path in named}

    def citations(self) -> "CitationLimits":
        """Return how much runs may cite."""
        from graphs.conversation.citations import CitationLimits

        return CitationLimits(
            at_once=self.max_citations_at_once,
            in_run=self.max_citations,
            url_chars=self.max_citation_url_chars,
            title_chars=self.max_citation_title_chars,
            text_chars=self.max_citation_text_chars,
        )

    def egress(self) -> "EgressRules":
        """Return where requests may go that flows send."""
        from graphs.outbound.http_messages import EgressRules

        own = [(self.host, self.port), (self.metrics_host, self.metrics_port)]
        own.append((self.worker_host, self.worker_port))
        of_queue = 6379 if self.queue_url.startswith("redis") else 5432
        for url, port in ((self.database_url, 5432), (self.redis_url, 6379), (self.queue_url, of_queue)):
            parts = urlsplit(url)
            own.append((parts.hostname or "", parts.port or port))
        return EgressRules(
            allow=tuple(self.egress_allow),
            own=tuple(f"{_named(host)}:{port}" for host, port in own if host and port),
            seconds=self.egress_seconds,
            max_bytes=self.egress_max_bytes,
        )

    def code(self) -> "CodeLimits":
        """Return what programs of flows may use."""
        from graphs.sandbox.code_sandbox import CodeLimits

        return CodeLimits(
            seconds=self.code_seconds,
            memory_bytes=self.code_memory_bytes,
            output_bytes=self.code_output_bytes,
            processes=self.code_processes,
            visitors=self.code_for_visitors,
        )

    @property
    def scheme(self) -> str:
        """What the server speaks: `https` where it has a certificate, else `http`."""
        return "https" if self.tls_cert else "http"

    @property
    def loopback(self) -> bool:
        """Whether `host` can only be reached from this machine."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def hosts(self) -> list[str]:
        """The `Host` names that are answered; empty for any."""
        if self.allowed_hosts or not self.loopback:
            return self.allowed_hosts
        return ["localhost", "127.0.0.1", "::1", self.host]

    def __repr__(self) -> str:
        """Show every setting but secrets."""
        shown = ", ".join(
            f"{name}={'***' if name in SECRETS and value else repr(value)}"[:200]
            for name, value in ((name, getattr(self, name)) for name in self.__struct_fields__)
        )
        return f"Settings({shown})"

    def __rich_repr__(self) -> Any:
        """Show the same to rich."""
        for name in self.__struct_fields__:
            value = getattr(self, name)
            yield name, "***" if name in SECRETS and value else value


def _named(host: str) -> str:
    """Return a host that something listens on, as one may ask it."""
    if host in ("0.0.0.0", "::"):  # noqa: S104
        return "localhost"
    return f"[{host}]" if ":" in host else host
