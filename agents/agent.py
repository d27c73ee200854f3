"""The agent: perceive, choose a subgoal, run its skill, note how it ended."""

from __future__ import annotations

import math
from typing import Protocol

import numpy as np

from warewheel.configs.schema import Body, Facility
from warewheel.sim.facts import Places
from warewheel.sim.motion import Motion
from warewheel.sim.twin import Twin
from warewheel.sim.values import Action, Observation
from warewheel.sim.world import PERIOD

from .perceive import Belief, TruePoses
from .plan import Done, Outcome, Subgoal
from .skills.moves import Mover, Skill
from .skills.opening import open_carton
from .skills.picking import pick
from .skills.placing import place
from .skills.scanning import scan
from .skills.spots import spots


class Planner(Protocol):
    """The brain: chooses what to do next."""

    name: str

    def next(self, belief: Belief, held: str | None, history: list[Done]) -> Subgoal | None:
        """Return the next subgoal, or None to stop."""
        ...


class Agent:
    """A planner with a body's skills.

    Args:
        seed: Seed of the motion planner's random trees.
    """

    def __init__(self, facility: Facility, body: Body, planner: Planner, seed: int) -> None:
        self._facility = facility
        self._planner = planner
        self._perceiver = TruePoses()
        self._twin = Twin(facility, body)
        motion = Motion(
            self._twin, body.base, np.array(body.home), np.random.default_rng([seed, 1])
        )
        self._mover = Mover(facility, body, motion, PERIOD)
        self._places = Places(facility)
        self._skill: Skill | None = None
        self.subgoal: Subgoal | None = None
        self.history: list[Done] = []
        self.finished = False

    def close(self) -> None:
        """Let go of the kinematic twin."""
        self._twin.close()

    def act(self, observation: Observation) -> Action:
        """Return the action for this control step; once finished, hold still."""
        belief = self._perceiver.perceive(observation)
        if self._skill is not None:
            try:
                return self._skill.send(belief)
            except StopIteration as end:
                self._note(end.value)
        while not self.finished:
            held = None if self._mover.held is None else self._mover.held.name
            self.subgoal = self._planner.next(belief, held, self.history)
            if self.subgoal is None:
                self.finished = True
                break
            self._skill = self._start(self.subgoal, belief)
            try:
                return next(self._skill)
            except StopIteration as end:
                self._note(end.value)
        return Action(self._mover.joints, self._mover.opening)

    def _note(self, outcome: Outcome) -> None:
        assert self.subgoal is not None
        self.history.append(Done(self.subgoal, outcome))
        self._skill = None

    def _start(self, subgoal: Subgoal, belief: Belief) -> Skill:
        match subgoal.skill:
            case "wait":
                return _wait(self._mover, belief)
            case "open":
                return open_carton(self._mover, belief)
            case "pick":
                return pick(self._mover, belief, subgoal.item)
            case "scan":
                return scan(self._mover, belief)
            case "place":
                where = spots(self._facility, self._places, belief, subgoal.item, subgoal.place)
                return place(
                    self._mover, belief, where,
                    lambda item: self._places.of(item) == subgoal.place,
                )  # fmt: skip
        raise ValueError(
            f"skill {subgoal.skill!r} is unknown; allowed: open, pick, place, scan, wait"
        )


def _wait(mover: Mover, belief: Belief) -> Skill:
    """Hold still for half a second."""
    yield from mover.rest(math.ceil(0.5 / PERIOD), belief)
    return Outcome(True)
