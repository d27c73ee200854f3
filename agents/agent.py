"""The agent: perceive, choose a subgoal, run its skill, note how it ended."""

from __future__ import annotations

from warewheel.configs.schema import Body, Catalogue, Facility
from warewheel.sim.values import Action, Observation

from .clerk import Clerk
from .diagnosis import Diagnosis, Diagnostician
from .executor import ScriptedExecutor
from .perceive import Belief
from .plan import Done, Outcome, Subgoal
from .request import Planner


class Agent:
    """A planner with a body's skills, in a closed loop.

    Args:
        catalogue: What goods should look like.
        instruction: What the robot is told.
        seed: Seed of the motion planner's random trees.
    """

    def __init__(
        self, facility: Facility, body: Body, catalogue: Catalogue, planner: Planner,
        instruction: str, seed: int,
    ) -> None:  # fmt: skip
        self._planner, self._instruction = planner, instruction
        self._executor = ScriptedExecutor(facility, body, seed)
        self._diagnostician = Diagnostician()
        self._clerk = Clerk(facility, catalogue)
        self._command: Action | None = None
        self.subgoal: Subgoal | None = None
        self.history: list[Done] = []
        self.finished = False

    @property
    def perceiver(self) -> str:
        """Name of the perceiver in use."""
        return self._executor.perceiver.name

    @property
    def diagnoses(self) -> tuple[Diagnosis, ...]:
        """Causes that were named so far for what went wrong."""
        return tuple(self._diagnostician.found)

    def act(self, observation: Observation) -> Action:
        """Return the action for this control step; once finished, hold still."""
        belief = self._executor.perceiver.perceive(observation)
        self._diagnostician.watch(belief, self._command, self._executor.held)
        self._command = self._choose(observation)
        return self._command

    def _choose(self, observation: Observation) -> Action:
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
            self._audit(self._executor.perceiver.perceive(observation))
        return self._executor.rest()

    def _audit(self, belief: Belief) -> None:
        """Let the clerk name what labels and manifests show to be wrong."""
        note, step = self._diagnostician.note, belief.step
        unreadable = {
            done.subgoal.item for done in self.history if done.outcome.cause == "UNREADABLE"
        } - set(belief.labels)
        for item in unreadable:
            note("label_unreadable", step, item)
        for item in belief.labels:
            if self._clerk.mislabelled(belief, item):
                note("label_wrong", step, item)
        for report in self._clerk.reports(belief, unreadable):
            if report.finding == "short":
                note("item_missing", step, report.subject)
            elif report.finding == "surplus" and not self._clerk.mislabelled(
                belief, report.subject
            ):
                note("item_extra", step, report.subject)

    def close(self) -> None:
        """Let go of what the body's skills hold."""
        self._executor.close()
