"""Settings: everything an operator may choose, from the environment and an optional TOML file."""

import difflib
import ipaddress
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args, get_origin

import msgspec
from msgspec import Meta, Struct

from server.docstrings import field_docstrings

if TYPE_CHECKING:
    from graphs.providers.settings import ModelSettings

__all__ = ["CONFIG_VARIABLE", "Setting", "Settings", "SettingsError", "describe_settings", "load_settings"]

CONFIG_VARIABLE = "AGENTICRAG_CONFIG"
"""Names the TOML file; ``agenticrag.toml`` of the working directory is read where it is not set."""
PREFIX = "AGENTICRAG_"
UNPREFIXED: Mapping[str, str] = {
    "openai_api_key": "OPENAI_API_KEY",
    "openai_base_url": "OPENAI_BASE_URL",
    "ollama_base_url": "OLLAMA_BASE_URL",
}
CLIENTS = frozenset({CONFIG_VARIABLE, "AGENTICRAG_API_KEY", "AGENTICRAG_BASE_URL"})
"""Variables with our prefix that are no settings: the file's name, and what clients of a server read."""
SECRETS = frozenset({"database_url", "openai_api_key", "redis_url", "secret_key"})

Port = Annotated[int, Meta(ge=0, le=65535)]
Count = Annotated[int, Meta(ge=1)]
Seconds = Annotated[float, Meta(gt=0)]


class SettingsError(ValueError):
    """A setting is unknown or has a value that it cannot have. The message names it and says what is
    expected."""


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the server runs with. The environment wins over the TOML file, the file over the defaults."""

    host: str = "127.0.0.1"
    """Address to listen on. `0.0.0.0` opens the server to the network."""
    port: Port = 8000
    """Port to listen on; 0 takes a free one."""
    workers: Count = 1
    """Server processes. More than one shares the database; SQLite bears a few, PostgreSQL many."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """What the log shows. Requests are not logged below `info`."""
    data_dir: str = "./data"
    """Folder of the SQLite database, the owner's key and the server's secrets. Made if it is not there."""
    database_url: str = ""
    """SQLAlchemy URL: `sqlite+aiosqlite:///…` or `postgresql+asyncpg://…`. Empty: a SQLite file in the data
    folder."""
    secret_key: str = ""
    """Key that signs what the server hands to browsers, at least 32 characters. Empty: one is made and kept
    in the data folder."""
    auth: Literal["on", "off"] = "on"
    """`off` lets every request in as the owner. The server then refuses to listen on anything but loopback.
    """
    allowed_hosts: list[str] = []
    """`Host` names that are answered, `*.example.com` for all below one. Empty: any, or only loopback names
    where the server listens on loopback."""
    cors_origins: list[str] = []
    """Origins whose pages may call the API, exactly as browsers send them: `https://app.example.com`."""
    redis_url: str = ""
    """Reserved for deployments on several machines; a single process needs none."""

    max_body_bytes: Count = 10_000_000
    """Largest request body. Larger ones are answered 413 without being read."""
    max_flow_bytes: Count = 5_000_000
    """Largest body that creates or replaces a flow."""
    max_message_chars: Count = 1_000_000
    """Longest chat message, in characters."""
    heartbeat_seconds: Annotated[float, Meta(ge=0.05, le=60)] = 10
    """How long a stream may be silent before it sends a comment, so that proxies keep it open."""
    stall_seconds: Seconds = 30
    """How long a client may leave a stream unread before it is dropped. It may come back with
    `Last-Event-ID`."""
    key_cache_seconds: Annotated[float, Meta(ge=0, le=1)] = 1
    """How long an API key that was found is not looked up again: a revoked key works at most this long."""

    max_concurrent_runs: Count = 64
    """Runs that one process works on at once; more wait their turn."""
    max_steps: Annotated[int, Meta(ge=1, le=100_000)] = 1000
    """Node runs after which a run is stopped."""
    max_model_calls: Count = 25
    """Model calls after which a run is stopped."""
    max_run_tokens: Count = 200_000
    """Tokens, in and out together, after which a run is stopped."""
    max_run_seconds: Seconds = 900
    """Wall clock after which a run is stopped with status `timeout`."""
    max_recoveries: Annotated[int, Meta(ge=0)] = 3
    """How often a run is taken up again whose process died, before it is given up as failed."""
    lease_seconds: Seconds = 15
    """How long a process may be silent before others take over its runs."""
    drain_seconds: Annotated[float, Meta(ge=0)] = 25
    """How long a stopping server lets its runs finish before it hands them back."""
    retention_days: Annotated[float, Meta(ge=0)] = 90
    """How long ended executions are kept, with their events. 0 keeps them for ever."""
    idempotency_hours: Seconds = 24
    """How long the answer to an `Idempotency-Key` is replayed."""

    database_pool: Annotated[int, Meta(ge=1, le=1000)] = 8
    """Connections to the database that one process holds at most."""
    sqlite_synchronous: Literal["OFF", "NORMAL", "FULL"] = "NORMAL"
    """SQLite's `synchronous`. `NORMAL` may lose the last commits at a power cut, `FULL` loses none and is
    slower; a killed process loses nothing under either."""

    default_provider: str = ""
    """Provider of chats that name none. Empty: Ollama if it answers, else OpenAI if a key is set, else the
    local model if it is installed, else `demo`."""
    default_model: str = ""
    """Model of chats that name none. Empty: what the provider offers."""
    openai_api_key: str = ""
    """Key for provider `openai`."""
    openai_base_url: str = ""
    """Address of an OpenAI-compatible API. Empty: OpenAI's own."""
    ollama_base_url: str = ""
    """Address of Ollama. Empty: `http://127.0.0.1:11434`."""
    local_model_path: str = ""
    """GGUF file for provider `local`. Empty: the installed SmolLM2."""
    allowed_base_urls: list[str] = []
    """Addresses that a flow's or a chat's `base_url` may name. Empty: none but the configured ones."""
    model_connect_seconds: Seconds = 5
    """How long a connection to a provider may take."""
    model_first_token_seconds: Seconds = 30
    """How long a model may think before its first token."""
    model_idle_seconds: Seconds = 20
    """How long a model may pause between two tokens."""
    model_total_seconds: Seconds = 300
    """How long one answer of a model may take."""
    model_attempts: Annotated[int, Meta(ge=1, le=10)] = 3
    """Attempts at one model call before the next fallback or failure."""
    model_concurrency: Count = 1000
    """Requests to one provider at once; more wait."""

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
            local_model_path=self.local_model_path,
            allowed_base_urls=tuple(self.allowed_base_urls),
            connect_seconds=self.model_connect_seconds,
            first_token_seconds=self.model_first_token_seconds,
            idle_seconds=self.model_idle_seconds,
            total_seconds=self.model_total_seconds,
            max_attempts=self.model_attempts,
            concurrency=self.model_concurrency,
        )

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


