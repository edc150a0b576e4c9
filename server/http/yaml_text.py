"""YAML's JSON-like part, read within limits and written."""

import math
import re
from typing import Any, ClassVar

import yaml

__all__ = ["YAMLError", "read_yaml", "write_yaml"]

YAMLError = yaml.YAMLError
DEEPEST = 100
"""Lists and objects within one another that are read at all."""
_Events: Any = getattr(yaml, "CLoader", yaml.Loader)
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
"""libyaml's where PyYAML was built with it, as its wheels are: several times as quick."""


def read_yaml(content: bytes, most: float = math.inf) -> Any:
    """Return the value of a YAML document: without aliases, tags of other types, or a second document.

    Args:
        content: The document.
        most: Values and keys that it may have; a file of the operator's own may have any number.

    Raises:
        YAMLError: it is not such a document.
    """
    text = content.decode("utf-8-sig")
    count = depth = 0
    for event in yaml.parse(text, _Events):
        count += isinstance(event, yaml.events.NodeEvent)
        depth += isinstance(event, yaml.events.CollectionStartEvent)
        depth -= isinstance(event, yaml.events.CollectionEndEvent)
        if count > most:
            raise YAMLError(f"it has more than {most:,} values and keys. Send less at once.")
        if depth > DEEPEST:
            raise YAMLError(f"it nests deeper than {DEEPEST} lists and objects. Send it flatter.")
        if isinstance(event, yaml.events.ScalarEvent) and event.tag in _NUMBERS and ":" in event.value:
            raise YAMLError("it has a number with colons; write it in decimals.")
        if isinstance(event, yaml.events.AliasEvent):
            raise YAMLError("it has an alias (*name); write the value out.")
    loader = _Yaml(text)
    try:
        return loader.get_single_data()
    finally:
        loader.dispose()


def write_yaml(value: Any) -> str:
    """Return plain JSON as YAML that `read_yaml` reads."""
    return yaml.dump(value, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=100)


class _Yaml(_Loader):
    """``yes``, ``no``, dates and times are text: numbers of base 60 would also take time squared to read."""

    yaml_implicit_resolvers: ClassVar[dict[str, list[tuple[str, re.Pattern[str]]]]] = {  # pyright: ignore[reportIncompatibleVariableOverride]  # the stubs take a class variable for an instance's
        first: [
            (tag, pattern)
            for tag, pattern in resolvers
            if not tag.endswith((":bool", ":timestamp", ":int", ":float"))
        ]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


class _Plain(_Dumper):
    """Writes values that are met twice twice: what reads them takes no aliases."""

    def ignore_aliases(self, data: Any) -> bool:
        """Say that nothing is to be an alias."""
        return True


_NUMBERS = frozenset({"tag:yaml.org,2002:int", "tag:yaml.org,2002:float"})
_Yaml.add_implicit_resolver(
    "tag:yaml.org,2002:int",
    re.compile(r"[-+]?(?:0b[01_]++|0x[0-9a-fA-F_]++|0[0-7_]++|0|[1-9][0-9_]*+)\Z"),
    list("-+0123456789"),
)
_Yaml.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(
        r"(?:[-+]?[0-9][0-9_]*+\.[0-9_]*+(?:[eE][-+][0-9]++)?|\.[0-9][0-9_]*+(?:[eE][-+][0-9]++)?"
        r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))\Z"
    ),
    list("-+0123456789."),
)
_Yaml.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile(r"(?:true|True|TRUE|false|False|FALSE)\Z"), list("tTfF")
)
