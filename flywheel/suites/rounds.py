"""Rounds: what is to be put away first, and what waits on the table until all of that is.

In a lesson of this there are two or three such choices, and in few lessons any.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from warewheel.agents.language.gist import gist
from warewheel.agents.language.wire import write
from warewheel.agents.plan import Subgoal
from warewheel.agents.request import Briefing
from warewheel.configs import zone_of
from warewheel.configs.orders import means
from warewheel.configs.schema import Spot
from warewheel.sim.facts import TABLE

from . import asking
from .asking import Asked
from .meanings import Delivery

# Units of a delivery, at least and at most, and instructions about it.
_UNITS, _INSTRUCTIONS = (4, 7), 3
_TRIES = 30


def rounds(seed: int, briefing: Briefing | None = None) -> list[Any]:
    """Return a conversation about one instruction of what comes first after another.

    Args:
        seed: Same seed, same conversation.
        briefing: Of the site; without, sites come in turn.
    """
    return asking.talk(_instructions, seed, briefing)


def _instructions(briefing: Briefing, rng: np.random.Generator) -> Iterator[Asked]:
    delivery = asking.delivery(briefing, _UNITS, rng)
    site, units = delivery.facility, list(delivery.cartons[0].values())
    draw, noise = asking.draw(delivery, rng), asking.noise(rng)
    head, promised = asking.head(briefing, units), asking.promises(briefing, units)
    asked = 0
    for _ in range(_TRIES):
        meaning = draw.draw("first")
        if meaning is None:
            continue
        (text,) = noise.told(meaning.sentences)
        told = "\n".join([*head, f"told: {text}"])
        head = []
        (order,) = meaning.orders
        assert order.first is not None
        meant = gist(order, (), promised, site.storage)
        ahead = {
            name
            for name, unit in delivery.cartons[0].items()
            if means(order.first, unit, site.storage)
        }
        yield from _round(told, meant, ahead, delivery, rng)
        asked += 1
        if asked == _INSTRUCTIONS:
            return


def _round(
    told: str, meant: str, ahead: set[str], delivery: Delivery, rng: np.random.Generator
) -> Iterator[Asked]:
    """Ask where each item goes, and then for what waits on the table."""
    site, (units,) = delivery.facility, delivery.cartons
    tally, left, waiting = asking.Tally(site), set(ahead), list[str]()
    items = list(units)
    for name in (items[int(k)] for k in rng.permutation(len(items))):
        left.discard(name)
        waits = bool(left) and name not in ahead
        home = Spot(place=TABLE) if waits else _home(name, delivery)
        question = tally.told(asking.item(name, units[name], units.values(), site))
        yield Asked(told, meant, question, write(Subgoal("place", name, asking.place(home, site))))
        tally.put(units[name], home)
        if waits:
            waiting.append(name)
    while waiting:
        question = tally.told(f"on the table: {' '.join(waiting)}")
        name = waiting.pop(0)
        yield Asked(told, meant, question, write(Subgoal("pick", name)))
        home = _home(name, delivery)
        yield Asked(told, meant, "ok", write(Subgoal("place", name, asking.place(home, site))))
        tally.put(units[name], home)


def _home(name: str, delivery: Delivery) -> Spot:
    return Spot(zone=zone_of(delivery.cartons[0][name], delivery.facility.storage))
