"""The loop where an agent meets an environment."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from warewheel.agents.agent import Agent
from warewheel.agents.diagnosis import named
from warewheel.agents.hand import HEURISTIC, hand_id
from warewheel.agents.perceive import TruePoses
from warewheel.agents.planners.registry import make_planner
from warewheel.agents.planners.scribe import Scribe
from warewheel.agents.request import brief
from warewheel.envs.warehouse import WarehouseEnv
from warewheel.sim.values import Report
from warewheel.sim.world import PERIOD

from .episode import Episode


class Listener(Protocol):
    """Somebody who watches an episode: a recorder, a progress bar, a camera."""

    def on_reset(self, env: WarehouseEnv, agent: Agent) -> None:
        """Hear that an episode begins."""
        ...

    def on_step(self, env: WarehouseEnv, agent: Agent, step: Step) -> None:
        """Hear of one control step."""
        ...

    def on_end(self, env: WarehouseEnv, agent: Agent, episode: Episode) -> None:
        """Hear how it ended."""
        ...


class Crash(Exception):
    """An episode ended in an error, its cause.

    Attributes:
        episode: What had come of it.
    """

    def __init__(self, episode: Episode) -> None:
        super().__init__(episode.error)
        self.episode = episode


@dataclass(frozen=True, slots=True)
class Step:
    """One control step.

    Attributes:
        action: What was sent, as the environment's ``joint`` mode has it.
        report: What was told with it.
        reward: What it brought.
        info: The environment's.
        over: Whether it was the episode's last.
    """

    action: NDArray[np.float32]
    report: Report | None
    reward: float
    info: dict[str, Any]
    over: bool


def run(
    env: WarehouseEnv, planner: str, seed: int, listeners: Sequence[Listener] = (),
    track: str = "grammar", perceiver: str = TruePoses.name, hand: str = HEURISTIC,
) -> Episode:  # fmt: skip
    """Run one episode of ``env`` (in ``joint`` mode) and return how it went.

    It ends when the goal holds, when the planner has nothing left to do, or when time is up.

    Raises:
        Crash: The agent or the environment raised an error; listeners heard how it ended.
    """
    env.reset(seed=seed)
    case = env.case
    briefing = brief(env.task, (env.facility, env.body, env.catalogue), seed, case)
    told = (env.instruction,) if case is None else case.instructions
    agent = Agent(briefing, Scribe(briefing, make_planner(planner, briefing, track)), told,
                  perceiver, hand)  # fmt: skip
    began = time.perf_counter()
    for listener in listeners:
        listener.on_reset(env, agent)
    over, who = False, (planner, hand_id(hand))
    try:
        while not over:
            try:
                step = _advance(env, agent)
            except Exception as error:
                said = f"{type(error).__name__}: {error}"
                raise Crash(_end(env, agent, who, seed, began, listeners, said)) from error
            if step is None:
                break
            over = step.over
            for listener in listeners:
                listener.on_step(env, agent, step)
        return _end(env, agent, who, seed, began, listeners)
    finally:
        agent.close()


def _advance(env: WarehouseEnv, agent: Agent) -> Step | None:
    """Do one control step; return None if the agent has nothing left to do."""
    action = agent.act(env.observed)
    # There is one step at least, so that there is something to record.
    if agent.finished and env.observed.step:
        if agent.refused:
            env.refuse(agent.refused)
        return None
    _, reward, ended, cut, info = env.perform(action)
    return Step(env.encode(action), action.report, reward, info, ended or cut)


def _end(
    env: WarehouseEnv, agent: Agent, who: tuple[str, str], seed: int, began: float,
    listeners: Sequence[Listener], error: str = "",
) -> Episode:  # fmt: skip
    """Sum up how an episode went, and tell the listeners.

    ``who`` are the planner and the hand.
    """
    episode = _sum_up(env, agent, who, seed, time.perf_counter() - began, error)
    for listener in listeners:
        listener.on_end(env, agent, episode)
    return episode


def _sum_up(
    env: WarehouseEnv, agent: Agent, who: tuple[str, str], seed: int, wall: float, error: str
) -> Episode:
    assert env.world is not None
    verdict = env.verdict
    plan = [
        {"subgoal": str(done.subgoal), "outcome": done.outcome.cause or "SUCCESS"}
        for done in agent.history
    ]
    if agent.subgoal is not None:
        # The goal held, or time was up, while it was still at work.
        plan.append({"subgoal": str(agent.subgoal), "outcome": "PREEMPTED"})
    failures = [done.outcome.cause for done in agent.history if not done.outcome.success]
    if error:
        failures.append("CRASH")
    elif not verdict.success:
        failures.append("GOAL_MISSED" if agent.finished else "TIMEOUT")
    return Episode(
        task=env.task, seed=seed, facility=env.facility.name, body=env.body.name,
        planner=who[0], perceiver=agent.perceiver, hand=who[1], instruction=env.instruction,
        success=verdict.success and not error, progress=round(verdict.progress, 6),
        stages={name: round(share, 6) for name, share in verdict.stages.items()},
        violations=list(verdict.violations), failures=failures, error=error,
        plan=plan,
        faults=[
            asdict(fault)
            | {"named": named(agent.diagnoses, fault.kind, fault.step, fault.target)}
            for fault in env.world.fired
        ],
        diagnoses=[asdict(diagnosis) for diagnosis in agent.diagnoses],
        items=len(env.observed.scene.items), steps=env.observed.step,
        sim_seconds=round(env.observed.step * PERIOD, 3), wall_seconds=round(wall, 3),
        hash=env.world.hash,
    )  # fmt: skip
