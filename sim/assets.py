"""Model files made at run time: the carton, stations, odd-shaped items."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass

from warewheel.configs.schema import Carton

from .urdf import DATA, Vertex, box, hull, inertial, numbers, write


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
    inertial(base, carton.mass, (0.0, 0.0, inner_z / 3), (outer_x, outer_y, rim))
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
        box(base, "visual", centre, size, "board")
        box(base, "collision", centre, size)
    thick = 0.004
    for side, name in ((1.0, "flap_left"), (-1.0, "flap_right")):
        length = (outer_y - carton.gap) / 2 - side * carton.seam
        flap = ET.SubElement(root, "link", name=name)
        centre, size = (0.0, -side * length / 2, thick / 2), (outer_x, length, thick)
        inertial(flap, 0.06, centre, size)
        box(flap, "visual", centre, size, "board")
        box(flap, "collision", centre, size)
        # Tape across both ends of the gap; it is drawn on each flap up to the middle.
        for end in (-1.0, 1.0):
            box(
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
    return write("carton", root)


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
    inertial(link, 0.0, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0))  # PyBullet complains without one
    for rgba in sorted({block.rgba for block in blocks}):
        material = ET.SubElement(root, "material", name=numbers(rgba))
        ET.SubElement(material, "color", rgba=numbers(rgba))
    for block in blocks:
        box(link, "visual", block.centre, block.size, numbers(block.rgba))
        if block.solid:
            box(link, "collision", block.centre, block.size)
    return write(name, root)


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

    Args:
        name: Of the model.
        mass: [kg].
        size: Of its bounding box, for its inertia [m].
        vertices: In the item's frame [m]; none should lie within the hull.
        looks: What it looks like.
    """
    root = ET.Element("robot", name=name)
    link = ET.SubElement(root, "link", name=name)
    inertial(link, mass, (0.0, 0.0, 0.0), size)
    hull(link, name, vertices)
    for k, look in enumerate(looks):
        material = ET.SubElement(root, "material", name=f"paint{k}")
        ET.SubElement(material, "color", rgba=numbers(look.rgba))
        visual = ET.SubElement(link, "visual")
        geometry = ET.SubElement(visual, "geometry")
        if look.cylinder is not None:
            ET.SubElement(visual, "origin", xyz=numbers(look.centre))
            radius, length = look.cylinder
            ET.SubElement(geometry, "cylinder", radius=f"{radius:.9g}", length=f"{length:.9g}")
        elif look.mesh is not None:
            file, scale, turn = look.mesh
            ET.SubElement(visual, "origin", xyz=numbers(look.centre), rpy=numbers(turn))
            ET.SubElement(geometry, "mesh", filename=str(DATA / file), scale=numbers(scale))
        ET.SubElement(visual, "material", name=f"paint{k}")
    return write(name, root)
