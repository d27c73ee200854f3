"""Diagnosis: naming what went wrong from what is seen and felt, never from what was planned."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from warewheel.configs.schema import FaultKind
from warewheel.sim.values import Action, ItemState

from .perceive import Belief

# Pictures older than this, again and again, are late; one that stays is the last of a dead camera.
_STALE = 4
# Frames over which things that should stay put are watched.
_SPAN = 10
# Scatter of what is at rest [m].
_SCATTER = 0.0008
# What is slower than this is at rest [m/s].
_REST = 0.005
# Moves of a carton at the dock that nobody at work there explains [m], [rad].
_SHOVE, _TWIST = 0.008, 0.04
# What is farther than this from the tool was not moved by it [m].
_AWAY = 0.2
# Cosines between an item's upright axis and the vertical: standing, and lying.
_STANDS, _LIES = 0.94, 0.62
# A carton slower than this on its way does not move [m/s], for so many steps.
_STUCK, _STUCK_FOR = 0.006, 16
# A flap that was this far open and came back this far [rad].
_SWUNG, _FELL = 2.0, 1.3
# Share of the usual force below which a grip has failed, and steps that it takes to be sure.
_WEAK, _SURE = 0.25, 2
# Loss of closure against the command, in all and in one step, that shows that the hand lets go,
# and in one step that only a valve can bring about.
_OPENED, _OPENING, _VALVE = 0.1, 0.03, 0.5
# Force of a motor that is dead rather than moving freely [N].
_DEAD = 0.05
# Torque from outside on a joint that an empty hand, high over everything, does not meet [N m], and
# what high means [m].
_PUSH, _HIGH = 15.0, 0.82


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """A cause that the monitor names: when it was noticed, and what it concerns."""

    kind: FaultKind
    step: int
    subject: str = ""


class Diagnostician:
    """Watches one episode step by step."""

    def __init__(self) -> None:
        self.found: list[Diagnosis] = []
        self._frames: deque[Belief] = deque(maxlen=_SPAN)
        # How far each item that was at rest before and after went from frame to frame [m].
        self._hops: deque[dict[str, float]] = deque(maxlen=_SPAN - 1)
        self._count: dict[str, int] = {}
        self._highest: dict[tuple[str, int], float] = {}
        self._stood: set[str] = set()
        self._empty_for = 0

    def watch(self, belief: Belief, command: Action | None, held: str | None) -> None:
        """Look at one step.

        Args:
            belief: What is seen and felt after the command.
            command: What was commanded last, or None at the start.
            held: What the hand is thought to hold.
        """
        self._sight(belief)
        if self._frames and belief.age < _STALE:
            self._scatter(belief)
            self._belt(belief)
            self._flaps(belief)
            self._dock(belief)
            self._tipping(belief, held)
        if command is not None:
            self._grip(belief, command, held)
            self._push(belief, command)
        if self._frames:
            self._hops.append(_hops(self._frames[-1], belief))
        self._frames.append(belief)

    def note(self, kind: FaultKind, step: int, subject: str = "") -> None:
        """Take in a finding of somebody else's: the clerk's, the scanner's; each once."""
        if not any((d.kind, d.subject) == (kind, subject) for d in self.found):
            self.found.append(Diagnosis(kind, step, subject))

    def _tell(
        self, kind: FaultKind, on: bool, belief: Belief, subject: str = "", sure: int = 1
    ) -> None:
        """Name a cause at the ``sure``-th step in a row that shows its sign."""
        key = f"{kind}:{subject}"
        self._count[key] = self._count.get(key, 0) + 1 if on else 0
        if self._count[key] == sure:
            self.found.append(Diagnosis(kind, belief.step, subject))

    def _sight(self, belief: Belief) -> None:
        last = self._frames[-1] if self._frames else None
        same = last is not None and belief.step - belief.age == last.step - last.age
        self._tell("camera_dropout", same, belief, sure=_STALE)
        self._tell("sensor_latency", belief.age >= 2 and not same, belief, sure=3)

    def _scatter(self, belief: Belief) -> None:
        if len(self._frames) < _SPAN:
            return
        restless = any(
            all(item.name in hops for hops in self._hops)
            and _median([hops[item.name] for hops in self._hops]) > _SCATTER
            for item in belief.items
        )
        self._tell("sensor_noise", restless, belief, sure=2)

    def _belt(self, belief: Belief) -> None:
        carton, last = belief.carton, self._frames[-1].carton
        if carton is None or last is None or carton.name != last.name:
            return
        moved = math.dist(carton.pose.position, last.pose.position) / 0.05
        riding = not carton.docked and all(carton.sealed)
        begun = self._count.get(f"begun:{carton.name}", 0)
        if riding and moved > 0.05:
            self._count[f"begun:{carton.name}"] = begun = 1
        stuck = riding and bool(begun) and moved < _STUCK
        self._tell("conveyor_stops", stuck, belief, carton.name, _STUCK_FOR)

    def _flaps(self, belief: Belief) -> None:
        carton = belief.carton
        if carton is None:
            return
        for k, angle in enumerate(carton.flaps):
            key = carton.name, k
            self._highest[key] = max(self._highest.get(key, 0.0), angle)
            fell = self._highest[key] > _SWUNG and angle < _FELL
            self._tell("jammed_flap", fell, belief, carton.name)
            if fell:
                self._highest[key] = angle

    def _dock(self, belief: Belief) -> None:
        carton, before = belief.carton, self._frames[0].carton
        if carton is None or before is None or not (carton.docked and before.docked):
            return
        away = math.dist(belief.body.tool.position[:2], carton.pose.position[:2]) > _AWAY
        moved = math.dist(carton.pose.position, before.pose.position) > _SHOVE
        turned = abs(carton.pose.orientation[2] - before.pose.orientation[2]) > _TWIST / 2
        self._tell("carton_bumped", away and (moved or turned), belief, carton.name)

    def _tipping(self, belief: Belief, held: str | None) -> None:
        tool = belief.tool.position
        for item in belief.items:
            up = abs(_upright(item))
            if up > _STANDS and item.speed < 0.02 and item.name != held:
                self._stood.add(item.name)
            lies = up < _LIES and item.name in self._stood
            if not lies:
                continue
            self._stood.discard(item.name)
            if item.name != held and math.dist(tool, item.pose.position) > _AWAY:
                self.found.append(Diagnosis("item_tipped", belief.step, item.name))

    def _grip(self, belief: Belief, command: Action, held: str | None) -> None:
        closing = max(command.grips) > 0.5
        closed, force = max(belief.body.closure), np.max(belief.body.grip_force)
        holding = held is not None and closing
        if holding and force > self._highest.get(("force", 0), 0.0):
            self._highest["force", 0] = force
        usual = self._highest.get(("force", 0), 0.0)
        tight = self._highest.get(("closure", 0), closed)
        if not holding:
            self._highest.pop(("closure", 0), None)
        else:
            self._highest["closure", 0] = max(tight, closed)
        loss = max(self._frames[-1].body.closure) - closed if self._frames else 0.0
        # Jaws without force are pushed open too, but by no motor; a valve shuts at once.
        driven = force > _DEAD or loss > _VALVE
        opened = holding and driven and loss > _OPENING and closed < tight - _OPENED
        weak = holding and usual > 0 and force < _WEAK * usual and not (driven and loss > _OPENING)
        name = held or ""
        self._tell("item_dropped", opened, belief, name)
        self._tell("grip_slip", weak, belief, name, _SURE)

    def _push(self, belief: Belief, command: Action) -> None:
        self._empty_for = 0 if max(command.grips) > 0.5 else self._empty_for + 1
        if self._empty_for < _SPAN or len(self._frames) < _SPAN:
            return
        free = belief.body.tool.position[2] > _HIGH
        pushed = free and float(np.abs(belief.body.external).max()) > _PUSH
        self._tell("arm_pushed", pushed, belief)


def named(found: Collection[Diagnosis], kind: str, since: int, subject: str = "") -> bool:
    """Tell whether a cause was named after it came about; an empty subject fits any."""
    return any(
        d.kind == kind and d.step >= since and subject in ("", d.subject) for d in found
    )  # fmt: skip


def _hops(before: Belief, after: Belief) -> dict[str, float]:
    """Return how far each item went that is believed to be at rest before and after [m]."""
    still = {item.name: item for item in before.items if item.speed < _REST}
    return {
        item.name: 0.0 if last is item else math.dist(last.pose.position, item.pose.position)
        for item in after.items
        if item.speed < _REST and (last := still.get(item.name)) is not None
    }


def _median(values: list[float]) -> float:
    """Return the middle one of an odd number of values."""
    return sorted(values)[len(values) // 2]


def _upright(item: ItemState) -> float:
    x, y, _, _ = item.pose.orientation
    return 1 - 2 * (x * x + y * y)
