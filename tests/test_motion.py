"""Laws of planned motion."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pytest

from warewheel.configs import load_cell
from warewheel.configs.feasibility import places
from warewheel.sim.motion import Motion, down
from warewheel.sim.trajectory import trajectory
from warewheel.sim.twin import Twin
from warewheel.sim.values import Pose

FACILITY = load_cell("parcel_hub", "panda")[0]
# Height over a place at which each body's tool works at the flattest item [m].
LOWEST = {"panda": 0.03, "iiwa_vacuum": 0.045}


@pytest.fixture(scope="module", params=LOWEST)
def motion(request: pytest.FixtureRequest) -> Iterator[Motion]:
    _, body, _ = load_cell("parcel_hub", request.param)
    twin = Twin(FACILITY, body)
    yield Motion(twin, body.base, np.array(body.home), np.random.default_rng(0))
    twin.close()


@pytest.mark.parametrize("yaw", [0.0, math.pi / 2])
@pytest.mark.parametrize("name", sorted(places(FACILITY)))
def test_every_place_can_be_worked_at_from_above(motion: Motion, name: str, yaw: float) -> None:
    x, y, z = places(FACILITY)[name]
    for height in (LOWEST[motion.twin.body.name], 0.2):
        found = motion.postures((x, y, z + height), yaw, motion.home)
        assert found, f"no posture {height} m above {name}"
        for joints in found:
            assert (joints >= motion.twin.lower).all()
            assert (joints <= motion.twin.upper).all()
            at = motion.twin.pose(joints)
            assert math.dist(at.position, (x, y, z + height)) < 1e-3


def test_the_tree_finds_a_way_around(motion: Motion) -> None:
    goals = [motion.postures((x, -0.40, 0.66), 0.0, motion.home)[0] for x in (-0.42, 0.10)]
    path = motion.path(goals[0], goals[1])
    assert path is not None
    assert not any(motion.twin.touches(q) for q in path)


def test_the_table_is_felt(motion: Motion) -> None:
    above = motion.postures((0.28, -0.52, 0.75), 0.0, motion.home)[0]
    assert motion.line(above, Pose((0.28, -0.52, 0.62), down(0.0))) is not None
    assert motion.line(above, Pose((0.28, -0.52, 0.57), down(0.0))) is None


def test_trajectories_keep_their_limits() -> None:
    rng = np.random.default_rng(1)
    speed, period = np.full(7, 1.2), 0.05
    for _ in range(20):
        points = rng.uniform(-2, 2, (int(rng.integers(2, 6)), 7))
        motion = np.vstack([points[:1], trajectory(points, speed, 4.0, period)])
        velocity = np.diff(motion, axis=0) / period
        assert np.abs(velocity).max() <= 1.2 * 1.01
        assert np.abs(np.diff(velocity, axis=0)).max() / period <= 4.0 * 1.1
        assert np.allclose(motion[-1], points[-1])
        assert np.abs(velocity[[0, -1]]).max() < 0.2
