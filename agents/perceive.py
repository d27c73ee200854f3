"""Perceivers: what an agent gets to believe of an observation."""

from __future__ import annotations

from dataclasses import dataclass, field

from warewheel.sim.values import CartonState, ItemState, Observation, Proprioception, Read


@dataclass(frozen=True, slots=True)
class Belief:
    """What the agent believes now.

    Attributes:
        body: What the body feels.
        carton: Where the carton is, or None if there is none.
        items: Where the items in view are; what they are is another matter.
        gtins: GTINs read so far, by item name.
        reads: Labels read so far, by item name.
    """

    body: Proprioception
    carton: CartonState | None
    items: tuple[ItemState, ...]
    gtins: dict[str, str]
    reads: dict[str, Read] = field(default_factory=dict)

    def item(self, name: str) -> ItemState:
        """Return the item called ``name``; raise KeyError if it is not believed in."""
        for item in self.items:
            if item.name == name:
                return item
        raise KeyError(name)


class TruePoses:
    """Sees every pose without error, and knows an item only once the scanner has read it."""

    name = "true-poses"
    privileged = True

    def perceive(self, observation: Observation) -> Belief:
        """Return the belief that follows from ``observation``."""
        return Belief(
            body=observation.body,
            carton=observation.scene.carton,
            items=observation.scene.items,
            gtins={read.item: read.gtin for read in observation.reads},
            reads={read.item: read for read in observation.reads},
        )
