"""What a grip looks like: heights between and around the jaws, as seen from above."""

from __future__ import annotations

import base64
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from warewheel.sim.values import ItemState, Look

from .grasp import Grasp, extent, level_sides

Portrait = NDArray[np.float32]
Features = NDArray[np.float32]
# The picture: its side [m] and its pixels.
_SIDE, _PIXELS = 0.16, 64
# A crop's half size along the jaws' opening and across it [m], and how many heights it has.
_HALF = (0.052, 0.030)
CROP = (20, 12)
# Heights are told in this unit, from -1 to 1 about the grip's [m].
_UNIT = 0.04
# Facts of the item that go with the crop.
FACTS = 5
WIDTH = CROP[0] * CROP[1] + FACTS
# The picture shows the item alone: nothing farther than this outside of its box [m].
_RIM = 0.004


@dataclass(frozen=True, slots=True)
class Tried:
    """A grip that was tried.

    Attributes:
        item: Name of what was to be gripped.
        row: The grip's features, shape (WIDTH,).
        held: Whether the item came along, and was not lost on the way.
    """

    item: str
    row: Features
    held: bool


def portrait(item: ItemState, look: Look) -> Portrait:
    """Return heights around an item, as `features` wants them."""
    x, y, z = item.pose.position
    return look((x, y, z + extent(item) / 2), _SIDE, _PIXELS)


def features(item: ItemState, grasps: Sequence[Grasp], picture: Portrait) -> Features:
    """Return a row for each grip, shape (n, WIDTH): its crop, then what is known of the item."""
    height = extent(item)
    x, y, z = item.pose.position
    u = np.linspace(-_HALF[0], _HALF[0], CROP[0])
    v = np.linspace(-_HALF[1], _HALF[1], CROP[1])
    yaws = np.array([grasp.yaw for grasp in grasps])
    at = np.array([grasp.position for grasp in grasps])
    opening = np.stack([np.cos(yaws), np.sin(yaws)], axis=1)
    across = np.stack([-np.sin(yaws), np.cos(yaws)], axis=1)
    # Points of the crops from the item's middle, shape (n, *CROP, 2) [m].
    points = (
        (at[:, :2] - (x, y))[:, None, None]
        + u[None, :, None, None] * opening[:, None, None]
        + v[None, None, :, None] * across[:, None, None]
    )
    seen = _sampled(picture, points / (_SIDE / _PIXELS) + (_PIXELS - 1) / 2)
    foot = z - height / 2
    inside = np.ones(seen.shape, bool)
    for width, _, yaw in level_sides(item):
        away = points @ np.array([math.cos(yaw), math.sin(yaw)])
        inside &= np.abs(away) < width / 2 + _RIM
    seen = np.where(inside, np.maximum(seen, foot), foot)
    crops = np.clip((seen - at[:, 2, None, None]) / _UNIT, -1.0, 1.0)
    sizes = [width for width, _, _ in level_sides(item)]
    facts = np.column_stack([
        at[:, 2] - foot, foot + height - at[:, 2],
        np.full(len(at), max(sizes)), np.full(len(at), min(sizes)), np.full(len(at), height),
    ]) / _UNIT  # fmt: skip
    return np.column_stack([crops.reshape(len(at), -1), facts]).astype(np.float32)


def mirrored(rows: Features) -> list[Features]:
    """Return the same grips as jaws that are turned about see them, and in a mirror: all alike."""
    crops, facts = rows[:, :-FACTS].reshape(-1, *CROP), rows[:, -FACTS:]
    return [
        np.column_stack([crops[:, ::a, ::b].reshape(len(rows), -1), facts])
        for a in (1, -1)
        for b in (1, -1)
    ]


def packed(row: Features) -> str:
    """Return a grip's features as text, in half precision."""
    return base64.b64encode(row.astype("<f2").tobytes()).decode()


def unpacked(text: str) -> Features:
    """Return features as they were packed.

    Raises:
        ValueError: They are none.
    """
    found = np.frombuffer(base64.b64decode(text), "<f2").astype(np.float32)
    if found.shape != (WIDTH,):
        raise ValueError(f"a grip has {len(found)} features; expected {WIDTH}")
    return found


def _sampled(picture: NDArray[np.float32], places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a picture's heights at places between its pixels."""
    places = np.clip(places, 0.0, np.array(picture.shape) - 1.001)
    low = places.astype(int)
    i, j = low[..., 0], low[..., 1]
    a, b = np.moveaxis(places - low, -1, 0)
    found: NDArray[np.float64] = (
        picture[i, j] * (1 - a) * (1 - b) + picture[i + 1, j] * a * (1 - b)
        + picture[i, j + 1] * (1 - a) * b + picture[i + 1, j + 1] * a * b
    )  # fmt: skip
    return found
