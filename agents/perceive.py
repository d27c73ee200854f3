"""Perceivers: what an agent gets to believe of an observation."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from typing import ClassVar, Protocol

from warewheel.configs.choice import unknown
from warewheel.sim.facts import inside
from warewheel.sim.values import (
    CartonState,
    ItemState,
    Look,
    Manifest,
    Observation,
    Pose,
    Proprioception,
    Read,
)

# Past this angle of its flaps an eye sees into a carton [rad].
_AJAR = 1.2
# Control steps for which it is remembered where the tool was; longer than any delay of a picture.
_KEPT = 120


@dataclass(frozen=True, slots=True)
class Belief:
    """What the agent believes now.

    Attributes:
        body: What the body feels.
        carton: Where the carton is, or None if there is none.
        items: Where the items in view are; what they are is another matter.
        labels: Labels read so far, by item name.
        manifests: What each carton of the delivery should hold, in the order of arrival.
        origins: The carton that each item was first seen in, by item name.
        tool: X_WT when the picture was taken that ``carton`` and ``items`` come from.
        step: Control step of now.
        age: Control steps since that picture was taken.
        look: A depth camera, for who wants to see something now.
    """

    body: Proprioception
    carton: CartonState | None
    items: tuple[ItemState, ...]
    labels: dict[str, Read]
    manifests: tuple[Manifest, ...]
    origins: dict[str, str]
    tool: Pose
    step: int
    age: int
    look: Look | None = field(default=None, compare=False, repr=False)
    _by_name: dict[str, ItemState] = field(default_factory=dict, compare=False, repr=False)

    def item(self, name: str) -> ItemState:
        """Return the item called ``name``; raise KeyError if it is not believed in."""
        if not self._by_name:
            self._by_name.update((item.name, item) for item in self.items)
        return self._by_name[name]


class Perceiver(Protocol):
    """Makes beliefs of observations.

    Attributes:
        name: What it is called where results are told.
        privileged: Whether it gets to see more than cameras would show.
    """

    name: ClassVar[str]
    privileged: ClassVar[bool]

    def perceive(self, observation: Observation) -> Belief:
        """Return the belief that follows from ``observation``."""
        ...


class TruePoses:
    """Gets every pose from the cell's tracking, and knows an item only once its label was read.

    Whether it is damaged shows once it has been out of a closed carton. Poses are true as long as
    the tracking works; when it fails they come late, with noise, or not at all.
    """

    name: ClassVar[str] = "true-poses"
    privileged: ClassVar[bool] = True

    def __init__(self) -> None:
        self._origins: dict[str, str] = {}
        self._tools: deque[tuple[int, Pose]] = deque(maxlen=_KEPT)
        self._looked: set[str] = set()
        self._seen: tuple[int, Belief] | None = None

    def perceive(self, observation: Observation) -> Belief:
        """Return the belief that follows from ``observation``."""
        if self._seen is not None and self._seen[0] == observation.step:
            return self._seen[1]
        view = observation.view
        carton = view.scene.carton
        self._tools.append((observation.step, observation.body.tool))
        opened = carton is None or min(carton.flaps) > _AJAR
        for item in view.scene.items:
            if item.name in self._looked and item.name in self._origins:
                continue  # nothing more to learn from where it is
            packed = carton is not None and inside(carton, item)
            if carton is not None and packed and item.name not in self._origins:
                self._origins[item.name] = carton.name
            if opened or not packed:
                self._looked.add(item.name)
        belief = Belief(
            body=observation.body,
            carton=carton,
            items=tuple(
                item if item.name in self._looked else replace(item, condition="intact")
                for item in view.scene.items
            ),
            labels={read.item: read for read in observation.reads},
            manifests=observation.manifests,
            origins=dict(self._origins),
            tool=self._tool_at(view.step),
            step=observation.step,
            age=observation.step - view.step,
            look=observation.look,
        )
        self._seen = observation.step, belief
        return belief

    def _tool_at(self, step: int) -> Pose:
        return next((pose for k, pose in reversed(self._tools) if k <= step), self._tools[0][1])


_PERCEIVERS: dict[str, type[Perceiver]] = {TruePoses.name: TruePoses}


def make_perceiver(name: str) -> Perceiver:
    """Return a perceiver that has seen nothing yet.

    Raises:
        ValueError: There is none of that name.
    """
    if name not in _PERCEIVERS:
        raise ValueError(unknown("perceiver", name, _PERCEIVERS))
    return _PERCEIVERS[name]()
