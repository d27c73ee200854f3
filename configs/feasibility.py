"""Whether a body can do a facility's work at all, by geometry alone.

A cell that cannot work is refused before it is built, with the names of what is wrong.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from pathlib import Path

from .errors import ConfigError
from .load import load_body, load_catalogue, load_facility
from .schema import Body, Catalogue, Delivery, Facility, Sku, Unit, Vec3
from .slotting import zone_of

# Room that the jaws need beyond an item to close around it [m].
JAW_ROOM = 0.01
# Room that an item leaves under the closed flaps [m].
FLAP_ROOM = 0.03
# Standard gravity [m/s^2].
GRAVITY = 9.81


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
    reasons = [*_layout(facility), *_reach(facility, body, catalogue)]
    for sku in catalogue.items:
        reasons += [f"item '{sku.sku}': {r}" for r in (*_hold(sku, body), *_room(sku, facility))]
    reasons += _deliveries(facility, catalogue)
    if reasons:
        head = f"facility '{facility.name}' with body '{body.name}' cannot work:"
        raise ConfigError("\n  ".join([head, *reasons]))


def _hold(sku: Sku, body: Body) -> Iterator[str]:
    """Yield why the gripper cannot hold ``sku``."""
    narrow, widest = min(sku.size[:2]), body.gripper.opening - JAW_ROOM
    if narrow > widest:
        yield f"its narrow side is {narrow:.3f} m; the jaws take up to {widest:.3f} m"
    if sku.mass > body.payload:
        yield f"it weighs {sku.mass:.2f} kg; the payload is {body.payload:.2f} kg"
    friction = sku.friction * body.gripper.pad_friction
    most = 2 * body.gripper.force * friction / GRAVITY
    if sku.mass > most:
        yield f"it weighs {sku.mass:.2f} kg; the jaws' friction holds up to {most:.2f} kg"


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


def _reach(facility: Facility, body: Body, catalogue: Catalogue) -> Iterator[str]:
    """Yield the places that the tool cannot get to, pointing straight down."""
    near, far = body.reach
    low, high = body.height[0], body.height[1] - max(sku.size[2] for sku in catalogue.items)
    for name, (x, y, z) in places(facility).items():
        away = math.hypot(x - body.base[0], y - body.base[1])
        if not near <= away <= far:
            yield (
                f"{name} is {away:.3f} m from the base; "
                f"{body.name} reaches from {near:.3f} to {far:.3f} m"
            )
        if not low <= z <= high:
            yield (
                f"{name} is {z:.3f} m high; {body.name} sets the tallest item down "
                f"from {low:.3f} to {high:.3f} m"
            )


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