class Setting(Struct, frozen=True):
    """One line of the settings' documentation."""

    name: str
    """Its key in the TOML file."""
    variable: str
    """Its environment variable."""
    type: str
    """What it takes, in words."""
    default: str
    description: str
    secret: bool


def load_settings(
    environment: Mapping[str, str] | None = None, *, directory: Path | None = None, **overrides: Any
) -> Settings:
    """Return the settings of the environment over those of the TOML file; `overrides` (a command's options)
    win.

    Raises:
        SettingsError: a name is unknown or a value is not what the setting takes.
    """
    environment = os.environ if environment is None else environment
    values: dict[str, Any] = {}
    sources: dict[str, str] = {}
    for source, name, value in [*_file(environment, directory or Path()), *_variables(environment)]:
        values[name] = value
        sources[name] = source
    for name, value in overrides.items():
        if value is not None:
            values[name] = value
            sources[name] = f"--{name.replace('_', '-')}"
    for name, value in values.items():
        values[name] = _convert(name, value, sources[name])
    settings = Settings(**values)
    _agree(settings)
    return settings


def describe_settings() -> list[Setting]:
    """Return every setting as documentation shows it, in the order of `Settings`."""
    fields = {field.name: field for field in msgspec.structs.fields(Settings)}
    return [
        Setting(
            name=name,
            variable=_variable(name),
            type=_words(field.type),
            default=_shown(field.default_factory() if field.default is msgspec.NODEFAULT else field.default),  # pyright: ignore[reportCallIssue]: one of the two is set
            description=field_docstrings(Settings)[name],
            secret=name in SECRETS,
        )
        for name, field in fields.items()
    ]


