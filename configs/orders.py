"""Reading orders: which goods they mean and where those go."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from .errors import ConfigError
from .schema import Facility, Goods, Move, Order, Sku, Spot, Storage, Unit

_MEASURE: dict[str, Callable[[Sku], float]] = {
    "heaviest": lambda sku: sku.mass,
    "lightest": lambda sku: -sku.mass,
    "tallest": lambda sku: sku.size[2],
    "shortest": lambda sku: -sku.size[2],
}
# Two measures that are nearer than this share of the larger cannot be told apart.
_MARGIN = 0.05


def means(goods: Goods, unit: Unit, storage: Storage) -> bool:
    """Tell whether ``goods``, which `settle` has settled, mean ``unit``."""
    sku = unit.sku
    return (
        (goods.category is None or sku.category in goods.category)
        and (goods.sku is None or sku.sku in goods.sku)
        and (goods.route is None or unit.route in goods.route)
        and (goods.temperature is None or sku.temperature in goods.temperature)
        and (goods.fragile is None or sku.fragile == goods.fragile)
        and (goods.high_value is None or sku.high_value == goods.high_value)
        and (goods.hazardous is None or (sku.hazard != "none") == goods.hazardous)
        and (goods.heavy is None or (sku.mass > storage.heavy_above) == goods.heavy)
        and (goods.but is None or not means(goods.but, unit, storage))
    )


def settle(order: Order, delivery: Iterable[Unit], storage: Storage) -> Order:
    """Return an order without conditions and comparisons, as they stand for a delivery.

    Args:
        order: As it was given.
        delivery: What is delivered, as far as is known.
        storage: The house rules.

    Raises:
        ConfigError: A comparison has no clear answer.
    """
    units = list(delivery)
    moves = order.moves
    if order.if_any is not None:
        wanted = settled(order.if_any, units, storage)
        if not any(means(wanted, unit, storage) for unit in units):
            moves = order.otherwise
    return order.model_copy(
        update={
            "moves": tuple(
                move.model_copy(update={"what": settled(move.what, units, storage)})
                for move in moves
            ),
            "first": None if order.first is None else settled(order.first, units, storage),
            "if_any": None,
            "otherwise": (),
        }
    )


def settled(goods: Goods, units: Sequence[Unit], storage: Storage) -> Goods:
    """Return ``goods`` with comparisons answered by SKU."""
    but = None if goods.but is None else settled(goods.but, units, storage)
    goods = goods.model_copy(update={"but": but})
    if goods.extreme is None:
        return goods
    plain = goods.model_copy(update={"extreme": None})
    skus = {u.sku.sku: u.sku for u in units if means(plain, u, storage)}
    if not skus:
        return plain.model_copy(update={"sku": ()})
    measure = _MEASURE[goods.extreme]
    ranked = sorted(skus.values(), key=measure, reverse=True)
    if len(ranked) > 1:
        best, second = measure(ranked[0]), measure(ranked[1])
        if abs(best - second) < _MARGIN * max(abs(best), abs(second)):
            raise ConfigError(
                f"'{ranked[0].sku}' and '{ranked[1].sku}' are both the {goods.extreme}"
            )
    return plain.model_copy(update={"sku": (ranked[0].sku,)})


def moves_of(order: Order, unit: Unit, storage: Storage) -> list[Move]:
    """Return the moves of a settled order that mean ``unit``, in order."""
    return [move for move in order.moves if means(move.what, unit, storage)]


def places_of(spot: Spot, facility: Facility) -> tuple[str, ...]:
    """Return the names of the places that ``spot`` stands for; none if it has no such place."""
    if spot.place is not None:
        known = {"table", *(tote.name for tote in facility.totes), *facility.rack.slots}
        return (spot.place,) if spot.place in known else ()
    return tuple(
        name
        for name, (column, level, _) in facility.rack.slots.items()
        if column.zone == spot.zone and spot.level in (None, level)
    )
