"""Properties of the GTIN check digit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warewheel.configs.gtin import check_digit, is_valid

bodies = st.text("0123456789", min_size=13, max_size=13)


def test_known_number() -> None:
    """The example of the GS1 General Specifications: 629104150021 ends in 3."""
    assert check_digit("0629104150021") == "3"


@given(bodies)
def test_check_digit_completes(body: str) -> None:
    assert [d for d in "0123456789" if is_valid(body + d)] == [check_digit(body)]


@given(bodies, st.integers(0, 13), st.integers(1, 9))
def test_one_wrong_digit_is_noticed(body: str, place: int, shift: int) -> None:
    gtin = body + check_digit(body)
    wrong = str((int(gtin[place]) + shift) % 10)
    assert not is_valid(gtin[:place] + wrong + gtin[place + 1 :])


@pytest.mark.parametrize("text", ["", "123", "0952000000001x", "0" * 15, "²" * 14])
def test_other_text_is_no_gtin(text: str) -> None:
    assert not is_valid(text)


def test_check_digit_wants_13_digits() -> None:
    with pytest.raises(ValueError, match="expected 13 digits, got '12'"):
        check_digit("12")