def _file(environment: Mapping[str, str], directory: Path) -> list[tuple[str, str, Any]]:
    named = environment.get(CONFIG_VARIABLE, "")
    path = directory / (named or "agenticrag.toml")
    if not named and not path.is_file():
        return []
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{CONFIG_VARIABLE} names '{path}', which cannot be read: {error}.") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"'{path}' is no TOML: {error}.") from error
    for name in content:
        if name not in Settings.__struct_fields__:
            raise SettingsError(
                f"'{path}' has the unknown setting '{name}'.{_near(name, Settings.__struct_fields__)}"
            )
    return [(f"'{name}' in '{path}'", name, value) for name, value in content.items()]


def _variables(environment: Mapping[str, str]) -> list[tuple[str, str, Any]]:
    known = {_variable(name): name for name in Settings.__struct_fields__}
    found: list[tuple[str, str, Any]] = []
    for variable, value in environment.items():
        if variable in known:
            if value != "":
                found.append((variable, known[variable], value))
        elif variable.startswith(PREFIX) and variable not in CLIENTS:
            raise SettingsError(
                f"The environment variable {variable} is no setting.{_near(variable, known)} "
                "Unset it, or see the list of settings in the documentation."
            )
    return found


def _variable(name: str) -> str:
    return UNPREFIXED.get(name, PREFIX + name.upper())


def _near(name: str, known: Any) -> str:
    close = difflib.get_close_matches(name, list(known), n=3, cutoff=0.6)
    return f" Did you mean {' or '.join(close)}?" if close else ""


def _convert(name: str, value: Any, source: str) -> Any:
    kind = next(field.type for field in msgspec.structs.fields(Settings) if field.name == name)
    if get_origin(kind) is list and isinstance(value, str):
        value = [part.strip() for part in value.split(",") if part.strip()]
    if name == "auth" and value in (True, False):  # TOML's own words for it
        value = "on" if value else "off"
    if name in {"log_level", "auth"} and isinstance(value, str):
        value = value.lower()
    if name == "sqlite_synchronous" and isinstance(value, str):
        value = value.upper()
    try:
        return msgspec.convert(value, kind, strict=not isinstance(value, str))
    except msgspec.ValidationError:
        shown = "that value" if name in SECRETS else repr(value)
        raise SettingsError(f"{source} must be {_words(kind)}; {shown} is not.") from None


def _agree(settings: Settings) -> None:
    if settings.auth == "off" and not settings.loopback:
        raise SettingsError(
            f"With auth off the server listens on loopback only, and host is '{settings.host}'. "
            "Set AGENTICRAG_AUTH=on, or AGENTICRAG_HOST=127.0.0.1."
        )
    if settings.secret_key and len(settings.secret_key) < 32:
        raise SettingsError("AGENTICRAG_SECRET_KEY must have at least 32 characters, or be empty.")
    if "*" in settings.cors_origins:
        raise SettingsError(
            "AGENTICRAG_CORS_ORIGINS takes origins, not '*': name each that may call the API."
        )
    if not settings.database.startswith(("sqlite+aiosqlite:", "postgresql+asyncpg:")):
        raise SettingsError(
            "AGENTICRAG_DATABASE_URL must start with sqlite+aiosqlite:/// or postgresql+asyncpg://; "
            f"it starts with '{settings.database_url.split(':')[0]}:'."
        )


def _words(kind: Any) -> str:
    """Say what a type takes."""
    if get_origin(kind) is Annotated:
        base, meta = get_args(kind)
        low = meta.ge if meta.ge is not None else meta.gt
        name = "a whole number" if base is int else "a number"
        if low is None:
            return name
        above = "from" if meta.ge is not None else "above"
        return f"{name} {above} {low}" + (f" to {meta.le}" if meta.le is not None else "")
    if get_origin(kind) is Literal:
        return " or ".join(f"`{word}`" for word in get_args(kind))
    return "a list, separated by commas" if get_origin(kind) is list else "text"


def _shown(default: Any) -> str:
    if isinstance(default, list):
        return ", ".join(default)
    return str(default)
