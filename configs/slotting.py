"""Which zone an item belongs in."""

from __future__ import annotations

from .errors import ConfigError
from .schema import Sku, SlottingRule, Storage, Zone


def matches(sku: Sku, rule: SlottingRule) -> bool:
    """Return whether ``sku`` has every attribute that ``rule`` asks for."""
    return (
        (rule.temperature is None or sku.temperature in rule.temperature)
        and (rule.hazard is None or sku.hazard in rule.hazard)
        and (rule.high_value is None or sku.high_value == rule.high_value)
        and (rule.category is None or sku.category in rule.category)
    )


def zone_of(sku: Sku, storage: Storage) -> Zone:
    """Return the zone of the first slotting rule that matches ``sku``.

    Raises:
        ConfigError: If no rule matches.
    """
    for rule in storage.slotting:
        if matches(sku, rule):
            return rule.zone
    raise ConfigError(f"item '{sku.sku}' matches no slotting rule; end the list with a bare zone")
