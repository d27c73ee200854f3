"""Faults drawn for an episode: a schedule for the world, and labels and contents made wrong."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from warewheel.configs.schema import Catalogue, FaultChance, FaultKind, FaultProfile, Unit
from warewheel.sim.faults.schedule import Fault
from warewheel.sim.spec import Parcel, Placement, WorldSpec
from warewheel.sim.world import CONTROL_HZ

from .draw import grid, stand

# Which tasks a fault can happen in: those with a carton, those where labels are read, and all.
_CARTON = frozenset({"unpack", "chain"})
_READING = frozenset({"classify", "chain"})
_TABLE = frozenset({"classify", "unpack"})
_LISTED = frozenset({"chain"})
_WHERE: dict[FaultKind, frozenset[str]] = {
    "jammed_flap": _CARTON,
    "carton_bumped": _CARTON,
    "conveyor_stops": _CARTON,
    "item_tipped": _TABLE,
    "label_unreadable": _READING,
    "label_wrong": _READING,
    "item_missing": _LISTED,
    "item_extra": _LISTED,
}
# An item that is this much larger or smaller than the label says is not what it says [m].
ODD = 0.012


@dataclass
class _Scene:
    """A spec while it is being troubled."""

    spec: WorldSpec
    task: str
    catalogue: Catalogue
    rng: np.random.Generator

    def one(self, things: Sequence[Placement]) -> Placement:
        return things[int(self.rng.integers(len(things)))]


def trouble(
    spec: WorldSpec, task: str, catalogue: Catalogue, profile: FaultProfile,
    rng: np.random.Generator,
) -> WorldSpec:  # fmt: skip
    """Return ``spec`` with faults drawn from ``profile``, each of a kind that ``task`` can have."""
    possible = [f for f in profile.faults if task in _WHERE.get(f.kind, frozenset({task}))]
    fewest, most = profile.count
    chosen = [f for f in possible if rng.random() < f.chance]
    spare = [f for f in possible if f not in chosen and f.chance > 0]
    queue = [chosen[k] for k in rng.permutation(len(chosen))]
    if spare:
        # In what order the others stand in where too few were chosen or had no occasion.
        weights = np.array([f.chance for f in spare])
        order = rng.choice(len(spare), len(spare), replace=False, p=weights / weights.sum())
        queue += [spare[k] for k in order]
    scene = _Scene(spec, task, catalogue, rng)
    for k, chance in enumerate(queue):
        count = len(scene.spec.faults)
        if count == most or (count >= fewest and k >= len(chosen)):
            break
        fault = _draw(scene, chance)
        if fault is not None:
            scene.spec = replace(scene.spec, faults=(*scene.spec.faults, fault))
    return scene.spec


def _draw(scene: _Scene, chance: FaultChance) -> Fault | None:
    """Draw the particulars of a fault; return None where this episode has no occasion for it."""
    rng = scene.rng
    fault = Fault(
        chance.kind,
        seconds=float(rng.uniform(*chance.seconds)),
        size=float(rng.uniform(*chance.size)),
        way=float(rng.uniform(-math.pi, math.pi)),
    )
    if rng.random() < chance.for_good:
        fault = replace(fault, seconds=math.inf, recoverable=False)
    return _PARTICULARS.get(chance.kind, _sometime)(scene, fault)


def _sometime(scene: _Scene, fault: Fault) -> Fault:
    """Strike within the first seconds of work per item."""
    items = len(scene.spec.placements)
    return replace(fault, after=int(scene.rng.integers(4, 4 + 6 * items)) * CONTROL_HZ)


def _some_lift(scene: _Scene, fault: Fault) -> Fault:
    return replace(fault, after=int(scene.rng.integers(len(scene.spec.placements))))


def _some_carton(scene: _Scene, fault: Fault) -> Fault:
    return replace(fault, after=int(scene.rng.integers(len(scene.spec.parcels))))


def _some_flap(scene: _Scene, fault: Fault) -> Fault:
    return replace(_some_carton(scene, fault), way=float(scene.rng.integers(2)))


def _bump(scene: _Scene, fault: Fault) -> Fault:
    """Push across the belt: along it the goods would leave the arm's reach."""
    way = math.copysign(math.pi / 2, fault.way) + fault.way / 12
    items = len(scene.spec.parcels[0].placements)
    return replace(fault, after=int(scene.rng.integers(max(1, items - 1))), way=way)


def _knock(scene: _Scene, fault: Fault) -> Fault | None:
    """Tip over an item that stands on the table and would not roll."""
    tall = [
        p
        for p in scene.spec.placements
        if p.unit.sku.shape in ("box", "bag") and p.unit.sku.size[0] < 0.85 * p.unit.sku.size[2]
    ]
    if not tall:
        return None
    after = int(scene.rng.integers(2, 10)) * CONTROL_HZ
    return replace(fault, target=scene.one(tall).name, after=after)


