"""Phrases: the wordings that instructions are made from."""

from __future__ import annotations

from pydantic import Field

from .base import Strict


class Phrases(Strict):
    """One set of wordings. Names in braces are filled in: from the meaning, or from ``words``.

    Attributes:
        name: Of the set.
        language: As a code, such as ``en``.
        words: Alternatives for a name in braces.
        goods: How goods are called, by attribute: ``fragile``, ``category.glassware``,
            ``route.north``, ``extreme.heaviest`` and so on. Categories, routes and SKUs without an
            entry go by their own names.
        spots: How places are called: ``zone``, ``tier``, ``top``, ``bottom``, ``table``.
        sentences: Alternatives for each kind of meaning.
        notes: Orders that somebody printed on labels.
    """

    name: str
    language: str
    words: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    goods: dict[str, tuple[str, ...]]
    spots: dict[str, tuple[str, ...]]
    sentences: dict[str, tuple[str, ...]]
    notes: tuple[str, ...] = ()
