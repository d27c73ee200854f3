"""Starts of episodes drawn from a seed: what there is, and where it stands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from warewheel.configs.schema import Body, Case, Catalogue, Facility, FaultProfile, Sku
from warewheel.sim.facts import Places
from warewheel.sim.spec import Parcel, Placement, WorldSpec
from warewheel.sim.values import Pose

from .draw import Draw, manifest, number, pack, stand
from .trouble import trouble

# How far before the dock a carton starts on the belt [m].
_RIDE = 0.6


def scenario(
    task: str, facility: Facility, body: Body, catalogue: Catalogue, seed: int,
    faults: FaultProfile | None = None, case: Case | None = None,
) -> WorldSpec:  # fmt: skip
    """Return the world that an episode of ``task`` starts from.

    Faults come from a stream of their own: without them the same seed gives the same delivery.
    A ``case`` says what the cartons hold and what else is printed on labels, if it does; otherwise
    goods are drawn from all that there is, so that it is the same case for every body.
    """
    rng = np.random.default_rng(seed)
    if task == "unpack":
        # The table has room for one carton's goods.
        one = facility.delivery.model_copy(update={"cartons": (1, 1)})
        facility = facility.model_copy(update={"delivery": one})
    in_cartons = task not in ("classify", "store")
    who = body if case is None else None
    draw = Draw(facility, who, catalogue, rng, into_totes=not in_cartons)
    if in_cartons:
        goods = None if case is None or case.goods is None else _named(case.goods, catalogue)
        spec = _delivery(facility, body, draw, rng, goods)
    else:
        make = _on_table if task == "classify" else _in_totes
        spec = make(facility, body, draw, rng)
    if case is not None and case.notes:
        spec = _with_notes(spec, case.notes)
    spec = replace(spec, seed=seed)
    if faults is None:
        return spec
    return trouble(spec, task, catalogue, faults, np.random.default_rng([seed, 2]))


def _named(goods: Sequence[Sequence[str]], catalogue: Catalogue) -> list[list[Sku]]:
    """Return the SKUs of each carton by their names."""
    skus = {sku.sku: sku for sku in catalogue.items}
    return [[skus[name] for name in carton] for carton in goods]


def _with_notes(spec: WorldSpec, notes: Mapping[str, str]) -> WorldSpec:
    """Print notes on the labels of items."""

    def printed(place: Placement) -> Placement:
        if place.name not in notes or place.label is None:
            return place
        return replace(place, label=place.label.model_copy(update={"note": notes[place.name]}))

    parcels = tuple(
        replace(parcel, placements=tuple(printed(place) for place in parcel.placements))
        for parcel in spec.parcels
    )
    return replace(spec, loose=tuple(printed(place) for place in spec.loose), parcels=parcels)


def _delivery(
    facility: Facility, body: Body, draw: Draw, rng: np.random.Generator,
    goods: Sequence[Sequence[Sku]] | None = None,
) -> WorldSpec:  # fmt: skip
    """Return sealed cartons that ride in, packed with ``goods`` or what the rack has room for."""
    rules = facility.delivery
    parcels: list[Parcel] = []
    first = 0
    for c in range(number(rng, rules.cartons) if goods is None else len(goods)):
        layout = facility.cartons[int(rng.integers(len(facility.cartons)))]
        x, y, z = facility.conveyor.dock
        start = (x + _RIDE, y, z)
        columns, rows = layout.cells
        fewest, most = rules.items
        # One too many needs a cell of its own.
        most = min(most, columns * rows - bool(rules.surplus))
        if goods is None:
            content = draw.carton(number(rng, (min(fewest, most), most)))
        else:
            content = draw.listed(goods[c][: columns * rows])
        placements = pack(rng, layout, start, content.units, first)
        lines = sum(len(parcel.manifest.lines) for parcel in parcels)
        name = f"carton-{c}"
        promise = manifest(name, content.listed, lines)
        parcels.append(Parcel(name, layout, Pose(start), placements, promise, content.listed))
        first += len(placements)
    return WorldSpec(facility, body, parcels=tuple(parcels))


def _on_table(facility: Facility, body: Body, draw: Draw, rng: np.random.Generator) -> WorldSpec:
    """Return unpacked items, not yet read, on the table's spots; there is no carton."""
    units = draw.units(number(rng, facility.delivery.items))
    table = facility.table
    order = rng.permutation(len(table.spots))[: len(units)]
    placements = tuple(
        stand(rng, f"item-{k}", unit, table.spots[spot], table.centre[2], 0.005, 0.25)
        for k, (unit, spot) in enumerate(zip(units, order, strict=False))
    )
    return WorldSpec(facility, body, placements)


def _in_totes(facility: Facility, body: Body, draw: Draw, rng: np.random.Generator) -> WorldSpec:
    """Return items, already read, each in a tote of its zone; there is no carton."""
    places = Places(facility)
    taken: Counter[str] = Counter()
    placements = []
    for k, unit in enumerate(draw.units(number(rng, facility.delivery.items))):
        zone = draw.zone(unit)
        tote = next(
            name
            for name in places.totes
            if places.zones[name] == zone and taken[name] < len(places.marks(name))
        )
        mark = places.marks(tote)[taken[tote]]
        taken[tote] += 1
        floor = places.floors[tote][2]
        placements.append(stand(rng, f"item-{k}", unit, mark, floor, 0.002, 0.05))
    return WorldSpec(facility, body, tuple(placements), read=True)
