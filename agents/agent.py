"""The agent: perceive, choose a subgoal, run its skill, note how it ended."""

from __future__ import annotations

from warewheel.configs.schema import Body, Facility
from warewheel.sim.values import Action, Observation

from .executor import ScriptedExecutor
from .plan import Done, Outcome, Subgoal
from .request import Planner


class Agent:
    """A planner with a body's skills, in a closed loop.

    Args:
        instruction: What the robot is told.
        seed: Seed of the motion planner's random trees.
    """

    def __init__(
        self, facility: Facility, body: Body, planner: Planner, instruction: str, seed: int
    ) -> None:
        self._planner, self._instruction = planner, instruction
        self._executor = ScriptedExecutor(facility, body, seed)
        self.subgoal: Subgoal | None = None
        self.history: list[Done] = []
        self.finished = False

    @property
    def perceiver(self) -> str:
        """Name of the perceiver in use."""
        return self._executor.perceiver.name

    def act(self, observation: Observation) -> Action:
        """Return the action for this control step; once finished, hold still."""
        while not self.finished:
            if self.subgoal is None:
                request = self._executor.request(observation, self._instruction, self.history)
                self.subgoal = self._planner.next(request)
                if self.subgoal is None:
                    self.finished = True
                    break
                self._executor.start(self.subgoal)
            step = self._executor.act(observation)
            if not isinstance(step, Outcome):
                return step
            self.history.append(Done(self.subgoal, step))
            self.subgoal = None
        return self._executor.rest()

    def close(self) -> None:
        """Let go of what the body's skills hold."""
        self._executor.close()
