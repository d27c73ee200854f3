"""What lies in a corner of the carton, out of reach, is pushed to where jaws can hold it."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pybullet as p
import pytest

from warewheel.agents.executor import ScriptedExecutor
from warewheel.agents.perceive import Belief
from warewheel.agents.plan import Outcome, Subgoal
from warewheel.agents.skills import hands
from warewheel.agents.skills.moves import Move, Mover, NoMotionError
from warewheel.configs import load_body, load_catalogue, load_facility
from warewheel.configs.schema import Unit
from warewheel.sim.facts import inside
from warewheel.sim.spec import Parcel, Placement, WorldSpec
from warewheel.sim.values import Action, Manifest, Observation, Pose
from warewheel.sim.world import World

FACILITY, BODY = load_facility("parcel_hub"), load_body("panda")
GOODS = {sku.sku: sku for sku in load_catalogue("unseen").items}
LAYOUT = FACILITY.cartons[0]


@pytest.fixture
def world() -> Iterator[World]:
    made = World()
    yield made
    made.close()


@pytest.fixture
def no_push(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_nudge(*_: object) -> Iterator[Action]:
        yield from ()
        raise NoMotionError("IK")

    monkeypatch.setattr(hands, "nudge", no_nudge)


def cornered(world: World, name: str, gap: float) -> Observation:
    """Dock an open carton with one item that stands ``gap`` [m] off both walls of a corner."""
    unit = Unit(sku=GOODS[name])
    x, y, z = FACILITY.conveyor.dock
    start = (x + 0.05, y, z)
    dx, dy, dz = (s / 2 for s in unit.sku.size)
    at = (
        start[0] + LAYOUT.size[0] / 2 - dx - gap,
        start[1] + LAYOUT.size[1] / 2 - dy - gap,
        z + LAYOUT.wall + dz + 0.001,
    )
    there = Placement("item-0", unit, Pose(at), unit)
    parcel = Parcel("carton-0", LAYOUT, Pose(start), (there,), Manifest("carton-0", ()))
    seen = world.build(WorldSpec(FACILITY, BODY, parcels=(parcel,)))
    carton = world.carton
    assert carton is not None
    still = Action(np.array(BODY.home), (0.0,))
    while not world.inbound.docked:
        seen = world.step(still)
    for flap in range(2):
        p.resetJointState(carton.id, flap, 3.0, physicsClientId=world.client)
    # What is open has torn its tape; before, its motor would pull the flap shut again.
    carton.tear()
    for _ in range(40):
        seen = world.step(still)
    return seen


def pick(world: World, seen: Observation, times: int = 1) -> Outcome:
    """Pick the item so many times over; return how the last time ended."""
    executor, outcomes = ScriptedExecutor(FACILITY, BODY, 0), list[Outcome]()
    try:
        while len(outcomes) < times:
            executor.start(Subgoal("pick", "item-0"))
            while not isinstance(step := executor.act(seen), Outcome):
                seen = world.step(step)
            outcomes.append(step)
    finally:
        executor.close()
    return outcomes[-1]


def test_jaws_get_what_stands_in_a_corner(world: World) -> None:
    seen = cornered(world, "tissue-cube", 0.02)
    assert pick(world, seen).success
    after = world.observe().scene
    assert after.carton is not None
    assert not inside(after.carton, after.item("item-0"))


@pytest.mark.usefixtures("no_push")
def test_without_a_push_they_do_not(world: World) -> None:
    seen = cornered(world, "tissue-cube", 0.02)
    before = seen.scene.item("item-0").pose.position
    assert pick(world, seen).cause == "IK"
    assert math.dist(world.observe().scene.item("item-0").pose.position, before) < 0.001


@pytest.mark.usefixtures("no_push")
def test_jaws_that_lean_need_no_push_a_little_farther_from_a_corner(world: World) -> None:
    assert pick(world, cornered(world, "tissue-cube", 0.05)).success


def test_it_is_pushed_another_way_each_time_also_from_one_pick_to_the_next(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def useless(mover: Mover, belief: Belief, name: str, attempt: int) -> Move:
        asked.append(attempt)
        return (yield from mover.rest(1, belief))

    monkeypatch.setattr(hands, "nudge", useless)
    assert pick(world, cornered(world, "tissue-cube", 0.02), times=2).cause == "IK"
    assert asked == list(range(len(asked))) and len(asked) > 6
