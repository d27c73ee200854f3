"""House rules as invariants over an episode's trace."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping

from warewheel.configs import zone_of
from warewheel.configs.schema import Facility, Unit
from warewheel.sim.facts import Places, under
from warewheel.sim.values import Scene
from warewheel.sim.world import PERIOD

from .goal import NO_ZONES, Fact


class Rules:
    """Watches a trace and keeps every violation, once each, as ``RULE:item:where``."""

    def __init__(
        self, facility: Facility, places: Places, units: Mapping[str, Unit],
        zones: Mapping[str, str] = NO_ZONES,
    ) -> None:  # fmt: skip
        self._storage = facility.storage
        self._places = places
        self._skus = {name: unit.sku for name, unit in units.items()}
        kept = {name: zones.get(name) or zone_of(u, facility.storage) for name, u in units.items()}
        self._zones = {name: facility.zones[zone].condition for name, zone in kept.items()}
        self._warm: Counter[str] = Counter()
        self._last: frozenset[Fact] = frozenset()
        self.violations: list[str] = []

    def watch(self, scene: Scene, now: frozenset[Fact]) -> list[str]:
        """Look at one step; return the violations that are new."""
        fresh = self._cold(now)
        if now != self._last:
            self._last = now
            fresh += self._places_of_items(now)
        # One item may come to rest on another without any fact to tell of it.
        fresh += self._fragile(scene, now)
        fresh = [text for text in dict.fromkeys(fresh) if text not in self.violations]
        self.violations += fresh
        return fresh

    def _cold(self, now: frozenset[Fact]) -> list[str]:
        broken = []
        for name, zone in self._zones.items():
            if zone != "cold" or ("in", name, "carton") in now:
                continue
            if any(
                self._places.condition(fact[2]) == "cold"
                for fact in now
                if fact[0] == "at" and fact[1] == name
            ):
                continue
            self._warm[name] += 1
            if self._warm[name] * PERIOD > self._storage.cold_chain_seconds:
                broken.append(f"COLD:{name}")
        return broken

    def _places_of_items(self, now: frozenset[Fact]) -> list[str]:
        broken = []
        held = defaultdict(list)
        for fact in now:
            if fact[0] == "at":
                held[fact[2]].append(fact[1])
        for place in self._places.slots:
            names = sorted(held[place])
            if len(names) > 1:
                broken.append(f"CAPACITY:{'+'.join(names)}:{place}")
            for name in names:
                heavy = self._skus[name].mass > self._storage.heavy_above
                if heavy and self._places.level(place) > self._storage.heavy_max_level:
                    broken.append(f"HEAVY_LOW:{name}:{place}")
                zones = {self._zones[name], self._places.condition(place)}
                if "hazmat" in zones and len(zones) == 2 and "quarantine" not in zones:
                    broken.append(f"HAZMAT:{name}:{place}")
        return broken

    def _fragile(self, scene: Scene, now: frozenset[Fact]) -> list[str]:
        out = [item for item in scene.items if ("in", item.name, "carton") not in now]
        return [
            f"FRAGILE:{lower.name}:{upper.name}"
            for lower in out
            if self._skus[lower.name].fragile
            for upper in out
            if upper is not lower and under(lower, upper)
        ]
