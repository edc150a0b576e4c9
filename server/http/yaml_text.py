"""YAML's JSON-like part, read within limits and written."""

import math
import re
from typing import Any, ClassVar

import yaml

__all__ = ["YAMLError", "read_yaml", "write_yaml"]

YAMLError = yaml.YAMLError


def read_yaml(content: bytes, most: float = math.inf) -> Any:
    """Return the value of a YAML document: without aliases, tags of other types, or a second document.

    Args:
        content: The document.
        most: Values and keys that it may have; a file of the operator's own may have any number.

    Raises:
        YAMLError: it is not such a document.
    """
    return _Yaml(content, most).get_single_data()


def write_yaml(value: Any) -> str:
    """Return plain JSON as YAML that `read_yaml` reads."""
    return yaml.dump(value, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=100)


class _Yaml(yaml.SafeLoader):
    """No aliases, which make a small file huge; ``yes``, ``no`` and dates are text."""

    yaml_implicit_resolvers: ClassVar[dict[str, list[tuple[str, re.Pattern[str]]]]] = {  # pyright: ignore[reportIncompatibleVariableOverride]  # the stubs take a class variable for an instance's
        first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith((":bool", ":timestamp"))]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def __init__(self, content: bytes, most: float) -> None:
        super().__init__(content)
        self._most = most
        self._left = most

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Compose a node that is no alias and none too many."""
        self._left -= 1
        if self._left < 0:
            raise YAMLError(f"it has more than {self._most:,} values and keys. Send less at once.")
        if self.check_event(yaml.events.AliasEvent):
            raise YAMLError("it has an alias (*name); write the value out.")
        return super().compose_node(parent, index)


class _Plain(yaml.SafeDumper):
    """Writes values that are met twice twice: what reads them takes no aliases."""

    def ignore_aliases(self, data: Any) -> bool:
        """Say that nothing is to be an alias."""
        return True


_Yaml.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile(r"(?:true|True|TRUE|false|False|FALSE)\Z"), list("tTfF")
)
