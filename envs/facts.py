"""Facts: what is true in an observation, in the words of goals and rules."""

from __future__ import annotations

import itertools

from warewheel.sim.facts import Places, inside
from warewheel.sim.values import CartonState, ItemState, Observation, Read

from .goal import Fact


def facts(observation: Observation, places: Places) -> frozenset[Fact]:
    """Return what is true now.

    ``("known", item)``: its label was read. ``("in", item, "carton")``. ``("at", item, place)``:
    it rests in that place. ``("out", item)``: it rests in any place.
    """
    return Truths(places).of(observation)


class Truths:
    """The facts of one episode, step by step; each step works out only what may have changed."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._carton: CartonState | None = None
        self._items: dict[str, ItemState] = {}
        self._about: dict[str, tuple[Fact, ...]] = {}
        self._reads: tuple[Read, ...] = ()
        self._now: frozenset[Fact] = frozenset()

    def of(self, observation: Observation) -> frozenset[Fact]:
        """Return `facts` of an observation: the same object for as long as they are the same."""
        scene, reads = observation.scene, observation.reads
        shifted = scene.carton is not self._carton
        about = {
            # What has not stirred is the same object as in the last step.
            item.name: self._about[item.name]
            if not shifted and self._items.get(item.name) is item
            else self._find(scene.carton, item)
            for item in scene.items
        }
        if about != self._about or reads != self._reads:
            known = (("known", read.item) for read in reads)
            self._now = frozenset(itertools.chain(known, *about.values()))
        self._carton, self._items = scene.carton, {item.name: item for item in scene.items}
        self._about, self._reads = about, reads
        return self._now

    def _find(self, carton: CartonState | None, item: ItemState) -> tuple[Fact, ...]:
        if carton is not None and inside(carton, item):
            return (("in", item.name, "carton"),)
        place = self._places.of(item)
        return () if place is None else (("at", item.name, place), ("out", item.name))
