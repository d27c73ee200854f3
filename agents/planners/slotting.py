"""Slotting: which slot of its zone an item goes to, so that all that is expected still fits."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from warewheel.configs.schema import Storage, Unit


@dataclass(frozen=True, slots=True)
class _Need:
    """What of a unit matters to the rules of a rack."""

    gtin: str
    expiry: int | None
    heavy: bool


class Slotting:
    """Chooses tiers by the house's rules: heavy goods low, what expires first nearer.

    Args:
        storage: The rules.
    """

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def order(
        self, unit: Unit, free: Mapping[str, int], stored: Sequence[tuple[Unit, int]] = (),
        waiting: Sequence[Unit] = (), expected: Sequence[Unit] = (),
    ) -> list[str]:  # fmt: skip
        """Return the free slots that a unit may go to, the best first.

        Where not all that is expected can fit, some of it will turn out to belong elsewhere: it is
        damaged, say. The slots that leave room in most of those cases are the best.

        Args:
            unit: What is to be stored.
            free: Tier of each free slot of its zone, by name.
            stored: Units in that zone, each with its tier.
            waiting: Units that are known to come to that zone.
            expected: Units that may come to that zone.
        """
        need = self._need(unit)
        fixed = [(self._need(u), tier) for u, tier in stored]
        sure, unsure = self._needs(waiting), self._needs(expected)
        worth: dict[str, tuple[int, int]] = {}
        for slot, tier in free.items():
            if self._may(need, tier, fixed):
                left = [t for s, t in free.items() if s != slot]
                worth[slot] = self._worth(sure, unsure, left, [*fixed, (need, tier)])
        best = [slot for slot in worth if worth[slot] == max(worth.values())]
        # Light goods go up, so that low slots stay free for heavy ones.
        return sorted(best, key=lambda slot: free[slot], reverse=not need.heavy)

    def fits(
        self, units: Sequence[Unit], free: Mapping[str, int], stored: Sequence[tuple[Unit, int]]
    ) -> bool:
        """Tell whether all of ``units`` can stand in ``free`` slots beside what is stored."""
        fixed = [(self._need(u), tier) for u, tier in stored]
        return self._fits(self._needs(units), list(free.values()), fixed)

    def _worth(
        self, sure: Sequence[_Need], unsure: Sequence[_Need], tiers: Sequence[int],
        fixed: Sequence[tuple[_Need, int]],
    ) -> tuple[int, int]:  # fmt: skip
        """Return how many units can still come, and how many choices of so many of them can."""
        for count in range(min(len(unsure), max(0, len(tiers) - len(sure))), -1, -1):
            ways = sum(
                self._fits(_heavy_first([*sure, *some]), tiers, fixed)
                for some in itertools.combinations(unsure, count)
            )
            if ways:
                return count, ways
        return -1, 0

    def _need(self, unit: Unit) -> _Need:
        expiry = unit.expiry if self._storage.first_expired_first_out else None
        return _Need(unit.sku.gtin, expiry, unit.sku.mass > self._storage.heavy_above)

    def _needs(self, units: Sequence[Unit]) -> list[_Need]:
        return _heavy_first([self._need(unit) for unit in units])

    def _may(self, need: _Need, tier: int, fixed: Sequence[tuple[_Need, int]]) -> bool:
        """Tell whether the rules let a unit stand on a tier beside what stands there already."""
        if need.heavy and tier > self._storage.heavy_max_level:
            return False
        return not any(
            other.gtin == need.gtin
            and other.expiry is not None
            and need.expiry is not None
            and (other.expiry - need.expiry) * (level - tier) < 0
            for other, level in fixed
        )

    def _fits(
        self, rest: Sequence[_Need], tiers: Sequence[int], fixed: Sequence[tuple[_Need, int]]
    ) -> bool:
        """Tell whether units can be given tiers, one slot each, by trying in turn."""
        if not rest:
            return True
        first, *others = rest
        for tier in sorted(set(tiers)):
            if self._may(first, tier, fixed):
                left = list(tiers)
                left.remove(tier)
                if self._fits(others, left, [*fixed, (first, tier)]):
                    return True
        return False


def _heavy_first(needs: Sequence[_Need]) -> list[_Need]:
    """Return the needs in the order in which they are the soonest found not to fit."""
    return sorted(needs, key=lambda need: (not need.heavy, need.expiry or 0))
