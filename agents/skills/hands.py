"""What skills ask of an end effector; jaws and cups each do it in their own way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from warewheel.agents.perceive import Belief
from warewheel.configs.schema import Body, Cup, Jaws
from warewheel.sim.values import ItemState, Look, Pose

from .crops import Features, Portrait, portrait
from .grasp import Grasp, pinches, touches
from .moves import Move, Mover, NoMotionError
from .nudging import nudge
from .peeling import peel
from .proposals import proposals
from .scorer import Scorer
from .sweeping import sweep

# How far the jaws open beyond the item when they let go [m].
_SPREAD = 0.02
# Steps in which a cup is pressed on until it seals, and how many of them [m].
_PRESS, _PRESSES = 0.002, 6


class Hand(Protocol):
    """An end effector as skills use it."""

    def look(self, item: ItemState, look: Look | None) -> Portrait | None:
        """Return what it learns of an item by looking, or None if that is of no use to it."""
        ...

    def grasps(
        self, item: ItemState, attempt: int, picture: Portrait | None,
        failed: Sequence[Features] = (),
    ) -> list[Grasp]:  # fmt: skip
        """Return the grips to try, the best first.

        Args:
            item: What is to be gripped.
            attempt: Counts from 0; what was tried first is not tried first again.
            picture: What `look` returned.
            failed: Features of grips that did not hold this item.
        """
        ...

    def seize(self, mover: Mover, belief: Belief) -> Move:
        """Take hold where the tool is.

        Raises:
            NoMotionError: There is nothing to hold.
        """
        ...

    def nudge(self, mover: Mover, belief: Belief, name: str, attempt: int) -> Move:
        """Move an item that cannot be gripped where it lies to where it may be.

        ``attempt`` counts from 0.

        Raises:
            NoMotionError: It cannot be moved either.
        """
        ...

    def release(self, mover: Mover, belief: Belief) -> Move:
        """Let go, no wider than needed."""
        ...

    def open_flap(self, mover: Mover, belief: Belief, flap: int, attempt: int) -> Move:
        """Open one flap of the carton; ``attempt`` counts from 0."""
        ...


class JawHand:
    """Parallel jaws.

    Args:
        jaws: Their measures.
        scorer: Judges grips; without one they are tried in a fixed order.
    """

    def __init__(self, jaws: Jaws, scorer: Scorer | None = None) -> None:
        self._jaws, self._scorer = jaws, scorer

    def look(self, item: ItemState, look: Look | None) -> Portrait | None:
        """Look at the item from above."""
        return None if look is None else portrait(item, look)

    def grasps(
        self, item: ItemState, attempt: int, picture: Portrait | None,
        failed: Sequence[Features] = (),
    ) -> list[Grasp]:  # fmt: skip
        """Return the grips to try, the best first."""
        found = pinches(item, self._jaws, attempt)
        if self._scorer is None or picture is None:
            return found
        some, usual = proposals(item, self._jaws), next(iter(found), None)
        upright = self._scorer.best(item, some, usual, picture, failed)
        leaning = [grasp for grasp in found if any(grasp.lean)]
        return upright + self._scorer.ranked(item, leaning, picture, failed)

    def seize(self, mover: Mover, belief: Belief) -> Move:
        """Close; whether something is between the jaws shows when it is lifted."""
        return (yield from mover.grip(1.0, 16, belief))

    def nudge(self, mover: Mover, belief: Belief, name: str, attempt: int) -> Move:
        """Push the item away from the carton's walls."""
        return (yield from nudge(mover, belief, name, attempt))

    def release(self, mover: Mover, belief: Belief) -> Move:
        """Open a little wider than the item."""
        wide = max(0.0, belief.body.closure[0] - _SPREAD / self._jaws.opening)
        return (yield from mover.grip(wide, 10, belief))

    def open_flap(self, mover: Mover, belief: Belief, flap: int, attempt: int) -> Move:
        """Sweep the flap open, further with each attempt."""
        return (yield from sweep(mover, belief, flap, 0.2 * attempt))


class CupHand:
    """A vacuum cup."""

    def __init__(self, cup: Cup) -> None:
        self._cup = cup

    def look(self, item: ItemState, look: Look | None) -> Portrait | None:
        """Return None: where a cup seals is known from the item's box."""
        return None

    def grasps(
        self, item: ItemState, attempt: int, picture: Portrait | None,
        failed: Sequence[Features] = (),
    ) -> list[Grasp]:  # fmt: skip
        """Return the grips to try, the best first."""
        return touches(item, self._cup, attempt)

    def seize(self, mover: Mover, belief: Belief) -> Move:
        """Press on, little by little, until the cup seals."""
        belief = yield from mover.grip(1.0, 1, belief)
        for _ in range(_PRESSES):
            if belief.body.grip_force[0] > 0.0:
                return belief
            here = mover.motion.twin.pose(mover.joints)
            x, y, z = here.position
            lower = Pose((x, y, z - _PRESS), here.orientation)
            belief = yield from mover.straight(lower, belief, check=False)
        belief = yield from mover.rest(2, belief)
        if belief.body.grip_force[0] > 0.0:
            return belief
        yield from mover.grip(0.0, 2, belief)
        raise NoMotionError("GRASP_SLIP")

    def nudge(self, mover: Mover, belief: Belief, name: str, attempt: int) -> Move:
        """Raise NoMotionError: a rod that does not reach an item cannot push it either."""
        yield from ()
        raise NoMotionError("IK")

    def release(self, mover: Mover, belief: Belief) -> Move:
        """Turn suction off."""
        return (yield from mover.grip(0.0, 4, belief))

    def open_flap(self, mover: Mover, belief: Belief, flap: int, attempt: int) -> Move:
        """Lift the flap by suction and push it over."""
        return (yield from peel(mover, self, belief, flap, attempt))


def hand_of(body: Body, scorer: Scorer | None = None) -> Hand:
    """Return the hand of a body; jaws grip where a scorer says, if there is one."""
    if isinstance(body.effector, Jaws):
        return JawHand(body.effector, scorer)
    return CupHand(body.effector)
