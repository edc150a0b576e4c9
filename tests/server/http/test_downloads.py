"""A download has its name in every script, and one that old programs can read."""

import pytest

from server.http.answers.downloads import attachment


@pytest.mark.parametrize(
    ("name", "plain", "encoded"),
    [
        ("日本語", "flow.json", "%E6%97%A5%E6%9C%AC%E8%AA%9E.json"),
        ("Café", "Cafe.json", "Caf%C3%A9.json"),
        ('a"b', "a-b.json", "a%22b.json"),
        ("../../etc/passwd", "etc-passwd.json", "etc-passwd.json"),
        ("a\r\nX-Evil: 1", "a-X-Evil-1.json", "a-X-Evil%3A%201.json"),
        ("…", "flow.json", "%E2%80%A6.json"),
    ],
)
def test_a_name_is_given_twice(name: str, plain: str, encoded: str) -> None:
    expected = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}"
    assert attachment(name, ".json", otherwise="flow") == expected
