"""The scripted planner: the expert that knows the house rules and what an instruction means."""

from __future__ import annotations

from collections import Counter

from warewheel.agents.inventory import CARTON, LOST, Inventory
from warewheel.agents.plan import Subgoal
from warewheel.agents.request import Briefing, Request
from warewheel.configs.schema import Order
from warewheel.sim.facts import TABLE

from .destinations import Destinations

# A subgoal that failed this often is given up.
_TRIES = 4
# After so many waits in a row nothing comes any more: what is left in a carton keeps it here.
_WAITS = 40
# A label that was not read in this many scans cannot be read.
_SCANS = 2


class Scripted:
    """Chooses the next subgoal from what is believed, one at a time."""

    name = "scripted"
    privileged = True

    def __init__(self, briefing: Briefing) -> None:
        self._task, self._refusal = briefing.task, briefing.refusal
        self._destinations = Destinations(briefing)
        self._clerk = self._destinations.clerk

    def next(self, request: Request) -> Subgoal | None:
        """Return the next subgoal, or None when nothing is left to do."""
        if self._refusal:
            return Subgoal("refuse", reason=self._refusal)
        inventory, history = request.inventory, request.history
        order = self._destinations.order(inventory, request.number)
        failed = Counter(done.subgoal for done in history if not done.outcome.success)
        scans = Counter(
            done.subgoal.item
            for done in history
            if done.subgoal.skill == "scan" and done.outcome.cause == "UNREADABLE"
        )
        unreadable = {item for item, count in scans.items() if count >= _SCANS}
        held = inventory.held
        if held is not None:
            return self._dispose(inventory, order, held, failed, unreadable)
        if self._task == "chain" and (report := self._report(request, unreadable)) is not None:
            return report
        ready = self._task in ("unpack", "chain") and inventory.docked
        ready = ready and self._destinations.about(inventory, order, inventory.carton)
        if ready and not inventory.opened:
            if failed[Subgoal("open")] < _TRIES * len(inventory.manifests):
                return Subgoal("open")
            ready = False
        if (item := self._pick(request, order, failed, unreadable, ready)) is not None:
            return Subgoal("pick", item)
        if self._more_to_come(inventory, order) and failed[Subgoal("wait")] < _TRIES:
            last = [done.subgoal.skill for done in history[-_WAITS:]]
            if len(last) < _WAITS or set(last) != {"wait"}:
                return Subgoal("wait")
        return None

    def _pick(
        self, request: Request, order: Order, failed: Counter[Subgoal], unreadable: set[str],
        ready: bool,
    ) -> str | None:  # fmt: skip
        """Return the item to pick next, if any."""
        inventory, where = request.inventory, self._destinations
        # An item put down on the table in passing is one more failure to get it home.
        shelved = Counter(
            done.subgoal.item
            for done in request.history
            if self._task != "unpack" and done.subgoal.place == TABLE
        )
        todo = [
            entry.name
            for entry in inventory.items
            if entry.where != LOST
            and (ready if entry.where == CARTON else not where.settled(
                inventory, order, entry.name, unreadable
            ))
            and self._destinations.about(inventory, order, inventory.origins.get(entry.name))
        ]  # fmt: skip
        if where.outstanding(inventory, order, unreadable):
            todo = [
                name
                for name in todo
                if name not in inventory.labels or where.comes_first(inventory, order, name)
            ]
        # Fewest failures first: an item that resists may yield once its neighbours are gone.
        todo.sort(key=lambda name: failed[Subgoal("pick", name)] + shelved[name])
        for name in todo:
            if failed[Subgoal("pick", name)] >= _TRIES or shelved[name] >= _TRIES:
                continue
            if (first := self._first(request, order, name, unreadable)) is not None:
                return first
        return None

    def _first(self, request: Request, order: Order, name: str, unreadable: set[str]) -> str | None:
        """Return what to pick to get ``name`` home: itself, what is in its way, or nothing."""
        inventory, where = request.inventory, self._destinations
        if (
            self._task not in ("store", "chain")
            or inventory.item(name).where != TABLE
            or where.ends(inventory, order, name, unreadable) != []
        ):
            return name
        picks = Counter(d.subgoal.item for d in request.history if d.subgoal.skill == "pick")
        others = where.in_the_way(inventory, order, name, unreadable)
        return next((other for other in others if picks[other] < _TRIES), None)

    def _more_to_come(self, inventory: Inventory, order: Order) -> bool:
        """Tell whether a carton is on its way or has yet to arrive."""
        arrived = set(inventory.origins.values())
        missing = any(
            manifest.carton not in arrived
            and self._destinations.about(inventory, order, manifest.carton)
            for manifest in inventory.manifests
        )
        on_its_way = bool(inventory.carton) and not inventory.docked
        return missing or (
            on_its_way and self._destinations.about(inventory, order, inventory.carton)
        )

    def _report(self, request: Request, unreadable: set[str]) -> Subgoal | None:
        """Return the first finding that has not been told yet."""
        told = {
            (done.subgoal.finding, done.subgoal.item)
            for done in request.history
            if done.subgoal.skill == "report"
        }
        for report in self._clerk.reports(request.inventory, unreadable):
            if (report.finding, report.subject) not in told:
                return Subgoal("report", report.subject, finding=report.finding)
        return None

    def _dispose(
        self, inventory: Inventory, order: Order, held: str, failed: Counter[Subgoal],
        unreadable: set[str],
    ) -> Subgoal | None:  # fmt: skip
        ends = self._destinations.ends(inventory, order, held, unreadable)
        if ends is None:
            if failed[Subgoal("scan", held)] < _TRIES:
                return Subgoal("scan", held)
            ends = []
        elif self._destinations.outstanding(
            inventory, order, unreadable
        ) and not self._destinations.comes_first(inventory, order, held):
            ends = []
        for place in [*ends, TABLE]:
            if failed[Subgoal("place", held, place)] < _TRIES:
                return Subgoal("place", held, place)
        return None
