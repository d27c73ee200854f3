"""Deliveries drawn from a seed: what is in the carton, and where it stands."""

from __future__ import annotations

import numpy as np

from warewheel.configs import zone_of
from warewheel.configs.schema import Body, Catalogue, Facility, Sku
from warewheel.sim.values import Pose
from warewheel.sim.world import Placement, WorldSpec

# How far before the dock a carton starts on the belt [m].
_RIDE = 0.6
# Free height below a freshly placed item, so that nothing starts in contact [m].
_AIR = 0.001


def delivery(facility: Facility, body: Body, catalogue: Catalogue, seed: int) -> WorldSpec:
    """Return a sealed carton on the belt, packed with items that the rack has room for."""
    rng = np.random.default_rng(seed)
    fewest, most = facility.delivery.items
    skus = _draw(facility, catalogue, int(rng.integers(fewest, most + 1)), rng)
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
        Placement(f"item-{k}", sku, Pose((*cells[cell], z + carton.wall + sku.size[2] / 2 + _AIR)))
        for k, (sku, cell) in enumerate(zip(skus, order, strict=True))
    )
    return WorldSpec(facility, body, placements, Pose((x, y, z)))


def _draw(
    facility: Facility, catalogue: Catalogue, count: int, rng: np.random.Generator
) -> list[Sku]:
    """Draw SKUs, skipping those whose zone has no slot left."""
    room = {zone: len(facility.rack.tiers) for zone in facility.rack.columns}
    chosen: list[Sku] = []
    while len(chosen) < count:
        sku = catalogue.items[int(rng.integers(len(catalogue.items)))]
        zone = zone_of(sku, facility.storage)
        if room[zone]:
            room[zone] -= 1
            chosen.append(sku)
    return chosen
