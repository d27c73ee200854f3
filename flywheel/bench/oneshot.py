"""The one-shot protocol: a whole plan before the first step, and no second thoughts.

A planner that decides step by step is let loose on a twin of its own first, where it sees what its
steps would come to; what it did there is its plan.
"""

from __future__ import annotations

from collections.abc import Sequence

from warewheel.agents.plan import Subgoal, Unusable
from warewheel.agents.request import Planner, Request

from .play import Played, Stage, play


class Recital:
    """A planner that says a plan step by step."""

    name = "recital"
    privileged = False

    def __init__(self, plan: Sequence[Subgoal]) -> None:
        self._plan = iter(plan)

    def next(self, request: Request) -> Subgoal | None:
        """Return the next step of the plan.

        Raises:
            Unusable: The step is none.
        """
        del request
        step = next(self._plan, None)
        if step is not None and step.skill == "?":
            raise Unusable(step.reason)
        return step


def plan(stage: Stage, planner: Planner) -> list[Subgoal]:
    """Return a planner's whole plan for a case; a step that it garbled is marked by ``?``."""
    thought = play(stage, planner, known=True)
    return [
        done.subgoal if done.subgoal.skill != "?" else Subgoal("?", reason=done.outcome.cause)
        for done in thought.history
    ]


def recite(stage: Stage, planner: Planner, known: bool = True) -> Played:
    """Let a planner make a plan, then carry it out as it stands."""
    return play(stage, Recital(plan(stage, planner)), known)
