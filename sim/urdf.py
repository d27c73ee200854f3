"""Pieces of model files, and the folder that they are written to.

PyBullet reads models from files, so each is written once into a folder of this process's own.
"""

from __future__ import annotations

import atexit
import functools
import hashlib
import math
import os
import shutil
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from pathlib import Path

import pybullet_data

DATA = Path(pybullet_data.getDataPath())

Vertex = tuple[float, float, float]


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


def write(stem: str, root: ET.Element) -> str:
    """Write a model into the folder, named by its content; return the file's path."""
    ET.indent(root)  # PyBullet's reader cuts very long lines
    content = ET.tostring(root, encoding="unicode")
    digest = hashlib.sha256(content.encode()).hexdigest()[:12]
    path = folder() / f"{stem}-{digest}.urdf"
    if not path.exists():
        path.write_text(content)
    return str(path)


def inertial(
    link: ET.Element, mass: float, centre: tuple[float, ...], size: tuple[float, ...]
) -> None:
    """Give ``link`` the inertia of a box of ``mass`` [kg] at ``centre`` [m]."""
    inertial = ET.SubElement(link, "inertial")
    ET.SubElement(inertial, "origin", xyz=numbers(centre))
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


def box(
    link: ET.Element,
    kind: str,
    centre: tuple[float, ...],
    size: tuple[float, ...],
    material: str | None = None,
) -> None:
    """Give ``link`` a box as ``visual`` or ``collision``."""
    shape = ET.SubElement(link, kind)
    ET.SubElement(shape, "origin", xyz=numbers(centre))
    geometry = ET.SubElement(shape, "geometry")
    ET.SubElement(geometry, "box", size=numbers(size))
    if material:
        ET.SubElement(shape, "material", name=material)


def numbers(values: tuple[float, ...]) -> str:
    """Return values as an attribute's text."""
    return " ".join(f"{v:.9g}" for v in values)


def hull(link: ET.Element, name: str, vertices: Sequence[Vertex]) -> None:
    """Give ``link`` the convex hull of ``vertices`` as its solid; none should lie within it.

    Read from a file, a hull gets faces that the solver can clip; made by a call, it does not.
    """
    # PyBullet takes the vertices of faces alone; which faces does not matter for a hull.
    file = solid(name, vertices, [(k, k + 1, k + 2) for k in range(len(vertices) - 2)])
    shape = ET.SubElement(link, "collision")
    ET.SubElement(ET.SubElement(shape, "geometry"), "mesh", filename=file)


def solid(name: str, vertices: Sequence[Vertex], faces: Sequence[tuple[int, int, int]]) -> str:
    """Write a mesh, of triangles by the numbers of their vertices; return the file's path."""
    lines = [f"v {x:.9g} {y:.9g} {z:.9g}" for x, y, z in vertices]
    lines += [f"f {a + 1} {b + 1} {c + 1}" for a, b, c in faces]
    content = "\n".join(lines) + "\n"
    file = folder() / f"{name}-{hashlib.sha256(content.encode()).hexdigest()[:12]}.obj"
    if not file.exists():
        file.write_text(content)
    return str(file)


def ring(radius: float, height: float) -> tuple[Vertex, ...]:
    """Return the corners of a twelve-sided ring whose flats lie ``radius`` from the z axis [m]."""
    corner = radius / math.cos(math.pi / 12)
    angles = [math.pi / 6 * (k + 0.5) for k in range(12)]
    return tuple((corner * math.cos(a), corner * math.sin(a), height) for a in angles)
