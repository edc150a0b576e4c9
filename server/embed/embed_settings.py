"""Embed settings: how a chatflow's chat looks on other sites, as its owner sets it and as visitors get it."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from graphs.conversation.files import Uploads
from graphs.node.input_declaration import InputType
from persistence.library.embeds import EmbedRow
from persistence.library.flows import FlowRow
from server.embed.custom_css import clean_css
from server.embed.locales import Locale
from server.embed.visitor_origins import origins
from server.flow_choice.wanted_versions import Published
from server.http.problems import Fault, Problem
from server.requests.chat_inputs import declared_by
from server.requests.upload_checks import endings, uploads_of
from server.settings.sources import Settings

__all__ = ["EmbedConfig", "NewEmbed", "PublicConfig", "config_of", "public_config", "settled"]

Color = Annotated[str, Meta(pattern=r"^#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})$")]
Theme = Literal["light", "dark", "auto"]
Position = Literal["bottom-right", "bottom-left", "top-right", "top-left"]


class EmbedConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How an embedded chat looks, and who may show it."""

    theme: Theme = "light"
    """`auto` follows the visitor's system."""
    primary_color: Color = "#6366f1"
    position: Position = "bottom-right"
    widget_title: Annotated[str, Meta(max_length=100)] | None = None
    """Null: a default text in the visitor's language."""
    welcome_message: Annotated[str, Meta(max_length=2000)] | None = None
    """Null: the chatflow's own, or none."""
    placeholder_text: Annotated[str, Meta(max_length=200)] = ""
    """Placeholder of the input field. Empty: a default text in the visitor's language."""
    show_branding: bool = True
    custom_css: Annotated[str, Meta(max_length=20_000)] | None = None
    """CSS rules for the chat. Unsupported rules are removed and listed in `warnings`."""
    allowed_domains: Annotated[list[Annotated[str, Meta(max_length=300)]], Meta(max_length=100)] = []
    """Origins of websites that may show the chat, with scheme, or `*`. Empty: only its own page."""
    version: Published | None = None
    """Version of the chatflow that answers: a label such as `production`, or a number. Null: the current one.
    """
    rate_limit_per_ip: Annotated[int, Meta(ge=1, le=1_000_000)] = 100
    """Maximum number of messages per hour from one IP address."""


class NewEmbed(EmbedConfig, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An embed to create or replace."""

    chatflow_id: str
    is_active: bool = True
    """Whether visitors can chat."""


class Look(Struct, frozen=True, kw_only=True):
    """What a chat looks like."""

    mode: Theme
    position: Position
    branding: bool
    css: str


class Colors(Struct, frozen=True):
    """The colours of a chat."""

    primary: str


class VisitorUploads(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Which files a visitor may send."""

    enabled: bool
    max_files: int = 0
    """Files of one message; left out, as the rest, where there are none."""
    max_bytes: int = 0
    """The largest file, in bytes."""
    accept: list[str] = []
    """Endings of names, each with its dot."""


class PublicInput(Struct, frozen=True, kw_only=True):
    """An input that a visitor's page may give with each message."""

    name: str
    type: InputType
    description: str
    required: bool
    default: Any
    choices: list[Any]
    """Allowed values; empty for any."""
    max_length: int | None
    """Characters, items or files at most; null for no limit of its own."""


class PublicConfig(Struct, frozen=True, kw_only=True):
    """All that a visitor's browser gets to know of a chat before it talks."""

    title: str
    theme: Look
    colors: Colors
    texts: dict[str, str]
    """Every word of the chat in one language, `lang` and `dir` among them."""
    starter_prompts: list[str]
    """Questions to begin with."""
    uploads: VisitorUploads
    """Off where the chatflow takes no files."""
    inputs: list[PublicInput] = []
    """The chatflow's inputs that are marked `public`."""


def config_of(row: EmbedRow) -> EmbedConfig:
    """Return an embed's config."""
    return msgspec.convert(row.config, EmbedConfig)


def settled(embed: NewEmbed) -> tuple[EmbedConfig, list[str]]:
    """Return the config as it is kept, and what was left out of it.

    Raises:
        Problem: 422 for a domain that is none.
    """
    faults: list[Fault] = []
    for place, domain in enumerate(embed.allowed_domains):
        try:
            origins(domain)
        except ValueError as error:
            faults.append(Fault(str(error), pointer=f"/allowed_domains/{place}"))
    if faults:
        raise Problem(422, "invalid", faults[0].message, errors=faults)
    values: dict[str, Any] = {name: getattr(embed, name) for name in EmbedConfig.__struct_fields__}
    dropped: list[str] = []
    if embed.custom_css:
        values["custom_css"], dropped = clean_css(embed.custom_css)
    return EmbedConfig(**values), dropped


def public_config(row: EmbedRow, flow: FlowRow, locale: Locale, settings: Settings) -> PublicConfig:
    """Return what a visitor's browser gets to know."""
    config = config_of(row)
    chat: dict[str, Any] = flow.document.get("chat_config") or {}
    texts = dict(locale.texts)
    if config.placeholder_text:
        texts["placeholder"] = config.placeholder_text
    texts["welcome"] = (
        config.welcome_message if config.welcome_message is not None else chat.get("welcome_message") or ""
    )
    return PublicConfig(
        title=config.widget_title or texts["title"],
        theme=Look(
            mode=config.theme,
            position=config.position,
            branding=config.show_branding,
            css=config.custom_css or "",
        ),
        colors=Colors(config.primary_color),
        texts=texts,
        starter_prompts=[str(each) for each in chat.get("suggested_questions") or []][:12],
        uploads=_uploads(uploads_of(flow.document, settings)),
        inputs=[
            PublicInput(**{name: getattr(entry, name) for name in PublicInput.__struct_fields__})
            for entry in declared_by(flow.document).inputs
            if entry.public and entry.name != "message"
        ],
    )


def _uploads(uploads: Uploads) -> VisitorUploads:
    if not uploads.max_files:
        return VisitorUploads(enabled=False)
    return VisitorUploads(
        enabled=True,
        max_files=uploads.max_files,
        max_bytes=uploads.max_bytes,
        accept=endings(uploads),
    )
