"""Laws of lighter meshes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from warewheel.sim.meshes import lighter
from warewheel.sim.urdf import DATA
from warewheel.sim.values import Array

LINKS = sorted((DATA / "kuka_iiwa" / "meshes").glob("link_*.stl"))
CELL = 0.02


def solid(stl: Path) -> Array:
    """Return the corners of each triangle of a binary STL file, shape (n, 3, 3) [m]."""
    kind = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("rest", "<u2")])
    corners: Array = np.fromfile(stl, kind, offset=84)["corners"].astype(float)
    return corners


def drawn(obj: str) -> Array:
    """Return the corners of each triangle of an OBJ file, shape (n, 3, 3) [m]."""
    rows = [line.split() for line in Path(obj).read_text().splitlines()]
    points = np.array([row[1:] for row in rows if row[0] == "v"], float)
    corners: Array = points[np.array([row[1:] for row in rows if row[0] == "f"], int) - 1]
    return corners


@pytest.mark.parametrize("stl", LINKS, ids=lambda stl: stl.stem)
def test_a_lighter_mesh_looks_the_same(stl: Path) -> None:
    before, after = solid(stl), drawn(lighter(stl, CELL))
    assert len(after) < 0.95 * len(before)
    # Its corners are the old one's, as far out as ever, and there is about as much surface.
    old = {tuple(point) for point in before.reshape(-1, 3).round(5) + 0.0}
    assert {tuple(point) for point in after.reshape(-1, 3).round(5) + 0.0} <= old
    for reach in (np.min, np.max):
        gap = reach(before, axis=(0, 1)) - reach(after, axis=(0, 1))
        assert np.abs(gap).max() < CELL / 4
    area = [
        float(np.linalg.norm(np.cross(m[:, 1] - m[:, 0], m[:, 2] - m[:, 0]), axis=1).sum())
        for m in (before, after)
    ]
    assert area[1] == pytest.approx(area[0], rel=0.1)


def test_the_whole_arm_takes_little_more_than_half_of_its_triangles() -> None:
    before = sum(len(solid(stl)) for stl in LINKS)
    assert sum(len(drawn(lighter(stl, CELL))) for stl in LINKS) < 0.6 * before


def test_a_cube_stays_as_it_is(tmp_path: Path) -> None:
    corners = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)], np.float32)
    sides = ((0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3))
    faces = [f for a, b, c, d in sides for f in ((a, b, c), (a, c, d))]
    kind = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("rest", "<u2")])
    mesh = np.zeros(len(faces), kind)
    mesh["corners"] = corners[np.array(faces)] * 0.001
    stl = tmp_path / "cube.stl"
    stl.write_bytes(bytes(80) + np.uint32(len(mesh)).tobytes() + mesh.tobytes())
    # Every corner lies on a crease, however near the others are.
    assert len(drawn(lighter(stl, 0.01))) == len(faces)
