"""Spaces: what actions and observations look like to a learner."""

from __future__ import annotations

import functools
import itertools
import string
from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from warewheel.configs.schema import Body, Facility
from warewheel.sim.facts import Places
from warewheel.sim.values import FINDINGS, Observation

from .options import SKILLS, Option

ACTION_MODES = ("ee_delta", "joint", "skill")
PARTS = ("proprioception", "privileged", "cameras", "instruction")

# Largest change of the tool per control step in ``ee_delta``: [m] and [rad].
DELTA_SHIFT = 0.02
DELTA_TURN = 0.1

_TEXT = spaces.Text(max_length=400, min_length=0, charset=string.printable)
# Proprioception: one number for each joint, for each end effector, or so many; and its bound.
_FELT: dict[str, tuple[str | int, float]] = {
    "joints": ("joint", 4.0),
    "velocities": ("joint", 50.0),
    "torques": ("joint", 500.0),
    "tracking": ("joint", 4.0),
    "closure": ("effector", 1.0),
    "grip_force": ("effector", 200.0),
    "tool": (7, 5.0),
    "wrench": (6, 5000.0),
}


def action_space(mode: str, body: Body, facility: Facility) -> spaces.Space[Any]:
    """Return the space of one of `ACTION_MODES`.

    ``ee_delta``: shape (6 + effectors,) in [-1, 1]: tool shift x, y, z in W (times `DELTA_SHIFT`),
    turn about W's x, y, z (times `DELTA_TURN`), then each end effector from closed (suction on) to
    open (off). ``joint``: shape (dof + effectors,) in [-1, 1]: joint targets from lower to upper
    limit, then each end effector. ``skill``: [skill, item, place], each an index; arguments that
    a skill does not take are ignored. For ``report`` the second is the item's or, of what is
    short, the manifest line's, and the third goes on after the places with the findings.
    """
    if mode == "skill":
        words = _places(facility) + len(FINDINGS)
        return spaces.MultiDiscrete([len(SKILLS), facility.delivery.most, words])
    size = 6 if mode == "ee_delta" else body.dof
    return spaces.Box(-1.0, 1.0, (size + body.effectors,), np.float32)


def option(action: NDArray[Any], places: Places) -> Option:
    """Return the option that a ``skill`` action names."""
    skill, item, place = (int(v) for v in action)
    name = SKILLS[skill]
    floors = tuple(places.floors)
    if name == "report":
        # Beyond the places come the findings; one place is as good as another to mean the first.
        finding = FINDINGS[max(0, place - len(floors))]
        return Option(name, f"{'line' if finding == 'short' else 'item'}-{item}", finding=finding)
    return Option(
        name,
        f"item-{item}" if name in ("pick", "scan", "place") else "",
        floors[min(place, len(floors) - 1)] if name == "place" else "",
    )


def check(action: Any, space: spaces.Space[Any]) -> None:
    """Raise ValueError if ``action`` is not one of an `action_space`."""
    array = np.asarray(action)
    whole = isinstance(space, spaces.MultiDiscrete)
    # Indices must be whole; anything but a number is refused.
    kind = array.dtype.kind in ("iu" if whole else "iuf")
    # What is not a number fails this too; what is wrong is looked for only then.
    if kind and not whole and array.shape == space.shape and _within(array.tolist()):
        return
    if not kind:
        raise ValueError(f"action holds {array.dtype}; expected {space.dtype}")
    if array.shape != space.shape:
        raise ValueError(f"action has shape {array.shape}; expected {space.shape}")
    if not np.isfinite(array).all():
        raise ValueError(f"action holds a value that is not finite: {array}")
    if isinstance(space, spaces.MultiDiscrete):
        low, high = np.zeros(space.shape), space.nvec - 1
    else:
        low, high = np.full(space.shape, -1.0), np.full(space.shape, 1.0)
    if ((array < low) | (array > high)).any():
        raise ValueError(f"action {array} is out of range; allowed are {low} to {high}")


