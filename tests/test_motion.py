"""Laws of planned motion."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

import numpy as np
import pytest

from warewheel.configs import load_cell, names
from warewheel.configs.layout import places
from warewheel.sim.motion import Motion, down
from warewheel.sim.trajectory import trajectory
from warewheel.sim.twin import Held, Twin
from warewheel.sim.values import ItemState, Pose

FACILITY, BODY, _ = load_cell("parcel_hub", "panda")
HOME = np.array(BODY.home)
CELLS = [(facility, body) for facility in names("facility") for body in names("body")]


def planner(facility: str, body: str) -> tuple[Motion, np.ndarray]:
    site, robot, _ = load_cell(facility, body)
    home = np.array(robot.home)
    return Motion(Twin(site, robot), robot.base, home, np.random.default_rng(0)), home


@pytest.fixture(scope="module")
def motion() -> Iterator[Motion]:
    made, _ = planner("parcel_hub", "panda")
    yield made
    made.twin.close()


@pytest.mark.parametrize(("facility", "body"), CELLS)
def test_every_place_can_be_worked_at_from_above(facility: str, body: str) -> None:
    motion, home = planner(facility, body)
    site, robot, _ = load_cell(facility, body)
    missed = set()
    for name, (x, y, z) in places(site).items():
        for height, yaw in itertools.product((robot.lowest, 0.2), (0.0, math.pi / 2)):
            found = motion.postures((x, y, z + height), yaw, home)
            if not found:
                missed.add(name)
            for joints in found:
                assert (joints >= motion.twin.lower).all()
                assert (joints <= motion.twin.upper).all()
                at = motion.twin.pose(joints)
                assert math.dist(at.position, (x, y, z + height)) < 1e-3
    motion.twin.close()
    # Of a tote's two marks one will do.
    other = str.maketrans("01", "10")
    assert not [n for n in missed if " mark " not in n or n[:-1] + n[-1].translate(other) in missed]


@pytest.mark.parametrize(
    "ends",
    [
        ("slot north-0", "slot hazmat-0"),
        ("tote-quarantine mark 0", "slot quarantine-0"),
        ("carton 'double-wall' cell (3, 0)", "slot north-0"),
    ],
)
def test_a_way_around_keeps_clear_and_does_not_stop(motion: Motion, ends: tuple[str, str]) -> None:
    spots = [places(FACILITY)[name] for name in ends]
    start, goal = (motion.postures((x, y, z + 0.06), 0.0, HOME)[0] for x, y, z in spots)
    path = motion.path(start, goal)
    assert path is not None and len(path) > 2, "the way is free: there is nothing to see"
    targets = motion.timed(path, 1.0, 0.05)
    assert np.allclose(targets[-1], goal)
    assert not any(motion.twin.touches(q) for q in targets)
    pace = np.linalg.norm(np.diff(targets, axis=0), axis=1)[5:-5]
    assert pace.min() > 0.01, "the arm stops on its way"


@pytest.mark.parametrize("body", names("body"))
def test_what_is_carried_into_the_rack_keeps_off_its_edges(body: str) -> None:
    """Also between the postures that the planner looks at while it searches."""
    motion, home = planner("parcel_hub", body)
    twin, cup = motion.twin, body == "iiwa_vacuum"
    held = Held("item-0", Pose((0.0, 0.0, 0.051 if cup else 0.015), (1.0, 0.0, 0.0, 0.0)))
    twin.believe(None, [ItemState("item-0", held.pose, (0.07, 0.05, 0.1), 0.0)], held, (0.5,))
    lift = 0.101 if cup else 0.065
    x, y, z = FACILITY.scanner.position
    start = motion.postures((x, y, z + lift + 0.05), math.pi / 2, home)[0]
    slots = [slot for _, tier, slot in FACILITY.rack.slots.values() if tier == 1]
    for _, (x, y, z) in itertools.product(range(2), slots):
        goal = motion.postures((x, y, z + lift + 0.1), 0.0, start)[0]
        path = motion.path(start, goal)
        assert path is not None
        for joints in motion.timed(path, 0.7, 0.0125):
            assert min((gap for _, gap in twin.gaps(joints, frozenset(), 0.02)), default=1) > 0.004
    twin.close()


def test_the_spine_ends_at_the_tool(motion: Motion) -> None:
    spine = motion.twin.spine(HOME)
    assert spine.shape == (len(HOME) + 1, 3)
    assert np.allclose(spine[-1], motion.twin.pose(HOME).position)


def test_the_table_is_felt(motion: Motion) -> None:
    above = motion.postures((0.28, -0.52, 0.75), 0.0, motion.home)[0]
    assert motion.line(above, Pose((0.28, -0.52, 0.62), down(0.0))) is not None
    assert motion.line(above, Pose((0.28, -0.52, 0.57), down(0.0))) is None


@pytest.mark.parametrize("reach", [2.0, 0.3, 0.02])
def test_trajectories_keep_their_limits(reach: float) -> None:
    rng = np.random.default_rng(1)
    speed, period = np.full(7, 1.2), 0.05
    for _ in range(20):
        points = rng.uniform(-reach, reach, (int(rng.integers(2, 6)), 7))
        motion = np.vstack([points[:1], trajectory(points, speed, 4.0, period)])
        velocity = np.diff(motion, axis=0) / period
        assert np.abs(velocity).max() <= 1.2 * 1.01
        assert np.abs(np.diff(velocity, axis=0)).max() / period <= 4.0 * 1.1
        assert np.allclose(motion[-1], points[-1])
        assert np.abs(velocity[[0, -1]]).max() < 0.2


def test_a_long_motion_runs_at_full_speed() -> None:
    points = np.array([np.zeros(7), np.full(7, 3.0)])
    targets = trajectory(points, np.full(7, 1.2), 4.0, 0.05)
    # 2.5 s at full speed, 0.3 s to get there and to stop, and what softens the changes.
    assert len(targets) * 0.05 < 3.2


def test_a_motion_that_goes_nowhere_is_one_step() -> None:
    assert trajectory(np.zeros((3, 7)), np.ones(7), 4.0, 0.05).shape == (1, 7)
