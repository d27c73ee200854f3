"""Goods of shipped catalogues: what is spawned standing stays standing."""

from __future__ import annotations

import math

import numpy as np
import pybullet as p
import pytest

from warewheel.configs import load_body, load_catalogue, load_facility, names
from warewheel.configs.capability import SEAL_ROOM, flat_top, refusals
from warewheel.configs.schema import Cup, Sku, Unit
from warewheel.envs.draw import grid, stand
from warewheel.sim.bodies import cup as suction
from warewheel.sim.items import spawn
from warewheel.sim.spec import Parcel, WorldSpec
from warewheel.sim.values import Action, ItemState, Manifest, Pose
from warewheel.sim.world import PHYSICS_HZ, World

GOODS = [
    pytest.param(sku, id=f"{name}-{sku.sku}")
    for name in names("catalogue")
    for sku in load_catalogue(name).items
]


UNSEEN = load_catalogue("unseen").items
PANDA, IIWA = load_body("panda"), load_body("iiwa_vacuum")
assert isinstance(IIWA.effector, Cup)
CUP: Cup = IIWA.effector
HELD = [sku for sku in UNSEEN if not refusals(IIWA, sku)]


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


def test_unseen_goods_are_of_many_odd_shapes_for_either_body() -> None:
    for body, least in ((PANDA, 25), (IIWA, 12)):
        odd = {sku.mesh.file for sku in UNSEEN if sku.mesh and not refusals(body, sku)}
        assert len(odd) >= least
        assert sum(file.startswith("random_urdfs") for file in odd) >= least / 2


@pytest.mark.parametrize("share", range(3))
def test_unseen_goods_ride_in_standing(share: int) -> None:
    facility = load_facility(sorted(names("facility"))[share])
    goods = UNSEEN[share::3]
    layout = facility.cartons[0]
    x, y, z = facility.conveyor.dock
    start = (x + 0.6, y, z)
    cells = grid(start, layout.cells, layout.pitch)
    rng = np.random.default_rng(share)
    world = World()
    still = Action(np.array(PANDA.home), (0.0,))
    try:
        for first in range(0, len(goods), len(cells)):
            packed = goods[first : first + len(cells)]
            placed = tuple(
                stand(rng, sku.sku, Unit(sku=sku), at, z + layout.wall, 0.002, 0.03)
                for sku, at in zip(packed, cells, strict=False)
            )
            parcel = Parcel("carton-0", layout, Pose(start), placed, Manifest("carton-0", ()))
            seen = world.build(WorldSpec(facility, PANDA, parcels=(parcel,)))
            while not world.inbound.docked:
                seen = world.step(still)
            for _ in range(10):
                seen = world.step(still)
            assert {i.name for i in seen.scene.items if _lean(i) > math.radians(12)} == set()
    finally:
        world.close()


def _lean(item: ItemState) -> float:
    x, y, _, _ = item.pose.orientation
    return math.acos(min(1.0, 1.0 - 2.0 * (x * x + y * y)))


@pytest.mark.parametrize(
    "sku", [sku for sku in UNSEEN if not refusals(IIWA, sku)], ids=lambda s: s.sku
)
def test_a_flat_top_seals_a_cup_that_is_not_quite_at_its_middle(client: int, sku: Sku) -> None:
    """As `sim.bodies.cup` asks of a seal: the rim on one body, within a flat disc, nearly level."""
    body = spawn(client, Unit(sku=sku), Pose((0.0, 0.0, sku.size[2] / 2 + 0.001)))
    for _ in range(PHYSICS_HZ):
        p.stepSimulation(physicsClientId=client)
    (x, y, _), _ = p.getBasePositionAndOrientation(body, physicsClientId=client)
    angles = np.arange(8) * math.pi / 4
    try:
        for way in (None, *angles):
            off = (0.0, 0.0) if way is None else (math.cos(way), math.sin(way))
            rim = [
                (x + SEAL_ROOM * off[0] + CUP.radius * math.cos(a),
                 y + SEAL_ROOM * off[1] + CUP.radius * math.sin(a))
                for a in angles
            ]  # fmt: skip
            hits = p.rayTestBatch(
                [(*q, 0.2) for q in rim], [(*q, 0.01) for q in rim], physicsClientId=client
            )
            assert {hit[0] for hit in hits} == {body}
            heights = [hit[3][2] for hit in hits]
            assert max(heights) - min(heights) <= suction._UNEVEN
            assert min(hit[4][2] for hit in hits) >= math.cos(suction._TILT)
    finally:
        p.removeBody(body, physicsClientId=client)
    assert flat_top(sku) >= 2 * (CUP.radius + SEAL_ROOM)
