"""Items as rigid bodies: geometry from catalogue data."""

from __future__ import annotations

import functools

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
        sku.mass, collision, visual, pose.position, pose.orientation, physicsClientId=client
    )
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
            p.createCollisionShape(p.GEOM_CYLINDER, radius=x / 2, height=z, physicsClientId=client),
            p.createVisualShape(
                p.GEOM_CYLINDER, radius=x / 2, length=z, rgbaColor=rgba, physicsClientId=client
            ),
        )
    if sku.shape == "bottle":
        return _bottle(client, x / 2, z, rgba)
    return _mesh(client, sku, rgba)


def _bottle(client: int, radius: float, height: float, rgba: Rgba) -> tuple[int, int]:
    """Return a body cylinder with a neck, both about the centre of the bounding box."""
    body = 0.68 * height
    neck = height - body
    radii = [radius, 0.42 * radius]
    centres = [[0, 0, (body - height) / 2], [0, 0, (height - neck) / 2]]
    lengths = [body, neck]
    collision = p.createCollisionShapeArray(
        shapeTypes=[p.GEOM_CYLINDER] * 2, radii=radii, lengths=lengths,
        collisionFramePositions=centres, physicsClientId=client,
    )  # fmt: skip
    cap = (0.95, 0.95, 0.95, 1.0)
    visual = p.createVisualShapeArray(
        shapeTypes=[p.GEOM_CYLINDER] * 2, radii=radii, lengths=lengths,
        visualFramePositions=centres, rgbaColors=[rgba, cap], physicsClientId=client,
    )  # fmt: skip
    return collision, visual


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
