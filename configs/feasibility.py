"""Whether a body can do a facility's work at all, by geometry alone.

A cell that cannot work is refused before it is built, with the names of what is wrong.
"""

from __future__ import annotations

import contextlib
import functools
import math
from collections.abc import Iterator, Sequence
from pathlib import Path

from .capability import out_of_reach, refusals
from .errors import ConfigError
from .load import load_body, load_catalogue, load_facility
from .schema import Body, Catalogue, Delivery, Facility, Sku, Unit, Vec3
from .slotting import zone_of

# Room that an item leaves under the closed flaps [m].
FLAP_ROOM = 0.03


@functools.cache
def load_cell(
    facility_name: str, body_name: str, catalogue_name: str | None = None,
    cartons: tuple[int, int] | None = None, items: tuple[int, int] | None = None,
) -> tuple[Facility, Body, Catalogue]:  # fmt: skip
    """Return the facility, the body and the facility's catalogue, which fit together.

    A catalogue that the facility names as a relative path is looked for beside the facility.

    Args:
        facility_name: Of a shipped facility, or the path of a YAML file.
        body_name: Of a shipped body, or the path of a YAML file.
        catalogue_name: Of goods that take the place of the facility's own.
        cartons: Least and most cartons of a delivery, in place of the facility's.
        items: Least and most items of a carton, in place of the facility's.

    Raises:
        ConfigError: If a file is malformed or the cell cannot work.
    """
    facility, body = load_facility(facility_name), load_body(body_name)
    changed = {"cartons": cartons, "items": items}
    changes = {name: value for name, value in changed.items() if value is not None}
    if changes:
        delivery = Delivery.model_validate(facility.delivery.model_dump() | changes)
        facility = facility.model_copy(update={"delivery": delivery})
    stock = catalogue_name or facility.catalogue
    if stock.endswith(".yaml") and catalogue_name is None:
        stock = str(Path(facility_name).parent / stock)
    catalogue = load_catalogue(stock)
    check(facility, body, catalogue)
    return facility, body, catalogue


def check(facility: Facility, body: Body, catalogue: Catalogue) -> None:
    """Refuse a cell that cannot work.

    Raises:
        ConfigError: With a line for each reason.
    """
    able = [sku for sku in catalogue.items if not refusals(body, sku)]
    reasons = [*_layout(facility), *_reach(facility, body, able)]
    reasons += _hold(facility, body, catalogue)
    for sku in catalogue.items:
        reasons += [f"item '{sku.sku}': {reason}" for reason in _room(sku, facility)]
    reasons += _deliveries(facility, catalogue)
    if reasons:
        head = f"facility '{facility.name}' with body '{body.name}' cannot work:"
        raise ConfigError("\n  ".join([head, *reasons]))


def _room(sku: Sku, facility: Facility) -> Iterator[str]:
    """Yield why ``sku`` does not fit where it starts from or where it goes."""
    x, y, z = sku.size
    foot = f"its footprint {_by((x, y))} m does not fit"
    for carton in facility.cartons:
        if x > carton.pitch[0] or y > carton.pitch[1]:
            yield f"{foot} a cell of {_by(carton.pitch)} m of carton '{carton.name}'"
        highest = carton.size[2] - FLAP_ROOM
        if z > highest:
            yield (
                f"it is {z:.3f} m high; under the flaps of carton '{carton.name}' "
                f"there is room for {highest:.3f} m"
            )
    if not _fits((x, y), facility.rack.slot_size):
        yield f"{foot} a slot of {_by(facility.rack.slot_size)} m"
    for tote in facility.totes:
        if not _fits((x, y), tote.size[:2]):
            yield f"{foot} {tote.name} of {_by(tote.size[:2])} m"


def _reach(facility: Facility, body: Body, able: Sequence[Sku]) -> Iterator[str]:
    """Yield the places that the tool cannot get to, pointing straight down."""
    tallest = max((sku.size[2] for sku in able), default=0.0)
    for name, point in places(facility).items():
        for reason in out_of_reach(body, point, tallest):
            yield f"{name} {reason}"


