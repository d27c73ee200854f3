"""Whatever is combined, an episode starts sound: nothing overlaps, something is left to do."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pybullet as p
import pytest

from warewheel.configs import ConfigError, load_cell, names
from warewheel.envs.task import TASKS
from warewheel.envs.warehouse import WarehouseEnv
from warewheel.sim.world import World

STEPS = 50
# Deepest overlap that an episode may start with [m].
OVERLAP = 0.002
FEW, MANY = 6, 500


def cells() -> list[tuple[str, str]]:
    """Return the shipped facilities with the bodies that can work in them."""
    found = []
    for facility, body in itertools.product(names("facility"), names("body")):
        try:
            load_cell(facility, body)
        except ConfigError:
            continue
        found.append((facility, body))
    return found


def draw(count: int) -> list[tuple[dict[str, Any], int]]:
    """Draw configurations: arguments of an environment, and a seed."""
    rng = np.random.default_rng(0)
    choices: list[list[Any]] = [
        cells(), list(TASKS), ["none", *names("variation")], [None, *names("faults")],
        [None, "unseen"],
    ]  # fmt: skip
    found = []
    for _ in range(count):
        one = [choice[int(rng.integers(len(choice)))] for choice in choices]
        (facility, body), task, level, faults, catalogue = one
        settings = {
            "task": task, "facility": facility, "body": body, "level": level, "faults": faults,
            "catalogue": catalogue,
        }  # fmt: skip
        found.append((settings, int(rng.integers(2**31))))
    return found


def overlaps(world: World) -> list[str]:
    """Return the pairs of bodies, not both fixed, that overlap too deeply."""
    c = world.client
    bodies = [p.getBodyUniqueId(k, physicsClientId=c) for k in range(p.getNumBodies(c))]
    loose = {b for b in bodies if p.getDynamicsInfo(b, -1, physicsClientId=c)[0] > 0}
    found = []
    for a, b in itertools.combinations(bodies, 2):
        if not {a, b} & (loose | {world.body.id}):
            continue
        for point in p.getClosestPoints(a, b, 0.0, physicsClientId=c):
            links = {point[1]: point[3], point[2]: point[4]}
            # The arm stands on its pedestal.
            if point[8] < -OVERLAP and links.get(world.body.id, 1) > 0:
                found.append(f"{_name(a, c)} and {_name(b, c)} by {-point[8]:.4f} m")
    return found


def _name(body: int, client: int) -> str:
    return f"{body} ({p.getBodyInfo(body, physicsClientId=client)[1].decode()})"


@pytest.mark.parametrize(
    ("settings", "seed"),
    [
        pytest.param(*case, id=f"{k}", marks=pytest.mark.slow if k >= FEW else ())
        for k, case in enumerate(draw(MANY))
    ],
)
def test_an_episode_starts_sound(settings: dict[str, Any], seed: int) -> None:
    env = WarehouseEnv(**settings)
    try:
        env.reset(seed=seed)
        assert env.world is not None
        assert not overlaps(env.world)
        assert not env.verdict.success
        assert env.verdict.progress < 1.0
        env.action_space.seed(seed)
        for _ in range(STEPS):
            seen = env.step(env.action_space.sample())[0]
            assert all(np.isfinite(values).all() for values in seen["proprioception"].values())
            assert np.isfinite(seen["privileged"]["items"]).all()
    finally:
        env.close()


def test_every_shipped_facility_and_body_is_of_use() -> None:
    usable = cells()
    assert {facility for facility, _ in usable} == set(names("facility"))
    assert {body for _, body in usable} == set(names("body"))


def test_the_check_sees_an_overlap() -> None:
    env = WarehouseEnv("store")
    env.reset(seed=0)
    assert env.world is not None
    one, other = list(env.world.items.values())[:2]
    pose = p.getBasePositionAndOrientation(one, physicsClientId=env.world.client)
    p.resetBasePositionAndOrientation(other, *pose, physicsClientId=env.world.client)
    assert overlaps(env.world)
    env.close()
