"""Same seed and same actions, same trajectory: wherever and however often it runs."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from gymnasium.vector import AsyncVectorEnv, SyncVectorEnv, VectorEnv

from warewheel.agents.agent import Agent
from warewheel.agents.planners.scripted import Scripted
from warewheel.agents.request import Briefing
from warewheel.envs.spaces import ACTION_MODES
from warewheel.envs.task import TASKS
from warewheel.envs.warehouse import WarehouseEnv

STEPS = 25
SEEDS = (11, 12)
CASES = [(task, mode) for task in TASKS for mode in ("joint", "ee_delta")]


def actions(mode: str) -> np.ndarray:
    rows = np.random.default_rng(5).uniform(-1, 1, (STEPS, 7 if mode == "ee_delta" else 8))
    return rows.astype(np.float32)


def roll(env: WarehouseEnv, seed: int, moves: np.ndarray) -> str:
    env.reset(seed=seed)
    for move in moves:
        info = env.step(move)[4]
    return str(info["hash"])


@functools.cache
def reference(task: str, mode: str, seed: int) -> str:
    env = WarehouseEnv(task, action_mode=mode)
    try:
        return roll(env, seed, actions(mode))
    finally:
        env.close()


@pytest.fixture(params=CASES, ids="-".join)
def case(request: pytest.FixtureRequest) -> tuple[str, str]:
    found: tuple[str, str] = request.param
    return found


def test_one_env_repeats_itself_whatever_came_between(case: tuple[str, str]) -> None:
    task, mode = case
    env = WarehouseEnv(task, action_mode=mode, observation="flat")
    try:
        first, other, again = (roll(env, seed, actions(mode)) for seed in (*SEEDS, SEEDS[0]))
        assert env.world is not None
        assert env.world.hash == again
    finally:
        env.close()
    assert first == again == reference(task, mode, SEEDS[0])
    assert other == reference(task, mode, SEEDS[1]) != first


CHILD = """
import json, sys
import numpy as np
from warewheel.envs.warehouse import WarehouseEnv
found = {}
for task, mode in json.loads(sys.argv[1]):
    env = WarehouseEnv(task, action_mode=mode)
    env.reset(seed=int(sys.argv[2]))
    width = 7 if mode == "ee_delta" else 8
    for row in np.random.default_rng(5).uniform(-1, 1, (int(sys.argv[3]), width)):
        info = env.step(row.astype(np.float32))[4]
    found[f"{task}-{mode}"] = info["hash"]
print(json.dumps(found))
"""


def test_another_process_gets_the_same_hashes() -> None:
    done = subprocess.run(
        [sys.executable, "-c", CHILD, json.dumps(CASES), str(SEEDS[0]), str(STEPS)],
        capture_output=True, text=True, check=True, env={**os.environ, "PYTHONHASHSEED": "7"},
    )  # fmt: skip
    assert json.loads(done.stdout.splitlines()[-1]) == {
        f"{task}-{mode}": reference(task, mode, SEEDS[0]) for task, mode in CASES
    }


@pytest.mark.parametrize("kind", [SyncVectorEnv, AsyncVectorEnv])
@pytest.mark.parametrize("task", TASKS)
def test_vector_environments_get_the_same_hashes(
    task: str, kind: type[VectorEnv[Any, Any, Any]]
) -> None:
    mode = ACTION_MODES[TASKS.index(task) % 2]
    make = functools.partial(WarehouseEnv, task, action_mode=mode)
    vector = kind([make] * len(SEEDS))  # type: ignore[call-arg]
    try:
        vector.reset(seed=list(SEEDS))  # type: ignore[arg-type]
        for move in actions(mode):
            infos = vector.step(np.stack([move] * len(SEEDS)))[4]
        assert list(infos["hash"]) == [reference(task, mode, seed) for seed in SEEDS]
    finally:
        vector.close()


def test_an_unseeded_reset_goes_on_from_the_last_seed() -> None:
    env = WarehouseEnv("store")
    try:
        seen = []
        for _ in range(2):
            env.reset(seed=1)
            for _ in range(2):
                env.reset()
                seen.append(env.seed)
    finally:
        env.close()
    assert seen[:2] == seen[2:]
    assert seen[0] != seen[1]


def test_options_repeat_themselves() -> None:
    hashes = []
    for _ in range(2):
        env = WarehouseEnv("store", action_mode="skill")
        env.reset(seed=3)
        for option in ([0, 0, 0], [2, 1, 0]):
            info = env.step(np.array(option))[4]
        env.close()
        hashes.append((info["hash"], info["outcome"], info["steps"]))
    assert hashes[0] == hashes[1]


def record(env: WarehouseEnv, moves: np.ndarray) -> list[Any]:
    """Return all that a learner is told while it makes these moves."""
    told = []
    for move in moves:
        seen, reward, ended, cut, info = env.step(move)
        told.append((seen.tobytes(), reward, ended, cut, info, env.verdict))
    return told


@pytest.mark.parametrize("exact", [True, False])
def test_a_restored_moment_has_the_same_future(case: tuple[str, str], exact: bool) -> None:
    task, mode = case
    env = WarehouseEnv(task, action_mode=mode, observation="flat")
    try:
        env.reset(seed=SEEDS[0])
        moves = actions(mode)
        record(env, moves[:10])
        moment = env.snapshot()
        future = record(env, moves[10:])
        for between in (moves[:0], moves[::-1]):
            env.restore(moment, exact)
            record(env, between)
            env.restore(moment, exact)
            assert record(env, moves[10:]) == future
    finally:
        env.close()


@pytest.fixture
def played(request: pytest.FixtureRequest) -> Iterator[tuple[WarehouseEnv, list[Any], list[Any]]]:
    """Let the scripted agent work; give its environment, its moves and some moments."""
    task, steps = request.param
    env = WarehouseEnv(task, observation="flat")
    env.reset(seed=3)
    briefing = Briefing(task, env.facility, env.body, env.catalogue, seed=3)
    agent = Agent(briefing, Scripted(briefing), ("",))
    moves: list[Any] = []
    moments = []
    for step in range(steps):
        if step == 0 or step % 50 == 25:
            moments.append((step, env.snapshot()))
        move = env.encode(agent.act(env.observed))
        if agent.finished:
            break
        moves.append(move)
        if env.step(move)[2]:
            break
    agent.close()
    yield env, moves, moments
    env.close()


CALLS = [("store", 250)]
LONG = [pytest.param((task, 1500), marks=pytest.mark.slow) for task in TASKS]


@pytest.mark.parametrize("played", [*CALLS, *LONG], indirect=True)
def test_a_moment_in_the_midst_of_work_has_the_same_future(
    played: tuple[WarehouseEnv, list[Any], list[Any]],
) -> None:
    env, moves, moments = played
    assert env.world is not None
    future, verdict = env.world.hash, env.verdict
    assert moments
    for step, moment in moments[:: max(1, len(moments) // 4)]:
        poses = [item.pose for item in moment.observed.scene.items]
        env.restore(moment, exact=False)
        assert [item.pose for item in env.world.observe().scene.items] == poses
        env.restore(moment)
        assert [item.pose for item in env.world.observe().scene.items] == poses
        for move in moves[step:]:
            env.step(move)
        assert env.world.hash == future, f"the future of step {step} differs"
        assert env.verdict == verdict
