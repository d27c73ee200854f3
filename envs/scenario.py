"""Starts of episodes drawn from a seed: what there is, and where it stands."""

from __future__ import annotations

import math

import numpy as np

from warewheel.configs import zone_of
from warewheel.configs.capability import refusals
from warewheel.configs.schema import Body, Catalogue, Facility, Sku, Unit
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
    skus = _draw(facility, body, catalogue, rng)
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
    order = rng.permutation(len(cells))[: len(skus)]
    placements = tuple(
        _stand(rng, k, sku, cells[cell], z + carton.wall, shift=0.002, turn=0.03)
        for k, (sku, cell) in enumerate(zip(skus, order, strict=True))
    )
    return WorldSpec(facility, body, placements, Pose((x, y, z)))


def on_table(facility: Facility, body: Body, catalogue: Catalogue, seed: int) -> WorldSpec:
    """Return unpacked items, not yet read, on the table's spots; there is no carton."""
    rng = np.random.default_rng(seed)
    skus = _draw(facility, body, catalogue, rng, sorted_=True)
    order = rng.permutation(len(facility.table.spots))[: len(skus)]
    placements = tuple(
        _stand(
            rng, k, sku, facility.table.spots[spot], facility.table.centre[2], 0.005, 0.25
        )
        for k, (sku, spot) in enumerate(zip(skus, order, strict=True))
    )  # fmt: skip
    return WorldSpec(facility, body, placements, None)


def in_totes(facility: Facility, body: Body, catalogue: Catalogue, seed: int) -> WorldSpec:
    """Return items, already read, each in the tote of its zone; there is no carton."""
    rng = np.random.default_rng(seed)
    places = Places(facility)
    free = {tote.zone: (tote.position[2], places.marks(tote.name)) for tote in facility.totes}
    placements = []
    for k, sku in enumerate(_draw(facility, body, catalogue, rng, sorted_=True)):
        floor, marks = free[zone_of(sku, facility.storage)]
        placements.append(_stand(rng, k, sku, marks.pop(0), floor, shift=0.002, turn=0.05))
    return WorldSpec(facility, body, tuple(placements), None, read=True)


def _stand(
    rng: np.random.Generator, k: int, sku: Sku, at: tuple[float, float], floor: float,
    shift: float, turn: float,
) -> Placement:  # fmt: skip
    """Stand an item upright near ``at``, at most ``shift`` [m] and ``turn`` [rad] off."""
    dx, dy = rng.uniform(-shift, shift, 2)
    yaw = rng.uniform(-turn, turn)
    position = (at[0] + dx, at[1] + dy, floor + sku.size[2] / 2 + _AIR)
    return Placement(
        f"item-{k}", Unit(sku=sku), Pose(position, (0.0, 0.0, math.sin(yaw / 2), math.cos(yaw / 2)))
    )


def _draw(
    facility: Facility, body: Body, catalogue: Catalogue, rng: np.random.Generator,
    sorted_: bool = False,
) -> list[Sku]:  # fmt: skip
    """Draw SKUs that the body can handle.

    Those whose zone has no legal slot left, or, if ``sorted_``, no tote, are skipped.
    """
    fewest, most = facility.delivery.items
    count = int(rng.integers(fewest, most + 1))
    storage = facility.storage
    levels = len(facility.rack.tiers)
    places = Places(facility)
    totes = {places.zones[tote]: len(places.marks(tote)) for tote in places.totes}
    room = {
        zone: min(levels, totes.get(zone, 0)) if sorted_ else levels
        for zone in facility.rack.columns
    }
    low = {zone: min(levels, storage.heavy_max_level + 1) for zone in facility.rack.columns}
    able = [sku for sku in catalogue.items if not refusals(body, sku)]
    chosen: list[Sku] = []
    while len(chosen) < count:
        sku = able[int(rng.integers(len(able)))]
        zone = zone_of(sku, storage)
        heavy = sku.mass > storage.heavy_above
        if room[zone] == 0 or (heavy and low[zone] == 0):
            continue
        room[zone] -= 1
        low[zone] -= heavy
        chosen.append(sku)
    return chosen
