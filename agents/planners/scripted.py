"""The scripted planner: the expert that knows the house rules."""

from __future__ import annotations

from collections import Counter

from warewheel.agents.domain import OPEN
from warewheel.agents.perceive import Belief
from warewheel.agents.plan import Subgoal
from warewheel.agents.request import Request
from warewheel.configs import zone_of
from warewheel.configs.schema import Catalogue, Facility, Unit
from warewheel.sim.facts import TABLE, Places, fallen, inside

# A subgoal that failed this often is given up.
_TRIES = 3


class Scripted:
    """Chooses the next subgoal from what is believed, one at a time.

    Args:
        task: ``unpack``, ``classify``, ``store`` or ``chain``.
    """

    name = "scripted"

    def __init__(self, task: str, facility: Facility, catalogue: Catalogue) -> None:
        self._task = task
        self._facility = facility
        self._places = Places(facility)
        self._skus = {sku.gtin: sku for sku in catalogue.items}

    def next(self, request: Request) -> Subgoal | None:
        """Return the next subgoal, or None when nothing is left to do."""
        belief, held, history = request.belief, request.held, request.history
        failed = Counter(done.subgoal for done in history if not done.outcome.success)
        # An item put down on the table in passing is one more failure to get it home.
        shelved = Counter(
            done.subgoal.item
            for done in history
            if self._task != "unpack" and done.subgoal.place == TABLE
        )
        carton = belief.carton
        if carton is not None and self._task in ("unpack", "chain"):
            if not carton.docked:
                return Subgoal("wait")
            if min(carton.flaps) < OPEN and failed[Subgoal("open")] < _TRIES:
                return Subgoal("open")
        if held is not None:
            return self._dispose(belief, held, failed)
        todo = [item.name for item in belief.items if not self._settled(belief, item.name)]
        # Fewest failures first: an item that resists may yield once its neighbours are gone.
        todo.sort(key=lambda name: failed[Subgoal("pick", name)])
        for name in todo:
            if failed[Subgoal("pick", name)] < _TRIES and shelved[name] < _TRIES:
                return Subgoal("pick", name)
        return None

    def _dispose(self, belief: Belief, held: str, failed: Counter[Subgoal]) -> Subgoal | None:
        if self._task != "unpack" and held not in belief.gtins:
            if failed[Subgoal("scan", held)] < _TRIES:
                return Subgoal("scan", held)
            goals = self._ends("quarantine", None, belief, held)
        elif self._task == "unpack":
            goals = [TABLE]
        else:
            unit = self._unit(belief, held)
            goals = self._ends(zone_of(unit, self._facility.storage), unit, belief, held)
        for place in [*goals, TABLE]:
            if failed[Subgoal("place", held, place)] < _TRIES:
                return Subgoal("place", held, place)
        return None

    def _unit(self, belief: Belief, name: str) -> Unit:
        """Return what is known of an item whose label was read."""
        read = belief.reads[name]
        return Unit(
            sku=self._skus[read.gtin], lot=read.lot, expiry=read.expiry, route=read.route,
            condition=belief.item(name).condition,
        )  # fmt: skip

    def _ends(self, zone: str, unit: Unit | None, belief: Belief, held: str) -> list[str]:
        """Return the places where the item may end, the best first."""
        places = self._places
        if self._task == "classify":
            return [name for name in places.totes if places.zones[name] == zone]
        taken = {places.of(item) for item in belief.items if item.name != held}
        free = [s for s in places.slots if places.zones[s] == zone and s not in taken]
        storage = self._facility.storage
        if unit is not None and unit.sku.mass > storage.heavy_above:
            return sorted(
                (s for s in free if places.level(s) <= storage.heavy_max_level), key=places.level
            )
        # Light goods go up, so that low slots stay free for heavy ones.
        return sorted(free, key=places.level, reverse=True)

    def _settled(self, belief: Belief, name: str) -> bool:
        """Tell whether the item needs no more work, or cannot be reached any more."""
        item = belief.item(name)
        if fallen(self._facility, item):
            return True
        if belief.carton is not None and inside(belief.carton, item):
            return False
        place = self._places.of(item)
        if place is None:
            return False
        if self._task == "unpack":
            return place == TABLE
        zone = "quarantine"
        if name in belief.gtins:
            zone = zone_of(self._unit(belief, name), self._facility.storage)
        ends = self._places.totes if self._task == "classify" else self._places.slots
        return place in ends and self._places.zones[place] == zone
