"""Each threat that the project knows has a test that keeps it out, or a reason why it cannot come here."""

from tests.attacks import ATTACKS, SECURITY_PAGE, missing_tests, security_page
from tests.threats import PAGE, THREATS, page, proofs, unproven


def test_every_threat_has_a_test_or_a_reason() -> None:
    assert unproven() == []


def test_no_test_names_a_threat_that_nobody_knows() -> None:
    assert {id: names for id, names in proofs().items() if id not in THREATS} == {}


def test_the_table_of_threats_is_up_to_date() -> None:
    text = PAGE.read_text("utf-8")
    assert "<!-- threats -->" in text
    assert page(text) == text, "python -m tests.threats writes it"


def test_a_threat_is_told_in_a_phrase_and_a_reason_in_a_sentence() -> None:
    for threat in THREATS.values():
        assert threat.phrase
        assert not threat.phrase.endswith(".")
        assert not threat.absent or threat.absent.endswith(".")


def test_every_attack_of_the_page_has_tests_that_are_there() -> None:
    assert missing_tests() == []
    assert all(attack.tests for attack in ATTACKS)


def test_the_table_of_attacks_is_up_to_date() -> None:
    text = SECURITY_PAGE.read_text("utf-8")
    assert "<!-- attacks -->" in text
    assert security_page(text) == text, "python -m tests.threats writes it"
