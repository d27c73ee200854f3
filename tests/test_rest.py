"""Laws of rest: what has stopped sleeps, and wakes in time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pybullet as p
import pytest

from warewheel.configs import load_cell
from warewheel.envs.scenario import delivery, on_table
from warewheel.sim.rest import Rest
from warewheel.sim.values import Action
from warewheel.sim.world import World

CELL = load_cell("parcel_hub", "panda")
STILL = Action(np.array(CELL[1].home), CELL[1].gripper.opening)
FULL = 226  # a seed whose carton holds eight items


@pytest.fixture
def world() -> Iterator[World]:
    made = World()
    yield made
    made.close()


def test_a_docked_carton_and_its_goods_sleep_and_do_not_move_by_the_last_bit(world: World) -> None:
    world.build(delivery(*CELL, FULL))
    for _ in range(120):
        world.step(STILL)
    before = world.observe().scene
    for _ in range(20):
        world.step(STILL)
    assert world.observe().scene == before


def test_a_full_carton_does_not_creep_while_it_is_awake(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Rest, "_tell", lambda *_: None)
    world.build(delivery(*CELL, FULL))
    for _ in range(120):
        world.step(STILL)
    before = world.observe().scene.carton
    for _ in range(200):
        world.step(STILL)
    after = world.observe().scene.carton
    assert before is not None and after is not None
    assert before.pose != after.pose, "it sleeps: there is nothing to see"
    assert np.linalg.norm(np.subtract(before.pose.position, after.pose.position)) < 0.0005


def test_what_is_touched_wakes(world: World) -> None:
    start = world.build(on_table(*CELL, 3)).scene
    for _ in range(20):
        still = world.step(STILL).scene
    names = list(world.items)
    x, y, z = still.item(names[0]).pose.position
    c = world.client
    # Half beside the other, so that it is pushed as the thing comes down.
    above = (x + 0.02, y, z + start.item(names[0]).size[2] + 0.05)
    p.resetBasePositionAndOrientation(world.items[names[1]], above, (0, 0, 0, 1), physicsClientId=c)
    for _ in range(20):
        seen = world.step(STILL).scene
    assert seen.item(names[0]).pose != still.item(names[0]).pose
    # And whatever it hits comes to rest on something: nothing hangs in the air.
    for _ in range(60):
        seen = world.step(STILL).scene
    assert seen.item(names[1]).pose.position[2] < above[2] - 0.02
