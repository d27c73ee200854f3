"""The speaker: puts what is meant into words."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np

from warewheel.agents.language.describe import spoken
from warewheel.configs.schema import Facility, Goods, Phrases, Spot

_NAME = re.compile(r"\{(\w+)\}")
# Where a sentence begins with a small letter.
_START = re.compile(r"(^|[.!?] )([a-z])")
# Attributes of goods that go by a word of their own, and that word.
_TRAITS = {
    ("fragile", True): "fragile", ("fragile", False): "not_fragile",
    ("high_value", True): "valuable", ("high_value", False): "not_valuable",
    ("hazardous", True): "hazardous", ("heavy", True): "heavy", ("heavy", False): "not_heavy",
}  # fmt: skip


class _First:
    """Chance that always takes the first option."""

    def integers(self, _: int) -> int:
        return 0


class Speaker:
    """Chooses among wordings by chance.

    Args:
        phrases: The wordings.
        rng: Where chance comes from.
    """

    def __init__(self, phrases: Phrases, rng: np.random.Generator | _First) -> None:
        self.phrases, self._rng = phrases, rng

    def say(self, kind: str, **slots: str) -> str:
        """Return a sentence of a kind with its slots filled in.

        Raises:
            KeyError: There is no sentence of that kind.
        """
        text = self._fill(self._one(self.phrases.sentences[kind]), slots)
        # Sentences begin with a capital, whatever word came first.
        return _START.sub(lambda m: m[1] + m[2].upper(), text.strip())

    def note(self, zone: str) -> str:
        """Return an order that somebody printed on a label."""
        return self._fill(self._one(self.phrases.notes), {"zone": zone})

    def where(self, spot: Spot, facility: Facility) -> str:
        """Return words for a spot."""
        if spot.place is not None:
            return self._spot("table" if spot.place == "table" else "zone", zone=spot.place)
        zone = spot.zone or ""
        if spot.level is None:
            return self._spot("zone", zone=zone)
        ends = {0: "bottom", len(facility.rack.tiers) - 1: "top"}
        kinds = ["tier", *([ends[spot.level]] if spot.level in ends else [])]
        return self._spot(self._one(kinds), zone=zone, level=str(spot.level))

    def what(self, goods: Goods, bare: bool = False) -> str:
        """Return words for some goods; ``bare`` ones can follow a number."""
        if bare:
            plain = Speaker(self.phrases, _First())
            return plain.what(goods)
        if goods.but is not None:
            rest = goods.model_copy(update={"but": None})
            return self._goods("but", what=self.what(rest), but=self.what(goods.but))
        if goods.extreme is not None:
            rest = goods.model_copy(update={"extreme": None})
            if rest == Goods():
                return self._goods(f"extreme.{goods.extreme}")
            return self._goods(
                "extreme_of", extreme=self._word(goods.extreme), what=self.what(rest, bare=True)
            )
        if goods == Goods():
            return self._goods("any")
        traits = [word for (name, value), word in _TRAITS.items() if getattr(goods, name) == value]
        traits += goods.temperature or ()
        named = [self._named("category", name) for name in goods.category or ()]
        if traits and named and not traits[0].startswith("not_"):
            return self._goods("trait_category", trait=self._word(traits[0]), name=named[0])
        parts = [self._goods(word) for word in traits]
        parts += [self._goods("category", name=name) for name in named]
        parts += [self._goods("route", name=route) for route in goods.route or ()]
        parts += [self._goods("sku", name=self._named("sku", sku)) for sku in goods.sku or ()]
        if len(parts) == 2:
            return self._goods("both", a=parts[0], b=parts[1])
        return parts[0]

    def _word(self, trait: str) -> str:
        """Return the adjective for a trait."""
        return self._one(self.phrases.words.get(f"trait.{trait}", (trait,)))

    def _named(self, kind: str, name: str) -> str:
        return self._one(self.phrases.words.get(f"{kind}.{name}", (spoken(name),)))

    def _goods(self, key: str, **slots: str) -> str:
        return self._fill(self._one(self.phrases.goods[key]), slots)

    def _spot(self, key: str, **slots: str) -> str:
        return self._fill(self._one(self.phrases.spots[key]), slots)

    def _one(self, options: tuple[str, ...] | list[str]) -> str:
        return options[int(self._rng.integers(len(options)))]

    def _fill(self, text: str, slots: Mapping[str, str]) -> str:
        def put(match: re.Match[str]) -> str:
            name = match[1]
            return slots[name] if name in slots else self._fill(
                self._one(self.phrases.words[name]), slots
            )  # fmt: skip

        return _NAME.sub(put, text)
