"""Starts of episodes drawn from a seed: what there is, and where it stands."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np

from warewheel.configs import zone_of
from warewheel.configs.schema import Body, Catalogue, Facility, Unit
from warewheel.sim.facts import Places
from warewheel.sim.values import Pose
from warewheel.sim.world import Placement, WorldSpec

# How far before the dock a carton starts on the belt [m].
_RIDE = 0.6
# Free height below a freshly placed item, so that nothing starts in contact [m].
_AIR = 0.001


def delivery(facility: Facility, body: Body, catalogue: Catalogue, seed: int) -> WorldSpec:
    """Return a sealed carton on the belt, packed with items that the rack has room for."""
    rng = np.random.default_rng(seed)
    units = _draw(facility, catalogue, rng)
    x, y, z = facility.conveyor.dock
    x += _RIDE
    carton = facility.carton
    cells = [
        (
            x + (column - (carton.cells[0] - 1) / 2) * carton.pitch[0],
            y + (row - (carton.cells[1] - 1) / 2) * carton.pitch[1],
        )
        for row in range(carton.cells[1])
        for column in range(carton.cells[0])
    ]
    order = rng.permutation(len(cells))[: len(units)]
    placements = tuple(
        _stand(rng, k, unit, cells[cell], z + carton.wall, shift=0.002, turn=0.03)
        for k, (unit, cell) in enumerate(zip(units, order, strict=True))
    )
    return WorldSpec(facility, body, placements, Pose((x, y, z)))


def on_table(facility: Facility, body: Body, catalogue: Catalogue, seed: int) -> WorldSpec:
    """Return unpacked items, not yet read, on the table's spots; there is no carton."""
    rng = np.random.default_rng(seed)
    units = _draw(facility, catalogue, rng, sorted_=True)
    order = rng.permutation(len(facility.table.spots))[: len(units)]
    placements = tuple(
        _stand(
            rng, k, unit, facility.table.spots[spot], facility.table.centre[2], 0.005, 0.25
        )
        for k, (unit, spot) in enumerate(zip(units, order, strict=True))
    )  # fmt: skip
    return WorldSpec(facility, body, placements, None)


def in_totes(facility: Facility, body: Body, catalogue: Catalogue, seed: int) -> WorldSpec:
    """Return items, already read, each in the tote of its zone; there is no carton."""
    rng = np.random.default_rng(seed)
    places = Places(facility)
    free: dict[str, list[tuple[tuple[float, float], float]]] = {}
    for tote in facility.totes:
        marks = [(mark, tote.position[2]) for mark in places.marks(tote.name)]
        free.setdefault(tote.zone, []).extend(marks)
    placements = []
    for k, unit in enumerate(_draw(facility, catalogue, rng, sorted_=True)):
        mark, floor = free[zone_of(unit, facility.storage)].pop(0)
        placements.append(_stand(rng, k, unit, mark, floor, shift=0.002, turn=0.05))
    return WorldSpec(facility, body, tuple(placements), None, read=True)


def _stand(
    rng: np.random.Generator, k: int, unit: Unit, at: tuple[float, float], floor: float,
    shift: float, turn: float,
) -> Placement:  # fmt: skip
    """Stand an item upright near ``at``, at most ``shift`` [m] and ``turn`` [rad] off."""
    dx, dy = rng.uniform(-shift, shift, 2)
    yaw = rng.uniform(-turn, turn)
    position = (at[0] + dx, at[1] + dy, floor + unit.sku.size[2] / 2 + _AIR)
    return Placement(
        f"item-{k}", unit, Pose(position, (0.0, 0.0, math.sin(yaw / 2), math.cos(yaw / 2)))
    )


def _draw(
    facility: Facility, catalogue: Catalogue, rng: np.random.Generator, sorted_: bool = False
) -> list[Unit]:
    """Draw units, skipping those whose zone has no legal slot left, or, if ``sorted_``, no tote."""
    fewest, most = facility.delivery.items
    count = int(rng.integers(fewest, most + 1))
    storage = facility.storage
    levels = len(facility.rack.tiers)
    places = Places(facility)
    columns = Counter(column.zone for column in facility.rack.columns)
    totes: Counter[str] = Counter()
    for tote in places.totes:
        totes[places.zones[tote]] += len(places.marks(tote))
    room = {
        zone: min(levels * n, totes[zone]) if sorted_ else levels * n for zone, n in columns.items()
    }
    low = {zone: min(levels, storage.heavy_max_level + 1) * n for zone, n in columns.items()}
    routes = storage.routes or ("",)
    chosen: list[Unit] = []
    while len(chosen) < count:
        sku = catalogue.items[int(rng.integers(len(catalogue.items)))]
        unit = Unit(sku=sku, route=routes[int(rng.integers(len(routes)))])
        zone = zone_of(unit, storage)
        heavy = sku.mass > storage.heavy_above
        if room[zone] == 0 or (heavy and low[zone] == 0):
            continue
        room[zone] -= 1
        low[zone] -= heavy
        chosen.append(unit)
    return chosen
