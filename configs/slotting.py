"""Which zone an item belongs in."""

from __future__ import annotations

from collections.abc import Iterable

from .errors import ConfigError
from .schema import SlottingRule, Storage, Unit


def matches(unit: Unit, rule: SlottingRule) -> bool:
    """Return whether ``unit`` has every attribute that ``rule`` asks for."""
    sku = unit.sku
    return (
        (rule.temperature is None or sku.temperature in rule.temperature)
        and (rule.hazard is None or sku.hazard in rule.hazard)
        and (rule.high_value is None or sku.high_value == rule.high_value)
        and (rule.fragile is None or sku.fragile == rule.fragile)
        and (rule.category is None or sku.category in rule.category)
        and (rule.route is None or unit.route in rule.route)
        and (rule.condition is None or unit.condition in rule.condition)
    )


def zone_of(unit: Unit, storage: Storage, findings: Iterable[str] = ()) -> str:
    """Return the zone that ``unit`` belongs in.

    What is wrong with it decides first: its own condition and the ``findings`` about it, such as
    ``wrong``. Then the first slotting rule that matches does.

    Raises:
        ConfigError: If no rule matches.
    """
    wrong = {unit.condition, *findings}
    for fault, zone in storage.quarantine.items():
        if fault in wrong:
            return zone
    for rule in storage.slotting:
        if matches(unit, rule):
            return rule.zone
    raise ConfigError(
        f"item '{unit.sku.sku}' matches no slotting rule; end the list with a bare zone"
    )
