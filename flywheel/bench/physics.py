"""The physics backend: the same trials with a body, and whom to blame when one fails."""

from __future__ import annotations

import time
from typing import Any

from warewheel.agents.planners.registry import make_planner
from warewheel.agents.planners.scripted import Scripted
from warewheel.envs.warehouse import WarehouseEnv
from warewheel.flywheel import runner
from warewheel.flywheel.episode import Episode

from .play import Stage, play
from .trial import INVALID, Result, Trial, attempt, crashed


def perform(trial: Trial) -> Result:
    """Carry out a trial in physics; whatever goes wrong is its result."""
    stage = Stage(trial.case, trial.settings.body)
    expert = play(stage, Scripted(stage.briefing))
    spent = len(expert.history) if expert.success else 0
    # A planner that cannot be had at all stops the benchmark, as in the symbolic backend.
    make_planner(trial.planner, stage.briefing, trial.settings.track)
    began = time.perf_counter()
    try:
        env = WarehouseEnv(body=trial.settings.body, case=trial.case, facility=trial.case.facility)
        try:
            episode = runner.run(env, trial.planner, trial.case.seed, track=trial.settings.track)
        finally:
            env.close()
    except Exception as error:  # a planner that crashes has failed, and is counted
        return crashed(trial, spent, f"{type(error).__name__}: {error}")
    return _sum_up(trial, episode, spent, time.perf_counter() - began)


def _sum_up(trial: Trial, episode: Episode, expert: int, seconds: float) -> Result:
    good = episode.success and not episode.violations
    causes = [step["outcome"] for step in episode.plan]
    failed = [c for c in causes if c not in ("SUCCESS", "PREEMPTED")]
    counts = {cause: failed.count(cause) for cause in sorted(set(failed))}
    trace: list[dict[str, Any]] = [
        {"step": step["subgoal"], "outcome": step["outcome"]} for step in episode.plan
    ]
    return Result(
        key=trial.key, suite=trial.suite, case=trial.case.id, planner=trial.planner, success=good,
        progress=episode.progress, violations=episode.violations, labels=counts,
        primary="" if good else episode.failures[-1] if episode.failures else "GOAL_MISSED",
        steps=len(episode.plan), expert=expert, invalid=sum(c in INVALID for c in failed),
        replans=len(failed), perceiver=episode.perceiver,
        blame="" if good else blame(trial), seconds=seconds, trace=trace,
    )  # fmt: skip


def blame(trial: Trial) -> str:
    """Return who is to blame for a failure in physics.

    With a body that never fails, in the symbolic backend, the same planner either solves the case,
    and then the body is to blame, or does not, and then it is the brain. The eye sees true poses
    here, and is never to blame.
    """
    return "body" if attempt(trial).success else "brain"
