"""Goods of shipped catalogues: what is spawned standing stays standing."""

from __future__ import annotations

import math

import pybullet as p
import pytest

from warewheel.configs import load_catalogue, names
from warewheel.configs.schema import Sku, Unit
from warewheel.sim.items import spawn
from warewheel.sim.values import Pose
from warewheel.sim.world import PHYSICS_HZ

GOODS = [
    pytest.param(sku, id=f"{name}-{sku.sku}")
    for name in names("catalogue")
    for sku in load_catalogue(name).items
]


@pytest.fixture(scope="module")
def client() -> int:
    made = int(p.connect(p.DIRECT))
    p.setGravity(0, 0, -9.81, physicsClientId=made)
    p.setPhysicsEngineParameter(
        fixedTimeStep=1 / PHYSICS_HZ, enableSAT=1, enableConeFriction=1, physicsClientId=made
    )
    p.createMultiBody(
        0, p.createCollisionShape(p.GEOM_BOX, halfExtents=[1, 1, 0.1], physicsClientId=made),
        basePosition=[0, 0, -0.1], physicsClientId=made,
    )  # fmt: skip
    return made


@pytest.mark.parametrize("sku", GOODS)
def test_an_item_that_is_stood_up_stays_so(client: int, sku: Sku) -> None:
    start = (0.0, 0.0, sku.size[2] / 2 + 0.001)
    body = spawn(client, Unit(sku=sku), Pose(start, (0.0, 0.0, 0.0, 1.0)))
    for _ in range(2 * PHYSICS_HZ):
        p.stepSimulation(physicsClientId=client)
    position, turn = p.getBasePositionAndOrientation(body, physicsClientId=client)
    up = p.getMatrixFromQuaternion(turn)[8]
    p.removeBody(body, physicsClientId=client)
    assert math.dist(position, start) < 0.02
    assert up > math.cos(math.radians(30))


@pytest.mark.parametrize("sku", load_catalogue("unseen").items, ids=lambda sku: sku.sku)
def test_unseen_goods_are_of_sizes_that_a_hand_can_take(sku: Sku) -> None:
    assert min(sku.size[:2]) <= 0.066
    assert 0.045 <= sku.size[2] <= 0.12
    assert 0.05 <= sku.mass <= 0.8


def test_unseen_goods_are_in_no_other_catalogue() -> None:
    def shapes(name: str) -> set[tuple[object, ...]]:
        return {
            (sku.mesh.file, sku.mesh.rpy) if sku.mesh else (sku.shape, sku.size)
            for sku in load_catalogue(name).items
        }

    unseen = shapes("unseen")
    assert len(unseen) >= 25
    for name in set(names("catalogue")) - {"unseen"}:
        assert not unseen & shapes(name)
