"""Personal data: what is masked, and what only looks like it."""

import pytest

from graphs.guardrails.patterns import first_match, pattern_problem
from graphs.guardrails.personal_data import Kind, masked

ALL: list[Kind] = ["email", "phone", "card", "id_number"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("ada.l+x@mail.example.co.uk, bob@b.kr", "[email], [email]"),
        ("메일은 ada@example.com입니다", "메일은 [email]입니다"),
        ("010-1234-5678 / 01012345678 / 010 1234 5678", "[phone] / [phone] / [phone]"),
        ("02-123-4567, 031-1234-5678, 1588-1234", "[phone], [phone], [phone]"),
        ("+82 10-1234-5678 or +49 30 1234567", "[phone] or [phone]"),
        ("(415) 555-2671, 415-555-2671", "[phone], [phone]"),
        ("4111 1111 1111 1111", "[card]"),
        ("378282246310005", "[card]"),
        ("5555-5555-5555-4444.", "[card]."),
        ("900101-1234567", "[id_number]"),
        ("주민번호 0503154123456", "주민번호 [id_number]"),
        ("078-05-1120", "[id_number]"),
        ("o'brien@example.ie, müller@müller.de, 홍길동@예시.한국", "[email], [email], [email]"),
        ("02)123-4567, (031) 123-4567, 070-1234-5678", "[phone], [phone], [phone]"),
        ("０１０－１２３４－５６７８, 010\u20111234\u20115678", "[phone], [phone]"),
        ("4111 1111 1111 1111 12/27, 4111 1111 1111 1111 123", "[card] 12/27, [card] 123"),
        ("12 4111.1111.1111.1111, 카드-4111111111111111-끝", "12 [card], 카드-[card]-끝"),
        ("41\u200b11\u2060 1111 1111 1111, ada\u200b@example.com", "[card], [email]"),
        ("4111 1111 1111 1111 5555 5555 5555 4444", "[card] [card]"),
    ],
)
def test_it_is_masked(text: str, shown: str) -> None:
    assert masked(text, ALL)[0] == shown


@pytest.mark.parametrize(
    "text",
    [
        "4111 1111 1111 1112",  # the check digit is wrong
        "0000000000000000",
        "901301-1234567",  # there is no month 13
        "900231-1234567",
        "666-12-3456",
        "2026-01-31 12:30:00",
        "version 1.2.3, order 12345, 3.14159, 100-200",
        "a@b and @home",
    ],
)
def test_what_looks_like_it_stays(text: str) -> None:
    assert masked(text, ALL) == (text, {})


def test_only_the_kinds_that_are_named_are_masked_and_counted() -> None:
    text = "ada@example.com, bob@example.com, 010-1234-5678"
    assert masked(text, ["email"]) == ("[email], [email], 010-1234-5678", {"email": 2})


@pytest.mark.parametrize("part", ["1", "1-", "a@", "a.", "+1 ", "(1", "9 9", "0101234", "4111 ", "\u200b"])
def test_a_long_text_takes_no_longer_than_it_is_long(part: str) -> None:
    masked(part * (100_000 // len(part)), ALL)


def test_patterns_block_in_linear_time() -> None:
    assert first_match(["x+y", "(a+)+$"], "a" * 100_000 + "b") is None
    assert first_match(["none", "(?i)SECRET"], "a secret") == 1
    assert first_match(["(?i)SECRET"], "a sec\u00adr\u200bet") == 0
    assert first_match(["secret"], "ｓｅｃｒｅｔ") == 0
    assert first_match(["\u200b"], "as it is\u200b") == 0
    assert first_match(["secret"], "se cret" * 20_000) is None
    assert "RE2" in pattern_problem("(?=a)")
