"""The cell of a benchmark's case: its facility with the rules and deliveries that hold there."""

from __future__ import annotations

from collections.abc import Iterator

from .choice import unknown
from .document import Path
from .errors import ConfigError
from .feasibility import load_cell
from .load import document, load_suite
from .orders import places_of
from .schema import Body, Case, Catalogue, Facility, Goods, Order, SlottingRule, Suite

# What is wrong with a case: where it stands in the case, and what it is.
_Mistake = tuple[Path, str]


def cell_of(case: Case, body: str) -> tuple[Facility, Body, Catalogue]:
    """Return the facility, the body and the catalogue of a case.

    Raises:
        ConfigError: If a name is unknown, or the cell cannot work.
    """
    cell, mistakes = _cell(case, body)
    if mistakes:
        raise ConfigError("\n".join(f"case '{case.id}': {told}" for _, told in mistakes))
    return cell


def check_suite(name: str, body: str) -> Suite:
    """Return a suite, each of whose cases has a cell that works.

    Raises:
        ConfigError: With file and line for each thing that is wrong.
    """
    suite, text = load_suite(name), document("suite", name)
    found = []
    for k, case in enumerate(suite.cases):
        try:
            mistakes = _cell(case, body)[1]
        except ConfigError as error:
            mistakes = [(("facility",), str(error))]
        for path, told in mistakes:
            line = text.line(("cases", k, *path))
            found.append(f"{text.source}:{line}: case '{case.id}': {told}")
    if found:
        raise ConfigError("\n".join(found))
    return suite


def _cell(case: Case, body: str) -> tuple[tuple[Facility, Body, Catalogue], list[_Mistake]]:
    site, robot, catalogue = load_cell(
        case.facility, body, case.catalogue, case.cartons, case.items
    )
    here = adapted(site, case)
    # A rule that names a route does not make it one.
    known = here.model_copy(update={"storage": site.storage})
    return (here, robot, catalogue), list(_mistakes(case, known, catalogue))


def adapted(site: Facility, case: Case) -> Facility:
    """Return a facility with the chances and the rules that hold in a case."""
    delivery = site.delivery.model_copy(update=dict(case.chances))
    slotting = (*case.rules, *site.storage.slotting)
    storage = site.storage.model_copy(update={"slotting": slotting})
    return site.model_copy(update={"delivery": delivery, "storage": storage})


def _mistakes(case: Case, site: Facility, catalogue: Catalogue) -> Iterator[_Mistake]:
    """Yield each name in a case that its site and its catalogue do not have."""
    for k, rule in enumerate(case.rules):
        if rule.zone not in site.zones:
            yield ("rules", k, "zone"), unknown("zone", rule.zone, site.zones)
        yield from _of_goods(rule, ("rules", k), site, catalogue)
    yield from _of_cartons(case, site, catalogue)
    # An order that names what is not there is one to refuse.
    for k, order in enumerate(() if case.refuse else case.orders):
        yield from _of_order(order, ("orders", k), site, catalogue)
    items = site.delivery.most if case.goods is None else sum(map(len, case.goods))
    for item in case.notes:
        if item not in {f"item-{n}" for n in range(items)}:
            told = f"item '{item}' is unknown; the delivery has at most item-0 to item-{items - 1}"
            yield ("notes", item), told


def _of_cartons(case: Case, site: Facility, catalogue: Catalogue) -> Iterator[_Mistake]:
    known = [sku.sku for sku in catalogue.items]
    room = min(carton.cells[0] * carton.cells[1] for carton in site.cartons)
    for k, carton in enumerate(case.goods or ()):
        if len(carton) > room:
            yield ("goods", k), f"{len(carton)} items in a carton; it holds at most {room}"
        for n, sku in enumerate(carton):
            if sku not in known:
                yield ("goods", k, n), unknown("SKU", sku, known)


def _of_order(order: Order, at: Path, site: Facility, catalogue: Catalogue) -> Iterator[_Mistake]:
    for kind in ("moves", "otherwise"):
        for k, move in enumerate(getattr(order, kind)):
            here = (*at, kind, k)
            if not places_of(move.to, site):
                spot = ", ".join(f"{key} {value}" for key, value in move.to if value is not None)
                yield (*here, "to"), f"'{site.name}' has no {spot}; zones: {', '.join(site.zones)}"
            yield from _of_goods(move.what, (*here, "what"), site, catalogue)
    for key in ("if_any", "first"):
        yield from _of_goods(getattr(order, key), (*at, key), site, catalogue)


def _of_goods(
    goods: Goods | SlottingRule | None, at: Path, site: Facility, catalogue: Catalogue
) -> Iterator[_Mistake]:
    if goods is None:
        return
    known = {
        "category": {sku.category for sku in catalogue.items},
        "sku": {sku.sku for sku in catalogue.items},
        "route": set(site.storage.routes),
    }
    for key, names in known.items():
        for name in getattr(goods, key, None) or ():
            if name not in names:
                yield (*at, key), unknown(key, name, sorted(names))
    yield from _of_goods(getattr(goods, "but", None), (*at, "but"), site, catalogue)
