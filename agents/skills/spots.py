"""Where exactly to put an item down within a named place."""

from __future__ import annotations

import math

import numpy as np

from warewheel.agents.perceive import Belief
from warewheel.sim.facts import Places

from .placing import Spot

_ACROSS, _ALONG = math.pi / 2, 0.0


def spots(places: Places, belief: Belief, item: str, place: str) -> list[Spot]:
    """Return spots in ``place``, the freest first; raise KeyError for an unknown place."""
    x, y, z = places.floors[place]
    others = [i.pose.position[:2] for i in belief.items if i.name != item]
    if place in places.slots:
        # The hand is wide: at the rack it opens along x, clear of the riser behind.
        return [((x, y, z), _ALONG), ((x, y, z), _ACROSS)]

    def room(mark: tuple[float, float]) -> float:
        gaps = [float(np.hypot(mark[0] - o[0], mark[1] - o[1])) for o in others]
        # Past a hand's width more room is no better; the nearest mark is.
        return -min(0.15, *gaps) if gaps else 0.0

    order = sorted(places.marks(place), key=lambda mark: (round(room(mark), 2), math.hypot(*mark)))
    return [((mx, my, z), yaw) for mx, my in order for yaw in (_ACROSS, _ALONG)]
