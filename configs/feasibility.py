"""Whether a body can do a facility's work at all, by geometry alone.

A cell that cannot work is refused before it is built, with the names of what is wrong.
"""

from __future__ import annotations

import contextlib
import functools
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from .capability import out_of_reach, refusals
from .document import Document
from .errors import ConfigError
from .layout import Reason, layout, path_of, places
from .load import document, load_body, load_catalogue, load_facility
from .schema import Body, Catalogue, Delivery, Facility, Sku, Unit
from .slotting import zone_of

# Room that an item leaves under the closed flaps [m].
FLAP_ROOM = 0.03


@functools.cache
def load_cell(
    facility_name: str, body_name: str, catalogue_name: str | None = None,
    cartons: tuple[int, int] | None = None, items: tuple[int, int] | None = None,
    short: float | None = None,
) -> tuple[Facility, Body, Catalogue]:  # fmt: skip
    """Return the facility, the body and the facility's catalogue, which fit together.

    A catalogue that the facility names as a relative path is looked for beside the facility.

    Args:
        facility_name: Of a shipped facility, or the path of a YAML file.
        body_name: Of a shipped body, or the path of a YAML file.
        catalogue_name: Of goods that take the place of the facility's own.
        cartons: Least and most cartons of a delivery, in place of the facility's.
        items: Least and most items of a carton, in place of the facility's.
        short: Chance that a carton is short of an item, in place of the facility's.

    Raises:
        ConfigError: If a file is malformed or the cell cannot work.
    """
    facility, body = load_facility(facility_name), load_body(body_name)
    changed = {"cartons": cartons, "items": items, "short": short}
    changes = {name: value for name, value in changed.items() if value is not None}
    if changes:
        delivery = Delivery.model_validate(facility.delivery.model_dump() | changes)
        facility = facility.model_copy(update={"delivery": delivery})
    stock = catalogue_name or facility.catalogue
    if stock.endswith(".yaml") and catalogue_name is None:
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
    found = [*stuck(facility, body, catalogue), *_hold(facility, body, catalogue)]
    for k, sku in enumerate(catalogue.items):
        found += [
            Reason(f"item '{sku.sku}': {r}", ("items", k), "catalogue")
            for r in _room(sku, facility)
        ]
    return [*found, *_deliveries(facility, catalogue)]


def stuck(facility: Facility, body: Body, catalogue: Catalogue) -> list[Reason]:
    """Return why the stations cannot stand, or be worked at, where they are."""
    able = [sku for sku in catalogue.items if not refusals(body, sku)]
    reach = (Reason(r, path_of(r, facility)) for r in _reach(facility, body, able))
    return [*layout(facility, body.base), *reach]


def _told(reason: Reason, files: Mapping[str, Document]) -> str:
    """Return a reason with its file and line, where they are known."""
    if reason.kind not in files:
        return reason.text
    file = files[reason.kind]
    return f"{file.source}:{file.line(reason.path)}: {reason.text}"


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
    told = {n: out_of_reach(body, point, tallest) for n, point in places(facility).items()}
    for name, found in told.items():
        # Of a tote's marks one within reach will do.
        tote, mark, _ = name.rpartition(" mark ")
        others = [told[n] for n in told if mark and n.startswith(tote + mark)]
        if not others or all(others):
            yield from (f"{name} {reason}" for reason in found)


def _hold(facility: Facility, body: Body, catalogue: Catalogue) -> Iterator[Reason]:
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
        text = f"what {body.name} can handle fills {slots} slots; a delivery may hold {most} items"
        yield Reason(text, ("delivery",))
        for k, (name, why) in enumerate(reasons.items()):
            for text in why:
                yield Reason(f"item '{name}': {text}", ("items", k), "catalogue")


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
