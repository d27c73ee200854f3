"""Messages about a word that is not one of those allowed."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import TypeVar

Value = TypeVar("Value")


def closest(got: str, allowed: Iterable[str]) -> str | None:
    """Return the allowed word that looks most like ``got``, or None if none is near it."""
    lowered = {word.lower(): word for word in allowed}
    near = difflib.get_close_matches(got.lower(), list(lowered), n=1, cutoff=0.6)
    return lowered[near[0]] if near else None


def options(got: str, allowed: Iterable[str]) -> str:
    """Return ``allowed: a, b; did you mean 'a'?``, the second half only where a word is near."""
    words = list(allowed)
    near = closest(got, words)
    hint = f"; did you mean '{near}'?" if near else ""
    return f"allowed: {', '.join(words) or 'none'}{hint}"


def unknown(kind: str, got: str, allowed: Iterable[str]) -> str:
    """Return the message for a name that nobody knows.

    >>> unknown("facility", "parcel_hob", ["parcel_hub"])
    "facility 'parcel_hob' is unknown; allowed: parcel_hub; did you mean 'parcel_hub'?"
    """
    return f"{kind} '{got}' is unknown; {options(got, allowed)}"


def chosen(kind: str, got: str, allowed: Mapping[str, Value]) -> Value:
    """Return what goes by a name.

    Raises:
        ValueError: Nobody knows it.
    """
    if got not in allowed:
        raise ValueError(unknown(kind, got, allowed))
    return allowed[got]
