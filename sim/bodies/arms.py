"""Arms by model: light model files made from the stock ones, and what is where in them."""

from __future__ import annotations

import functools
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pybullet as p

from warewheel.configs.choice import unknown
from warewheel.configs.schema import Body, Cup, Jaws
from warewheel.sim.errors import SimError
from warewheel.sim.meshes import lighter
from warewheel.sim.urdf import DATA, box, hull, inertial, numbers, ring, write
from warewheel.sim.values import Array, Vec3

_WHITE, _DARK, _ORANGE = "0.93 0.94 0.95 1", "0.25 0.27 0.3 1", "0.95 0.45 0.1 1"
# Pads and shells of a Panda finger in the finger's frame: (centre, size) [m]. Boxes hold a flat
# item with four steady contacts, where the stock mesh's hull rocks on an edge. Measured on the
# stock collision mesh, whose inner face is y = 0 and whose tip is z = 0.0538.
_FINGER_BOXES = (
    ((0.0, 0.007, 0.0429), (0.0176, 0.014, 0.0218)),
    ((0.0, 0.0147, 0.0160), (0.0210, 0.0234, 0.0320)),
)
_FINGER = "0.16 0.17 0.19 1"
# Largest speed [rad/s] and torque [N m] of each joint of an LBR iiwa 14 R820; the stock model has
# placeholders in their place. From the maker's data sheet.
_IIWA_SPEED = (1.483, 1.483, 1.745, 1.309, 2.269, 2.356, 2.356)
_IIWA_EFFORT = (320.0, 320.0, 176.0, 176.0, 110.0, 40.0, 40.0)
# Height of the iiwa's flange over its last joint, and radii of what hangs from it [m].
_FLANGE = 0.045
_ROD = 0.008
# Of corners in a cube of this size one is drawn [m]: cameras see hardly a difference, and half as
# many triangles are left.
_FACET = 0.02
# Length of a cup's bellows [m]. Its solid is this share of the rim's radius wide: Bullet adds a
# margin, and the rays along the rim must miss it.
_BELLOWS = 0.014
_SOLID = 0.6


@dataclass(frozen=True, slots=True)
class Arm:
    """What there is to know of a stock model.

    Attributes:
        urdf: Writes the light model of a body; returns the file's path.
        effector: What it carries.
        joints: Names of the arm's joints.
        fingers: Names of the jaws' joints, if it has any.
        tool: Name of the joint that carries the tool's frame.
        soft: How far the maker's soft limits lie inside the hard ones [rad].
    """

    urdf: Callable[[Body], str]
    effector: type[Jaws | Cup]
    joints: tuple[str, ...]
    fingers: tuple[str, ...]
    tool: str
    soft: float


@dataclass(frozen=True, slots=True)
class Model:
    """A loaded body: its PyBullet id, indices of joints and links, and the arm's limits.

    Limits have the shape (dof,), in [rad], [N m] and [rad/s], the joints' damping in [N m s].
    """

    id: int
    arm: list[int]
    fingers: list[int]
    tool: int
    lower: Array
    upper: Array
    effort: Array
    speed: Array
    damping: Array
    soft: float


def load(client: int, body: Body) -> Model:
    """Load the body's model at its base.

    Raises:
        SimError: The model is unknown or carries another end effector.
    """
    if body.model not in ARMS:
        raise SimError(unknown("model", body.model, ARMS))
    arm = ARMS[body.model]
    if not isinstance(body.effector, arm.effector):
        raise SimError(f"model '{body.model}' has no room for a {body.effector.kind} effector")
    robot = p.loadURDF(
        arm.urdf(body), body.base, useFixedBase=True, flags=p.URDF_INITIALIZE_SAT_FEATURES,
        physicsClientId=client,
    )  # fmt: skip
    infos = [
        p.getJointInfo(robot, j, physicsClientId=client)
        for j in range(p.getNumJoints(robot, physicsClientId=client))
    ]
    at = {info[1].decode(): j for j, info in enumerate(infos)}
    joints = [at[name] for name in arm.joints]
    damping = np.array([infos[j][6] for j in joints])
    lower, upper, effort, speed = (np.array([infos[j][k] for j in joints]) for k in range(8, 12))
    return Model(
        int(robot), joints, [at[name] for name in arm.fingers], at[arm.tool],
        lower, upper, effort, speed, damping, arm.soft,
    )  # fmt: skip


def spread(client: int, model: Model, body: Body, grip: float) -> None:
    """Put the fingers, if there are any, where they are at ``grip``."""
    if isinstance(body.effector, Jaws):
        for finger in model.fingers:
            at = (1.0 - grip) * body.effector.opening / 2
            p.resetJointState(model.id, finger, at, physicsClientId=client)