def _blot(scene: _Scene, fault: Fault) -> Fault:
    item = scene.one(scene.spec.placements)
    _change(scene, replace(item, label=None))
    return replace(fault, target=item.name)


def _mislabel(scene: _Scene, fault: Fault) -> Fault | None:
    """Print another SKU's label, one whose size is plainly not this item's."""
    item = scene.one(scene.spec.placements)
    used = {place.unit.sku.sku for place in scene.spec.placements}
    odd = [
        sku
        for sku in scene.catalogue.items
        if sku.sku not in used
        and not _listed(scene.spec, sku.gtin)
        and max(abs(a - b) for a, b in zip(sku.size, item.unit.sku.size, strict=True)) > ODD
    ]
    if not odd:
        return None
    sku = odd[int(scene.rng.integers(len(odd)))]
    _change(scene, replace(item, label=item.unit.model_copy(update={"sku": sku})))
    return replace(fault, target=item.name)


def _omit(scene: _Scene, fault: Fault) -> Fault | None:
    """Leave out an item whose SKU and lot only it has, so that its line is short of it."""
    full = [parcel for parcel in scene.spec.parcels if len(parcel.placements) > 1]
    if not full:
        return None
    parcel = full[int(scene.rng.integers(len(full)))]
    listed = {line.gtin: line.name for line in parcel.manifest.lines}
    sound = [p for p in parcel.placements if p.unit.sku.gtin in listed and p.label == p.unit]
    if not sound:
        return None
    item = scene.one(sound)
    _swap(scene, replace(parcel, placements=tuple(p for p in parcel.placements if p != item)))
    line = next(
        line.name
        for line in parcel.manifest.lines
        if (line.gtin, line.lot) == (item.unit.sku.gtin, item.unit.lot)
    )
    return replace(fault, target=line)


def _add(scene: _Scene, fault: Fault) -> Fault | None:
    """Put in a unit that no manifest lists."""
    parcels = scene.spec.parcels
    parcel = parcels[int(scene.rng.integers(len(parcels)))]
    free = _free_cells(parcel)
    used = {place.unit.sku.sku for place in scene.spec.placements}
    used |= {sku.sku for sku in scene.catalogue.items if _listed(scene.spec, sku.gtin)}
    others = [sku for sku in scene.catalogue.items if sku.sku not in used and sku.mass < 0.5]
    if not free or not others:
        return None
    routes = scene.spec.facility.storage.routes or ("",)
    route = routes[int(scene.rng.integers(len(routes)))]
    sku = others[int(scene.rng.integers(len(others)))]
    unit = Unit(sku=sku, lot="L9999", route=route)
    last = max(int(place.name.rpartition("-")[2]) for place in scene.spec.placements)
    name = f"item-{last + 1}"
    cell = free[int(scene.rng.integers(len(free)))]
    floor = parcel.pose.position[2] + parcel.layout.wall
    place = stand(scene.rng, name, unit, cell, floor, 0.002, 0.03)
    _swap(scene, replace(parcel, placements=(*parcel.placements, place)))
    return replace(fault, target=name)


def _listed(spec: WorldSpec, gtin: str) -> bool:
    return any(line.gtin == gtin for parcel in spec.parcels for line in parcel.manifest.lines)


def _free_cells(parcel: Parcel) -> list[tuple[float, float]]:
    taken = [place.pose.position for place in parcel.placements]
    cells = grid(parcel.pose.position, parcel.layout.cells, parcel.layout.pitch)
    return [cell for cell in cells if all(math.dist(cell, at[:2]) > 0.04 for at in taken)]


def _change(scene: _Scene, item: Placement) -> None:
    """Put ``item`` in the place of the one of its name."""

    def swap(places: tuple[Placement, ...]) -> tuple[Placement, ...]:
        return tuple(item if place.name == item.name else place for place in places)

    spec = scene.spec
    parcels = tuple(replace(p, placements=swap(p.placements)) for p in spec.parcels)
    scene.spec = replace(spec, loose=swap(spec.loose), parcels=parcels)


def _swap(scene: _Scene, parcel: Parcel) -> None:
    """Put ``parcel`` in the place of the one of its name."""
    parcels = tuple(parcel if p.name == parcel.name else p for p in scene.spec.parcels)
    scene.spec = replace(scene.spec, parcels=parcels)


_PARTICULARS: dict[FaultKind, Callable[[_Scene, Fault], Fault | None]] = {
    "grip_slip": _some_lift,
    "item_dropped": _some_lift,
    "jammed_flap": _some_flap,
    "carton_bumped": _bump,
    "conveyor_stops": _some_carton,
    "item_tipped": _knock,
    "label_unreadable": _blot,
    "label_wrong": _mislabel,
    "item_missing": _omit,
    "item_extra": _add,
}
