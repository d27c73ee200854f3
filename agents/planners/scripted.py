"""The scripted planner: the expert that knows the house rules."""

from __future__ import annotations

from collections import Counter

from warewheel.agents.clerk import Clerk
from warewheel.agents.domain import OPEN
from warewheel.agents.perceive import Belief
from warewheel.agents.plan import Subgoal
from warewheel.agents.request import Request
from warewheel.configs.schema import Catalogue, Facility, Unit
from warewheel.sim.facts import TABLE, Places, fallen, inside

from .slotting import Slotting

# A subgoal that failed this often is given up.
_TRIES = 4
# A label that was not read in this many scans cannot be read.
_SCANS = 2


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
        self._clerk = Clerk(facility, catalogue)
        self._slotting = Slotting(facility.storage)

    def next(self, request: Request) -> Subgoal | None:
        """Return the next subgoal, or None when nothing is left to do."""
        belief, held, history = request.belief, request.held, request.history
        failed = Counter(done.subgoal for done in history if not done.outcome.success)
        scans = Counter(
            done.subgoal.item
            for done in history
            if done.subgoal.skill == "scan" and done.outcome.cause == "UNREADABLE"
        )
        unreadable = {item for item, count in scans.items() if count >= _SCANS}
        if held is not None:
            return self._dispose(belief, held, failed, unreadable)
        # An item put down on the table in passing is one more failure to get it home.
        shelved = Counter(
            done.subgoal.item
            for done in history
            if self._task != "unpack" and done.subgoal.place == TABLE
        )
        ready = self._carton_ready(belief)
        if ready and belief.carton is not None and min(belief.carton.flaps) < OPEN:
            if failed[Subgoal("open")] < _TRIES * len(belief.manifests):
                return Subgoal("open")
            ready = False
        todo = [
            item.name
            for item in belief.items
            if not self._settled(belief, item.name, unreadable)
            and (ready or belief.carton is None or not inside(belief.carton, item))
        ]
        # Fewest failures first: an item that resists may yield once its neighbours are gone.
        todo.sort(key=lambda name: failed[Subgoal("pick", name)] + shelved[name])
        for name in todo:
            if failed[Subgoal("pick", name)] < _TRIES and shelved[name] < _TRIES:
                first = self._first(request, name, unreadable)
                if first is not None:
                    return Subgoal("pick", first)
        if self._task == "chain" and (report := self._report(request, unreadable)) is not None:
            return report
        if self._more_to_come(belief) and failed[Subgoal("wait")] < _TRIES:
            return Subgoal("wait")
        return None

    def _first(self, request: Request, name: str, unreadable: set[str]) -> str | None:
        """Return what to pick to get ``name`` home: itself, what stands in its way, or nothing.

        What turns up after its neighbours were stored may find only slots that the rules forbid
        beside them; then one of them moves.
        """
        belief = request.belief
        zone = self._clerk.zone(belief, name, unreadable)
        if (
            self._task not in ("store", "chain")
            or zone is None
            or self._places.of(belief.item(name)) != TABLE
            or self._ends(zone, belief, name, unreadable)
        ):
            return name
        unit = self._clerk.unit(belief, name)
        picks = Counter(d.subgoal.item for d in request.history if d.subgoal.skill == "pick")
        for other in belief.labels:
            slot, moved = self._places.of(belief.item(other)), self._clerk.unit(belief, other)
            if slot not in self._places.slots or self._places.zones[slot] != zone:
                continue
            if unit is None or moved is None or picks[other] >= _TRIES:
                continue
            stored = self._rest(zone, belief, without={name, other})[0]
            free = self._free(zone, belief, other)
            if self._slotting.fits([unit, moved], free, stored):
                return other
        return None

    def _carton_ready(self, belief: Belief) -> bool:
        return (
            self._task in ("unpack", "chain") and belief.carton is not None and belief.carton.docked
        )

    def _more_to_come(self, belief: Belief) -> bool:
        """Tell whether a carton is on its way or has yet to arrive."""
        if belief.carton is not None and not belief.carton.docked:
            return True
        arrived = set(belief.origins.values())
        return any(manifest.carton not in arrived for manifest in belief.manifests)

    def _report(self, request: Request, unreadable: set[str]) -> Subgoal | None:
        """Return the first finding that has not been told yet."""
        told = {
            (done.subgoal.finding, done.subgoal.item)
            for done in request.history
            if done.subgoal.skill == "report"
        }
        for report in self._clerk.reports(request.belief, unreadable):
            if (report.finding, report.subject) not in told:
                return Subgoal("report", report.subject, finding=report.finding)
        return None

    def _dispose(
        self, belief: Belief, held: str, failed: Counter[Subgoal], unreadable: set[str]
    ) -> Subgoal | None:
        if self._task == "unpack":
            goals = [TABLE]
        elif (zone := self._clerk.zone(belief, held, unreadable)) is None:
            if failed[Subgoal("scan", held)] < _TRIES:
                return Subgoal("scan", held)
            goals = []
        else:
            goals = self._ends(zone, belief, held, unreadable)
        for place in [*goals, TABLE]:
            if failed[Subgoal("place", held, place)] < _TRIES:
                return Subgoal("place", held, place)
        return None

    def _ends(self, zone: str, belief: Belief, held: str, unreadable: set[str]) -> list[str]:
        """Return the places where the item may end, the best first."""
        places = self._places
        if self._task == "classify":
            totes = [name for name in places.totes if places.zones[name] == zone]
            load = Counter(places.of(item) for item in belief.items if item.name != held)
            return sorted(totes, key=lambda name: load[name])
        free = self._free(zone, belief, held)
        unit = self._clerk.unit(belief, held)
        if unit is None:
            # It may be heavy.
            return sorted(free, key=lambda slot: free[slot])
        if self._facility.zones[zone].condition == "quarantine":
            # What is set aside waits for somebody to look at it, in no order.
            return self._slotting.order(unit, free)
        stored, waiting = self._rest(zone, belief, without={held})
        promised = self._clerk.expected(belief, unreadable)
        expected = [unit for unit in promised if self._clerk.home(unit) == zone]
        return self._slotting.order(unit, free, stored, waiting, expected)

    def _free(self, zone: str, belief: Belief, held: str) -> dict[str, int]:
        """Return the slots of a zone where nothing but ``held`` stands, each with its tier."""
        places = self._places
        taken = {places.of(item) for item in belief.items if item.name != held}
        return {
            slot: places.level(slot)
            for slot in places.slots
            if places.zones[slot] == zone and slot not in taken
        }

    def _rest(
        self, zone: str, belief: Belief, without: set[str]
    ) -> tuple[list[tuple[Unit, int]], list[Unit]]:
        """Return what stands in a zone, with its tier, and what waits to come there."""
        stored, waiting = [], []
        for name in belief.labels:
            unit = None if name in without else self._clerk.unit(belief, name)
            if unit is None or self._clerk.zone(belief, name, ()) != zone:
                continue
            place = self._places.of(belief.item(name))
            if place in self._places.slots and self._places.zones[place] == zone:
                stored.append((unit, self._places.level(place)))
            elif place is not None:
                waiting.append(unit)
        return stored, waiting

    def _settled(self, belief: Belief, name: str, unreadable: set[str]) -> bool:
        """Tell whether the item needs no more work, or cannot be reached any more."""
        item = belief.item(name)
        if fallen(self._facility, item):
            return True
        if belief.carton is not None and inside(belief.carton, item):
            return self._task not in ("unpack", "chain")
        place = self._places.of(item)
        if place is None:
            return False
        if self._task == "unpack":
            return place == TABLE
        zone = self._clerk.zone(belief, name, unreadable)
        ends = self._places.totes if self._task == "classify" else self._places.slots
        return place in ends and self._places.zones[place] == zone