@functools.cache
def _panda(body: Body) -> str:
    """Write the stock Panda with light visuals and box fingers.

    The stock visual meshes hold megabytes of triangles, which a software renderer pays for in
    every frame; the collision meshes look the same from a few metres.
    """
    root = ET.parse(DATA / body.model).getroot()
    for link in root.iter("link"):
        name = link.get("name", "")
        for mesh in link.iterfind("visual//mesh"):
            mesh.set("filename", mesh.get("filename", "").replace("/visual/", "/collision/"))
        paint = _FINGER if "finger" in name else _DARK if name == "panda_hand" else _WHITE
        _paint(link, paint)
        if "finger" in name:
            for part in (*link.findall("contact"), *link.findall("collision")):
                link.remove(part)
            side = 1.0 if "left" in name else -1.0
            for centre, size in _FINGER_BOXES:
                box(link, "collision", (centre[0], side * centre[1], centre[2]), size)
    return _finish("panda", root, body)


@functools.cache
def _iiwa(body: Body) -> str:
    """Write the stock iiwa with the maker's limits, a rod on its flange and a cup at its end.

    The rod's frame lies in the flange, the cup's in the middle of its rim; z points out.
    """
    cup = body.effector
    assert isinstance(cup, Cup)
    root = ET.parse(DATA / body.model).getroot()
    for link in root.iter("link"):
        for mesh in link.iterfind("visual//mesh"):
            file = (DATA / body.model).parent / mesh.get("filename", "")
            mesh.set("filename", lighter(file.with_suffix(".stl"), _FACET))
        name = link.get("name", "")
        _paint(link, _ORANGE if name[-1] in "36" else _WHITE)
    limits = (limit for limit in root.iter("limit"))
    for limit, speed, effort in zip(limits, _IIWA_SPEED, _IIWA_EFFORT, strict=True):
        limit.set("velocity", str(speed))
        limit.set("effort", str(effort))
    long = cup.length - _BELLOWS
    rod = _link(root, "rod", "lbr_iiwa_link_7", (0.0, 0.0, _FLANGE))
    inertial(rod, 0.15, (0.0, 0.0, 0.0), (0.05, 0.05, 0.05))
    _cylinder(rod, "visual", _ROD, long, long / 2, _DARK)
    _cylinder(rod, "collision", _ROD, long, long / 2)
    tip = _link(root, "cup", "rod", (0.0, 0.0, cup.length))
    inertial(tip, 0.02, (0.0, 0.0, 0.0), (0.02, 0.02, 0.02))
    _cylinder(tip, "visual", cup.radius, _BELLOWS, -_BELLOWS / 2, _FINGER)
    wide = _SOLID * cup.radius
    hull(tip, "cup", ring(wide, 0.0) + ring(wide, -_BELLOWS))
    return _finish("iiwa", root, body)


def _link(root: ET.Element, name: str, parent: str, origin: Vec3) -> ET.Element:
    """Fix a new link to ``parent``; return it."""
    link = ET.SubElement(root, "link", name=name)
    joint = ET.SubElement(root, "joint", name=f"{name}_joint", type="fixed")
    ET.SubElement(joint, "parent", link=parent)
    ET.SubElement(joint, "child", link=name)
    ET.SubElement(joint, "origin", xyz=numbers(origin), rpy="0 0 0")
    return link


def _cylinder(
    link: ET.Element, kind: str, radius: float, length: float, centre: float, paint: str = ""
) -> None:
    shape = ET.SubElement(link, kind)
    ET.SubElement(shape, "origin", xyz=numbers((0.0, 0.0, centre)))
    size = {"radius": numbers((radius,)), "length": numbers((length,))}
    ET.SubElement(ET.SubElement(shape, "geometry"), "cylinder", size)
    if paint:
        _paint(link, paint)


def _paint(link: ET.Element, rgba: str) -> None:
    for visual in link.findall("visual"):
        for material in visual.findall("material"):
            visual.remove(material)
        material = ET.SubElement(visual, "material", name=f"paint_{link.get('name')}")
        ET.SubElement(material, "color", rgba=rgba)


def _finish(name: str, root: ET.Element, body: Body) -> str:
    """Write a model, with the paths of the stock meshes made absolute."""
    folder = (DATA / body.model).parent
    for mesh in root.iter("mesh"):
        file = mesh.get("filename", "").replace("package://", "")
        mesh.set("filename", str(folder / file))
    return write(name, root)


ARMS = {
    "franka_panda/panda.urdf": Arm(
        _panda, Jaws, tuple(f"panda_joint{k}" for k in range(1, 8)),
        ("panda_finger_joint1", "panda_finger_joint2"), "panda_grasptarget_hand", 0.07,
    ),
    "kuka_iiwa/model.urdf": Arm(
        _iiwa, Cup, tuple(f"lbr_iiwa_joint_{k}" for k in range(1, 8)), (), "cup_joint", 0.02,
    ),
}  # fmt: skip
