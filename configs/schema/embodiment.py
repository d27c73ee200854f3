"""Bodies: arm, end effector, and what they can reach and lift."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from .base import Positive, Rising, Strict, Vec3


class Jaws(Strict):
    """Parallel jaws: ``opening`` between the pads [m], ``force`` that the pads press with [N]."""

    kind: Literal["parallel"]
    opening: Positive
    force: Positive
    pad_friction: Positive


class Cup(Strict):
    """A vacuum cup on a rod that lengthens the arm's flange.

    ``radius`` of its rim and ``length`` from the flange to the rim [m], ``force`` that a whole
    seal bears [N].
    """

    kind: Literal["vacuum"]
    radius: Positive
    length: Positive
    force: Positive


class Body(Strict):
    """An embodiment: arm, end effector, what it can reach and lift."""

    name: str
    description: str
    model: str
    base: Vec3
    payload: Positive
    # Horizontal distance from the base axis at which the tool can still point straight down.
    reach: Annotated[tuple[Positive, Positive], Rising]
    # The same by height of the tool in W, (height, nearest, farthest), where it depends on that;
    # between two heights it changes evenly.
    reach_by_height: tuple[tuple[float, Positive, Positive], ...] = ()
    # Height over a floor at which the tool works at the flattest goods.
    lowest: Positive = 0.03
    # Height band of the tool centre point in the world.
    height: Annotated[tuple[float, float], Rising]
    home: tuple[float, ...]
    # Share of the maker's joint velocity limits that planned motions use.
    speed: Annotated[float, Field(gt=0.0, le=1.0)]
    # Joint acceleration limit of planned motions [rad/s^2].
    acceleration: Positive
    effector: Annotated[Jaws | Cup, Field(discriminator="kind")]

    @property
    def dof(self) -> int:
        """Number of the arm's joints."""
        return len(self.home)

    @property
    def effectors(self) -> int:
        """Number of end effectors."""
        return 1
