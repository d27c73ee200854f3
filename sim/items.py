"""Items as rigid bodies: geometry from catalogue data."""

from __future__ import annotations

import functools
import math

import numpy as np
import pybullet as p

from warewheel.configs.schema import Sku

from .assets import DATA
from .values import Pose

Rgba = tuple[float, float, float, float]


def spawn(client: int, sku: Sku, pose: Pose) -> int:
    """Create an item at ``pose`` (of the centre of its bounding box); return its body id."""
    collision, visual = _shapes(client, sku)
    body = p.createMultiBody(
        sku.mass, collision, visual, pose.position, pose.orientation,
        physicsClientId=client,
    )  # fmt: skip
    # Spinning and rolling friction would double the rows of every contact that the solver works
    # off; damping stands in for them and keeps a can from rolling for ever.
    p.changeDynamics(
        body, -1, lateralFriction=sku.friction, linearDamping=0.02, angularDamping=0.15,
        physicsClientId=client,
    )  # fmt: skip
    return int(body)


def _shapes(client: int, sku: Sku) -> tuple[int, int]:
    x, y, z = sku.size
    rgba: Rgba = (*sku.rgb, 1.0)
    if sku.shape in ("box", "bag"):
        half = [x / 2, y / 2, z / 2]
        return (
            p.createCollisionShape(p.GEOM_BOX, halfExtents=half, physicsClientId=client),
            p.createVisualShape(
                p.GEOM_BOX, halfExtents=half, rgbaColor=rgba, physicsClientId=client
            ),
        )
    if sku.shape == "can":
        return (
            _hull(client, _ring(x / 2, -z / 2) + _ring(x / 2, z / 2)),
            p.createVisualShape(
                p.GEOM_CYLINDER, radius=x / 2, length=z, rgbaColor=rgba, physicsClientId=client
            ),
        )
    if sku.shape == "bottle":
        return _bottle(client, x / 2, z, rgba)
    return _mesh(client, sku, rgba)


def _bottle(client: int, radius: float, height: float, rgba: Rgba) -> tuple[int, int]:
    """Return a body with a shoulder and a neck, about the centre of the bounding box."""
    # Below so short a neck a hand that comes from above still reaches the body.
    body = 0.8 * height
    neck, slim = height - body, 0.42 * radius
    collision = _hull(
        client,
        _ring(radius, -height / 2) + _ring(radius, body - height / 2) + _ring(slim, height / 2),
    )
    cap = (0.95, 0.95, 0.95, 1.0)
    visual = p.createVisualShapeArray(
        shapeTypes=[p.GEOM_CYLINDER] * 2, radii=[radius, slim], lengths=[body, neck],
        visualFramePositions=[[0, 0, (body - height) / 2], [0, 0, (height - neck) / 2]],
        rgbaColors=[rgba, cap], physicsClientId=client,
    )  # fmt: skip
    return collision, visual


def _ring(radius: float, height: float) -> list[list[float]]:
    """Return the corners of a twelve-sided ring whose flats lie ``radius`` from the axis.

    Round goods are prisms to the solver: a flat stays put between two jaws, as a can that gives a
    little does, where an ideal cylinder has only a line to hold it by.
    """
    corner = radius / math.cos(math.pi / 12)
    angles = [math.pi / 6 * (k + 0.5) for k in range(12)]
    return [[corner * math.cos(a), corner * math.sin(a), height] for a in angles]


def _hull(client: int, vertices: list[list[float]]) -> int:
    return int(p.createCollisionShape(p.GEOM_MESH, vertices=vertices, physicsClientId=client))


def _mesh(client: int, sku: Sku, rgba: Rgba) -> tuple[int, int]:
    """Return the mesh turned upright, centred, and stretched to the SKU's bounding box."""
    assert sku.mesh is not None
    low, high = _bounds(sku.mesh.file)
    turn = np.array(p.getMatrixFromQuaternion(p.getQuaternionFromEuler(sku.mesh.rpy))).reshape(3, 3)
    # Turns are multiples of a right angle, so axes only change places.
    scale = np.abs(turn.T) @ np.array(sku.size) / (high - low)
    offset = -turn @ (scale * (low + high) / 2)
    frame = {"Position": offset.tolist(), "Orientation": p.getQuaternionFromEuler(sku.mesh.rpy)}
    name = str(DATA / sku.mesh.file)
    collision = p.createCollisionShape(
        p.GEOM_MESH, fileName=name, meshScale=scale.tolist(), physicsClientId=client,
        **{f"collisionFrame{k}": v for k, v in frame.items()},
    )  # fmt: skip
    visual = p.createVisualShape(
        p.GEOM_MESH, fileName=name, meshScale=scale.tolist(), rgbaColor=rgba,
        physicsClientId=client, **{f"visualFrame{k}": v for k, v in frame.items()},
    )  # fmt: skip
    return collision, visual


@functools.cache
def _bounds(file: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the lowest and highest vertex coordinates of an OBJ file of ``pybullet_data``."""
    rows = [
        [float(v) for v in line.split()[1:4]]
        for line in (DATA / file).read_text(errors="ignore").splitlines()
        if line.startswith("v ")
    ]
    vertices = np.array(rows)
    return vertices.min(axis=0), vertices.max(axis=0)
