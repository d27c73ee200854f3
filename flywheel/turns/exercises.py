"""Exercises: what a teacher asks of a turn's kinds of instructions, besides putting slips right.

A step of an episode that hangs on the instruction is one of many; in an exercise each does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from warewheel.flywheel.suites.make import RECIPES
from warewheel.flywheel.suites.quizzes import PLANS, quiz
from warewheel.flywheel.training.rows import Chat

from .stream import EXERCISES, RUNS, TURN, width

# Seeds set apart for each run within a turn.
_RUN = TURN // RUNS
# The suite's kind that riddles and tallies are about.
_ABOUT = {"riddle": "reference", "tally": "quantity"}


@dataclass(frozen=True, slots=True)
class Exercise:
    """A quiz to be made.

    Attributes:
        plan: One of `PLANS`.
        seed: Same seed, same quiz.
        sites: Facilities that take turns.
        meanings: Kinds of instructions that it asks about.
    """

    plan: str
    seed: int
    sites: tuple[str, ...]
    meanings: tuple[str, ...]


def exercises(turn: int, count: int, seed: int, site: str | None = None) -> Iterator[Exercise]:
    """Yield so many exercises about what a turn brings, and what came before it.

    Args:
        turn: From 1.
        count: How many.
        seed: Of the run.
        site: The only facility, or None for the turn's own.
    """
    now = width(turn, site)
    known = {meaning for kind in now.kinds for meaning in RECIPES[kind].kinds}
    meanings = {
        plan: tuple(sorted(set(PLANS[plan].kinds) & known))
        if plan not in _ABOUT
        else tuple(sorted(set(PLANS[plan].kinds))) * (_ABOUT[plan] in now.kinds)
        for plan in PLANS
    }
    plans = [plan for plan in PLANS if meanings[plan]]
    first = EXERCISES + turn * TURN + seed % RUNS * _RUN
    for k in range(count):
        plan = plans[k % len(plans)]
        yield Exercise(plan, first + k, now.facilities, meanings[plan])


def asked(job: Exercise) -> Chat:
    """Return an exercise with its answers; empty if chance found none."""
    return quiz(job.plan, job.seed, job.sites, job.meanings)
