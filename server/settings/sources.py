"""Settings: where their values come from, the environment and a TOML file, and how they are told."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

import msgspec
from msgspec import Struct

from graphs.node_execution import failpoints
from server.settings.docstrings import field_docstrings
from server.settings.groups.server_values import SECRETS
from server.settings.origin_rules import cors_origins
from server.settings.server_settings import Settings
from server.settings.worker_rules import queue_address, queue_rules, wakeup_way, workspace_weights

__all__ = ["CONFIG_VARIABLE", "Setting", "Settings", "SettingsError", "describe_settings", "load_settings"]

CONFIG_VARIABLE = "AGENTICRAG_CONFIG"
"""Names the TOML file; ``agenticrag.toml`` of the working directory is read where it is not set."""
PREFIX = "AGENTICRAG_"
UNPREFIXED: Mapping[str, str] = {
    "openai_api_key": "OPENAI_API_KEY",
    "openai_base_url": "OPENAI_BASE_URL",
    "anthropic_api_key": "ANTHROPIC_API_KEY",
    "anthropic_base_url": "ANTHROPIC_BASE_URL",
    "ollama_base_url": "OLLAMA_BASE_URL",
}
RENAMED: Mapping[str, str] = {"local_model_path": "local_model"}
"""Settings by a name that they had before: it is still read."""
CLIENTS = frozenset({CONFIG_VARIABLE, "AGENTICRAG_API_KEY", "AGENTICRAG_BASE_URL", failpoints.VARIABLE})
"""Variables with our prefix that are no settings: the file's name, what clients read, and failpoints."""


class SettingsError(ValueError):
    """A setting is unknown or has a value that it cannot have. The message names it and says what is
    expected."""


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
    faults: list[str] = []
    for source, name, value in [
        *_file(environment, directory or Path(), faults),
        *_variables(environment, faults),
    ]:
        values[name] = value
        sources[name] = source
    for name, value in overrides.items():
        if value is not None:
            values[name] = value
            sources[name] = f"--{name.replace('_', '-')}"
    for name, value in values.items():
        try:
            values[name] = _convert(name, value, sources[name])
        except SettingsError as error:
            faults.append(str(error))
    if faults:
        raise SettingsError("\n".join(faults))
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


def _file(environment: Mapping[str, str], directory: Path, faults: list[str]) -> list[tuple[str, str, Any]]:
    named = environment.get(CONFIG_VARIABLE, "")
    path = directory / (named or "agenticrag.toml")
    if not named and not path.is_file():
        return []
    import tomllib  # most servers have no file

    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no UTF-8. Save it as UTF-8"
        raise SettingsError(f"The settings file '{path}' cannot be read: {why}.") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"'{path}' is no TOML: {error}.") from error
    for name in content:
        if name not in Settings.__struct_fields__ and name not in RENAMED:
            near = _near(name, Settings.__struct_fields__)
            faults.append(f"'{path}' has the unknown setting '{name}'.{near or _LISTED}")
    known = {name: RENAMED.get(name, name) for name in content}
    return [
        (f"'{name}' in '{path}'", known[name], value)
        for name, value in content.items()
        if known[name] in Settings.__struct_fields__
    ]


def _variables(environment: Mapping[str, str], faults: list[str]) -> list[tuple[str, str, Any]]:
    known = {_variable(name): name for name in Settings.__struct_fields__}
    known |= {_variable(before): name for before, name in RENAMED.items()}
    found: list[tuple[str, str, Any]] = []
    for variable, value in environment.items():
        if variable in known:
            if value != "":
                found.append((variable, known[variable], value))
        elif variable.startswith(PREFIX) and variable not in CLIENTS:
            faults.append(
                f"The environment variable {variable} is no setting.{_near(variable, known)} "
                "Unset it, or see the list of settings in the documentation."
            )
    return found


_LISTED = " docs/settings.md lists all settings."


def _variable(name: str) -> str:
    return UNPREFIXED.get(name, PREFIX + name.upper())


def _near(name: str, known: Any) -> str:
    import difflib  # only for who mistyped

    close = difflib.get_close_matches(name, list(known), n=3, cutoff=0.6)
    return f" Did you mean {' or '.join(close)}?" if close else ""


def _convert(name: str, value: Any, source: str) -> Any:
    kind = next(field.type for field in msgspec.structs.fields(Settings) if field.name == name)
    if get_origin(kind) is list and isinstance(value, str):
        value = [part.strip() for part in value.split(",") if part.strip()]
    if name in ("auth", "compression", "keys_in_query") and value in (True, False):  # TOML's own words for it
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
    for key in (settings.encryption_key, *settings.encryption_keys_old):
        if key and len(key) < 32:
            raise SettingsError(
                "AGENTICRAG_ENCRYPTION_KEY and each of AGENTICRAG_ENCRYPTION_KEYS_OLD must have at least 32 "
                "characters, or be empty."
            )
    if settings.jwt_jwks_url and not (settings.jwt_issuer and settings.jwt_audience):
        raise SettingsError(
            "AGENTICRAG_JWT_JWKS_URL needs AGENTICRAG_JWT_ISSUER and AGENTICRAG_JWT_AUDIENCE: a token of the "
            "same issuer for another server must open nothing here."
        )
    for name in ("trusted_proxies", "metrics_networks"):
        for entry in getattr(settings, name):
            import ipaddress  # most operators list none

            try:
                ipaddress.ip_network(entry)
            except ValueError as error:
                raise SettingsError(
                    f"{_variable(name)} takes addresses and networks, as 10.0.0.0/8: {error}."
                ) from None
    for entry in settings.knowledge_folders:
        name, sign, path = entry.partition("=")
        if not (sign and name.strip() and Path(path.strip()).is_absolute()):
            raise SettingsError(
                f"AGENTICRAG_KNOWLEDGE_FOLDERS takes entries as manuals=/srv/manuals; '{entry}' is none."
            )
    if bool(settings.tls_cert) != bool(settings.tls_key):
        raise SettingsError(
            "AGENTICRAG_TLS_CERT and AGENTICRAG_TLS_KEY go together: set both, or neither for plain HTTP."
        )
    for entry in settings.egress_allow:
        from graphs.outbound.egress import endpoint  # most operators list nothing

        try:
            endpoint(entry)
        except ValueError as error:
            raise SettingsError(f"AGENTICRAG_EGRESS_ALLOW takes host:port pairs. {error}") from None
    for agree in (cors_origins, queue_rules, workspace_weights, queue_address, wakeup_way):
        try:
            agree(settings)
        except ValueError as error:
            raise SettingsError(str(error)) from None
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
