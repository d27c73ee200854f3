"""House rules as invariants over an episode's trace.

They are checked on the truth, from units, places and poses alone: nothing here is told what an
agent believes, plans or did.

| code | what must hold |
| --- | --- |
| COLD | goods of a cold zone are out of the carton and the cold for no longer than a budget |
| FRAGILE | nothing lies on a fragile item |
| HEAVY_LOW | a heavy item stands on no high tier |
| HAZMAT | hazardous goods and others do not stand in each other's zones |
| QUARANTINE | what is to be set aside stands in no other zone |
| FEFO | of two units of a SKU in a zone, the one that expires first is on no higher tier |
| CAPACITY | a slot holds one item |
"""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping

from warewheel.configs import zone_of
from warewheel.configs.schema import Facility, Unit
from warewheel.sim.facts import Places, under
from warewheel.sim.values import Scene
from warewheel.sim.world import PERIOD

from .goal import NO_ZONES, Fact
from .violations import Breach, Record, Violation

# Control steps for which one item must lie on another to count as resting on it; what is carried
# past may touch it in between.
_DWELL = 3


class Rules:
    """Watches a trace and records every violation.

    Args:
        facility: Whose house rules hold.
        places: Its places.
        units: What the items are, by name.
        zones: Zones of items that belong elsewhere than the house rules for their units say.
    """

    def __init__(
        self, facility: Facility, places: Places, units: Mapping[str, Unit],
        zones: Mapping[str, str] = NO_ZONES,
    ) -> None:  # fmt: skip
        storage = self._storage = facility.storage
        self._places = places
        self._units = units
        homes = {name: zones.get(name) or zone_of(unit, storage) for name, unit in units.items()}
        self._home = {name: facility.zones[zone].condition for name, zone in homes.items()}
        # Goods stay what they are when they are damaged.
        self._hazardous = {
            name: facility.zones[zone_of(_intact(unit), storage)].condition == "hazmat"
            for name, unit in units.items()
        }
        self._cold_ones = [name for name, home in self._home.items() if home == "cold"]
        self._delicate = {name for name, unit in units.items() if unit.sku.fragile}
        self._budget = storage.cold_chain_seconds / PERIOD
        self._warm: Counter[str] = Counter()
        self._lying: dict[tuple[str, str], int] = {}
        self._last: frozenset[Fact] | None = None
        self._chilled: set[str] = set()
        self._misplaced: tuple[Breach, ...] = ()
        self._step = -1
        self._record = Record()

    @property
    def violations(self) -> tuple[str, ...]:
        """What was ever broken, each once, as ``RULE:item:where``."""
        return self._record.texts

    @property
    def standing(self) -> tuple[str, ...]:
        """Those of `violations` that have not been put right."""
        return self._record.standing

    @property
    def record(self) -> tuple[Violation, ...]:
        """Every violation with the steps at which it began and was put right."""
        return self._record.violations

    def watch(self, scene: Scene | None, now: frozenset[Fact], steps: int = 1) -> list[str]:
        """Look at the next moment; return the violations that are new.

        Args:
            scene: Where everything is, or None where nothing can lie on anything.
            now: What is true.
            steps: Control steps since the last moment; the first moment is step 0.
        """
        self._step += steps
        if now is not self._last and now != self._last:
            self._last = now
            self._chilled = self._in_the_cold(now)
            self._misplaced = tuple(self._of_slots(now))
        breaches = [*self._cold(steps), *self._misplaced]
        if scene is not None:
            breaches += self._fragile(scene, now)
        return self._record.tell(self._step, breaches)

    def _in_the_cold(self, now: frozenset[Fact]) -> set[str]:
        return {
            fact[1]
            for fact in now
            if fact[0] == "in" or (fact[0] == "at" and self._places.condition(fact[2]) == "cold")
        }

    def _cold(self, steps: int) -> Iterator[Breach]:
        for name in self._cold_ones:
            self._warm[name] += steps * (name not in self._chilled)
            # Nothing makes up for it.
            if self._warm[name] > self._budget:
                yield Breach("COLD", (name,))

    def _fragile(self, scene: Scene, now: frozenset[Fact]) -> Iterator[Breach]:
        lower = [
            item
            for item in scene.items
            if item.name in self._delicate and ("in", item.name, "carton") not in now
        ]
        self._lying = {
            (one.name, other.name): self._lying.get((one.name, other.name), 0) + 1
            for one in lower
            for other in scene.items
            if other is not one and under(one, other) and ("in", other.name, "carton") not in now
        }
        for pair, looks in self._lying.items():
            if looks >= _DWELL:
                yield Breach("FRAGILE", pair)

    def _of_slots(self, now: frozenset[Fact]) -> Iterator[Breach]:
        """Yield what is broken by the slots that items rest in."""
        held: dict[str, list[str]] = defaultdict(list)
        for fact in sorted(now):
            if fact[0] == "at" and fact[2] in self._places.slots:
                held[fact[2]].append(fact[1])
        for slot, names in held.items():
            if len(names) > 1:
                yield Breach("CAPACITY", tuple(names), slot)
            for name in names:
                yield from self._of_slot(name, slot)
        stored = [(name, slot) for slot, names in held.items() for name in names]
        if self._storage.first_expired_first_out:
            for (one, here), (other, there) in itertools.combinations(stored, 2):
                yield from self._expiry(one, here, other, there)

    def _of_slot(self, name: str, slot: str) -> Iterator[Breach]:
        """Yield what is broken by one item in one slot."""
        keeps = self._places.condition(slot)
        heavy = self._units[name].sku.mass > self._storage.heavy_above
        if heavy and self._places.level(slot) > self._storage.heavy_max_level:
            yield Breach("HEAVY_LOW", (name,), slot)
        if keeps == "quarantine":
            return
        if self._hazardous[name] != (keeps == "hazmat"):
            yield Breach("HAZMAT", (name,), slot)
        if self._home[name] == "quarantine":
            yield Breach("QUARANTINE", (name,), slot)

    def _expiry(self, one: str, here: str, other: str, there: str) -> Iterator[Breach]:
        """Yield a breach if of two units of a SKU the one that expires first is the higher."""
        places, a, b = self._places, self._units[one], self._units[other]
        if a.sku.sku != b.sku.sku or places.zones[here] != places.zones[there]:
            return
        if a.expiry is None or b.expiry is None or places.condition(here) == "quarantine":
            return
        rise = places.level(here) - places.level(there)
        if rise > 0 and a.expiry < b.expiry:
            yield Breach("FEFO", (one, other), here)
        elif rise < 0 and b.expiry < a.expiry:
            yield Breach("FEFO", (other, one), there)


def _intact(unit: Unit) -> Unit:
    return unit.model_copy(update={"condition": "intact"})
