"""What a delivery holds: units drawn from a catalogue, and the manifest that goes with them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from warewheel.configs import ConfigError, refusals, zone_of
from warewheel.configs.schema import Body, Carton, Catalogue, Facility, Sku, Unit
from warewheel.sim.facts import Places
from warewheel.sim.spec import Placement
from warewheel.sim.values import Line, Manifest, Pose

# Slots for what turns out to be wrong only during the episode.
_RESERVE = 1
# Draws for one item before a delivery is closed early.
_TRIES = 200
# Free height below a freshly placed item, so that nothing starts in contact [m].
_AIR = 0.001


@dataclass(frozen=True, slots=True)
class Content:
    """What a carton holds, and what its manifest lists."""

    units: tuple[Unit, ...]
    listed: tuple[Unit, ...]


class Draw:
    """Draws units that the body can handle and that every later stage has room for.

    Args:
        facility: Stock rules and statistics of deliveries.
        body: Who will handle them; None draws from all that there is.
        catalogue: What there is.
        rng: Where chance comes from.
        into_totes: Each unit needs room in a tote too.
    """

    def __init__(
        self, facility: Facility, body: Body | None, catalogue: Catalogue, rng: np.random.Generator,
        into_totes: bool = False,
    ) -> None:  # fmt: skip
        self._facility, self._rng = facility, rng
        self._stock = [s for s in catalogue.items if body is None or not refusals(body, s)]
        if body is not None and not self._stock:
            raise ConfigError(f"body '{body.name}' can handle nothing of '{catalogue.name}'")
        places = Places(facility)
        self._room: Counter[str] = Counter(places.zones[slot] for slot in places.slots)
        low = facility.storage.heavy_max_level
        self._low = Counter(
            places.zones[slot] for slot in places.slots if places.level(slot) <= low
        )
        if into_totes:
            totes: Counter[str] = Counter()
            for tote in places.totes:
                totes[places.zones[tote]] += len(places.marks(tote))
            self._room &= totes
        for zone, about in facility.zones.items():
            if about.condition == "quarantine":
                self._room[zone] = max(0, self._room[zone] - _RESERVE)
        self._routes = facility.storage.routes

    def zone(self, unit: Unit, unlisted: bool = False) -> str:
        """Return where a unit belongs."""
        return zone_of(unit, self._facility.storage, ("surplus",) if unlisted else ())

    def units(self, count: int) -> list[Unit]:
        """Return so many units, or fewer if the house has no room for more."""
        found: list[Unit] = []
        while len(found) < count and (unit := self._one(found)) is not None:
            found.append(unit)
        return found

    def carton(self, count: int) -> Content:
        """Return a carton's content: what is listed, and by chance what differs from it."""
        rules, rng = self._facility.delivery, self._rng
        listed = self.units(count)
        units = list(listed)
        short, wrong, surplus = (
            rng.random() < c for c in (rules.short, rules.wrong, rules.surplus)
        )
        if wrong and len(units) > 1 and (other := self._stranger(listed)) is not None:
            units[int(rng.integers(len(units)))] = other
        if short and len(units) > 2:
            k = next(k for k, unit in enumerate(units) if unit in listed)
            del units[k]
        if surplus and (other := self._stranger([*listed, *units])) is not None:
            units.append(other)
        return Content(tuple(units), tuple(listed))

    def listed(self, skus: Sequence[Sku]) -> Content:
        """Return a carton of sound units of just these SKUs, whether or not there is room."""
        units = tuple(self._print(sku) for sku in skus)
        return Content(units, units)

    def _stranger(self, known: Sequence[Unit]) -> Unit | None:
        """Return a unit of a SKU that none of ``known`` is of."""
        skus = {unit.sku.sku for unit in known}
        for _ in range(_TRIES):
            sku = self._stock[int(self._rng.integers(len(self._stock)))]
            unit = self._print(sku)
            if sku.sku not in skus and self._take(unit, unlisted=True):
                return unit
        return None

    def _one(self, drawn: Sequence[Unit]) -> Unit | None:
        rng, rules = self._rng, self._facility.delivery
        for _ in range(_TRIES):
            again = drawn and rng.random() < rules.repeat
            sku = (
                drawn[int(rng.integers(len(drawn)))].sku
                if again
                else self._stock[int(rng.integers(len(self._stock)))]
            )
            unit = self._print(sku)
            chance = rng.random()
            if chance < rules.damaged:
                unit = unit.model_copy(update={"condition": "damaged"})
            elif chance < rules.damaged + rules.open:
                unit = unit.model_copy(update={"condition": "open"})
            if self._take(unit):
                return unit
        return None

    def _print(self, sku: Sku) -> Unit:
        """Return a sound unit of a SKU with a label of its own."""
        rng = self._rng
        lot = f"L{int(rng.integers(10_000)):04d}"
        life = sku.shelf_life_days
        expiry = None if life is None else int(rng.integers(1, max(2, math.ceil(life / 2))))
        route = self._routes[int(rng.integers(len(self._routes)))] if self._routes else ""
        return Unit(sku=sku, lot=lot, expiry=expiry, route=route)

    def _take(self, unit: Unit, unlisted: bool = False) -> bool:
        """Take a slot for a unit if there is one."""
        zone = self.zone(unit, unlisted)
        heavy = unit.sku.mass > self._facility.storage.heavy_above
        if self._room[zone] == 0 or (heavy and self._low[zone] == 0):
            return False
        self._room[zone] -= 1
        self._low[zone] -= heavy
        return True


