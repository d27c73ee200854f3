"""Model files made at run time: a light Panda, the carton, stations, odd-shaped items.

PyBullet reads models from files, so each is written once into a folder of this process's own.
"""

from __future__ import annotations

import atexit
import functools
import hashlib
import os
import shutil
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pybullet_data

from warewheel.configs.schema import Carton

DATA = Path(pybullet_data.getDataPath())

# Pads and shells of a Panda finger in the finger's frame: (centre, size) [m]. Boxes hold a flat
# item with four steady contacts, where the stock mesh's hull rocks on an edge. Measured on the
# stock collision mesh, whose inner face is y = 0 and whose tip is z = 0.0538.
_FINGER_BOXES = (
    ((0.0, 0.007, 0.0429), (0.0176, 0.014, 0.0218)),
    ((0.0, 0.0147, 0.0160), (0.0210, 0.0234, 0.0320)),
)
_PAINT = {"panda_hand": "0.25 0.27 0.3 1", "finger": "0.16 0.17 0.19 1"}


@functools.cache
def folder() -> Path:
    """Return this process's folder for generated models; it is removed at exit."""
    path = Path(tempfile.mkdtemp(prefix="warewheel-"))
    owner = os.getpid()  # a forked child must not remove its parent's folder

    def remove() -> None:
        if os.getpid() == owner:
            shutil.rmtree(path, ignore_errors=True)

    atexit.register(remove)
    return path


def _write(stem: str, root: ET.Element) -> str:
    ET.indent(root)  # PyBullet's reader cuts very long lines
    text = ET.tostring(root, encoding="unicode")
    digest = hashlib.sha256(text.encode()).hexdigest()[:12]
    path = folder() / f"{stem}-{digest}.urdf"
    if not path.exists():
        path.write_text(text)
    return str(path)


@functools.cache
def panda_urdf(model: str) -> str:
    """Write the stock Panda with light visuals and box fingers; return the file's path.

    The stock visual meshes hold megabytes of triangles, which a software renderer pays for in
    every frame; the collision meshes look the same from a few metres.
    """
    source = DATA / model
    root = ET.parse(source).getroot()
    for link in root.iter("link"):
        name = link.get("name", "")
        for visual in link.findall("visual"):
            for mesh in visual.iter("mesh"):
                mesh.set("filename", mesh.get("filename", "").replace("/visual/", "/collision/"))
            paint = "finger" if "finger" in name else name
            for material in visual.findall("material"):
                visual.remove(material)
            material = ET.SubElement(visual, "material", name=f"paint_{name}")
            ET.SubElement(material, "color", rgba=_PAINT.get(paint, "0.93 0.94 0.95 1"))
        if "finger" in name:
            for contact in link.findall("contact"):
                link.remove(contact)
            for collision in link.findall("collision"):
                link.remove(collision)
            side = 1.0 if "left" in name else -1.0
            for centre, size in _FINGER_BOXES:
                _box(link, "collision", (centre[0], side * centre[1], centre[2]), size)
    for mesh in root.iter("mesh"):
        name = mesh.get("filename", "").replace("package://", "")
        mesh.set("filename", str(source.parent / name))
    return _write("panda", root)


def carton_urdf(carton: Carton) -> str:
    """Write a carton with two long flaps hinged on its x-parallel edges; return the path.

    Link frames: the base's origin is the centre of the floor's outer side; a flap's frame sits
    on its hinge, and its joint angle grows from 0 (closed) outwards.
    """
    inner_x, inner_y, inner_z = carton.size
    wall = carton.wall
    outer_x, outer_y = inner_x + 2 * wall, inner_y + 2 * wall
    rim = inner_z + wall
    root = ET.Element("robot", name="carton")
    for name, colour in (("board", "0.76 0.6 0.42 1"), ("tape", "0.85 0.8 0.62 1")):
        material = ET.SubElement(root, "material", name=name)
        ET.SubElement(material, "color", rgba=colour)
    base = ET.SubElement(root, "link", name="carton")
    _inertial(base, carton.mass, (0.0, 0.0, inner_z / 3), (outer_x, outer_y, rim))
    panels = [((0.0, 0.0, wall / 2), (outer_x, outer_y, wall))]
    for side in (-1.0, 1.0):
        panels.append(
            (
                (side * (inner_x + wall) / 2, 0.0, wall + inner_z / 2),
                (wall, outer_y, inner_z),
            )
        )
        panels.append(
            (
                (0.0, side * (inner_y + wall) / 2, wall + inner_z / 2),
                (inner_x, wall, inner_z),
            )
        )
    for centre, size in panels:
        _box(base, "visual", centre, size, "board")
        _box(base, "collision", centre, size)
    thick = 0.004
    for side, name in ((1.0, "flap_left"), (-1.0, "flap_right")):
        length = (outer_y - carton.gap) / 2 - side * carton.seam
        flap = ET.SubElement(root, "link", name=name)
        centre, size = (0.0, -side * length / 2, thick / 2), (outer_x, length, thick)
        _inertial(flap, 0.06, centre, size)
        _box(flap, "visual", centre, size, "board")
        _box(flap, "collision", centre, size)
        # Tape across both ends of the gap; it is drawn on each flap up to the middle.
        for end in (-1.0, 1.0):
            _box(
                flap,
                "visual",
                (end * (outer_x / 2 - 0.03), -side * (length + carton.gap / 4), thick),
                (0.05, carton.gap / 2 + 0.03, 0.001),
                "tape",
            )
        joint = ET.SubElement(root, "joint", name=f"{name}_hinge", type="revolute")
        ET.SubElement(joint, "parent", link="carton")
        ET.SubElement(joint, "child", link=name)
        ET.SubElement(joint, "origin", xyz=f"0 {side * outer_y / 2} {rim}", rpy="0 0 0")
        ET.SubElement(joint, "axis", xyz=f"{-side} 0 0")
        # At 4.5 rad an open flap hangs beside the wall without touching it.
        ET.SubElement(joint, "limit", lower="0", upper="4.5", effort="10", velocity="20")
        ET.SubElement(joint, "dynamics", damping="0.004", friction="0")
    return _write("carton", root)


