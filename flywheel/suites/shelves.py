"""Shelves: which slot of its zone an item goes to, where there are several of the same goods.

What expires first stands lower, and heavy goods stand low. In a lesson of few goods this hardly
ever matters; in long deliveries it does.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from warewheel.agents.language.gist import gist
from warewheel.agents.language.wire import write
from warewheel.agents.plan import Subgoal
from warewheel.agents.planners.slotting import Slotting
from warewheel.agents.request import Briefing
from warewheel.configs import zone_of
from warewheel.configs.schema import Order, Unit
from warewheel.envs.draw import number
from warewheel.sim.facts import Places

from . import asking
from .asking import Asked
from .meanings import Delivery

# Units that are drawn, and how many more there are of each, at least and at most.
_DRAWN, _MORE = (3, 5), (0, 2)


def shelves(seed: int, briefing: Briefing | None = None) -> list[Any]:
    """Return a conversation about the slots of a delivery with several of the same goods.

    Args:
        seed: Same seed, same conversation.
        briefing: Of the site; without, sites come in turn.
    """
    return asking.talk(_questions, seed, briefing)


def _questions(briefing: Briefing, rng: np.random.Generator) -> Iterator[Asked]:
    drawn = asking.delivery(briefing, _DRAWN, rng)
    site, storage = drawn.facility, drawn.facility.storage
    places, slotting = Places(site), Slotting(storage)
    levels = {slot: places.level(slot) for slot in places.slots}

    def free(zone: str) -> dict[str, int]:
        return {slot: level for slot, level in levels.items() if places.zones[slot] == zone}

    units = list[Unit]()
    for unit in _several(drawn.units, rng):
        zone = zone_of(unit, storage)
        mates = [one for one in units if zone_of(one, storage) == zone]
        if slotting.fits([*mates, unit], free(zone), []):
            units.append(unit)
    told = "\n".join([*asking.head(briefing, units), f"told: {_told(drawn, rng)}"])
    meant = gist(Order(), (), [], storage)
    order = [units[int(k)] for k in rng.permutation(len(units))]
    stored = list[tuple[Unit, str]]()
    for k, unit in enumerate(order):
        zone = zone_of(unit, storage)
        there = [(one, levels[slot]) for one, slot in stored if places.zones[slot] == zone]
        taken = {slot for _, slot in stored}
        left = {slot: level for slot, level in free(zone).items() if slot not in taken}
        expected = [one for one in order[k + 1 :] if zone_of(one, storage) == zone]
        slot = slotting.order(unit, left, there, (), expected)[0]
        name = f"item-{k + 1}"
        answer = write(Subgoal("place", name, slot))
        yield Asked(told, meant, asking.item(name, unit, units, site, stored), answer)
        stored.append((unit, slot))


def _several(units: list[Unit], rng: np.random.Generator) -> Iterator[Unit]:
    """Yield units, some of them several times over with other dates, in any order."""
    found = []
    for unit in units:
        for _ in range(1 + number(rng, _MORE)):
            found.append(unit.model_copy(update={"expiry": asking.expiry(unit.sku, rng)}))
    yield from (found[int(k)] for k in rng.permutation(len(found)))


def _told(delivery: Delivery, rng: np.random.Generator) -> str:
    """Return an instruction to follow the house rules."""
    meaning = asking.draw(delivery, rng).draw("house")
    assert meaning is not None
    (text,) = asking.noise(rng).told(meaning.sentences)
    return text
