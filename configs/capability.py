"""What a body can reach, hold and lift: known before it is tried."""

from __future__ import annotations

import math

import numpy as np

from . import prism
from .schema import Body, Cup, Jaws, Sku, Vec3

# Room that the jaws need beyond an item to close around it [m].
JAW_ROOM = 0.01
# How far the cup may be set down beside the middle of a flat top, and still seal [m].
SEAL_ROOM = 0.001
# Radius of a bottle's neck, as a share of its body's.
NECK = 0.42
# Height over a floor at which the tool holds tall goods [m].
TALL = 0.2
# Standard gravity [m/s^2].
GRAVITY = 9.81


def refusals(body: Body, sku: Sku) -> list[str]:
    """Return why ``body`` cannot handle ``sku``; nothing if it can."""
    found = []
    if sku.mass > body.payload:
        found.append(f"it weighs {sku.mass:.2f} kg; the payload is {body.payload:.2f} kg")
    match body.effector:
        case Jaws() as jaws:
            found += _pinch(jaws, sku)
        case Cup() as cup:
            found += _suck(cup, sku)
    return found


def _pinch(jaws: Jaws, sku: Sku) -> list[str]:
    found = []
    narrow, widest = min(sku.size[:2]), jaws.opening - JAW_ROOM
    if narrow > widest:
        found.append(f"its narrow side is {narrow:.3f} m; the jaws take up to {widest:.3f} m")
    most = 2 * jaws.force * sku.friction * jaws.pad_friction / GRAVITY
    if sku.mass > most:
        found.append(f"it weighs {sku.mass:.2f} kg; the jaws' friction holds up to {most:.2f} kg")
    return found


def _suck(cup: Cup, sku: Sku) -> list[str]:
    found = []
    flat, least = flat_top(sku), 2 * (cup.radius + SEAL_ROOM)
    if flat < least:
        found.append(f"its top is flat over {flat:.3f} m; the cup needs {least:.3f} m")
    most = cup.force / GRAVITY
    if sku.mass > most:
        found.append(f"it weighs {sku.mass:.2f} kg; the cup's suction holds up to {most:.2f} kg")
    return found


def flat_top(sku: Sku) -> float:
    """Return the diameter of the largest disc that lies flat on an item's top [m]."""
    width = min(sku.size[:2])
    match sku.shape:
        case "bottle":
            return NECK * width
        case "mesh":
            return 0.0 if sku.mesh is None else sku.mesh.flat_top
        case "prism":
            return prism.flat_top(sku)
    return width


def reaches(body: Body, point: Vec3) -> bool:
    """Tell whether the tool can point straight down at ``point`` in W [m]."""
    return not out_of_reach(body, point)


def reach(body: Body, floor: float) -> tuple[float, float]:
    """Return how near to and how far from its base a body works over a floor.

    Flat goods bring the tool low, where it reaches least far; tall ones bring it high, where it
    cannot come as near.

    Args:
        body: The body.
        floor: Height in W [m].

    Returns:
        Nearest and farthest distance [m].
    """
    near, far = body.reach
    if not body.reach_by_height:
        return near, far
    heights, nearest, farthest = zip(*body.reach_by_height, strict=True)
    return (
        max(near, float(np.interp(floor + TALL, heights, nearest))),
        min(far, float(np.interp(floor + body.lowest, heights, farthest))),
    )


def out_of_reach(body: Body, point: Vec3, above: float = 0.0) -> list[str]:
    """Return why the tool cannot point straight down at ``point``; nothing if it can.

    Args:
        body: The body.
        point: In W [m].
        above: Height above ``point`` up to which the tool must get as well [m].
    """
    found = []
    near, far = reach(body, point[2])
    low, high = body.height[0], body.height[1] - above
    away = math.hypot(point[0] - body.base[0], point[1] - body.base[1])
    if not near <= away <= far:
        found.append(
            f"is {away:.3f} m from the base; {body.name} reaches from {near:.3f} to {far:.3f} m"
        )
    if not low <= point[2] <= high:
        found.append(
            f"is {point[2]:.3f} m high; {body.name} sets the tallest item down "
            f"from {low:.3f} to {high:.3f} m"
        )
    return found
