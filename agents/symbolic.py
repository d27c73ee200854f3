"""The symbolic twin: a delivery without physics, run by the domain's effects alone.

Every skill succeeds if what it needs holds, but for the scan of a label that cannot be read, and
but for mishaps, where those are asked for: a body's hand may slip, or lose what it carries.
Cartons come and go as at the dock: one that is open and empty makes room for the next.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from warewheel.sim.facts import TABLE, Places
from warewheel.sim.spec import Placement, WorldSpec
from warewheel.sim.values import Read

from .domain import SIGNATURES, Fact, believed, ground
from .inventory import CARTON, HAND, Entry, Inventory
from .monitor import Monitor
from .plan import Outcome, Subgoal

# From the pick that empties a carton until the next one rests at the dock [control steps]. In
# physics it was 185 to 206 in eight changes of cartons, with both bodies.
_CHANGE = 195
# Chances that a pick fails, and that a scan or a place loses what the hand holds, and causes of the
# former. What is lost falls on the table, or half of the time among what is left in the carton.
_SLIPS, _DROPS, _BACK = 0.15, 0.08, 0.5
_CAUSES = ("GRASP_SLIP", "IK", "AFFORDANCE")


class SymbolicTwin:
    """One delivery; also what is known of it, which is all that planners get to see.

    Args:
        spec: The delivery, as physics would be given it.
        known: Labels count as read from the start (full observability).
        places: Of the facility, where somebody has them already.
        mishaps: Chance that lets skills fail; None if they do not.
    """

    def __init__(
        self, spec: WorldSpec, known: bool = False, places: Places | None = None,
        mishaps: np.random.Generator | None = None,
    ) -> None:  # fmt: skip
        self.places = places or Places(spec.facility)
        self._monitor = Monitor(self.places)
        self._mishaps = mishaps
        self._parcels = spec.parcels
        self._placements = {place.name: place for place in spec.placements}
        self._known = known or spec.read
        self._entries: dict[str, Entry] = {}
        self._labels: dict[str, Read] = {}
        self._origins: dict[str, str] = {}
        self._reported: frozenset[tuple[str, str]] = frozenset()
        self._manifests = tuple(parcel.manifest for parcel in spec.parcels)
        self._arrived = self._docks_at = 0
        self._docked = self._opened = False
        self.step = 0
        for place in spec.loose:
            self._appear(place, self._place_of(place))
        self._admit()
        self._renew()

    @property
    def inventory(self) -> Inventory:
        """What is known now."""
        return self._inventory

    @property
    def facts(self) -> frozenset[Fact]:
        """The same as facts."""
        return self._facts

    @property
    def carton(self) -> str:
        """Name of the carton in the cell, or an empty string."""
        return self._parcels[self._arrived - 1].name if self._arrived else ""

    def do(self, subgoal: Subgoal) -> Outcome:
        """Carry out a subgoal, or say why that makes no sense now; either takes time."""
        refusal = self._monitor.refusal(subgoal, self._inventory, self._facts)
        if refusal:
            self.step += 1
            return Outcome(False, refusal)
        signature = SIGNATURES[subgoal.skill]
        self.step += signature.steps
        if subgoal.skill == "wait":
            self.step = max(self.step, self._docks_at)
        if subgoal.skill == "scan" and self._placements[subgoal.item].label is None:
            return Outcome(False, signature.broken)
        cause = self._mishap(subgoal)
        if cause:
            self._renew()
            return Outcome(False, cause)
        for effect in ground(signature.effects, subgoal):
            self._bring_about(effect)
        self._dock()
        self._renew()
        return Outcome(True)

    def _mishap(self, subgoal: Subgoal) -> str:
        """Let a skill fail by chance; return why, or an empty string if it does not."""
        chance = self._mishaps
        if chance is None or subgoal.skill not in ("pick", "scan", "place"):
            return ""
        if subgoal.skill == "pick":
            return _CAUSES[int(chance.integers(len(_CAUSES)))] if chance.random() < _SLIPS else ""
        if chance.random() >= _DROPS:
            return ""
        left = self._opened and any(e.where == CARTON for e in self._entries.values())
        where = CARTON if left and chance.random() < _BACK else TABLE
        self._entries[subgoal.item] = replace(self._entries[subgoal.item], where=where)
        return "DROP"

    def _bring_about(self, fact: Fact) -> None:
        """Make a fact hold; where an item is leaves no room for where it was."""
        match fact:
            case ("open", _):
                self._opened = True
                self._look()
            case ("held", item):
                self._entries[item] = replace(self._entries[item], where=HAND)
            case ("at", item, place):
                self._entries[item] = replace(self._entries[item], where=place)
            case ("known", item):
                self._read(self._placements[item])
            case ("reported", finding, subject):
                self._reported |= {(finding, subject)}

    def _dock(self) -> None:
        """Let the belt do its part."""
        if not self._docked:
            self._docked = self._arrived > 0 and self.step >= self._docks_at
        elif self._opened and not any(e.where == CARTON for e in self._entries.values()):
            self._admit()

    def _admit(self) -> None:
        """Put the next carton on the belt, if there is one."""
        if self._arrived == len(self._parcels):
            return
        parcel = self._parcels[self._arrived]
        self._docks_at = self.step + (_CHANGE if self._arrived else SIGNATURES["wait"].steps)
        self._arrived += 1
        self._docked = self._opened = False
        for place in parcel.placements:
            self._appear(place, CARTON)
            self._origins[place.name] = parcel.name

    def _appear(self, place: Placement, where: str) -> None:
        condition = "intact" if where == CARTON else place.unit.condition
        size = place.unit.sku.size
        self._entries[place.name] = Entry(place.name, where, size, condition)
        if self._known:
            self._read(place)

    def _look(self) -> None:
        """See what lies in an open carton."""
        for name, entry in self._entries.items():
            if entry.where == CARTON:
                condition = self._placements[name].unit.condition
                self._entries[name] = replace(entry, condition=condition)

    def _read(self, place: Placement) -> None:
        if (unit := place.label) is not None:
            self._labels[place.name] = Read(
                place.name, unit.sku.gtin, unit.lot, unit.expiry, unit.route, unit.note
            )

    def _place_of(self, place: Placement) -> str:
        """Return the place that a loose item stands in at the start."""
        x, y, z = place.pose.position
        floors = self.places.floors
        return min(
            floors,
            key=lambda name: (
                min((x - mx) ** 2 + (y - my) ** 2 for mx, my in self.places.marks(name))
                + (z - floors[name][2]) ** 2
            ),
        )

    def _renew(self) -> None:
        self._inventory = Inventory(
            entries=dict(self._entries),
            labels=dict(self._labels),
            manifests=self._manifests,
            origins=dict(self._origins),
            carton=self.carton,
            docked=self._docked,
            opened=self._opened,
            reported=self._reported,
        )
        self._facts = believed(self._inventory, self.places)
