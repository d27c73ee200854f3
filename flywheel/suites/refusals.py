"""Refusals: instructions that cannot or must not be carried out, and why that is so."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from warewheel.configs import refusals
from warewheel.configs.orders import means, moves_of, places_of, settle
from warewheel.configs.schema import Goods, Move, Order, Reason, Spot, Unit

from .meanings import Delivery, Meaning
from .speaker import Speaker

# Zones that people ask for and no site has.
_NOWHERE = ("attic", "basement", "garage", "west", "upstairs")


def draw_refusal(delivery: Delivery, speaker: Speaker, rng: np.random.Generator) -> Meaning | None:
    """Return an instruction to refuse, or None if chance found none that suits the delivery."""
    site = delivery.facility
    reasons: tuple[Reason, ...] = ("absent", "no_place", "unsafe", "no_room", "too_heavy")
    reason = reasons[int(rng.integers(len(reasons)))]
    units = delivery.units
    unit = units[int(rng.integers(len(units)))]
    zones = [z for z, about in site.zones.items() if about.condition != "quarantine"]
    spot = Spot(zone=zones[int(rng.integers(len(zones)))])
    what = Goods(category=(unit.sku.category,))
    goods: tuple[tuple[str, ...], ...] | None = None
    match reason:
        case "absent":
            here = {u.sku.sku for u in units}
            others = [sku for sku in delivery.catalogue.items if sku.sku not in here]
            what = Goods(sku=(others[int(rng.integers(len(others)))].sku,))
        case "no_place":
            if rng.random() < 0.5:
                spot = Spot(zone=_NOWHERE[int(rng.integers(len(_NOWHERE)))])
            else:
                spot = Spot(zone=spot.zone, level=len(site.rack.tiers) + int(rng.integers(1, 4)))
        case "unsafe":
            if unit.sku.mass > site.storage.heavy_above and rng.random() < 0.5:
                spot = Spot(zone=spot.zone, level=len(site.rack.tiers) - 1)
        case "no_room":
            spot = Spot(zone=spot.zone, level=int(rng.integers(len(site.rack.tiers))))
        case "too_heavy":
            heavy = [s for s in delivery.catalogue.items if s.mass > delivery.body.payload]
            if not heavy:
                return None
            sku = heavy[int(rng.integers(len(heavy)))]
            what = Goods(sku=(sku.sku,))
            carton = [u.sku.sku for u in delivery.cartons[0].values()][:4]
            goods = ((*carton, sku.sku),)
            units = [*units, Unit(sku=sku)]
    order = Order(moves=(Move(what=what, to=spot),))
    if why(order, units, delivery) != [reason]:
        return None
    words = {"what": speaker.what(what), "where": speaker.where(spot, site)}
    return Meaning((speaker.say("move", **words),), (order,), refuse=reason, goods=goods)


def why(order: Order, units: Sequence[Unit], delivery: Delivery) -> list[Reason]:
    """Return every reason to refuse an order, from the data alone.

    ``absent``: a move means nothing that is delivered; ``no_place``: its spot does not exist;
    ``too_heavy`` and ``no_grip``: the body cannot handle what it means; ``unsafe``: a house rule
    forbids such goods there; ``no_room``: the spot has fewer slots than it means goods.
    """
    site = delivery.facility
    storage = site.storage
    found: list[Reason] = []
    settled = settle(order, units, storage)
    for move in settled.moves:
        meant = [unit for unit in units if moves_of(settled, unit, storage)[:1] == [move]]
        slots = places_of(move.to, site)
        if not meant:
            found.append("absent")
            continue
        if not slots:
            found.append("no_place")
            continue
        if any(unit.sku.mass > delivery.body.payload for unit in meant):
            found.append("too_heavy")
            continue
        if any(refusals(delivery.body, unit.sku) for unit in meant):
            found.append("no_grip")
        if any(forbidden(unit, move.to, delivery) for unit in meant):
            found.append("unsafe")
        wanted = len(meant) if move.count is None else move.count
        if wanted > len(slots):
            found.append("no_room")
    return found


def forbidden(unit: Unit, spot: Spot, delivery: Delivery) -> bool:
    """Tell whether a house rule forbids a unit in a spot."""
    site = delivery.facility
    condition = site.zones[spot.zone].condition if spot.zone in site.zones else None
    if condition == "quarantine":
        return False
    if (unit.sku.hazard != "none") != (condition == "hazmat"):
        return True
    if unit.sku.temperature != "ambient" and condition != "cold":
        return True
    heavy = means(Goods(heavy=True), unit, site.storage)
    return heavy and (spot.level or 0) > site.storage.heavy_max_level
