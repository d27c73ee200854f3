"""Playing a case in the symbolic backend: planner against twin, judged like physics."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from warewheel.agents.domain import needless
from warewheel.agents.plan import Done, Outcome, Subgoal, Unusable
from warewheel.agents.request import Briefing, Planner, Request, brief
from warewheel.agents.symbolic import SymbolicTwin
from warewheel.configs import cell_of
from warewheel.configs.schema import Body, Case, Catalogue, Facility
from warewheel.envs.goal import Condition, Fact
from warewheel.envs.scenario import scenario
from warewheel.envs.task import Judge, Verdict
from warewheel.sim.facts import Places
from warewheel.sim.spec import WorldSpec
from warewheel.sim.values import Report

# Subgoals that a planner may spend in all and for each item, and how many in a row may be bad.
_STEPS, _ITEM_STEPS, _BAD = 12, 8, 5


@dataclass
class Stage:
    """A case made ready to be played any number of times.

    Attributes:
        case: The case.
        body: Name of the robot.
        cell: Facility, robot and goods, in place of those that the case and ``body`` name.
    """

    case: Case
    body: str = "panda"
    cell: tuple[Facility, Body, Catalogue] | None = None

    @cached_property
    def briefing(self) -> Briefing:
        """What a planner is told before."""
        case = self.case
        return brief(case.task, self.cell or cell_of(case, self.body), case.seed, case)

    @cached_property
    def spec(self) -> WorldSpec:
        """The delivery."""
        told = self.briefing
        return scenario(
            told.task, told.facility, told.body, told.catalogue, self.case.seed, case=self.case
        )

    @cached_property
    def places(self) -> Places:
        """The places of the site."""
        return Places(self.spec.facility)

    def judge(self) -> Judge:
        """Return a new judge."""
        case = self.case
        return Judge(case.task, self.spec, case.meanings, case.refuse or "", self.places)


@dataclass
class Played:
    """How a case went.

    Attributes:
        verdict: How it stood at the end.
        history: Subgoals tried, with their outcomes.
        refused: Why the planner refused, or an empty string.
        stopped: The planner had nothing left to do.
        step: Control steps, nominal.
        missed: Conditions of the goal that do not hold.
        broken: An order's sequence or time was broken for good.
        after: What the planner would be told next.
    """

    verdict: Verdict
    history: list[Done] = field(default_factory=list)
    refused: str = ""
    stopped: bool = False
    step: int = 0
    missed: tuple[Condition, ...] = ()
    broken: bool = False
    after: Request | None = None

    @property
    def labels(self) -> list[str]:
        """For each subgoal the error label, or an empty string."""
        return [done.label for done in self.history]

    @property
    def success(self) -> bool:
        """Whether the goal held at the end and no rule was broken on the way."""
        return self.verdict.success and not self.verdict.violations


def play(
    stage: Stage, planner: Planner, known: bool = False, mishaps: np.random.Generator | None = None
) -> Played:
    """Let a planner direct the symbolic twin in a closed loop.

    Args:
        stage: The case.
        planner: Made for this case.
        known: Labels count as read from the start (full observability).
        mishaps: Chance that lets skills fail; None if they do not.
    """
    twin, judge = SymbolicTwin(stage.spec, known, stage.places, mishaps), stage.judge()
    told = stage.case.instructions
    played = Played(judge.weigh(_true(twin)))
    history, number, bad, last = played.history, 0, 0, 0
    budget = _STEPS + _ITEM_STEPS * len(stage.spec.placements)
    while not played.verdict.success and len(history) < budget and bad < _BAD:
        request = Request(told[number], twin.inventory, twin.facts, history, number)
        try:
            step = planner.next(request) or Subgoal("stop")
        except Unusable as error:
            history.append(Done(Subgoal("?"), Outcome(False, error.label)))
            bad += 1
            continue
        if step.skill == "stop":
            number += 1
            if number < len(told):
                continue
            played.stopped = True
            break
        extra = needless(twin.facts, step)
        outcome = twin.do(step)
        history.append(Done(step, outcome, extra))
        bad = 0 if outcome.success else bad + 1
        if outcome.success and step.skill == "refuse":
            played.refused = step.reason
            judge.refuse(step.reason)
        if outcome.success and step.skill == "report":
            judge.hear(Report(step.finding, step.item))  # type: ignore[arg-type]
        played.verdict = judge.weigh(_true(twin), steps=twin.step - last)
        last = twin.step
        if played.refused:
            break
    played.step, played.missed = twin.step, judge.missed(played.verdict.facts)
    played.broken = judge.broken
    if number < len(told):
        played.after = Request(told[number], twin.inventory, twin.facts, history, number)
    return played


def _true(twin: SymbolicTwin) -> frozenset[Fact]:
    """Return the twin's facts in the words of judges."""
    return twin.facts | {("out", fact[1]) for fact in twin.facts if fact[0] == "at"}