def _hold(facility: Facility, body: Body, catalogue: Catalogue) -> Iterator[str]:
    """Yield why the body can handle too little of the stock to fill a delivery."""
    reasons = {sku.sku: refusals(body, sku) for sku in catalogue.items}
    able = [sku for sku in catalogue.items if not reasons[sku.sku]]
    zones = set()
    for sku in able:
        for route in facility.storage.routes or ("",):
            with contextlib.suppress(ConfigError):  # `_deliveries` tells of it
                zones.add(zone_of(Unit(sku=sku, route=route), facility.storage))
    rack, delivery = facility.rack, facility.delivery
    slots = sum(column.zone in zones for column in rack.columns) * len(rack.tiers)
    most = delivery.cartons[1] * delivery.items[1]
    if len(able) < len(catalogue.items) and slots < most:
        yield f"what {body.name} can handle fills {slots} slots; a delivery may hold {most} items"
        for name, why in reasons.items():
            yield from (f"item '{name}': {reason}" for reason in why)


def _layout(facility: Facility) -> Iterator[str]:
    """Yield what overlaps or sticks out in the layout."""
    rack = facility.rack
    for carton in facility.cartons:
        for axis in (0, 1):
            cells, pitch, inner = carton.cells[axis], carton.pitch[axis], carton.size[axis]
            if cells * pitch > inner + 1e-9:
                yield (
                    f"{cells} cells of {pitch:.3f} m do not fit "
                    f"the {inner:.3f} m of carton '{carton.name}' along {'xy'[axis]}"
                )
    lines = (("columns", [c.x for c in rack.columns]), ("tiers", [y for y, _ in rack.tiers]))
    for (name, at), size in zip(lines, rack.slot_size, strict=True):
        gap = min((b - a for a, b in zip(sorted(at), sorted(at)[1:], strict=False)), default=size)
        if gap < size - 1e-9:
            yield f"rack {name} {gap:.3f} m apart overlap; a slot takes {size:.3f} m"


def _deliveries(facility: Facility, catalogue: Catalogue) -> Iterator[str]:
    """Yield why a delivery could not be packed, sorted or stored."""
    delivery, rack = facility.delivery, facility.rack
    fewest = min(facility.cartons, key=lambda carton: math.prod(carton.cells))
    cells = math.prod(fewest.cells)
    if delivery.items[1] > cells:
        yield (f"{delivery.items[1]} items do not fit the {cells} cells of carton '{fewest.name}'")
    zones = {rule.zone: "a slotting rule" for rule in facility.storage.slotting}
    zones |= {zone: f"what is {fault}" for fault, zone in facility.storage.quarantine.items()}
    for sku in catalogue.items:
        # A parcel may go any way.
        for route in facility.storage.routes or ("",):
            try:
                zone = zone_of(Unit(sku=sku, route=route), facility.storage)
                zones[zone] = f"item '{sku.sku}'"
            except ConfigError as error:
                yield str(error)
    sorted_into = {tote.zone for tote in facility.totes}
    stored_in = {column.zone for column in rack.columns if rack.tiers}
    for zone, who in zones.items():
        if zone not in stored_in:
            yield f"zone '{zone}' has no slot in the rack; {who} belongs there"
        if zone not in sorted_into:
            yield f"zone '{zone}' has no tote; {who} belongs there"
    most = delivery.cartons[1] * delivery.items[1]
    slots = sum(column.zone in zones for column in rack.columns) * len(rack.tiers)
    if most > slots:
        yield f"a delivery of {most} items does not fit the {slots} slots of the rack"


def places(facility: Facility) -> dict[str, Vec3]:
    """Return every point in W where the tool picks or puts something, by name."""
    found: dict[str, Vec3] = {}
    dock = facility.conveyor.dock
    for carton in facility.cartons:
        for i in range(carton.cells[0]):
            for j in range(carton.cells[1]):
                x = dock[0] + (i - (carton.cells[0] - 1) / 2) * carton.pitch[0]
                y = dock[1] + (j - (carton.cells[1] - 1) / 2) * carton.pitch[1]
                found[f"carton '{carton.name}' cell ({i}, {j})"] = (x, y, dock[2] + carton.wall)
    for place, (x, y) in enumerate(facility.table.spots):
        found[f"table spot {place}"] = (x, y, facility.table.centre[2])
    found["scanner"] = facility.scanner.position
    for tote in facility.totes:
        found[tote.name] = tote.position
    for name, (_, _, floor) in facility.rack.slots.items():
        found[f"slot {name}"] = floor
    return found


def _fits(footprint: tuple[float, float], room: tuple[float, ...]) -> bool:
    """Return whether a footprint fits in a rectangle, turned by a right angle if need be."""
    return all(a <= b for a, b in zip(sorted(footprint), sorted(room), strict=True))


def _by(size: tuple[float, ...]) -> str:
    return " x ".join(f"{side:.3f}" for side in size)
