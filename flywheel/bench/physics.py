"""The physics backend: the same trials with a body, and whom to blame when one fails."""

from __future__ import annotations

import time

from warewheel.agents.agent import Agent
from warewheel.agents.planners.registry import make_planner
from warewheel.agents.planners.scribe import Scribe
from warewheel.agents.planners.scripted import Scripted
from warewheel.agents.request import Planner
from warewheel.agents.skills.crops import Tried, packed
from warewheel.envs.warehouse import WarehouseEnv
from warewheel.flywheel import runner
from warewheel.flywheel.episode import Episode

from .labels import labels, primary
from .play import Played, Stage, play
from .trial import Result, Trial, attempt, crashed, spent, spoken


class Witness:
    """A listener that keeps what there is to say of an episode once it is over."""

    played: Played
    planner: Planner
    tried: tuple[Tried, ...] = ()

    def on_reset(self, env: WarehouseEnv, agent: Agent) -> None:
        """Wait."""

    def on_step(self, env: WarehouseEnv, agent: Agent, step: runner.Step) -> None:
        """Wait."""

    def on_end(self, env: WarehouseEnv, agent: Agent, episode: Episode) -> None:
        """Take down how it ended."""
        verdict = env.verdict
        assert isinstance(agent.planner, Scribe)
        self.planner = agent.planner.inner
        self.tried = agent.tried
        self.played = Played(
            verdict, list(agent.history), agent.refused, agent.finished and not agent.refused,
            env.observed.step, env.judge.missed(verdict.facts), env.judge.broken,
        )  # fmt: skip


def perform(trial: Trial) -> Result:
    """Carry out a trial in physics; whatever goes wrong is its result."""
    stage = Stage(trial.case, trial.settings.body)
    expert = spent(play(stage, Scripted(stage.briefing)))
    # A planner that cannot be had at all stops the benchmark, as in the symbolic backend.
    make_planner(trial.planner, stage.briefing, trial.settings.track)
    began = time.perf_counter()
    witness = Witness()
    try:
        env = WarehouseEnv(body=trial.settings.body, case=trial.case, facility=trial.case.facility)
        try:
            episode = runner.run(
                env, trial.planner, trial.case.seed, [witness], trial.settings.track,
                hand=trial.settings.hand,
            )  # fmt: skip
        finally:
            env.close()
    except runner.Crash as crash:  # a planner that crashes has failed, and is counted
        return crashed(trial, expert, str(crash))
    except Exception as error:
        return crashed(trial, expert, f"{type(error).__name__}: {error}")
    return _sum_up(trial, episode, witness, expert, time.perf_counter() - began)


def _sum_up(
    trial: Trial, episode: Episode, witness: Witness, expert: int, seconds: float
) -> Result:
    played, good = witness.played, witness.played.success
    found = labels(trial.case, played)
    guilty = "" if good else blame(trial)
    # What the body did last is what a body's failure is called.
    worst = episode.failures[-1] if guilty == "body" and episode.failures else primary(found)
    trace = [{"step": s["subgoal"], "outcome": s["outcome"]} for s in episode.plan]
    return Result(
        key=trial.key, suite=trial.suite, case=trial.case.id, planner=trial.planner, success=good,
        progress=episode.progress, violations=episode.violations,
        labels=dict(sorted(found.items())), primary="" if good else worst,
        steps=len(episode.plan), expert=expert,
        replans=sum(not done.outcome.success for done in played.history[:-1]),
        perceiver=episode.perceiver, hand=episode.hand, blame=guilty, seconds=seconds,
        items=episode.items, sim_seconds=episode.sim_seconds, stages=episode.stages,
        grips=[(packed(one.row), one.held) for one in witness.tried],
        **spoken(witness.planner, played, trace),
    )  # fmt: skip


def blame(trial: Trial) -> str:
    """Return who is to blame for a failure in physics.

    With a body that never fails, in the symbolic backend, the same planner either solves the case,
    and then the body is to blame, or does not, and then it is the brain. The eye sees true poses
    here, and is never to blame.
    """
    return "body" if attempt(trial).success else "brain"
