"""Whether a body can do a facility's work at all, by geometry alone.

A cell that cannot work is refused before it is built, with the names of what is wrong.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

from .document import Document
from .errors import ConfigError
from .layout import Reason, layout, path_of, places
from .load import document, load_body, load_catalogue, load_facility
from .schema import Body, Catalogue, Facility, Sku, Unit
from .slotting import zone_of

# Room that the jaws need beyond an item to close around it [m].
JAW_ROOM = 0.01
# Room that an item leaves under the closed flaps [m].
FLAP_ROOM = 0.03
# Standard gravity [m/s^2].
GRAVITY = 9.81


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
    files = {
        "facility": document("facility", facility_name), "catalogue": document("catalogue", stock)
    }  # fmt: skip
    check(facility, body, catalogue, files)
    return facility, body, catalogue


def check(
    facility: Facility, body: Body, catalogue: Catalogue,
    files: Mapping[str, Document] = MappingProxyType({}),
) -> None:  # fmt: skip
    """Refuse a cell that cannot work.

    Args:
        facility: The site.
        body: The robot.
        catalogue: The goods.
        files: Where ``facility`` and ``catalogue`` came from, to name file and line.

    Raises:
        ConfigError: With a line for each reason.
    """
    found = reasons(facility, body, catalogue)
    if found:
        head = f"facility '{facility.name}' with body '{body.name}' cannot work:"
        raise ConfigError("\n  ".join([head, *(_told(reason, files) for reason in found)]))


def reasons(facility: Facility, body: Body, catalogue: Catalogue) -> list[Reason]:
    """Return why a cell cannot work; nothing if it can."""
    found = stuck(facility, body, catalogue)
    for k, sku in enumerate(catalogue.items):
        wrong = (*_hold(sku, body), *_room(sku, facility))
        found += [Reason(f"item '{sku.sku}': {r}", ("items", k), "catalogue") for r in wrong]
    return [*found, *_deliveries(facility, catalogue)]


def stuck(facility: Facility, body: Body, catalogue: Catalogue) -> list[Reason]:
    """Return why the stations cannot stand, or be worked at, where they are."""
    reach = (Reason(r, path_of(r, facility)) for r in _reach(facility, body, catalogue))
    return [*layout(facility, body.base), *reach]


def _told(reason: Reason, files: Mapping[str, Document]) -> str:
    """Return a reason with its file and line, where they are known."""
    if reason.kind not in files:
        return reason.text
    file = files[reason.kind]
    return f"{file.source}:{file.line(reason.path)}: {reason.text}"


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


def _deliveries(facility: Facility, catalogue: Catalogue) -> Iterator[Reason]:
    """Yield why a delivery could not be packed, sorted or stored."""
    delivery, rack, storage = facility.delivery, facility.rack, facility.storage
    small = min(facility.cartons, key=lambda carton: math.prod(carton.cells))
    cells = math.prod(small.cells)
    if delivery.items[1] > cells:
        yield Reason(
            f"{delivery.items[1]} items do not fit the {cells} cells of carton '{small.name}'",
            ("delivery", "items"),
        )
    spots = len(facility.table.spots)
    if delivery.items[1] > spots:
        text = f"{delivery.items[1]} items do not fit the {spots} spots of the table"
        yield Reason(text, ("table", "spots"))
    needs: dict[str, Reason] = {}
    for k, rule in enumerate(storage.slotting):
        needs.setdefault(rule.zone, Reason("a slotting rule", ("storage", "slotting", k)))
    for fault, zone in storage.quarantine.items():
        needs.setdefault(zone, Reason(f"what is {fault}", ("storage", "quarantine", fault)))
    for sku in catalogue.items:
        # A parcel may go any way.
        for route in storage.routes or ("",):
            try:
                zone = zone_of(Unit(sku=sku, route=route), storage)
            except ConfigError as error:
                yield Reason(str(error), ("storage", "slotting"))
            else:
                needs[zone] = needs[zone]._replace(text=f"item '{sku.sku}'")
    sorted_into = {tote.zone for tote in facility.totes}
    stored_in = {column.zone for column in rack.columns if rack.tiers}
    for zone, who in needs.items():
        if zone not in stored_in:
            text = f"zone '{zone}' has no slot in the rack; {who.text} belongs there"
            yield Reason(text, who.path)
        if zone not in sorted_into:
            yield Reason(f"zone '{zone}' has no tote; {who.text} belongs there", who.path)
    most = delivery.cartons[1] * delivery.items[1]
    slots = sum(column.zone in needs for column in rack.columns) * len(rack.tiers)
    if most > slots:
        text = f"a delivery of {most} items does not fit the {slots} slots of the rack"
        yield Reason(text, ("delivery",))


def _fits(footprint: tuple[float, float], room: tuple[float, ...]) -> bool:
    """Return whether a footprint fits in a rectangle, turned by a right angle if need be."""
    return all(a <= b for a, b in zip(sorted(footprint), sorted(room), strict=True))


def _by(size: tuple[float, ...]) -> str:
    return " x ".join(f"{side:.3f}" for side in size)
