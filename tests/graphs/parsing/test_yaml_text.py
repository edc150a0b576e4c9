"""YAML that cannot be read: where it is wrong, and in which words."""

import pytest

from graphs.parsing.yaml_text import YAMLError, read_yaml

BROKEN: dict[bytes, str] = {
    b"a: 1\nb: \x07": "it has the character U+0007 (line 2, column 4)",
    b"\xef\xbb\xbfa\x00: 1": "it has the character U+0000 (line 1, column 2)",
    "일: 삼\uffff".encode(): "it has the character U+FFFF (line 1, column 5)",
    "일: 1\n이: ".encode() + b"\xff": "it is no UTF-8: see byte 0xff (line 2, column 4).",
    b"\xff\xfea\x00": "it is no UTF-8: see byte 0xff (line 1, column 1).",
    b"a:\n\tb: 1": "found character that cannot start any token (line 2, column 1). Indent with spaces",
    b"a: [1\n": "did not find expected ',' or ']' (line 2, column 1).",
    b"a: b: c": "mapping values are not allowed in this context (line 1, column 5).",
}


@pytest.mark.parametrize("content", BROKEN)
def test_broken_yaml_is_refused_with_its_line(content: bytes) -> None:
    with pytest.raises(YAMLError) as refused:
        read_yaml(content)
    assert str(refused.value).startswith(BROKEN[content])
