"""Items as rigid bodies: geometry from catalogue data."""

from __future__ import annotations

import functools
import math

import numpy as np
import pybullet as p

from warewheel.configs.schema import Sku

from .assets import DATA, hull_urdf
from .values import Pose

Rgba = tuple[float, float, float, float]


def spawn(client: int, sku: Sku, pose: Pose) -> int:
    """Create an item at ``pose`` (of the centre of its bounding box); return its body id."""
    if sku.shape in ("can", "bottle"):
        body = p.loadURDF(
            _round(sku), pose.position, pose.orientation, flags=p.URDF_INITIALIZE_SAT_FEATURES,
            physicsClientId=client,
        )  # fmt: skip
    else:
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
    return _mesh(client, sku, rgba)


def _round(sku: Sku) -> str:
    """Return the model of a can, or of a bottle with a shoulder and a neck."""
    radius, height = sku.size[0] / 2, sku.size[2]
    paint = f"{sku.rgb[0]} {sku.rgb[1]} {sku.rgb[2]} 1"
    low, high = _ring(radius, -height / 2), _ring(radius, height / 2)
    if sku.shape == "can":
        return hull_urdf(sku.sku, sku.mass, (low, high), ((radius, height, 0.0),), (paint,))
    # Below so short a neck a hand that comes from above still reaches the body.
    body = 0.8 * height
    neck, slim = height - body, 0.42 * radius
    return hull_urdf(
        sku.sku, sku.mass,
        (low, _ring(radius, body - height / 2), _ring(slim, height / 2)),
        ((radius, body, (body - height) / 2), (slim, neck, (height - neck) / 2)),
        (paint, "0.95 0.95 0.95 1"),
    )  # fmt: skip


def _ring(radius: float, height: float) -> tuple[tuple[float, float, float], ...]:
    """Return the corners of a twelve-sided ring whose flats lie ``radius`` from the axis.

    Round goods are prisms to the solver: a flat stays put between two jaws, as a can that gives a
    little does, where an ideal cylinder has only a line to hold it by.
    """
    corner = radius / math.cos(math.pi / 12)
    angles = [math.pi / 6 * (k + 0.5) for k in range(12)]
    return tuple((corner * math.cos(a), corner * math.sin(a), height) for a in angles)


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
