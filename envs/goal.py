"""Goals and rules as data over facts.

A fact is a tuple of words, such as ``("at", "item-2", "cold-1")``. A goal is a list of conditions;
each holds when any of its facts does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from warewheel.configs import zone_of
from warewheel.configs.schema import Facility, Unit
from warewheel.sim.facts import TABLE, Places, inside
from warewheel.sim.values import Observation

Fact = tuple[str, ...]
NO_ZONES: Mapping[str, str] = MappingProxyType({})
STAGES = ("unpack", "classify", "store")


@dataclass(frozen=True, slots=True)
class Condition:
    """Part of a goal: the stage it belongs to, and the facts of which one must hold."""

    stage: str
    any_of: frozenset[Fact]


def facts(observation: Observation, places: Places) -> frozenset[Fact]:
    """Return what is true now.

    ``("known", item)``: its label was read. ``("in", item, "carton")``. ``("at", item, place)``:
    it rests in that place. ``("out", item)``: it rests in any place.
    """
    scene = observation.scene
    found: set[Fact] = {("known", read.item) for read in observation.reads}
    for item in scene.items:
        if scene.carton is not None and inside(scene.carton, item):
            found.add(("in", item.name, "carton"))
            continue
        place = places.of(item)
        if place is not None:
            found |= {("at", item.name, place), ("out", item.name)}
    return frozenset(found)


def goal(
    task: str, facility: Facility, places: Places, units: Mapping[str, Unit],
    zones: Mapping[str, str] = NO_ZONES,
) -> tuple[Condition, ...]:  # fmt: skip
    """Return the conditions of ``task`` for the items ``units``, by item name.

    ``zones`` are those of items that belong elsewhere than the house rules for their units say.
    """
    conditions = []

    def want(stage: str, *any_of: Fact) -> None:
        conditions.append(Condition(stage, frozenset(any_of)))

    for name, unit in units.items():
        zone = zones.get(name) or zone_of(unit, facility.storage)
        slots = [("at", name, slot) for slot in places.slots if places.zones[slot] == zone]
        totes = [("at", name, tote) for tote in places.totes if places.zones[tote] == zone]
        if task == "unpack":
            want("unpack", ("at", name, TABLE))
        elif task == "classify":
            want("classify", *totes)
        elif task == "store":
            want("store", *slots)
        else:
            want("unpack", ("out", name))
            want("classify", ("known", name))
            want("store", *slots)
    return tuple(conditions)
