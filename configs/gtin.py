"""GTIN-14, the number that a trade item's label carries."""

from __future__ import annotations


def check_digit(body: str) -> str:
    """Return the digit that completes the 13 digits of ``body``.

    From the right, digits weigh 3 and 1 in turn; the check digit fills up to a multiple of ten.
    """
    if len(body) != 13 or not (body.isascii() and body.isdigit()):
        raise ValueError(f"expected 13 digits, got '{body}'")
    weighed = sum(int(digit) * (3, 1)[place % 2] for place, digit in enumerate(reversed(body)))
    return str(-weighed % 10)


def is_valid(gtin: str) -> bool:
    """Return whether ``gtin`` is 14 digits of which the last is the right check digit."""
    if len(gtin) != 14 or not (gtin.isascii() and gtin.isdigit()):
        return False
    return check_digit(gtin[:-1]) == gtin[-1]
