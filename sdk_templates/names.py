"""Names: from tags and operation ids to resources and methods, by one rule; and between spellings."""

import re

__all__ = [
    "camel",
    "header_name",
    "is_secret",
    "method_name",
    "pascal",
    "plain_camel",
    "plain_snake",
    "resource_name",
    "snake",
    "words",
]

_SECRETS = frozenset({"key", "password", "secret", "ticket", "token"})
_PUBLISHED = frozenset({"embed_token"})
"""What stands in public pages by its purpose."""
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_A-Za-z]+")


def words(name: str) -> list[str]:
    """Return the words of a name in whatever spelling, in lower case."""
    return [word.lower() for word in _WORD.findall(name)]


def snake(name: str) -> str:
    """Return `like_this`."""
    return "_".join(words(name))


def camel(name: str) -> str:
    """Return `likeThis`."""
    first, *others = words(name) or [""]
    return first + "".join(word.capitalize() for word in others)


def plain_camel(name: str) -> str:
    """Return what the TypeScript SDK makes of a name of the wire by its one rule."""
    return re.sub(r"(?<=[a-z\d])_([a-z\d])", lambda found: found[1].upper(), name)


def plain_snake(name: str) -> str:
    """Return what it makes of one of its own names."""
    return re.sub(r"(?<=[a-z\d])[A-Z]", lambda found: f"_{found[0].lower()}", name)


def pascal(name: str) -> str:
    """Return `LikeThis`."""
    return "".join(word.capitalize() for word in words(name))


def resource_name(tag: str) -> str:
    """Return the resource of a tag: `Node types` gives `node_types`."""
    return snake(tag)


def header_name(header: str) -> str:
    """Return what calls name a header: `X-Visitor-Session` gives `visitor_session`."""
    return snake(header.removeprefix("X-"))


def is_secret(name: str) -> bool:
    """Return whether a text field of this name holds a secret: a key, a token, a password."""
    found = words(name)
    if not found or name in _PUBLISHED:
        return False
    return found[-1] in _SECRETS or found[-2:] == ["secret", "value"]


def method_name(operation_id: str, resource: str) -> str:
    """Return the method of an operation: its id without the words of its resource.

    `listAgentflows` of `agentflows` gives `list`, `getAgentflowExecution` gives `get_execution`. What would
    have no words left keeps them all.
    """
    dropped = {
        form
        for word in words(resource)
        for form in (word, word.removesuffix("s"), re.sub("ies$", "y", word), f"{word}s")
    }
    found = words(operation_id)
    return "_".join([word for word in found if word not in dropped] or found)
