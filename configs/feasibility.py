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
from .schema import Body, Catalogue, Facility, Sku, Vec3
from .slotting import zone_of

# Room that an item leaves under the closed flaps [m].
FLAP_ROOM = 0.03


@functools.cache
def load_cell(facility_name: str, body_name: str) -> tuple[Facility, Body, Catalogue]:
    """Return the facility, the body and the facility's catalogue, which fit together.

    A catalogue that the facility names as a relative path is looked for beside the facility.

    Raises:
        ConfigError: If a file is malformed or the cell cannot work.
    """
    facility, body = load_facility(facility_name), load_body(body_name)
    stock = facility.catalogue
    if stock.endswith(".yaml"):
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
    (x, y, z), carton = sku.size, facility.carton
    foot = f"its footprint {_by((x, y))} m does not fit"
    if x > carton.pitch[0] or y > carton.pitch[1]:
        yield f"{foot} the carton's cell of {_by(carton.pitch)} m"
    highest = carton.size[2] - FLAP_ROOM
    if z > highest:
        yield f"it is {z:.3f} m high; under the carton's flaps there is room for {highest:.3f} m"
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
        with contextlib.suppress(ConfigError):  # `_deliveries` tells of it
            zones.add(zone_of(sku, facility.storage))
    slots = len(zones & facility.rack.columns.keys()) * len(facility.rack.tiers)
    most = facility.delivery.items[1]
    if len(able) < len(catalogue.items) and slots < most:
        yield f"what {body.name} can handle fills {slots} slots; a delivery may hold {most} items"
        for name, why in reasons.items():
            yield from (f"item '{name}': {reason}" for reason in why)


def _layout(facility: Facility) -> Iterator[str]:
    """Yield what overlaps or sticks out in the layout."""
    carton, rack = facility.carton, facility.rack
    for axis in (0, 1):
        cells, pitch, inner = carton.cells[axis], carton.pitch[axis], carton.size[axis]
        if cells * pitch > inner + 1e-9:
            yield (
                f"{cells} cells of {pitch:.3f} m do not fit "
                f"the carton's {inner:.3f} m along {'xy'[axis]}"
            )
    lines = (("columns", list(rack.columns.values())), ("tiers", [y for y, _ in rack.tiers]))
    for (name, at), size in zip(lines, rack.slot_size, strict=True):
        gap = min((b - a for a, b in zip(sorted(at), sorted(at)[1:], strict=False)), default=size)
        if gap < size - 1e-9:
            yield f"rack {name} {gap:.3f} m apart overlap; a slot takes {size:.3f} m"


def _deliveries(facility: Facility, catalogue: Catalogue) -> Iterator[str]:
    """Yield why a delivery could not be packed, sorted or stored."""
    most, cells = facility.delivery.items[1], math.prod(facility.carton.cells)
    if most > cells:
        yield f"a delivery of {most} items does not fit the carton's {cells} cells"
    zones: dict[str, str] = {}
    for sku in catalogue.items:
        try:
            zones.setdefault(zone_of(sku, facility.storage), f"item '{sku.sku}'")
        except ConfigError as error:
            yield str(error)
    for rule in facility.storage.slotting:
        zones.setdefault(rule.zone, "a slotting rule")
    sorted_into = {tote.zone for tote in facility.totes}
    for zone, who in zones.items():
        if zone not in facility.rack.columns or not facility.rack.tiers:
            yield f"zone '{zone}' has no slot in the rack; {who} belongs there"
        if zone not in sorted_into:
            yield f"zone '{zone}' has no tote; {who} belongs there"
    slots = len(zones.keys() & facility.rack.columns.keys()) * len(facility.rack.tiers)
    if most > slots:
        yield f"a delivery of {most} items does not fit the {slots} slots of the rack"
    if "quarantine" not in sorted_into | facility.rack.columns.keys():
        yield "zone 'quarantine' has neither slot nor tote"


def places(facility: Facility) -> dict[str, Vec3]:
    """Return every point in W where the tool picks or puts something, by name."""
    found: dict[str, Vec3] = {}
    carton, dock = facility.carton, facility.conveyor.dock
    for i in range(carton.cells[0]):
        for j in range(carton.cells[1]):
            x = dock[0] + (i - (carton.cells[0] - 1) / 2) * carton.pitch[0]
            y = dock[1] + (j - (carton.cells[1] - 1) / 2) * carton.pitch[1]
            found[f"carton cell ({i}, {j})"] = (x, y, dock[2] + carton.wall)
    for place, (x, y) in enumerate(facility.table.spots):
        found[f"table spot {place}"] = (x, y, facility.table.centre[2])
    found["scanner"] = facility.scanner.position
    for tote in facility.totes:
        found[tote.name] = tote.position
    for zone, x in facility.rack.columns.items():
        for level, (y, z) in enumerate(facility.rack.tiers):
            found[f"slot {zone}-{level}"] = (x, y, z)
    return found


def _fits(footprint: tuple[float, float], room: tuple[float, ...]) -> bool:
    """Return whether a footprint fits in a rectangle, turned by a right angle if need be."""
    return all(a <= b for a, b in zip(sorted(footprint), sorted(room), strict=True))


def _by(size: tuple[float, ...]) -> str:
    return " x ".join(f"{side:.3f}" for side in size)
