"""An eye for what is to be gripped: heights seen from straight above."""

from __future__ import annotations

import math

import numpy as np
import pybullet as p
from numpy.typing import NDArray

from .values import Vec3

# So far above what it looks at that lines of sight are all but upright [m].
_ABOVE = 2.5
# What stands higher than this over what it looks at is left out, as if the arm had moved aside [m].
_ROOM = 0.04
# Depth that it sees below that [m].
_DEPTH = 0.4


class Eye:
    """A depth camera that looks straight down on a square; a `Look`.

    Args:
        client: PyBullet client id.
    """

    def __init__(self, client: int) -> None:
        self._client = client

    def __call__(self, top: Vec3, side: float, pixels: int) -> NDArray[np.float32]:
        """See `Look`."""
        x, y, z = top
        eye = (x, y, z + _ABOVE)
        near, far = _ABOVE - _ROOM, _ABOVE + _DEPTH
        fov = 2 * math.degrees(math.atan(side / 2 / _ABOVE))
        image = p.getCameraImage(
            pixels, pixels,
            p.computeViewMatrix(eye, (x, y, z), (0.0, 1.0, 0.0)),
            p.computeProjectionMatrixFOV(fov, 1.0, near, far),
            renderer=p.ER_TINY_RENDERER, flags=p.ER_NO_SEGMENTATION_MASK,
            physicsClientId=self._client,
        )  # fmt: skip
        buffer = np.asarray(image[3], dtype=np.float32).reshape(pixels, pixels)
        # The depth buffer of a perspective projection, undone.
        depth = far * near / (far - (far - near) * buffer)
        # The picture's rows run down y, its columns along x.
        heights: NDArray[np.float32] = (eye[2] - depth)[::-1].T.astype(np.float32)
        return heights
