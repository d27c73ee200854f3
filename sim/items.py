"""Items as rigid bodies: geometry from catalogue data."""

from __future__ import annotations

import functools
import math

import numpy as np
import pybullet as p

from warewheel.configs import prism
from warewheel.configs.capability import NECK
from warewheel.configs.schema import Condition, Sku, Unit

from .assets import Look, item_urdf
from .urdf import DATA, Vertex, ring, solid
from .values import Pose

# Directions in which an odd shape's outermost points are looked for: enough for flats to lie on
# and few enough for a solver that compares every pair of edges.
_LATITUDES, _LONGITUDES = 5, 12
# How much of its colour an item loses with its condition, and to which shade of grey.
_WEAR: dict[Condition, tuple[float, float]] = {"damaged": (0.65, 0.1), "open": (0.6, 0.95)}


def spawn(client: int, unit: Unit, pose: Pose, friction: float = 1.0) -> int:
    """Create an item at ``pose`` (of the centre of its bounding box); return its body id.

    ``friction`` is a factor on the SKU's own.
    """
    sku = unit.sku
    if sku.shape in ("box", "bag"):
        body = _box(client, sku, pose)
    else:
        body = p.loadURDF(
            _model(sku), pose.position, pose.orientation, flags=p.URDF_INITIALIZE_SAT_FEATURES,
            physicsClientId=client,
        )  # fmt: skip
    # Spinning and rolling friction would double the rows of every contact that the solver works
    # off; damping stands in for them and keeps a can from rolling for ever.
    p.changeDynamics(
        body, -1, lateralFriction=sku.friction * friction, linearDamping=0.02, angularDamping=0.15,
        physicsClientId=client,
    )  # fmt: skip
    if unit.condition != "intact":
        # A stain all over, or the pale inside of a torn wrapper.
        share, shade = _WEAR[unit.condition]
        worn = [(1 - share) * c + share * shade for c in sku.rgb]
        p.changeVisualShape(body, -1, rgbaColor=(*worn, 1.0), physicsClientId=client)
    return int(body)


def _box(client: int, sku: Sku, pose: Pose) -> int:
    half = [s / 2 for s in sku.size]
    collision = p.createCollisionShape(p.GEOM_BOX, halfExtents=half, physicsClientId=client)
    visual = p.createVisualShape(
        p.GEOM_BOX, halfExtents=half, rgbaColor=(*sku.rgb, 1.0), physicsClientId=client
    )
    return int(
        p.createMultiBody(
            sku.mass, collision, visual, pose.position, pose.orientation, physicsClientId=client
        )
    )


@functools.cache
def _model(sku: Sku) -> str:
    """Return the model file of an item that is no box; it is worked out once for each SKU."""
    return {"mesh": _mesh, "prism": _prism}.get(sku.shape, _round)(sku)


def _round(sku: Sku) -> str:
    """Return the model of a can, or of a bottle with a shoulder and a neck.

    Round goods are prisms to the solver: a flat stays put between two jaws, as a can that gives a
    little does, where an ideal cylinder has only a line to hold it by.
    """
    radius, height = sku.size[0] / 2, sku.size[2]
    paint = (*sku.rgb, 1.0)
    low, high = ring(radius, -height / 2), ring(radius, height / 2)
    if sku.shape == "can":
        looks = [Look(paint, (0.0, 0.0, 0.0), (radius, height))]
        return item_urdf(sku.sku, sku.mass, sku.size, low + high, looks)
    # Below so short a neck a hand that comes from above still reaches the body.
    body = 0.8 * height
    neck, slim = height - body, NECK * radius
    looks = [
        Look(paint, (0.0, 0.0, (body - height) / 2), (radius, body)),
        Look((0.95, 0.95, 0.95, 1.0), (0.0, 0.0, (height - neck) / 2), (slim, neck)),
    ]
    corners = low + ring(radius, body - height / 2) + ring(slim, height / 2)
    return item_urdf(sku.sku, sku.mass, sku.size, corners, looks)


def _mesh(sku: Sku) -> str:
    """Return the model of a mesh turned upright, centred, and stretched to the SKU's box."""
    assert sku.mesh is not None
    points = _vertices(sku.mesh.file)
    low, high = points.min(axis=0), points.max(axis=0)
    turn = np.array(p.getMatrixFromQuaternion(p.getQuaternionFromEuler(sku.mesh.rpy))).reshape(3, 3)
    # Turns are multiples of a right angle, so axes only change places.
    scale = np.abs(turn.T) @ np.array(sku.size) / (high - low)
    offset = -turn @ (scale * (low + high) / 2)
    corners = _outermost((points * scale) @ turn.T + offset)
    x, y, z = offset.tolist()
    look = Look(
        (*sku.rgb, 1.0), (x, y, z), mesh=(sku.mesh.file, tuple(scale.tolist()), sku.mesh.rpy)
    )
    return item_urdf(sku.sku, sku.mass, sku.size, corners, [look])


def _prism(sku: Sku) -> str:
    """Return the model of a prism or a frustum; it looks like what it is."""
    corners = prism.corners(sku)
    points: list[Vertex] = [(x, y, z) for x, y, z in corners.tolist()]
    file = solid(sku.sku, points, prism.faces(len(points) // 2))
    look = Look((*sku.rgb, 1.0), (0.0, 0.0, 0.0), mesh=(file, (1.0, 1.0, 1.0), (0.0, 0.0, 0.0)))
    return item_urdf(sku.sku, sku.mass, sku.size, points, [look])


def _outermost(points: np.ndarray) -> list[Vertex]:
    """Return the points that lie farthest out in some direction, each once."""
    found: dict[Vertex, None] = {}
    for k in range(_LATITUDES):
        up = -math.pi / 2 + math.pi * k / (_LATITUDES - 1)
        for m in range(_LONGITUDES):
            around = 2 * math.pi * m / _LONGITUDES
            way = (math.cos(up) * math.cos(around), math.cos(up) * math.sin(around), math.sin(up))
            x, y, z = points[int(np.argmax(points @ np.array(way)))].tolist()
            found[x, y, z] = None
    return list(found)


@functools.cache
def _vertices(file: str) -> np.ndarray:
    """Return the vertices of an OBJ file of ``pybullet_data``, shape (n, 3)."""
    return np.array(
        [
            [float(v) for v in line.split()[1:4]]
            for line in (DATA / file).read_text(errors="ignore").splitlines()
            if line.startswith("v ")
        ]
    )