@dataclass(frozen=True, slots=True)
class Block:
    """A fixed box of a station: centre and size [m] in W, colour, and whether it collides."""

    centre: tuple[float, float, float]
    size: tuple[float, float, float]
    rgba: tuple[float, float, float, float]
    solid: bool = True


def station_urdf(name: str, blocks: tuple[Block, ...]) -> str:
    """Write a fixed station made of boxes; return the file's path."""
    root = ET.Element("robot", name=name)
    link = ET.SubElement(root, "link", name=name)
    _inertial(link, 0.0, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0))  # PyBullet complains without one
    for rgba in sorted({block.rgba for block in blocks}):
        material = ET.SubElement(root, "material", name=_text(rgba))
        ET.SubElement(material, "color", rgba=_text(rgba))
    for block in blocks:
        _box(link, "visual", block.centre, block.size, _text(block.rgba))
        if block.solid:
            _box(link, "collision", block.centre, block.size)
    return _write(name, root)


Vertex = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Look:
    """What an item looks like: a cylinder, or a mesh of `DATA`, in the item's frame.

    Attributes:
        rgba: Its colour.
        centre: Of the cylinder or of the mesh's own frame [m].
        cylinder: Radius and length [m], or None for a mesh.
        mesh: File, and scale and turn (roll, pitch, yaw) [rad] of its vertices.
    """

    rgba: tuple[float, float, float, float]
    centre: Vertex
    cylinder: tuple[float, float] | None = None
    mesh: tuple[str, Vertex, Vertex] | None = None


def item_urdf(
    name: str, mass: float, size: Vertex, vertices: Sequence[Vertex], looks: Sequence[Look]
) -> str:
    """Write an item whose solid is the convex hull of ``vertices``; return the file's path.

    Read from a file, a hull gets faces that the solver can clip; made by a call, it does not.

    Args:
        name: Of the model.
        mass: [kg].
        size: Of its bounding box, for its inertia [m].
        vertices: In the item's frame [m]; none should lie within the hull.
        looks: What it looks like.
    """
    lines = [f"v {x:.9g} {y:.9g} {z:.9g}" for x, y, z in vertices]
    # PyBullet takes the vertices of faces alone; which faces does not matter for a hull.
    lines += [f"f {k} {k + 1} {k + 2}" for k in range(1, len(vertices) - 1)]
    text = "\n".join(lines) + "\n"
    hull = folder() / f"{name}-{hashlib.sha256(text.encode()).hexdigest()[:12]}.obj"
    if not hull.exists():
        hull.write_text(text)
    root = ET.Element("robot", name=name)
    link = ET.SubElement(root, "link", name=name)
    _inertial(link, mass, (0.0, 0.0, 0.0), size)
    shape = ET.SubElement(link, "collision")
    ET.SubElement(ET.SubElement(shape, "geometry"), "mesh", filename=str(hull))
    for k, look in enumerate(looks):
        material = ET.SubElement(root, "material", name=f"paint{k}")
        ET.SubElement(material, "color", rgba=_text(look.rgba))
        visual = ET.SubElement(link, "visual")
        geometry = ET.SubElement(visual, "geometry")
        if look.cylinder is not None:
            ET.SubElement(visual, "origin", xyz=_text(look.centre))
            radius, length = look.cylinder
            ET.SubElement(geometry, "cylinder", radius=f"{radius:.9g}", length=f"{length:.9g}")
        elif look.mesh is not None:
            file, scale, turn = look.mesh
            ET.SubElement(visual, "origin", xyz=_text(look.centre), rpy=_text(turn))
            ET.SubElement(geometry, "mesh", filename=str(DATA / file), scale=_text(scale))
        ET.SubElement(visual, "material", name=f"paint{k}")
    return _write(name, root)


def _inertial(
    link: ET.Element, mass: float, centre: tuple[float, ...], size: tuple[float, ...]
) -> None:
    inertial = ET.SubElement(link, "inertial")
    ET.SubElement(inertial, "origin", xyz=_text(centre))
    ET.SubElement(inertial, "mass", value=str(mass))
    x, y, z = (s * s for s in size)
    ET.SubElement(
        inertial,
        "inertia",
        ixx=str(mass * (y + z) / 12),
        iyy=str(mass * (x + z) / 12),
        izz=str(mass * (x + y) / 12),
        ixy="0",
        ixz="0",
        iyz="0",
    )


def _box(
    link: ET.Element,
    kind: str,
    centre: tuple[float, ...],
    size: tuple[float, ...],
    material: str | None = None,
) -> None:
    shape = ET.SubElement(link, kind)
    ET.SubElement(shape, "origin", xyz=_text(centre))
    geometry = ET.SubElement(shape, "geometry")
    ET.SubElement(geometry, "box", size=_text(size))
    if material:
        ET.SubElement(shape, "material", name=material)


def _text(values: tuple[float, ...]) -> str:
    return " ".join(f"{v:.9g}" for v in values)
