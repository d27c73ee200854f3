"""Prisms and frustums as a catalogue describes them."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from .schema import Sku


def corners(sku: Sku) -> NDArray[np.float64]:
    """Return the base's corners and then the top's, in the item's frame, shape (2n, 3) [m]."""
    assert sku.prism is not None
    shape = sku.prism
    angles = shape.turn + 2 * math.pi * np.arange(shape.sides) / shape.sides
    base = np.column_stack([np.cos(angles), np.sin(angles)])
    base -= (base.min(axis=0) + base.max(axis=0)) / 2
    base /= np.abs(base).max(axis=0)
    both = np.vstack([base, base * shape.top + shape.shift])
    low, high = both.min(axis=0), both.max(axis=0)
    level = (both - (low + high) / 2) / (high - low) * sku.size[:2]
    height = np.repeat([-sku.size[2] / 2, sku.size[2] / 2], shape.sides)
    return np.column_stack([level, height])


def faces(sides: int) -> list[tuple[int, int, int]]:
    """Return the triangles of such a solid by the numbers of its corners, turned outwards."""
    found = [(0, k + 1, k) for k in range(1, sides - 1)]
    found += [(sides, sides + k, sides + k + 1) for k in range(1, sides - 1)]
    for k in range(sides):
        after = (k + 1) % sides
        found += [(k, after, sides + k), (after, sides + after, sides + k)]
    return found


def flat_top(sku: Sku) -> float:
    """Return the diameter of the largest disc about the item's middle that its top holds [m]."""
    points = corners(sku)
    top = points[len(points) // 2 :, :2]
    along = np.roll(top, -1, axis=0) - top
    # Each edge's distance from the middle; negative where the middle lies outside of it.
    away = (top[:, 0] * along[:, 1] - top[:, 1] * along[:, 0]) / np.linalg.norm(along, axis=1)
    return 2 * max(0.0, float(away.min()))
