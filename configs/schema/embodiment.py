"""Bodies: arm, end effector, and what they can reach and lift."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from .base import Positive, Rising, Strict, Vec3


class Gripper(Strict):
    """Parallel jaws: ``opening`` between the pads, ``force`` that the pads press with [N]."""

    kind: Literal["parallel"] = "parallel"
    opening: Positive
    force: Positive
    pad_friction: Positive
    # Widest outline of the hand along the opening axis and across it; used to keep the hand
    # clear of neighbours.
    span: Positive
    thickness: Positive


class Body(Strict):
    """An embodiment: arm, end effector, what it can reach and lift."""

    name: str
    description: str
    model: str
    base: Vec3
    payload: Positive
    # Horizontal distance from the base axis at which the tool can still point straight down.
    reach: Annotated[tuple[Positive, Positive], Rising]
    # Height band of the tool centre point in the world.
    height: Annotated[tuple[float, float], Rising]
    home: tuple[float, ...]
    # Share of the maker's joint velocity limits that planned motions use.
    speed: Annotated[float, Field(gt=0.0, le=1.0)]
    # Joint acceleration limit of planned motions [rad/s^2].
    acceleration: Positive
    gripper: Gripper
