"""Slotting: which slot of its zone an item goes to, so that all that is expected still fits."""

from __future__ import annotations

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
        expected: Sequence[Unit] = (),
    ) -> list[str]:  # fmt: skip
        """Return the free slots that a unit may go to, the best first.

        Args:
            unit: What is to be stored.
            free: Tier of each free slot of its zone, by name.
            stored: Units in that zone, each with its tier.
            expected: Units that have yet to be stored in that zone.
        """
        need = self._need(unit)
        rest = sorted((self._need(u) for u in expected), key=lambda n: (not n.heavy, n.expiry or 0))
        fixed = [(self._need(u), tier) for u, tier in stored]
        good, possible = [], []
        for slot, tier in free.items():
            if not self._may(need, tier, fixed):
                continue
            possible.append(slot)
            left = [t for s, t in free.items() if s != slot]
            if _fits(self, rest, left, [*fixed, (need, tier)]):
                good.append(slot)
        # Light goods go up, so that low slots stay free for heavy ones.
        up = not need.heavy
        return sorted(good or possible, key=lambda slot: free[slot], reverse=up)

    def _need(self, unit: Unit) -> _Need:
        expiry = unit.expiry if self._storage.first_expired_first_out else None
        return _Need(unit.sku.gtin, expiry, unit.sku.mass > self._storage.heavy_above)

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
    rules: Slotting, rest: Sequence[_Need], tiers: Sequence[int],
    fixed: Sequence[tuple[_Need, int]],
) -> bool:  # fmt: skip
    """Tell whether units can be given tiers, one slot each, by trying in turn."""
    if not rest:
        return True
    first, *others = rest
    for tier in sorted(set(tiers)):
        if rules._may(first, tier, fixed):
            left = list(tiers)
            left.remove(tier)
            if _fits(rules, others, left, [*fixed, (first, tier)]):
                return True
    return False
