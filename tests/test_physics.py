"""No cheating in physics: while the scripted agent works, things move by contact and gravity."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pybullet as p
import pytest

from warewheel.agents.agent import Agent
from warewheel.agents.planners.scripted import Scripted
from warewheel.agents.request import Briefing
from warewheel.envs.task import TASKS
from warewheel.envs.warehouse import WarehouseEnv
from warewheel.sim.bodies.cup import CupBody
from warewheel.sim.values import Scene
from warewheel.sim.world import PERIOD, World

# What would move a thing, or let it pass through another, without touching it.
FORBIDDEN = (
    "applyExternalForce", "applyExternalTorque", "changeConstraint", "createConstraint",
    "removeBody", "resetBasePositionAndOrientation", "resetJointState", "resetJointStateMultiDof",
    "resetJointStatesMultiDof", "setCollisionFilterGroupMask", "setCollisionFilterPair",
    "setGravity",
)  # fmt: skip
# What a cup may do besides; `test_cup` says when.
SUCTION = ("changeConstraint", "createConstraint")
# Play for contacts that stop an item within one control step [m].
PLAY = 0.002
# Deepest that a solver may let two hard things overlap [m].
OVERLAP = 0.006


def jumps(before: Scene, after: Scene) -> list[str]:
    """Return the items that moved farther in a control step than their speeds allow."""
    found = []
    for old, new in zip(before.items, after.items, strict=True):
        step = math.dist(old.pose.position, new.pose.position)
        allowed = (max(old.speed, new.speed) + 9.81 * PERIOD) * PERIOD + PLAY
        if step > allowed:
            found.append(f"{new.name} moved {step:.4f} m; its speed allows {allowed:.4f} m")
    return found


def passed_through(world: World) -> list[str]:
    """Return pairs of bodies that overlap deeply: their collision would be switched off."""
    c = world.client
    items = list(world.items.values())
    others = [world.floor, world.conveyor.id, world.body.id, *world.stations.values()]
    if world.carton is not None:
        others.append(world.carton.id)
    pairs = [*itertools.combinations(items, 2), *itertools.product(items, others)]
    found = []
    for a, b in pairs:
        near = p.getClosestPoints(a, b, 0.0, physicsClientId=c)
        deepest = min((point[8] for point in near), default=0.0)
        if deepest < -OVERLAP:
            found.append(f"bodies {a} and {b} overlap by {-deepest:.4f} m")
    return found


def watch(monkeypatch: pytest.MonkeyPatch, client: int, allowed: tuple[str, ...] = ()) -> list[str]:
    """Note each forbidden call of this client alone: planners use a client of their own."""
    calls: list[str] = []

    def fixed(name: str, *args: Any) -> bool:
        """Tell whether a call only keeps what does not move, such as the belt, in its place."""
        if name != "resetBasePositionAndOrientation":
            return False
        return not p.getDynamicsInfo(args[0], -1, physicsClientId=client)[0]

    def guard(name: str) -> None:
        real = getattr(p, name)

        def noted(*args: Any, **options: Any) -> Any:
            if options.get("physicsClientId", 0) == client and not fixed(name, *args):
                calls.append(name)
            return real(*args, **options)

        monkeypatch.setattr(p, name, noted)

    for name in set(FORBIDDEN).difference(allowed):
        guard(name)
    real_velocity = p.resetBaseVelocity

    def belt_only(body: int, *args: Any, **options: Any) -> Any:
        if (
            options.get("physicsClientId", 0) == client
            and p.getDynamicsInfo(body, -1, physicsClientId=client)[0]
        ):
            calls.append(f"resetBaseVelocity of body {body}")
        return real_velocity(body, *args, **options)

    monkeypatch.setattr(p, "resetBaseVelocity", belt_only)
    return calls


def reset(env: WarehouseEnv, items: int) -> int:
    """Reset to the first seed with so many items; return it."""
    for seed in range(100):
        env.reset(seed=seed)
        if len(env.observed.scene.items) == items:
            return seed
    raise AssertionError(f"no seed gives {items} items")


@pytest.mark.parametrize(
    ("task", "items", "steps"),
    [
        *((task, 2, 400) for task in TASKS),
        *(pytest.param(task, 2, 4000, marks=pytest.mark.slow) for task in TASKS),
        *(pytest.param(task, 6, 8000, marks=pytest.mark.slow) for task in TASKS),
    ],
)
@pytest.mark.parametrize("body", ["panda", "iiwa_vacuum"])
def test_no_item_moves_but_by_contact(
    monkeypatch: pytest.MonkeyPatch, task: str, items: int, steps: int, body: str
) -> None:
    env = WarehouseEnv(task, body=body)
    seed = reset(env, items)
    world = env.world
    assert world is not None
    briefing = Briefing(task, env.facility, env.body, env.catalogue, seed=seed)
    agent = Agent(briefing, Scripted(briefing), ("",))
    calls = watch(monkeypatch, world.client, () if body == "panda" else SUCTION)
    start = env.observed.scene
    held = False
    try:
        for step in range(steps):
            before = env.observed.scene
            _, _, over, _, _ = env.step(env.encode(agent.act(env.observed)))
            assert not jumps(before, env.observed.scene), f"step {step}"
            assert not calls, f"step {step}"
            # The jaws' gear, and nothing that would hold an item; or a seal, with what it bears.
            constraints = p.getNumConstraints(physicsClientId=world.client)
            (effector,) = world.body.effectors
            if isinstance(effector, CupBody):
                assert constraints == (effector.seal is not None)
                assert max(map(abs, effector.load()[0])) <= 1.001 * effector.feel()[1]
                held |= constraints > 0
            else:
                assert constraints == 1
            if step % 10 == 0:
                assert not passed_through(world), f"step {step}"
            held |= len({q[3] for q in _touches(world)}) >= 2
            if over or agent.finished:
                break
    finally:
        agent.close()
        env.close()
    moved = [
        math.dist(a.pose.position, b.pose.position)
        for a, b in zip(start.items, env.observed.scene.items, strict=True)
    ]
    assert max(moved) > 0.05, "the agent did nothing: the test saw nothing"
    assert held or task in ("unpack", "chain")
    if steps > 400:
        assert env.verdict.progress > 0.5, "the agent hardly worked: the test saw little"


def _touches(world: World) -> list[Any]:
    """Return the robot's contacts with items."""
    items = set(world.items.values())
    return [q for q in world.contacts(world.body.id) if q[2] in items]


def test_the_watch_sees_what_it_should(monkeypatch: pytest.MonkeyPatch) -> None:
    env = WarehouseEnv("store")
    reset(env, 2)
    world = env.world
    assert world is not None
    calls = watch(monkeypatch, world.client)
    item, c = world.items["item-0"], world.client
    before = env.observed.scene
    assert not passed_through(world)
    there = before.items[1].pose.position
    p.resetBasePositionAndOrientation(item, there, [0, 0, 0, 1], physicsClientId=c)
    p.resetBaseVelocity(item, [0, 0, 0], physicsClientId=c)
    assert calls == ["resetBasePositionAndOrientation", f"resetBaseVelocity of body {item}"]
    assert passed_through(world)
    p.resetBasePositionAndOrientation(item, [1, 1, 1], [0, 0, 0, 1], physicsClientId=c)
    env.step(np.zeros(8, np.float32))
    assert jumps(before, env.observed.scene)
    env.close()
