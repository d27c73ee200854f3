"""Values that meet between rooms: poses, actions, scenes and observations.

SI units throughout. Quaternions are (x, y, z, w). ``X_WT`` reads "the pose of T in W".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, Protocol, get_args

import numpy as np
from numpy.typing import NDArray

from warewheel.configs.schema import Carton, Condition

Array = NDArray[np.float64]
Vec3 = tuple[float, float, float]
Quat = tuple[float, float, float, float]

# What can be found wrong with a delivery.
Finding = Literal["short", "surplus", "damaged", "open", "unreadable"]
FINDINGS: tuple[Finding, ...] = get_args(Finding)

IDENTITY: Quat = (0.0, 0.0, 0.0, 1.0)


class Pose(NamedTuple):
    """A rigid pose: position [m] and quaternion (x, y, z, w)."""

    position: Vec3
    orientation: Quat = IDENTITY


@dataclass(frozen=True, slots=True, eq=False)
class Action:
    """One control step's command to a body.

    Attributes:
        joints: Target angles of the arm, shape (dof,) [rad].
        grips: Closure asked of each end effector: 0 is open or suction off, 1 closed or suction
            on.
        base: Velocity of a body that drives: x and y [m/s] and yaw [rad/s] in its own frame.
        report: What is told to the house, if anything.
    """

    joints: Array
    grips: tuple[float, ...]
    base: Vec3 = (0.0, 0.0, 0.0)
    report: Report | None = None


@dataclass(frozen=True, slots=True)
class ItemState:
    """Where one item is, and what anybody can see of it.

    Attributes:
        name: Name within the episode, such as ``item-3``; it tells nothing of the SKU.
        pose: X_WI; the item's origin is the centre of its bounding box.
        size: Bounding box in the item's own frame [m].
        speed: Linear speed [m/s].
        condition: What an eye sees of its state.
    """

    name: str
    pose: Pose
    size: Vec3
    speed: float
    condition: Condition = "intact"


@dataclass(frozen=True, slots=True)
class CartonState:
    """Where the carton is and how far its flaps stand open.

    Attributes:
        name: Name within the episode, such as ``carton-0``.
        layout: Its measures.
        pose: X_WC; the origin is the centre of the carton's floor, outer side.
        flaps: Opening angle of each flap [rad]; 0 is closed.
        sealed: Whether each flap's tape is still whole.
        docked: Whether the carton rests at the dock.
    """

    name: str
    layout: Carton
    pose: Pose
    flaps: tuple[float, ...]
    sealed: tuple[bool, ...]
    docked: bool

    @property
    def inner(self) -> Vec3:
        """Inner size [m]."""
        return self.layout.size

    @property
    def levers(self) -> tuple[float, ...]:
        """Length of each flap from its hinge to its free edge [m]."""
        half = (self.layout.size[1] + 2 * self.layout.wall - self.layout.gap) / 2
        return half - self.layout.seam, half + self.layout.seam


@dataclass(frozen=True, slots=True)
class Scene:
    """The truth of one moment: what the simulator knows of the things in the cell."""

    carton: CartonState | None
    items: tuple[ItemState, ...]

    def item(self, name: str) -> ItemState:
        """Return the item called ``name``; raise KeyError if there is none."""
        for item in self.items:
            if item.name == name:
                return item
        raise KeyError(name)


@dataclass(frozen=True, slots=True, eq=False)
class Proprioception:
    """What the body feels of itself.

    Attributes:
        joints: Arm angles, shape (dof,) [rad].
        velocities: Arm velocities, shape (dof,) [rad/s].
        torques: Applied motor torques, shape (dof,) [N m].
        outside: Works out `external`.
        tracking: Set point minus angle, shape (dof,) [rad].
        closure: How far each end effector is closed, from 0 to 1; 1 is also suction on.
        grip_force: Force of each end effector [N]: of the jaws' motors, or the pull that a cup's
            seal can bear now, 0 without a seal.
        tool: X_WT, pose of the tool centre point; its z axis points out of it.
        wrench: Reaction force and torque at the wrist in the wrist's frame, shape (6,) [N, N m].
    """

    joints: Array
    velocities: Array
    torques: Array
    outside: Callable[[], Array]
    tracking: Array
    closure: tuple[float, ...]
    grip_force: tuple[float, ...]
    tool: Pose
    wrench: Array

    @property
    def external(self) -> Array:
        """Estimated torques from outside, shape (dof,) [N m].

        What motion and gravity do not explain; the weight of what is held is in it. They are
        worked out anew each time.
        """
        return self.outside()


@dataclass(frozen=True, slots=True)
class Read:
    """A label that the scanner has read: which item it lay on and what it said.

    Attributes:
        item: Name within the episode.
        gtin: GTIN-14.
        lot: Lot, or an empty string.
        expiry: Days until it expires, or None.
        route: Where a parcel goes, or an empty string.
        note: Whatever else is printed there.
    """

    item: str
    gtin: str
    lot: str = ""
    expiry: int | None = None
    route: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a manifest: how many of which SKU, with what its labels should say."""

    name: str
    gtin: str
    quantity: int
    lot: str = ""
    expiry: int | None = None
    route: str = ""


@dataclass(frozen=True, slots=True)
class Manifest:
    """Advance ship notice: what a carton should hold."""

    carton: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """What the robot tells the house: a finding about an item or a line of a manifest."""

    finding: Finding
    subject: str


@dataclass(frozen=True, slots=True)
class View:
    """What the cell's cameras deliver: a scene, and the control step that it shows."""

    scene: Scene
    step: int


class Look(Protocol):
    """What a depth camera sees that looks straight down on a square."""

    def __call__(self, top: Vec3, side: float, pixels: int) -> NDArray[np.float32]:
        """Return heights in W over the square, shape (pixels, pixels) [m].

        Rows run along x of W and columns along y, both from low to high.

        Args:
            top: Middle of the square, at the height of the highest thing that matters, in W [m].
            side: Of the square, along x and y of W [m].
            pixels: Along a side.
        """
        ...


@dataclass(frozen=True, slots=True)
class Observation:
    """What one control step yields.

    Attributes:
        step: Control steps since reset.
        body: Proprioception.
        reads: All labels that the scanner has read so far, in order.
        scene: The truth, for judges alone.
        view: What is seen of it, late or noisy when cameras fail; only a perceiver declared
            privileged may hand its poses to an agent.
        manifests: What every carton of the delivery should hold, in the order of arrival.
        look: A depth camera, for who wants to see something now.
    """

    step: int
    body: Proprioception
    reads: tuple[Read, ...]
    scene: Scene
    view: View
    manifests: tuple[Manifest, ...] = ()
    look: Look | None = field(default=None, compare=False, repr=False)