def _within(values: list[float]) -> bool:
    return all(-1.0 <= value <= 1.0 for value in values)


def _places(facility: Facility) -> int:
    return len(Places(facility).floors)


def proprioception_space(body: Body) -> spaces.Dict:
    """Return the space of what the body feels of itself."""
    sizes = {"joint": body.dof, "effector": body.effectors}
    return spaces.Dict(
        {
            name: spaces.Box(
                -limit, limit, (sizes[size] if isinstance(size, str) else size,), np.float32
            )
            for name, (size, limit) in _FELT.items()
        }
    )


def privileged_space(items: int) -> spaces.Dict:
    """Return the space of the truth.

    ``items``: rows of position, quaternion, size, speed, present, known; rows of items that are
    not there are zero. ``carton``: position, quaternion, two flap angles, present.
    """
    return spaces.Dict(
        {
            "items": spaces.Box(-20.0, 20.0, (items, 13), np.float32),
            "carton": spaces.Box(-20.0, 20.0, (10,), np.float32),
        }
    )


def camera_space(names: tuple[str, ...], size: int) -> spaces.Dict:
    """Return the space of pictures: RGB, depth [m] and segmentation (body ids) per camera."""
    shape = (size, size)
    return spaces.Dict(
        {
            name: spaces.Dict(
                {
                    "rgb": spaces.Box(0, 255, (*shape, 3), np.uint8),
                    "depth": spaces.Box(0.0, 10.0, shape, np.float32),
                    "segmentation": spaces.Box(-1, 255, shape, np.int32),
                }
            )
            for name in names
        }
    )


def text_space() -> spaces.Text:
    """Return the space of instructions."""
    return _TEXT


def feel(observation: Observation) -> dict[str, NDArray[np.float32]]:
    """Return proprioception as arrays within its space."""
    body = observation.body
    position, orientation = body.tool
    values = {
        "joints": body.joints.tolist(),
        "velocities": body.velocities.tolist(),
        "torques": body.torques.tolist(),
        "tracking": body.tracking.tolist(),
        "closure": body.closure,
        "grip_force": body.grip_force,
        "tool": position + orientation,
        "wrench": body.wrench.tolist(),
    }
    # One array, cut into parts: eight small ones cost several times as much.
    limits, cuts = _felt(tuple(len(values[name]) for name in _FELT))
    felt = np.array([value for name in _FELT for value in values[name]], np.float32)
    felt = np.minimum(np.maximum(felt, -limits, out=felt), limits, out=felt)
    return {name: felt[cut] for name, cut in zip(_FELT, cuts, strict=True)}


@functools.lru_cache(maxsize=8)
def _felt(sizes: tuple[int, ...]) -> tuple[NDArray[np.float32], tuple[slice, ...]]:
    """Return the bounds of proprioception in one row, and where each part lies in it."""
    ends = list(itertools.accumulate(sizes, initial=0))
    limits = np.repeat([limit for _, limit in _FELT.values()], sizes).astype(np.float32)
    return limits, tuple(slice(a, b) for a, b in itertools.pairwise(ends))


def truth(observation: Observation, items: int) -> dict[str, NDArray[np.float32]]:
    """Return the privileged state as arrays within its space."""
    known = {read.item for read in observation.reads}
    values: list[float] = []
    for item in observation.scene.items:
        position, orientation = item.pose
        values += position
        values += orientation
        values += item.size
        values += (item.speed, 1.0, item.name in known)
    # One array, cut in two; what is not there is zero.
    end = 13 * items
    values += [0.0] * (end - len(values))
    carton = observation.scene.carton
    if carton is None:
        values += [0.0] * 10
    else:
        position, orientation = carton.pose
        values += (*position, *orientation, *carton.flaps, 1.0)
    seen = np.array(values, np.float32)
    np.minimum(np.maximum(seen, -20.0, out=seen), 20.0, out=seen)
    return {"items": seen[:end].reshape(items, 13), "carton": seen[end:]}
