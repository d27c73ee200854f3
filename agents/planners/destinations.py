"""Destinations: where an item goes by the order, by the house rules, and by what has room."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from warewheel.agents.clerk import Clerk
from warewheel.agents.inventory import Inventory
from warewheel.agents.request import Briefing
from warewheel.configs.orders import means, moves_of, places_of, settle
from warewheel.configs.schema import Order, Spot, Unit
from warewheel.sim.facts import TABLE, Places

from .slotting import Slotting


class Destinations:
    """Where items go in an episode.

    Args:
        briefing: With the orders; they are settled by what the manifests promise.
    """

    def __init__(self, briefing: Briefing) -> None:
        self._task, self._facility = briefing.task, briefing.facility
        self._storage = briefing.facility.storage
        self.places = Places(briefing.facility)
        self.clerk = Clerk(briefing.facility, briefing.catalogue)
        self._slotting = Slotting(self._storage)
        self._orders = briefing.orders
        self._order: tuple[int, Order] | None = None

    def order(self, inventory: Inventory, number: int) -> Order:
        """Return the order of an instruction as it stands for this delivery."""
        if self._order is None or self._order[0] != number:
            order = self._orders[number]
            about = (m for m in inventory.manifests if self.about(inventory, order, m.carton))
            self._order = number, settle(order, self.clerk.delivery(about), self._storage)
        return self._order[1]

    def about(self, inventory: Inventory, order: Order, carton: str | None) -> bool:
        """Tell whether the order is about a carton's goods."""
        if order.cartons is None or carton is None:
            return True
        names = [manifest.carton for manifest in inventory.manifests]
        return any(names[k] == carton for k in order.cartons if k < len(names))

    def ends(
        self, inventory: Inventory, order: Order, name: str, unreadable: Collection[str]
    ) -> list[str] | None:
        """Return the places where an item may end, the best first; None while that is unknown."""
        if self._task == "unpack":
            return [TABLE]
        zone = self.clerk.zone(inventory, name, unreadable)
        if zone is None:
            return None
        if self._task == "classify":
            totes = [tote for tote in self.places.totes if self.places.zones[tote] == zone]
            load = Counter(entry.where for entry in inventory.items if entry.name != name)
            return sorted(totes, key=lambda tote: load[tote])
        spot = self._spot(inventory, order, name, unreadable, zone)
        names = places_of(spot, self._facility)
        if names == (TABLE,):
            return [TABLE]
        return self._slots(inventory, order, name, names, unreadable)

    def settled(
        self, inventory: Inventory, order: Order, name: str, unreadable: Collection[str]
    ) -> bool:
        """Tell whether an item stands where it may end."""
        where = inventory.item(name).where
        if self._task == "unpack":
            return where == TABLE
        zone = self.clerk.zone(inventory, name, unreadable)
        if zone is None:
            return False
        if self._task == "classify":
            return where in self.places.totes and self.places.zones[where] == zone
        spot = self._spot(inventory, order, name, unreadable, zone)
        return where in places_of(spot, self._facility)

    def outstanding(self, inventory: Inventory, order: Order, unreadable: Collection[str]) -> bool:
        """Tell whether goods that come first have yet to be stored."""
        if order.first is None:
            return False
        cartons = [
            manifest.carton
            for manifest in inventory.manifests
            if self.about(inventory, order, manifest.carton)
        ]
        promised = self.clerk.expected(inventory, unreadable, cartons)
        if any(means(order.first, unit, self._storage) for unit in promised):
            return True
        return any(
            self.comes_first(inventory, order, name)
            and self.about(inventory, order, inventory.origins.get(name))
            and not self.settled(inventory, order, name, unreadable)
            for name in inventory.labels
        )

    def comes_first(self, inventory: Inventory, order: Order, name: str) -> bool:
        """Tell whether an item is one of the goods that come first."""
        unit = self.clerk.unit(inventory, name)
        return unit is not None and order.first is not None and means(
            order.first, unit, self._storage
        )  # fmt: skip

    def _spot(
        self, inventory: Inventory, order: Order, name: str, unreadable: Collection[str], zone: str
    ) -> Spot:
        """Return where an item goes; ``zone`` is where the house rules put it."""
        unit = self.clerk.unit(inventory, name)
        faulty = (
            unit is None
            or bool(self.clerk.findings(inventory, name, unreadable))
            or self.clerk.mislabelled(inventory, name)
        )
        if unit is None or faulty:
            return Spot(zone=zone)
        for move in moves_of(order, unit, self._storage):
            if move.count is None:
                return move.to
            there = places_of(move.to, self._facility)
            others = sum(
                means(move.what, other, self._storage)
                for entry in inventory.items
                if entry.name != name
                and entry.where in there
                and (other := self.clerk.unit(inventory, entry.name)) is not None
            )
            if others < move.count:
                return move.to
        return Spot(place=TABLE) if order.rest == "table" else Spot(zone=zone)

    def in_the_way(
        self, inventory: Inventory, order: Order, name: str, unreadable: Collection[str]
    ) -> list[str]:
        """Return stored items any one of which could move to let ``name`` in by the rules.

        What turns up after its neighbours were stored may find only slots that the rules forbid
        beside them.
        """
        zone = self.clerk.zone(inventory, name, unreadable)
        unit = self.clerk.unit(inventory, name)
        if zone is None or unit is None:
            return []
        names = places_of(self._spot(inventory, order, name, unreadable, zone), self._facility)
        found = []
        for other in inventory.labels:
            moved, entry = self.clerk.unit(inventory, other), inventory.entries.get(other)
            if moved is None or entry is None or entry.where not in names:
                continue
            zone = self.places.zones[entry.where]
            stored, _ = self._company(inventory, order, {name, other}, zone)
            free = self._free(inventory, {name, other}, names)
            if self._slotting.fits([unit, moved], free, stored):
                found.append(other)
        return found

    def _free(
        self, inventory: Inventory, without: Collection[str], names: tuple[str, ...]
    ) -> dict[str, int]:
        """Return the slots where nothing but ``without`` stands, each with its tier."""
        taken = {entry.where for entry in inventory.items if entry.name not in without}
        return {slot: self.places.level(slot) for slot in names if slot not in taken}

    def _slots(
        self, inventory: Inventory, order: Order, name: str, names: tuple[str, ...],
        unreadable: Collection[str],
    ) -> list[str]:  # fmt: skip
        if not names:
            return []
        free = self._free(inventory, {name}, names)
        unit = self.clerk.unit(inventory, name)
        if unit is None:
            # It may be heavy.
            return sorted(free, key=lambda slot: free[slot])
        zone = self.places.zones[names[0]]
        if self._facility.zones[zone].condition == "quarantine":
            # What is set aside waits for somebody to look at it, in no order.
            return self._slotting.order(unit, free)
        stored, waiting = self._company(inventory, order, {name}, zone)
        promised = self.clerk.expected(inventory, unreadable)
        expected = [u for u in promised if self._promised(order, u) == zone]
        return self._slotting.order(unit, free, stored, waiting, expected)

    def _company(
        self, inventory: Inventory, order: Order, without: Collection[str], zone: str
    ) -> tuple[list[tuple[Unit, int]], list[Unit]]:
        """Return what stands in a zone, with its tier, and what waits to come there."""
        stored, waiting = [], []
        for other in inventory.labels:
            unit = self.clerk.unit(inventory, other)
            entry = inventory.entries.get(other)
            if unit is None or entry is None or other in without:
                continue
            if self.places.zones.get(entry.where) == zone and entry.where in self.places.slots:
                stored.append((unit, self.places.level(entry.where)))
            elif entry.where and self._home(inventory, order, other, unit) == zone:
                waiting.append(unit)
        return stored, waiting

    def _home(self, inventory: Inventory, order: Order, name: str, unit: Unit) -> str:
        """Return the zone that an item which was read will end in, or an empty string."""
        zone = self.clerk.zone(inventory, name, ()) or self.clerk.home(unit)
        spot = self._spot(inventory, order, name, (), zone)
        return spot.zone or ""

    def _promised(self, order: Order, unit: Unit) -> str:
        """Return the zone that a unit which has yet to be read will end in."""
        for move in moves_of(order, unit, self._storage):
            if move.count is None:
                return move.to.zone or ""
        return "" if order.rest == "table" else self.clerk.home(unit)
