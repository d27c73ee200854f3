"""The agent: perceive, choose a subgoal, run its skill, note how it ended."""

from __future__ import annotations

from collections.abc import Sequence

from warewheel.sim.values import Action, Observation

from .clerk import Clerk
from .diagnosis import Diagnosis, Diagnostician
from .domain import needless
from .executor import ScriptedExecutor
from .hand import HEURISTIC, scorer_of
from .perceive import Belief, TruePoses, make_perceiver
from .plan import Done, Outcome, Subgoal, Unusable
from .request import Briefing, Planner
from .skills.crops import Tried

# Subgoals that may end one after another without the body having moved.
_IDLE = 6


class Agent:
    """A planner with a body's skills, in a closed loop.

    Args:
        briefing: Where it works, on what, with which body.
        planner: Its brain.
        instructions: What the robot is told: one sentence after the other is carried out.
        perceiver: Name of what it sees through.
        hand: Who judges its grips, as `scorer_of` knows it.
    """

    def __init__(
        self, briefing: Briefing, planner: Planner, instructions: Sequence[str],
        perceiver: str = TruePoses.name, hand: str = HEURISTIC,
    ) -> None:  # fmt: skip
        self.planner, self._instructions = planner, tuple(instructions)
        self._number = 0
        self._idle = 0
        self._executor = ScriptedExecutor(
            briefing.facility,
            briefing.body,
            briefing.seed,
            make_perceiver(perceiver),
            scorer_of(hand),
        )
        self._diagnostician = Diagnostician()
        self._clerk = Clerk(briefing.facility, briefing.catalogue)
        self._command: Action | None = None
        self.subgoal: Subgoal | None = None
        self.history: list[Done] = []
        self.finished = False
        self.refused = ""
        self._needless = False

    @property
    def perceiver(self) -> str:
        """Name of the perceiver in use."""
        return self._executor.perceiver.name

    @property
    def diagnoses(self) -> tuple[Diagnosis, ...]:
        """Causes that were named so far for what went wrong."""
        return tuple(self._diagnostician.found)

    @property
    def tried(self) -> tuple[Tried, ...]:
        """Grips that were tried so far, each with whether it held."""
        return self._executor.tried

    def act(self, observation: Observation) -> Action:
        """Return the action for this control step; once finished, hold still."""
        belief = self._executor.perceiver.perceive(observation)
        self._diagnostician.watch(belief, self._command, self._executor.held)
        self._command = self._choose(observation)
        return self._command

    def _choose(self, observation: Observation) -> Action:
        while not self.finished:
            if self.subgoal is None:
                self.subgoal = self._next(observation)
                if self.subgoal is None:
                    continue
                self._executor.start(self.subgoal)
            step = self._executor.act(observation)
            if not isinstance(step, Outcome):
                self._idle = 0
                return step
            self._keep(Done(self.subgoal, step, self._needless))
            self.subgoal = None
            self._audit(self._executor.perceiver.perceive(observation))
        return self._executor.rest()

    def _next(self, observation: Observation) -> Subgoal | None:
        """Return the planner's next subgoal, or None when it is done with an instruction."""
        number = self._number
        request = self._executor.request(
            observation, self._instructions[number], self.history, number
        )
        try:
            subgoal = self.planner.next(request)
        except Unusable as error:
            self._keep(Done(Subgoal("?"), Outcome(False, error.label)))
            return None
        if subgoal is not None and subgoal.skill == "refuse":
            self.refused = subgoal.reason
            self.history.append(Done(subgoal, Outcome(True)))
        elif subgoal is not None and subgoal.skill != "stop":
            self._needless = needless(request.facts, subgoal)
            return subgoal
        self._number += 1
        self.finished = bool(self.refused) or self._number == len(self._instructions)
        return None

    def _keep(self, done: Done) -> None:
        """Take note of how a subgoal ended; a planner that gets nowhere is heard no more."""
        self.history.append(done)
        self._idle += 1
        self.finished = self.finished or self._idle >= _IDLE

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
