"""The cell of a benchmark's case: its facility with the rules and deliveries that hold there."""

from __future__ import annotations

from .errors import ConfigError
from .feasibility import load_cell
from .schema import Body, Case, Catalogue, Delivery, Facility


def cell_of(case: Case, body: str) -> tuple[Facility, Body, Catalogue]:
    """Return the facility, the body and the catalogue of a case.

    Raises:
        ConfigError: If a name is unknown, or the cell cannot work.
    """
    site, robot, catalogue = load_cell(case.facility, body, None, case.cartons, case.items)
    chances = case.chances.model_dump()
    delivery = Delivery.model_validate(site.delivery.model_dump() | chances)
    storage = site.storage
    if case.rules:
        for rule in case.rules:
            if rule.zone not in site.zones:
                raise ConfigError(f"case '{case.id}': '{site.name}' has no zone '{rule.zone}'")
        storage = storage.model_copy(update={"slotting": (*case.rules, *storage.slotting)})
    if case.goods is not None:
        known = {sku.sku for sku in catalogue.items}
        for sku in (name for carton in case.goods for name in carton):
            if sku not in known:
                raise ConfigError(f"case '{case.id}': '{catalogue.name}' has no SKU '{sku}'")
    changed = {"delivery": delivery, "storage": storage}
    return site.model_copy(update=changed), robot, catalogue
