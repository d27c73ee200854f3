"""Laws of the simulated cell."""

from __future__ import annotations

import itertools
import math
import pickle
from collections.abc import Iterator

import numpy as np
import pybullet as p
import pytest

from warewheel.configs import load_cell
from warewheel.envs.scenario import scenario
from warewheel.sim.bodies.body import BodyError
from warewheel.sim.camera import Camera, take
from warewheel.sim.errors import SimError
from warewheel.sim.values import Action, Observation
from warewheel.sim.world import PERIOD, World

CELL = load_cell("parcel_hub", "panda")
REST = Action(np.array(CELL[1].home), (0.0,))


@pytest.fixture
def world() -> Iterator[World]:
    made = World()
    yield made
    made.close()


def run(world: World, steps: int) -> list[Observation]:
    """Sway joint 1 for a while, so that more than the belt moves."""
    seen = []
    for k in range(steps):
        joints = REST.joints + np.array([0.1 * math.sin(k / 5), 0, 0, 0, 0, 0, 0])
        seen.append(world.step(Action(joints, REST.grips)))
    return seen


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_sealed_carton_docks_with_its_items_standing(world: World, seed: int) -> None:
    first = world.build(scenario("chain", *CELL, seed)).scene
    for _ in range(140):
        scene = world.step(REST).scene
    assert scene.carton is not None
    assert first.carton is not None
    assert scene.carton.docked
    assert all(scene.carton.sealed)
    assert max(scene.carton.flaps) < 0.01
    moved = np.subtract(scene.carton.pose.position, first.carton.pose.position)
    for before, after in zip(first.items, scene.items, strict=True):
        slip = np.subtract(after.pose.position, before.pose.position) - moved
        assert np.abs(slip).max() < 0.01, f"{after.name} slipped by {slip} m"
        assert after.speed < 0.01


def test_a_rebuilt_world_repeats_its_hash(world: World) -> None:
    hashes = []
    for _ in range(2):
        world.build(scenario("chain", *CELL, 4))
        run(world, 40)
        hashes.append(world.hash)
    assert hashes[0] == hashes[1]
    world.build(scenario("chain", *CELL, 5))
    run(world, 40)
    assert world.hash != hashes[0]


@pytest.mark.parametrize("when", [10, 120])
def test_restore_leads_to_the_same_future(world: World, when: int) -> None:
    world.build(scenario("chain", *CELL, 3))
    run(world, when)
    moment = world.snapshot()
    run(world, 30)
    future = world.hash
    world.restore(moment)
    run(world, 30)
    assert world.hash == future


def test_a_forgotten_moment_can_still_be_reached(world: World) -> None:
    world.build(scenario("chain", *CELL, 3))
    run(world, 20)
    moment, there = world.snapshot(), world.hash
    world.forget(moment)
    run(world, 5)
    world.restore(moment)
    assert world.hash == there


def test_what_a_hand_has_moved_is_not_repeated_in_silence(world: World) -> None:
    world.build(scenario("chain", *CELL, 3))
    run(world, 20)
    p.resetBasePositionAndOrientation(
        world.items["item-0"], (0.0, 0.0, 2.0), (0, 0, 0, 1), physicsClientId=world.client
    )
    run(world, 1)
    moment = world.snapshot()
    there = world.observe().scene
    run(world, 5)
    world.restore(moment, exact=False)
    assert world.observe().scene == there
    with pytest.raises(SimError, match="moved by more than actions"):
        world.restore(moment)


def test_a_snapshot_of_another_build_is_refused(world: World) -> None:
    world.build(scenario("chain", *CELL, 3))
    moment = world.snapshot()
    world.build(scenario("chain", *CELL, 3))
    with pytest.raises(SimError, match="another build"):
        world.restore(moment)


def test_nothing_jumps(world: World) -> None:
    world.build(scenario("chain", *CELL, 6))
    for before, after in itertools.pairwise(run(world, 120)):
        for old, new in zip(before.scene.items, after.scene.items, strict=True):
            step = math.dist(old.pose.position, new.pose.position)
            assert step <= (max(old.speed, new.speed) + 9.81 * PERIOD) * PERIOD + 1e-3


@pytest.mark.parametrize(
    ("action", "message"),
    [
        (Action(np.zeros(6), (0.0,)), r"shape \(6,\); expected \(7,\)"),
        (Action(np.full(7, np.nan), (0.0,)), "not finite"),
        (Action(np.array([9.0, *REST.joints[1:]]), (0.0,)), "joint 1 is 9.0000 rad"),
        (Action(REST.joints, (1.2,)), "grip 1 is 1.2000; allowed are 0 to 1"),
        (Action(REST.joints, ()), "got 0 grips; expected 1"),
        (Action(REST.joints, (0.0,), (0.1, 0.0, 0.0)), "this body does not drive"),
    ],
)
def test_bad_actions_are_refused_and_change_nothing(
    world: World, action: Action, message: str
) -> None:
    world.build(scenario("chain", *CELL, 0))
    before = world.hash
    with pytest.raises(BodyError, match=message):
        world.step(action)
    assert world.hash == before
    assert world.time == 0.0


def test_a_camera_sees_the_carton(world: World) -> None:
    world.build(scenario("chain", *CELL, 0))
    run(world, 120)
    shot = take(world, Camera((0.54, 0.0, 1.6), (0.541, 0.0, 0.5)))
    assert shot.rgb.shape == (128, 128, 3)
    assert world.carton is not None
    on_carton = shot.segmentation == world.carton.id
    assert on_carton.mean() > 0.02
    # The closed flaps lie at the rim.
    layout = CELL[0]
    rim = layout.conveyor.dock[2] + layout.carton.size[2] + layout.carton.wall
    assert abs(float(np.median(shot.depth[on_carton])) - (1.6 - rim)) < 0.02


@pytest.mark.parametrize("robot", ["panda", "iiwa_vacuum"])
def test_torques_from_outside_can_be_asked_for_at_any_time(world: World, robot: str) -> None:
    cell = load_cell("parcel_hub", robot)
    first = world.build(scenario("chain", *cell, 0))
    home = first.body.joints
    assert not first.body.external.any()
    seen, told = [], []
    for k in range(12):
        # Two of each step: one is asked now, the other when the world is another.
        seen.append(world.step(Action(home + 0.1 * math.sin(k / 5), (0.0,))).body)
        told.append(seen[-1].external)
    kept = pickle.loads(pickle.dumps(seen))
    world.build(scenario("unpack", *CELL, 1))
    for now, body, copy in zip(told, seen, kept, strict=True):
        assert now.any()
        np.testing.assert_array_equal(body.external, now)
        np.testing.assert_array_equal(copy.external, now)
    # Gravity is explained: an arm that moves freely feels next to nothing.
    assert max(np.abs(now).max() for now in told[2:]) < 5.0
