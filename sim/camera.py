"""Cameras: RGB, depth and segmentation by the software renderer, which needs no display."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pybullet as p
from numpy.typing import NDArray

from .values import Vec3
from .world import World


@dataclass(frozen=True, slots=True)
class Camera:
    """A pinhole camera that stands at ``eye`` and looks at ``target`` (W, [m]).

    Attributes:
        fov: Vertical field of view [degrees].
        width: Image width [px].
        height: Image height [px].
        near: Distance of the near plane [m].
        far: Distance of the far plane [m].
    """

    eye: Vec3
    target: Vec3
    fov: float = 50.0
    width: int = 128
    height: int = 128
    near: float = 0.1
    far: float = 5.0


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """One picture.

    Attributes:
        rgb: Shape (height, width, 3), uint8.
        depth: Distance along the optical axis, shape (height, width), float32 [m].
        segmentation: PyBullet body id of each pixel, shape (height, width), int32; -1 is nothing.
    """

    rgb: NDArray[np.uint8]
    depth: NDArray[np.float32]
    segmentation: NDArray[np.int32]


OVERVIEW = Camera((1.7, -1.2, 1.7), (0.25, -0.05, 0.65), width=960, height=720)


def take(world: World, camera: Camera, shadow: bool = False) -> Picture:
    """Return what ``camera`` sees of the world now."""
    shape = (camera.height, camera.width)
    near, far = camera.near, camera.far
    image = p.getCameraImage(
        camera.width,
        camera.height,
        p.computeViewMatrix(camera.eye, camera.target, [0, 0, 1]),
        p.computeProjectionMatrixFOV(camera.fov, camera.width / camera.height, near, far),
        shadow=int(shadow),
        renderer=p.ER_TINY_RENDERER,
        flags=p.ER_SEGMENTATION_MASK_OBJECT_AND_LINKINDEX,
        physicsClientId=world.client,
    )
    rgba = np.asarray(image[2], dtype=np.uint8).reshape(*shape, 4)
    buffer = np.asarray(image[3], dtype=np.float32).reshape(shape)
    labels = np.asarray(image[4], dtype=np.int32).reshape(shape)
    return Picture(
        rgb=rgba[..., :3].copy(),
        # The depth buffer of a perspective projection, undone.
        depth=(far * near / (far - (far - near) * buffer)).astype(np.float32),
        # PyBullet packs the body id into the low 24 bits, the link above them.
        segmentation=np.where(labels < 0, -1, labels & 0xFFFFFF).astype(np.int32),
    )
