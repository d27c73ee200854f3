"""Stable-Baselines3 takes the environments as they are."""

from __future__ import annotations

import warnings

import gymnasium as gym
import numpy as np
import pytest

import warewheel.envs  # noqa: F401  registers the ids
from warewheel.envs.spaces import ACTION_MODES
from warewheel.envs.task import TASKS

pytestmark = pytest.mark.slow
stable_baselines3 = pytest.importorskip("stable_baselines3")

IDS = tuple(f"Warewheel/{task.capitalize()}-v0" for task in TASKS)


@pytest.mark.parametrize("mode", ACTION_MODES)
@pytest.mark.parametrize("name", IDS)
def test_its_checker_has_nothing_to_say(name: str, mode: str) -> None:
    from stable_baselines3.common.env_checker import check_env

    env = gym.make(name, action_mode=mode, observation="flat", max_steps=200)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(env.unwrapped, warn=True)
    env.close()


def test_ppo_learns_a_little_without_complaint() -> None:
    env = gym.make(IDS[0], action_mode="ee_delta", observation="flat", max_steps=200)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = stable_baselines3.PPO(
            "MlpPolicy", env, n_steps=500, batch_size=100, seed=0, device="cpu"
        )
        before = model.policy.parameters_to_vector()
        model.learn(2000)
    after = model.policy.parameters_to_vector()
    assert model.num_timesteps == 2000
    assert np.isfinite(after).all()
    assert not np.array_equal(before, after)
    seen, _ = env.reset(seed=1)
    action, _ = model.predict(seen, deterministic=True)
    assert env.action_space.contains(action)
    env.close()