def manifest(carton: str, listed: Sequence[Unit], first: int) -> Manifest:
    """Return the manifest of a carton; its lines are numbered from ``first``."""
    counted = Counter(
        (unit.sku.gtin, unit.lot, unit.expiry, unit.route) for unit in listed
    )  # fmt: skip
    lines = (
        Line(f"line-{first + k}", gtin, quantity, lot, expiry, route)
        for k, ((gtin, lot, expiry, route), quantity) in enumerate(counted.items())
    )
    return Manifest(carton, tuple(lines))


def number(rng: np.random.Generator, between: tuple[int, int]) -> int:
    """Return a whole number from the least to the most."""
    return int(rng.integers(between[0], between[1] + 1))


def stand(
    rng: np.random.Generator, name: str, unit: Unit, at: tuple[float, float], floor: float,
    shift: float, turn: float,
) -> Placement:  # fmt: skip
    """Stand an item upright near ``at``, at most ``shift`` [m] and ``turn`` [rad] off."""
    dx, dy = rng.uniform(-shift, shift, 2)
    yaw = rng.uniform(-turn, turn)
    position = (at[0] + dx, at[1] + dy, floor + unit.sku.size[2] / 2 + _AIR)
    pose = Pose(position, (0.0, 0.0, math.sin(yaw / 2), math.cos(yaw / 2)))
    return Placement(name, unit, pose, unit)


def pack(
    rng: np.random.Generator, layout: Carton, at: tuple[float, float, float],
    units: Sequence[Unit], first: int,
) -> tuple[Placement, ...]:  # fmt: skip
    """Stand items in cells of a carton whose floor is ``at``; they are numbered from ``first``."""
    cells = grid(at, layout.cells, layout.pitch)
    order = rng.permutation(len(cells))[: len(units)]
    return tuple(
        stand(rng, f"item-{first + k}", unit, cells[cell], at[2] + layout.wall, 0.002, 0.03)
        for k, (unit, cell) in enumerate(zip(units, order, strict=True))
    )


def grid(
    centre: tuple[float, float, float], cells: tuple[int, int], pitch: tuple[float, float]
) -> list[tuple[float, float]]:
    """Return the middles of a carton's cells, along x first."""
    return [
        (
            centre[0] + (column - (cells[0] - 1) / 2) * pitch[0],
            centre[1] + (row - (cells[1] - 1) / 2) * pitch[1],
        )
        for row in range(cells[1])
        for column in range(cells[0])
    ]
