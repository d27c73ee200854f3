"""Lighter meshes for the software renderer, which pays for every triangle in every frame."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .urdf import folder

# A binary STL file: a header and a count, then for each triangle a normal, three corners, and two
# bytes that mean nothing.
_HEAD = 84
_TRIANGLE = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("rest", "<u2")])
# Where a face leans further than this from its neighbours' mean there is a crease (its cosine).
_CREASE = 0.8


@functools.cache
def lighter(stl: Path, cell: float) -> str:
    """Write a mesh in which corners that are near one another are one; return the file's path.

    Corners on creases stay, so that links still meet, and so do those on open edges, along which
    the mesh would come apart.

    Args:
        stl: The mesh, a binary STL file.
        cell: Edge of the cubes of space of whose corners one is kept [m].
    """
    corners = np.fromfile(stl, _TRIANGLE, offset=_HEAD)["corners"].astype(float)
    points, numbers = _alike(corners.reshape(-1, 3))
    faces = numbers.reshape(-1, 3)
    kept = _open(faces) | _creased(points, faces)
    alone = np.where(kept, np.arange(1, len(points) + 1), 0)
    _, group = _alike(np.column_stack([np.floor(points / cell), alone]))
    # Of each group, the corner nearest to its middle: a mean would lie under the surface.
    count = np.bincount(group)
    middle = np.column_stack([np.bincount(group, axis) / count for axis in points.T])
    order = np.lexsort((np.linalg.norm(points - middle[group], axis=1), group))
    points = points[order[np.searchsorted(group[order], np.arange(len(count)))]]
    a, b, c = group[faces].T
    whole = (a != b) & (b != c) & (c != a)
    lines = [f"v {x:.5f} {y:.5f} {z:.5f}" for x, y, z in points]
    lines += [f"f {a} {b} {c}" for a, b, c in group[faces][whole] + 1]
    content = "\n".join(lines) + "\n"
    file = folder() / f"{stl.stem}-{hashlib.sha256(content.encode()).hexdigest()[:12]}.obj"
    if not file.exists():
        file.write_text(content)
    return str(file)


def _alike(rows: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Return the different rows, and the number of each row among them."""
    rows, numbers = np.unique(rows, axis=0, return_inverse=True)
    return rows, numbers.ravel()  # NumPy 2.0 returns them in another shape


def _open(faces: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Tell of each corner whether it lies on an edge that has a face on one side only."""
    count = int(faces.max()) + 1
    start, end = faces.ravel(), np.roll(faces, -1, axis=1).ravel()
    bare = ~np.isin(start * count + end, end * count + start)
    found = np.zeros(count, bool)
    found[start[bare]] = found[end[bare]] = True
    return found


def _creased(points: NDArray[np.float64], faces: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Tell of each corner whether it lies on a crease."""
    a, b, c = (points[k] for k in faces.T)
    areas = np.cross(b - a, c - a)
    means = np.zeros_like(points)
    for k in faces.T:
        np.add.at(means, k, areas)
    lengths = np.linalg.norm(areas, axis=1) * np.linalg.norm(means[faces], axis=2).T
    along = np.einsum("ijk,ik->ji", means[faces], areas)
    found = np.zeros(len(points), bool)
    found[faces.T[along < _CREASE * lengths]] = True
    return found
