"""Laws of suction: what a cup holds, how much, and when it lets go."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pybullet as p
import pytest

from warewheel.agents.agent import Agent
from warewheel.agents.executor import ScriptedExecutor
from warewheel.agents.plan import Outcome, Subgoal
from warewheel.agents.planners.scripted import Scripted
from warewheel.agents.request import Briefing
from warewheel.configs import load_cell
from warewheel.configs.schema import Cup, Unit
from warewheel.envs.warehouse import WarehouseEnv
from warewheel.sim.bodies.cup import CupBody
from warewheel.sim.spec import Placement, WorldSpec
from warewheel.sim.values import Action, Pose
from warewheel.sim.world import World

FACILITY, BODY, CATALOGUE = load_cell("fresh_grocer", "iiwa_vacuum")
HOME = np.array(BODY.home)
ON, OFF = Action(HOME, (1.0,)), Action(HOME, (0.0,))
GOODS = {sku.sku: sku for sku in CATALOGUE.items}
assert isinstance(BODY.effector, Cup)
FORCE = BODY.effector.force


@pytest.fixture
def world() -> Iterator[World]:
    made = World()
    yield made
    made.close()


def cup(world: World) -> CupBody:
    (effector,) = world.body.effectors
    assert isinstance(effector, CupBody)
    return effector


def present(
    world: World, name: str, mass: float = 0.3, roll: float = 0.0, off: float = 0.0
) -> None:
    """Build a world with an item that touches the cup from below, ``off`` its middle [m]."""
    sku = GOODS[name].model_copy(update={"mass": mass})
    unit = Unit(sku=sku)
    where = Placement("item-0", unit, Pose((0.3, -0.5, 0.7)), unit)
    seen = world.build(WorldSpec(FACILITY, BODY, (where,)))
    turn = p.getQuaternionFromEuler((roll, 0.0, 0.0))
    x, y, z = seen.body.tool.position
    up = np.array(p.getMatrixFromQuaternion(turn)).reshape(3, 3)[2]
    half = np.array(sku.size) / 2
    # The middle of whichever side faces up most.
    k = int(np.argmax(np.abs(up)))
    height = half[k] * abs(up[k])
    p.resetBasePositionAndOrientation(
        world.items["item-0"], (x + off, y, z - height + 0.0005), turn, physicsClientId=world.client
    )


def height(world: World) -> float:
    return world.observe().scene.items[0].pose.position[2]


@pytest.mark.parametrize("name", ["garden-peas", "vanilla-ice-cream", "whole-milk"])
def test_a_flat_top_is_held(world: World, name: str) -> None:
    present(world, name)
    before = height(world)
    for _ in range(20):
        seen = world.step(ON)
        assert p.getNumConstraints(physicsClientId=world.client) == 1
    assert abs(height(world) - before) < 0.003
    assert seen.body.closure == (1.0,)
    assert seen.body.grip_force == (FORCE,)
    seen = world.step(OFF)
    assert p.getNumConstraints(physicsClientId=world.client) == 0
    assert seen.body.grip_force == (0.0,)


@pytest.mark.parametrize(
    ("name", "roll", "off"),
    [
        ("garden-peas", 0.3, 0.0),  # tilted
        ("vanilla-ice-cream", math.pi / 2, 0.0),  # the round side of a can
        ("garden-peas", 0.0, 0.032),  # over the edge
    ],
)
def test_what_does_not_seal_is_not_held(world: World, name: str, roll: float, off: float) -> None:
    present(world, name, roll=roll, off=off)
    for _ in range(5):
        seen = world.step(ON)
        assert seen.body.grip_force == (0.0,)
        assert p.getNumConstraints(physicsClientId=world.client) == 0


def test_nothing_is_held_at_a_distance(world: World) -> None:
    present(world, "garden-peas")
    body = world.items["item-0"]
    (x, y, z), turn = p.getBasePositionAndOrientation(body, physicsClientId=world.client)
    p.resetBasePositionAndOrientation(body, (x, y, z - 0.004), turn, physicsClientId=world.client)
    world.step(ON)
    assert cup(world).seal is None


@pytest.mark.parametrize(("share", "cause"), [(1.0, ""), (1.5, "GRASP_SLIP")])
def test_the_payload_is_lifted_and_half_as_much_again_is_not(
    world: World, share: float, cause: str
) -> None:
    sku = GOODS["garden-peas"].model_copy(update={"mass": share * BODY.payload})
    x, y, z = FACILITY.table.centre
    unit = Unit(sku=sku)
    where = Placement("item-0", unit, Pose((x, y, z + sku.size[2] / 2 + 0.001)), unit)
    seen = world.build(WorldSpec(FACILITY, BODY, (where,)))
    executor = ScriptedExecutor(FACILITY, BODY, 0)
    executor.start(Subgoal("pick", "item-0"))
    sealed = False
    while not isinstance(step := executor.act(seen), Outcome):
        seen = world.step(step)
        force, _ = cup(world).load()
        assert max(map(abs, force)) <= FORCE * 1.001
        sealed |= cup(world).seal is not None
    executor.close()
    assert sealed
    assert step.cause == cause


@pytest.mark.parametrize("fault", ["leak", "no vacuum", "stuck off"])
def test_a_fault_lets_go(world: World, fault: str) -> None:
    present(world, "garden-peas", mass=0.4)
    world.step(ON)
    assert cup(world).seal is not None
    if fault == "leak":
        cup(world).strength = 0.15
    elif fault == "no vacuum":
        cup(world).strength = 0.0
    else:
        cup(world).override = 0.0
    for _ in range(4):
        world.step(ON)
        assert max(map(abs, cup(world).load()[0])) <= cup(world).feel()[1] * 1.001
    assert cup(world).seal is None
    assert p.getNumConstraints(physicsClientId=world.client) == 0


def test_a_small_leak_is_borne(world: World) -> None:
    present(world, "garden-peas", mass=0.4)
    world.step(ON)
    cup(world).strength = 0.5
    assert world.step(ON).body.grip_force == (FORCE / 2,)


@pytest.mark.parametrize("exact", [True, False])
def test_a_moment_with_something_held_can_be_restored(exact: bool) -> None:
    env = WarehouseEnv("store", body="iiwa_vacuum")
    env.reset(seed=0)
    briefing = Briefing("store", env.facility, env.body, env.catalogue, seed=0)
    agent = Agent(briefing, Scripted(briefing), ("",))
    while str(agent.subgoal)[:5] != "place":
        env.step(env.encode(agent.act(env.observed)))
    assert env.world is not None
    moment = env.snapshot()
    rows = []
    for _ in range(30):
        rows.append(env.encode(agent.act(env.observed)))
        env.step(rows[-1])
    future, seen = env.world.hash, env.observed
    if not exact:  # away, with nothing held
        for _ in range(5):
            env.step(np.append(rows[-1][:-1], np.float32(1.0)))
    env.restore(moment, exact)
    assert env.observed.body.grip_force == (FORCE,)
    for row in rows:
        env.step(row)
    if exact:
        assert env.world.hash == future
    assert math.dist(env.observed.body.tool.position, seen.body.tool.position) < 1e-3
    assert env.observed.body.grip_force == (FORCE,)
    agent.close()
    env.close()


def test_the_same_seed_gives_the_same_bytes() -> None:
    hashes = set()
    for _ in range(2):
        env = WarehouseEnv("store", body="iiwa_vacuum")
        env.reset(seed=0)
        briefing = Briefing("store", env.facility, env.body, env.catalogue, seed=0)
        agent = Agent(briefing, Scripted(briefing), ("",))
        for _ in range(150):
            env.step(env.encode(agent.act(env.observed)))
        assert env.observed.body.grip_force == (FORCE,)
        assert env.world is not None
        hashes.add(env.world.hash)
        agent.close()
        env.close()
    assert len(hashes) == 1
