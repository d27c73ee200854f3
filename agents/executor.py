"""The executor: runs one skill after another on the body."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from warewheel.configs.schema import Body, Facility
from warewheel.sim.facts import Places
from warewheel.sim.motion import Motion
from warewheel.sim.twin import Twin
from warewheel.sim.values import Action, Observation, Report
from warewheel.sim.world import PERIOD

from .domain import believed
from .inventory import Inventory, take_stock
from .monitor import Monitor
from .perceive import Belief, Perceiver, TruePoses
from .plan import Done, Outcome, Subgoal
from .request import Request
from .skills.crops import Tried
from .skills.hands import hand_of
from .skills.moves import Mover, Skill
from .skills.opening import open_carton
from .skills.picking import pick
from .skills.placing import place
from .skills.scanning import scan
from .skills.scorer import Scorer
from .skills.spots import spots

# How long a wait lasts at least and at most [control steps].
_SHORTEST_WAIT = math.ceil(0.5 / PERIOD)
_LONGEST_WAIT = math.ceil(20.0 / PERIOD)


class ScriptedExecutor:
    """Turns subgoals into actions by scripted skills on planned motions.

    Args:
        seed: Seed of the motion planner's random trees.
        perceiver: What makes beliefs of observations; true poses if absent.
        scorer: Judges grips; without one they are tried in a fixed order.
    """

    def __init__(
        self, facility: Facility, body: Body, seed: int, perceiver: Perceiver | None = None,
        scorer: Scorer | None = None,
    ) -> None:  # fmt: skip
        self.perceiver = perceiver or TruePoses()
        self._twin = Twin(facility, body)
        rng = np.random.default_rng([seed, 1])
        motion = Motion(self._twin, body.base, np.array(body.home), rng)
        self._mover = Mover(facility, body, motion, PERIOD, hand_of(body, scorer))
        self._places = Places(facility)
        self._monitor = Monitor(self._places)
        self._reported: set[tuple[str, str]] = set()
        self._skill: Skill | None = None
        self._starts: dict[str, Callable[[Subgoal, Belief], Skill]] = {
            "wait": lambda _, belief: _wait(self._mover, belief),
            "open": lambda _, belief: open_carton(self._mover, belief),
            "pick": lambda goal, belief: pick(self._mover, belief, goal.item),
            "scan": lambda _, belief: scan(self._mover, belief),
            "place": self._place,
            "report": lambda goal, _: _report(self.rest(), goal),
        }

    @property
    def held(self) -> str | None:
        """Name of the item in the hand, or None."""
        return None if self._mover.held is None else self._mover.held.name

    @property
    def tried(self) -> tuple[Tried, ...]:
        """Grips that were tried so far, if it looks at what it grips."""
        return tuple(self._mover.tried)

    def request(
        self, observation: Observation, instruction: str, history: Sequence[Done], number: int = 0
    ) -> Request:
        """Return what a planner gets to know now."""
        belief = self.perceiver.perceive(observation)
        self._mover.notice(belief)
        inventory = self._stock(belief)
        facts = believed(inventory, self._places)
        return Request(instruction, inventory, facts, history, number)

    def start(self, subgoal: Subgoal) -> None:
        """Begin a subgoal; what ran before is abandoned."""
        self._subgoal = subgoal
        self._skill = None

    def act(self, observation: Observation) -> Action | Outcome:
        """Return the next action of the subgoal, or how it ended."""
        belief = self.perceiver.perceive(observation)
        try:
            if self._skill is None:
                self._skill = self._begin(self._subgoal, belief)
                return next(self._skill)
            return self._skill.send(belief)
        except StopIteration as end:
            if end.value.success and self._subgoal.skill == "report":
                self._reported.add((self._subgoal.finding, self._subgoal.item))
            return self._monitor.judge(self._subgoal, end.value, self._stock(belief))

    def rest(self) -> Action:
        """Return the action that holds still."""
        return Action(self._mover.joints, self._mover.grips)

    def close(self) -> None:
        """Let go of the kinematic twin."""
        self._twin.close()

    def _stock(self, belief: Belief) -> Inventory:
        return take_stock(belief, self.held, self._places, frozenset(self._reported))

    def _begin(self, subgoal: Subgoal, belief: Belief) -> Skill:
        self._mover.notice(belief)
        fault = self._monitor.refusal(subgoal, self._stock(belief))
        if fault:
            return _fail(fault)
        return self._starts[subgoal.skill](subgoal, belief)

    def _place(self, subgoal: Subgoal, belief: Belief) -> Skill:
        return place(self._mover, belief, spots(self._places, belief, subgoal.item, subgoal.place))


def _wait(mover: Mover, belief: Belief) -> Skill:
    """Hold still for half a second, and for as long as a carton is on its way."""
    for k in range(_LONGEST_WAIT):
        arriving = belief.carton is not None and not belief.carton.docked
        if k >= _SHORTEST_WAIT and not arriving:
            return Outcome(True)
        belief = yield from mover.rest(1, belief)
    return Outcome(False, "SKILL_TIMEOUT")


def _report(still: Action, goal: Subgoal) -> Skill:
    """Tell the house a finding; it takes one step."""
    yield replace(still, report=Report(goal.finding, goal.item))  # type: ignore[arg-type]
    return Outcome(True)


def _fail(cause: str) -> Skill:
    """End at once."""
    yield from ()
    return Outcome(False, cause)
