"""Where an item is gripped: at its middle if that can be, elsewhere if not."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from warewheel.agents.skills.grasp import pinches, touches
from warewheel.configs import load_body
from warewheel.configs.schema import Cup, Jaws
from warewheel.sim.motion import down
from warewheel.sim.values import ItemState, Pose, Vec3

PANDA, IIWA = load_body("panda").effector, load_body("iiwa_vacuum").effector
assert isinstance(PANDA, Jaws) and isinstance(IIWA, Cup)
JAWS, CUP = PANDA, IIWA


def item(size: Vec3, rpy: Vec3 = (0.0, 0.0, 0.0)) -> ItemState:
    turn = Rotation.from_euler("xyz", rpy).as_quat().tolist()
    return ItemState("item-0", Pose((0.5, 0.1, 0.7), tuple(turn)), size, 0.0)


@given(
    st.tuples(*[st.floats(0.02, 0.12)] * 3),
    st.tuples(st.floats(-0.5, 0.5), st.floats(-0.5, 0.5), st.floats(-3.0, 3.0)),
    st.integers(0, 3),
)
def test_jaws_open_wider_than_what_they_close_on(size: Vec3, rpy: Vec3, attempt: int) -> None:
    lying = item(size, rpy)
    axes = Rotation.from_quat(lying.pose.orientation).as_matrix()
    upright = int(np.argmax(np.abs(axes[2])))
    level = [k for k in range(3) if k != upright]
    for grasp in pinches(lying, JAWS, attempt):
        opening = np.array([math.cos(grasp.yaw), math.sin(grasp.yaw)])
        flat = [axes[:2, k] / np.linalg.norm(axes[:2, k]) * size[k] for k in level]
        across = sum(abs(opening @ side) for side in flat)
        # Askew the corners count; square on a side it is that side alone.
        square = any(abs(abs(opening @ s) - np.linalg.norm(s)) < 1e-9 for s in flat)
        room = (1.0 - grasp.grip) * JAWS.opening
        assert square or across <= room
        assert math.dist(grasp.position[:2], lying.pose.position[:2]) <= 0.2 * max(size) + 1e-9


def test_the_middle_comes_first_and_every_attempt_begins_with_it() -> None:
    for attempt in range(3):
        first = pinches(item((0.05, 0.06, 0.1)), JAWS, attempt)[0]
        assert first.position[:2] == (0.5, 0.1)
    narrow, wide = (pinches(item((0.05, 0.06, 0.1)), JAWS, k)[0].yaw for k in (0, 1))
    assert abs(math.sin(narrow - wide)) == pytest.approx(1.0)


def test_jaws_lean_both_ways_and_are_not_sure_where_one_finger_is_lower() -> None:
    leaning = [grasp for grasp in pinches(item((0.05, 0.06, 0.1)), JAWS) if any(grasp.lean)]
    along = [
        abs(math.cos(grasp.yaw) * grasp.lean[0] + math.sin(grasp.yaw) * grasp.lean[1])
        for grasp in leaning
    ]
    sizes = [math.hypot(*grasp.lean) for grasp in leaning]
    # Either all of the turn is about the line along which they close, or none of it is.
    assert all(min(a, abs(a - size)) < 1e-9 for a, size in zip(along, sizes, strict=True))
    assert {grasp.sure for grasp, a in zip(leaning, along, strict=True) if a < 1e-9} == {False}
    assert {grasp.sure for grasp, a in zip(leaning, along, strict=True) if a > 1e-9} == {True}


def test_what_is_too_wide_for_the_jaws_is_not_gripped_askew_either() -> None:
    assert not pinches(item((0.08, 0.09, 0.1)), JAWS)


@pytest.mark.parametrize("rpy", [(0.3, 0.0, 0.7), (math.pi / 2 + 0.3, 0.0, 0.2), (0.0, -0.4, 1.0)])
def test_a_cup_comes_square_on_a_face_that_leans(rpy: Vec3) -> None:
    lying = item((0.05, 0.06, 0.1), rpy)
    first = touches(lying, CUP)[0]
    tool = Rotation.from_rotvec(first.lean) * Rotation.from_quat(down(first.yaw))
    axes = Rotation.from_quat(lying.pose.orientation).as_matrix()
    upright = int(np.argmax(np.abs(axes[2])))
    assert abs(tool.as_matrix()[:, 2] @ axes[:, upright]) == pytest.approx(1.0)
    away = np.subtract(first.position, lying.pose.position)
    # Over the middle of the face, a little off it.
    assert np.linalg.norm(np.cross(away, axes[:, upright])) < 1e-9
    assert abs(away @ axes[:, upright]) == pytest.approx(lying.size[upright] / 2 + 0.004)


def test_a_cup_does_not_try_twice_where_it_did_not_seal() -> None:
    lying = item((0.05, 0.06, 0.1))
    assert len({touches(lying, CUP, k)[0].position for k in range(3)}) == 3
    assert not any(touches(lying, CUP)[0].lean)
